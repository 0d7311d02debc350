"""The balance sheet for people: who holds what, drawn and proven.

Every posting of the book sums to zero, so the bars to the right (what accounts hold, what banks
and Stripe received) and to the left (what buyers' cards paid in) are equally long together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import book, store
from marketplace.sandbox.pages import paper
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_WORLD = {
    book.CARDS: "Buyers' cards",
    book.BANKS: "Bank accounts",
    book.STRIPE: "Stripe's fees",
    book.CLEARING: "Between accounts",
}
_BUCKETS = ("pending", "available", "reserved")
_ROW = 52
_HALF = 50.0
_MOST = 60


@page("GET", "/_sandbox/balances")
def balances(server: Server, request: Request) -> Response:
    """Per currency: a picture, a table, and the sum that must be zero."""
    del request
    with server.sandbox.store.transaction() as db:
        sheets = [_sheet(db, currency) for currency in _currencies(db)]
        faults = book.faults(db)
    clock = server.sandbox.clock
    return paper.page(
        "workbench_balances.html", sheets=sheets, faults=faults, now=clock.now(), ahead=clock.offset
    )


def _currencies(db: Any) -> list[str]:
    rows = db.execute("SELECT DISTINCT currency FROM balances WHERE amount != 0 ORDER BY currency")
    return [row[0] for row in rows]


def _sheet(db: Any, currency: str) -> dict[str, Any]:
    held: dict[str, dict[str, int]] = {}
    for party, bucket, amount in db.execute(
        "SELECT party, bucket, amount FROM balances WHERE currency = ? AND amount != 0", (currency,)
    ):
        held.setdefault(party, {})[bucket] = amount
    rows = [_row(db, party, buckets) for party, buckets in held.items()]
    # The world first, then whoever holds most.
    rows.sort(key=lambda row: (not row["world"], -abs(row["total"]), row["name"]))
    total = sum(row["total"] for row in rows)
    drawn = rows[:_MOST]
    return {
        "currency": currency,
        "rows": rows,
        "total": total,
        "bars": _bars(drawn),
        "height": _ROW * len(drawn) + 8,
        "hidden": len(rows) - len(drawn),
    }


def _row(db: Any, party: str, buckets: dict[str, int]) -> dict[str, Any]:
    world = party in _WORLD
    return {
        "party": "" if world else party,
        "name": _WORLD[party] if world else _name(db, party),
        "world": world,
        "total": sum(buckets.values()),
        **{bucket: buckets.get(bucket, 0) for bucket in _BUCKETS},
    }


def _name(db: Any, account: str) -> str:
    """The name an account goes by; a platform that never asked for itself has none."""
    found = store.get(db, account)
    if found is None:
        return "Platform"
    profile = found[0].get("business_profile") or {}
    return str(profile.get("name") or found[0].get("email") or "Account")


def _bars(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Positions in percent of the width (zero is in the middle) and in pixels from the top."""
    longest = max((abs(row["total"]) for row in rows), default=0) or 1
    bars = []
    for number, row in enumerate(rows):
        width = abs(row["total"]) * _HALF / longest
        left = _HALF if row["total"] >= 0 else _HALF - width
        side = "world" if row["world"] else "owed" if row["total"] < 0 else "held"
        bars.append(
            {
                **row,
                "left": f"{left:.2f}%",
                "width": f"{width:.2f}%",
                "side": side,
                "top": _ROW * number,
            }
        )
    return bars
