"""Payout reversals: a paid payout is taken back from the bank account that received it.

Only connected accounts' payouts to bank accounts in the US and Canada can be reversed. The
reversal is a payout of its own, with the negative amount.

https://docs.stripe.com/api/payouts/reverse
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.routing import route

from . import payouts

_REVERSIBLE = ("US", "CA")


@route("POST", "/v1/payouts/{payout}/reverse", "PayoutReverseParams")
def reverse(ctx: Context, params: dict[str, Any], payout: str) -> dict[str, Any]:
    """Debit the bank account by what the payout sent; answers the new payout."""
    found = ctx.get("payout", payout)
    if found["status"] == "pending":
        raise Refused("This payout is still pending; cancel it instead.")
    if found["status"] != "paid" or found["original_payout"]:
        raise Refused(f"Only paid payouts can be reversed; this one is {found['status']}.")
    if found["reversed_by"]:
        raise Refused(f"This payout was already reversed by {found['reversed_by']}.")
    bank = ctx.find(found["destination"], "bank_account")
    if ctx.is_platform or bank is None or bank["country"] not in _REVERSIBLE:
        raise Refused(
            "Only connected accounts' payouts to bank accounts in the US and Canada can be"
            " reversed."
        )
    back = payouts.start(
        ctx,
        -found["amount"],
        found["currency"],
        bank,
        metadata=merged(None, params.get("metadata")),
        original_payout=payout,
    )
    ctx.save({**ctx.get("payout", payout), "reversed_by": back["id"]})
    return back
