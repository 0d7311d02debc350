"""Application fees: what the platform keeps of its sellers' payments, and gives back of it.

https://docs.stripe.com/api/application_fees https://docs.stripe.com/api/fee_refunds
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, metadata, settlement
from marketplace.sandbox.context import Context
from marketplace.sandbox.currencies import convert
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import kind, route, view

from . import balance_transactions

kind(
    "application_fee",
    "fee_",
    indexed=("charge", "originating_transaction"),
    words="application fee",
)
kind("fee_refund", "fr_", indexed=("fee",), words="fee refund")


@view("application_fee")
def show(ctx: Context, fee: dict[str, Any]) -> dict[str, Any]:
    """A fee shows its refunds."""
    rows = ctx.every("fee_refund", fee=fee["id"])
    fee["refunds"] = sublist(ctx, rows, f"/v1/application_fees/{fee['id']}/refunds")
    return fee


@view("fee_refund")
def show_refund(ctx: Context, refund: dict[str, Any]) -> dict[str, Any]:
    """This kind of object does not say in which mode it was made."""
    del ctx
    return {name: value for name, value in refund.items() if name != "livemode"}


def give_back(
    ctx: Context,
    fee: dict[str, Any],
    amount: int,
    told: settlement.Told,
    given: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Refund `amount` (minor units of the fee's currency) of a fee out of the platform's balance.

    The money waits in clearing for the connected account's side, which the caller records.
    """
    platform = ctx.acting_as(ctx.platform)
    refund = platform.new(
        "fee_refund",
        amount=amount,
        balance_transaction=None,
        currency=fee["currency"],
        fee=fee["id"],
        metadata=metadata.merged(None, given),
    )
    before = convert(fee["amount_refunded"], fee["currency"], fee["_keeps"])
    after = convert(fee["amount_refunded"] + amount, fee["currency"], fee["_keeps"])
    transaction = settlement.move(
        platform,
        "application_fee_refund",
        -amount,
        (fee["currency"], fee["_keeps"]),
        settled=before - after,
        against=book.CLEARING,
        source=refund["id"],
        available_on=balance_date(platform, fee),
        description=f"Refund of {fee['id']}",
    )
    refund["balance_transaction"] = transaction["id"]
    platform.save(refund)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    platform.save(fee)
    told.add(platform, "application_fee.refunded", fee)
    return refund


def balance_date(ctx: Context, obj: dict[str, Any]) -> int:
    """When the money behind `obj` becomes available; now when it already is.

    Giving money back before it is available takes it out of the same pending funds.
    """
    transaction = ctx.find(obj["balance_transaction"], "balance_transaction")
    return max(transaction["available_on"] if transaction else 0, ctx.now)


@route("GET", "/v1/application_fees/{fee}", "ApplicationFeeRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], fee: str) -> dict[str, Any]:
    """Retrieve a fee."""
    del params
    return ctx.get("application_fee", fee, param="id")


@route("GET", "/v1/application_fees", "ApplicationFeeListParams")
def list_fees(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the platform's fees, newest first."""
    return ctx.list("application_fee", params, "charge")


@route("POST", "/v1/application_fees/{fee}/refunds", "ApplicationFeeCreateRefundParams")
def refund(ctx: Context, params: dict[str, Any], fee: str) -> dict[str, Any]:
    """Give a fee, or a part of it, back to the account that paid it."""
    found = ctx.get("application_fee", fee, param="id")
    left = found["amount"] - found["amount_refunded"]
    if left == 0:
        raise Refused(f"Application fee {fee} has already been refunded.", param="id")
    amount = params.get("amount", left)
    if not 0 < amount <= left:
        raise Refused(f"The refund must be positive and at most {left}.", param="amount")
    told = settlement.Told()
    made = give_back(ctx, found, amount, told, params.get("metadata"))
    _return_to(ctx.acting_as(found["account"]), found, amount)
    told.tell()
    return made


def _return_to(ctx: Context, fee: dict[str, Any], amount: int) -> None:
    """The connected account's side: an adjustment. Which type Stripe uses is not confirmed."""
    balance_transactions.record(
        ctx,
        "adjustment",
        amount,
        fee["currency"],
        source=fee["charge"],
        against=book.CLEARING,
        available_on=balance_date(ctx, ctx.get("charge", fee["charge"])),
        description="Application fee refund",
    )


def _refund_of(ctx: Context, fee: str, identifier: str) -> dict[str, Any]:
    found = ctx.get("fee_refund", identifier, param="id")
    if found["fee"] != fee:
        raise missing("fee refund", identifier)
    return found


@route("GET", "/v1/application_fees/{fee}/refunds/{refund}", "ApplicationFeeRetrieveRefundParams")
def retrieve_refund(ctx: Context, params: dict[str, Any], fee: str, refund: str) -> dict[str, Any]:
    """Retrieve a fee refund."""
    del params
    return _refund_of(ctx, fee, refund)


@route("POST", "/v1/application_fees/{fee}/refunds/{refund}", "ApplicationFeeRefundUpdateParams")
def update_refund(ctx: Context, params: dict[str, Any], fee: str, refund: str) -> dict[str, Any]:
    """Change a fee refund's metadata."""
    found = _refund_of(ctx, fee, refund)
    before = ctx.show(found)
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "application_fee.refund.updated", found, before=before)
    return found


@route("GET", "/v1/application_fees/{fee}/refunds", "ApplicationFeeListRefundsParams")
def list_refunds(ctx: Context, params: dict[str, Any], fee: str) -> Listing:
    """List the refunds of a fee, newest first."""
    ctx.get("application_fee", fee, param="id")
    return ctx.list("fee_refund", params, fee=fee)
