"""Payouts: from a Stripe balance to a bank, and why one did not arrive.

The Stripe objects are the Payout and the Balance, read as the account they belong to. The rules
that bite: "paid" is a forecast that a bank may still take back within days, a failed payout puts
the money back into the balance, and Stripe makes no other payout to that bank account until the
seller has corrected it. A transfer is no payout: it only moves money between Stripe balances.
https://docs.stripe.com/payouts https://docs.stripe.com/connect/payouts-connected-accounts
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import clock, ledger, lifecycles, sellers
from marketplace.database import phase
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import id_of
from marketplace.lifecycles import PayoutStatus
from marketplace.models import Balance, Payout, Seller
from marketplace.money import Money

PAGE = 20
# What left the balance, and, after a failure or a cancellation, what came back.
TRANSACTIONS = ["balance_transaction", "failure_balance_transaction"]
_STATUSES = {status.value: status for status in PayoutStatus}
log = logging.getLogger("marketplace.payouts")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a payout failed and what to do about it, in words for the seller."""

    why: str
    todo: str


_ANOTHER_BANK = "Enter another bank account in your payout settings at Stripe."
_CHECK_NUMBER = "Check the numbers of your bank account at Stripe and enter it again."
_ASK_BANK = "Ask your bank to allow it, or enter another bank account at Stripe."
_MATCH_OWNER = "Enter the account holder exactly as your bank writes it."
# https://docs.stripe.com/api/payouts/failures
FAILURES: Mapping[str, Failure] = {
    "account_closed": Failure("The bank account was closed.", _ANOTHER_BANK),
    "account_frozen": Failure("The bank account is frozen.", _ASK_BANK),
    "bank_account_restricted": Failure("The bank account does not take this payment.", _ASK_BANK),
    "bank_ownership_changed": Failure(
        "The bank account belongs to somebody else now.", _ANOTHER_BANK
    ),
    "could_not_process": Failure("The bank could not process the payout.", _ASK_BANK),
    "debit_not_authorized": Failure("The bank account does not allow debits.", _ASK_BANK),
    "declined": Failure("The bank declined the payout.", _ASK_BANK),
    "exceeds_count_limit": Failure(
        "The card has taken as many payouts today as it may.", "Wait a day; it is tried again."
    ),
    "incorrect_account_holder_address": Failure(
        "The bank knows the account holder under another address.", _MATCH_OWNER
    ),
    "incorrect_account_holder_details": Failure(
        "The details of the account holder do not match the bank's.", _MATCH_OWNER
    ),
    "incorrect_account_holder_name": Failure(
        "The bank knows the account holder under another name.", _MATCH_OWNER
    ),
    "incorrect_account_holder_tax_id": Failure(
        "The bank knows the account holder under another tax id.", _MATCH_OWNER
    ),
    "incorrect_account_type": Failure("The kind of bank account is not right.", _CHECK_NUMBER),
    "insufficient_funds": Failure(
        "The balance did not cover the payout.", "Wait until more of it is available."
    ),
    "invalid_account_number": Failure("There is no such account number.", _CHECK_NUMBER),
    "invalid_account_number_length": Failure(
        "The account number has the wrong number of digits.", _CHECK_NUMBER
    ),
    "invalid_currency": Failure(
        "The bank account does not take this currency.",
        "Enter a bank account that takes this currency.",
    ),
    "no_account": Failure("The bank found no account under these numbers.", _CHECK_NUMBER),
    "unsupported_card": Failure("The card does not take payouts.", _ANOTHER_BANK),
}
UNKNOWN = Failure("The bank sent the money back.", _ASK_BANK)


def explain(code: str | None) -> Failure:
    """Say in plain words why a payout failed. Codes that Stripe adds later get a general answer."""
    return FAILURES.get(code or "", UNKNOWN)


def refresh(
    session: orm.Session, stripe: sdk.StripeClient, payout_id: str, account: str | None
) -> Payout | None:
    """Read a payout from Stripe as `account` (None: the platform); mirror it and its bookings.

    Returns None when no seller of ours has that account. Raises StripeError.
    https://docs.stripe.com/api/payouts/retrieve
    """
    known, seller_id = _owner(session, account)
    if not known:
        return None
    with translating():
        found = stripe.v1.payouts.retrieve(
            payout_id, {"expand": TRANSACTIONS}, _as(account)
        ).to_dict()
    with phase(session):
        for name in TRANSACTIONS:
            if isinstance(found.get(name), dict):
                ledger.keep_transaction(
                    session, found[name], account=account, seller_id=seller_id, order_id=None
                )
        return _mirror(session, found, seller_id)


def refresh_balance(session: orm.Session, stripe: sdk.StripeClient, account: str | None) -> bool:
    """Read a balance from Stripe as `account` (None: the platform) and mirror every currency.

    Returns False when no seller of ours has that account. Raises StripeError.
    https://docs.stripe.com/api/balance/balance_retrieve
    """
    known, seller_id = _owner(session, account)
    if not known:
        return False
    asked = clock.now()
    with translating():
        found = stripe.v1.balance.retrieve(options=_as(account))
    with phase(session):
        _mirror_balance(session, totals(found.to_dict()), seller_id, asked)
    return True


def totals(balance: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Reduce a Balance to {currency: (available, pending)} in minor units; debts are negative.

    https://docs.stripe.com/api/balance/balance_object
    """
    found: dict[str, tuple[int, int]] = {}
    for place, name in enumerate(("available", "pending")):
        for entry in balance.get(name) or []:
            sums = list(found.get(entry["currency"], (0, 0)))
            sums[place] += entry["amount"]
            found[entry["currency"]] = (sums[0], sums[1])
    return found


def latest(
    session: orm.Session,
    *,
    seller: Seller | None = None,
    status: PayoutStatus | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Payout]:
    """Payouts, newest first, below the id `before`, each with its seller loaded.

    All of them, the platform's own included, or those of one `seller`, or those of one `status`.
    """
    statement = sa.select(Payout).options(orm.joinedload(Payout.seller))
    if seller is not None:
        statement = statement.where(Payout.seller_id == seller.id)
    if status is not None:
        statement = statement.where(Payout.status == status)
    if before is not None:
        statement = statement.where(Payout.id < before)
    return list(session.scalars(statement.order_by(Payout.id.desc()).limit(limit)))


def failed_since(session: orm.Session, moment: datetime) -> int:
    """How many payouts failed that were last heard of after `moment`."""
    statement = sa.select(sa.func.count()).select_from(Payout)
    statement = statement.where(Payout.status == PayoutStatus.FAILED, Payout.updated >= moment)
    return session.scalar(statement) or 0


def balances(session: orm.Session, seller: Seller | None = None) -> list[Balance]:
    """What one seller holds, or the platform itself (`seller` None), by currency."""
    whose = Balance.seller_id.is_(None) if seller is None else Balance.seller_id == seller.id
    return list(session.scalars(sa.select(Balance).where(whose).order_by(Balance.currency)))


def held(balance: Balance) -> tuple[Money, Money]:
    """A balance as money: what is available, and what is still pending."""
    return Money(balance.available, balance.currency), Money(balance.pending, balance.currency)


def _owner(session: orm.Session, account: str | None) -> tuple[bool, int | None]:
    """Whether the account is ours and whose; the platform is known and nobody's."""
    if account is None:
        return True, None
    seller = sellers.by_stripe_id(session, account)
    session.commit()  # no transaction may stay open while Stripe is asked
    if seller is None or seller.deauthorized_at is not None:
        return False, None  # an account that left can no longer be read
    return True, seller.id


def _as(account: str | None) -> sdk.RequestOptions:
    return {"stripe_account": account} if account else {}


def _mirror(session: orm.Session, payout: Mapping[str, Any], seller_id: int | None) -> Payout:
    status = _STATUSES[payout["status"]]
    facts = {
        "amount": payout["amount"],
        "currency": payout["currency"],
        "status": status,
        "arrival_date": clock.from_unix(payout["arrival_date"]),
        "automatic": payout["automatic"],
        "method": payout["method"],
        "destination": id_of(payout.get("destination")),
        "failure_code": payout.get("failure_code"),
        "failure_message": payout.get("failure_message"),
    }
    first = {"stripe_id": payout["id"], "seller_id": seller_id} | facts
    first |= {"created": clock.from_unix(payout["created"]), "updated": clock.now()}
    _insert_unless_there(session, Payout, first, ["stripe_id"])
    query = sa.select(Payout).where(Payout.stripe_id == payout["id"])
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    # Two workers may have asked Stripe a moment apart and come back in the other order.
    if not lifecycles.allowed(PayoutStatus, row.status, status):
        log.info("payout %s stays %s; the answer %s was older", row.stripe_id, row.status, status)
        return row
    if any(getattr(row, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(row, name, value)
        row.updated = clock.now()
        session.flush()
    return row


def _mirror_balance(
    session: orm.Session,
    found: Mapping[str, tuple[int, int]],
    seller_id: int | None,
    asked: datetime,
) -> None:
    whose = Balance.seller_id.is_(None) if seller_id is None else Balance.seller_id == seller_id
    rows = {
        row.currency: row
        for row in session.scalars(
            sa.select(Balance).where(whose).with_for_update(),
            execution_options={"populate_existing": True},
        )
    }
    # A currency that Stripe no longer names is empty, not unchanged.
    for currency in rows.keys() | found.keys():
        available, pending = found.get(currency, (0, 0))
        row = rows.get(currency)
        if row is None:
            facts = {"available": available, "pending": pending, "refreshed_at": asked}
            key = {"seller_id": seller_id, "currency": currency}
            _insert_unless_there(session, Balance, key | facts)
        elif row.refreshed_at <= asked:
            row.available, row.pending, row.refreshed_at = available, pending, asked
    session.flush()


def _insert_unless_there(
    session: orm.Session,
    table: type[Payout] | type[Balance],
    values: Mapping[str, Any],
    unique: list[str] | None = None,
) -> None:
    # Two workers that see the same object for the first time must not trip over each other.
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    session.execute(insert.values(**values).on_conflict_do_nothing(index_elements=unique))
