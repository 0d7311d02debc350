"""The double-entry book behind every balance.

A posting is a set of lines that sums to zero in each currency. The parties are Stripe accounts
(`acct_…`, with the buckets `pending`, `available` and `reserved`) and the world outside:
`cards` (buyers' banks), `banks` (where payouts land and top-ups come from), `stripe` (fees and
Stripe's own losses) and `clearing` (money between two accounts within one request, empty again
when the request ends). So after every request the sum of everything is zero: all balances
together equal what came in from the world minus what went out.

A balance changes only here, and only `transactions` (the `balance_transaction` resource) calls
`post` for an account's pending and available funds, so a balance is always the sum of its
balance transactions. https://docs.stripe.com/api/balance
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

CARDS = "world:cards"
BANKS = "world:banks"
STRIPE = "world:stripe"
CLEARING = "clearing"
RESERVED = "reserved"
"""The bucket of money that an account still owns and cannot use; not a party of its own."""


@dataclass(frozen=True)
class Line:
    """One side of a posting: `amount` minor units, positive when the party gains."""

    party: str
    bucket: str
    currency: str
    amount: int


def post(db: sqlite3.Connection, posting: str, at: int, lines: Iterable[Line]) -> None:
    """Write a posting; raises `ValueError` unless it sums to zero per currency."""
    lines = [line for line in lines if line.amount]
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount
    if any(sums.values()):
        message = f"posting {posting} does not balance: {sums}"
        raise ValueError(message)
    for line in lines:
        db.execute(
            "INSERT INTO book (posting, at, party, bucket, currency, amount)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (posting, at, line.party, line.bucket, line.currency, line.amount),
        )
        db.execute(
            "INSERT INTO balances VALUES (?, ?, ?, ?) ON CONFLICT (party, bucket, currency)"
            " DO UPDATE SET amount = amount + excluded.amount",
            (line.party, line.bucket, line.currency, line.amount),
        )


def balance(db: sqlite3.Connection, party: str, bucket: str, currency: str) -> int:
    """What a party holds in one bucket, in minor units."""
    row = db.execute(
        "SELECT amount FROM balances WHERE party = ? AND bucket = ? AND currency = ?",
        (party, bucket, currency),
    ).fetchone()
    return row[0] if row else 0


def holdings(db: sqlite3.Connection, party: str) -> dict[str, dict[str, int]]:
    """What a party holds: bucket -> currency -> amount."""
    found: dict[str, dict[str, int]] = {}
    for bucket, currency, amount in db.execute(
        "SELECT bucket, currency, amount FROM balances WHERE party = ?", (party,)
    ):
        found.setdefault(bucket, {})[currency] = amount
    return found


def settle_later(db: sqlite3.Connection, party: str, currency: str, due: int, amount: int) -> None:
    """Remember that `amount` of the pending bucket becomes available at `due`."""
    db.execute(
        "INSERT INTO settling VALUES (?, ?, ?, ?) ON CONFLICT (party, currency, due)"
        " DO UPDATE SET amount = amount + excluded.amount",
        (party, currency, due, amount),
    )


def settle(db: sqlite3.Connection, party: str, now: int) -> dict[str, int]:
    """Move what is due from pending to available; answers currency -> amount moved."""
    moved: dict[str, int] = {}
    rows = db.execute(
        "SELECT currency, due, amount FROM settling WHERE party = ? AND due <= ?", (party, now)
    ).fetchall()
    for currency, due, amount in rows:
        db.execute(
            "DELETE FROM settling WHERE party = ? AND currency = ? AND due = ?",
            (party, currency, due),
        )
        moved[currency] = moved.get(currency, 0) + amount
        post(
            db,
            f"settle:{party}:{due}",
            now,
            [Line(party, "pending", currency, -amount), Line(party, "available", currency, amount)],
        )
    return moved


_PROOFS = (
    (
        "the book as a whole is off",
        "SELECT '', currency, SUM(amount) FROM book GROUP BY currency",
    ),
    (
        "differs from its postings",
        (
            "SELECT b.party || ' ' || b.bucket, b.currency, SUM(b.amount) - a.amount FROM book b"
            " JOIN balances a USING (party, bucket, currency) GROUP BY 1, 2"
        ),
    ),
    (
        "was left over at the end of a request",
        f"SELECT party, currency, amount FROM balances WHERE party = '{CLEARING}'",  # noqa: S608
    ),
    (
        "differs from its balance transactions",
        (
            "SELECT b.party, b.currency, SUM(b.amount) - COALESCE((SELECT SUM(o.body ->> 'net')"
            " FROM objects o WHERE o.kind = 'balance_transaction' AND o.owner = b.party"
            " AND o.body ->> 'currency' = b.currency), 0) FROM balances b"
            " WHERE b.bucket IN ('pending', 'available') GROUP BY b.party, b.currency"
        ),
    ),
    (
        "is pending without a date",
        (
            "SELECT b.party, b.currency, b.amount - COALESCE((SELECT SUM(s.amount) FROM settling s"
            " WHERE s.party = b.party AND s.currency = b.currency), 0)"
            " FROM balances b WHERE b.bucket = 'pending'"
        ),
    ),
)


def faults(db: sqlite3.Connection) -> list[str]:
    """What is wrong with the book; an empty list when all is well."""
    return [
        f"{party} {sentence}: {amount} {currency}".strip()
        for sentence, query in _PROOFS
        for party, currency, amount in db.execute(query)
        if amount
    ]
