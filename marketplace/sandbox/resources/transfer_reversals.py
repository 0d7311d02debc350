"""Transfer reversals: money that was sent comes back, wholly or in part.

The receiver must have it: a connected account whose losses Stripe bears cannot be pushed below
zero, one whose losses the platform bears can. Money that is still pending comes back out of the
same pending funds.

https://docs.stripe.com/api/transfer_reversals
https://docs.stripe.com/connect/separate-charges-and-transfers#reverse-transfers
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, ids, metadata, parties, settlement
from marketplace.sandbox.context import Context
from marketplace.sandbox.currencies import convert
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, view

from . import application_fees, balance_transactions

kind("transfer_reversal", "trr_", indexed=("transfer",), words="transfer reversal")


@view("transfer_reversal")
def show(ctx: Context, reversal: dict[str, Any]) -> dict[str, Any]:
    """This kind of object does not say in which mode it was made."""
    del ctx
    return {name: value for name, value in reversal.items() if name != "livemode"}


def reverse(
    ctx: Context,
    transfer: dict[str, Any],
    amount: int,
    told: settlement.Told,
    *,
    fee: int = 0,
    refund: str | None = None,
    given: dict[str, str] | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Bring `amount` minor units of a transfer of the acting account back.

    `fee`: how much of the application fee goes back to the receiver with it (minor units of the
    fee's currency); `refund`: the refund that asked for it. Raises `Refused`
    (`balance_insufficient`) when the receiver does not have the money.
    """
    identifier = ids.new("trr_")
    receiver = ctx.acting_as(transfer["destination"])
    payment = receiver.get("charge", transfer["destination_payment"])
    back = _give_back(receiver, transfer, payment, amount, fee, told)
    transaction = balance_transactions.record(
        ctx,
        "transfer_refund",
        amount,
        transfer["currency"],
        source=identifier,
        against=book.CLEARING,
        available_on=application_fees.balance_date(ctx, transfer),
        description=description,
    )
    reversal = ctx.new(
        "transfer_reversal",
        id=identifier,
        amount=amount,
        balance_transaction=transaction["id"],
        currency=transfer["currency"],
        destination_payment_refund=back["id"],
        metadata=metadata.merged(None, given),
        source_refund=refund,
        transfer=transfer["id"],
    )
    receiver.save({**back, "source_transfer_reversal": identifier})
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    ctx.save(transfer)
    told.add(ctx, "transfer.reversed", transfer)
    return reversal


def _give_back(
    ctx: Context,
    transfer: dict[str, Any],
    payment: dict[str, Any],
    amount: int,
    fee: int,
    told: settlement.Told,
) -> dict[str, Any]:
    """The receiver's side: a `pyr_…` refund of its payment, with the fee that it gets back.

    That the fee comes back as a negative fee of the refund is not confirmed.
    """
    taken = ctx.get("balance_transaction", payment["balance_transaction"])
    pair = (transfer["currency"], taken["currency"])
    before = convert(transfer["amount_reversed"], *pair)
    settled = convert(transfer["amount_reversed"] + amount, *pair) - before
    if settled == 0:
        raise Refused("This reversal converts to zero.", param="amount")
    lines = []
    if fee:
        made = ctx.acting_as(ctx.platform).get("application_fee", payment["application_fee"])
        application_fees.give_back(ctx, made, fee, told)
        part = convert(fee, made["currency"], taken["currency"])
        lines.append(
            balance_transactions.application_fee(-part, taken["currency"], made["application"])
        )
    due = application_fees.balance_date(ctx, payment)
    if due <= ctx.now:
        _check_funds(ctx, settled + sum(line["amount"] for line in lines), taken["currency"])
    refund = ctx.new("refund", **blank_refund(payment, amount), id=ids.new("pyr_"))
    transaction = settlement.move(
        ctx,
        "payment_refund",
        -amount,
        pair,
        settled=-settled,
        against=book.CLEARING,
        source=refund["id"],
        fees=lines,
        available_on=due,
    )
    refund["balance_transaction"] = transaction["id"]
    ctx.save(refund)
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    ctx.save(payment)
    return refund


def blank_refund(charge: dict[str, Any], amount: int) -> dict[str, Any]:
    """Every field of a Refund, as it is for one that succeeds at once."""
    nothing: dict[str, Any] = dict.fromkeys(
        "balance_transaction customer customer_account destination_details reason receipt_number"
        " source_transfer_reversal transfer_reversal".split()
    )
    return {
        **nothing,
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "status": "succeeded",
    }


def _check_funds(ctx: Context, amount: int, currency: str) -> None:
    account = parties.account_of(ctx, ctx.account)
    losses = ((account.get("controller") or {}).get("losses") or {}).get("payments")
    if losses == "application" or ctx.is_platform:
        return
    if book.balance(ctx.db, ctx.account, "available", currency) < amount:
        raise Refused(
            f"Insufficient funds in the account {ctx.account} for this reversal.",
            code="balance_insufficient",
        )


@route("POST", "/v1/transfers/{transfer}/reversals", "TransferCreateReversalParams")
def create(ctx: Context, params: dict[str, Any], transfer: str) -> dict[str, Any]:
    """Reverse a transfer; the rest of it when no amount is given."""
    found = ctx.get("transfer", transfer)
    left = found["amount"] - found["amount_reversed"]
    if left == 0:
        raise Refused(f"Transfer {transfer} is already fully reversed.", param="id")
    amount = params.get("amount", left)
    if not 0 < amount <= left:
        raise Refused(
            f"Reversal amount ({amount}) must be positive and not exceed the unreversed amount"
            f" of the transfer ({left}).",
            param="amount",
        )
    told = settlement.Told()
    made = reverse(
        ctx,
        found,
        amount,
        told,
        fee=_fee(ctx, found, amount) if params.get("refund_application_fee") else 0,
        given=params.get("metadata"),
        description=params.get("description"),
    )
    told.tell()
    return made


def _fee(ctx: Context, transfer: dict[str, Any], amount: int) -> int:
    """The part of the application fee that belongs to the reversed part of the transfer."""
    payment = ctx.find(transfer["destination_payment"], "charge")
    fee = ctx.find(payment["application_fee"], "application_fee") if payment else None
    if fee is None:
        raise Refused(
            "This transfer has no application fee to refund.", param="refund_application_fee"
        )
    before = transfer["amount_reversed"]
    part = settlement.share(fee["amount"], before, before + amount, transfer["amount"])
    return min(part, int(fee["amount"] - fee["amount_refunded"]))


def _inside(ctx: Context, transfer: str, identifier: str) -> dict[str, Any]:
    found = ctx.get("transfer_reversal", identifier, param="id")
    if found["transfer"] != transfer:
        raise missing("transfer reversal", identifier)
    return found


@route("GET", "/v1/transfers/{transfer}/reversals/{reversal}", "TransferRetrieveReversalParams")
def retrieve(ctx: Context, params: dict[str, Any], transfer: str, reversal: str) -> dict[str, Any]:
    """Retrieve a reversal."""
    del params
    return _inside(ctx, transfer, reversal)


@route("POST", "/v1/transfers/{transfer}/reversals/{reversal}", "TransferReversalUpdateParams")
def update(ctx: Context, params: dict[str, Any], transfer: str, reversal: str) -> dict[str, Any]:
    """Change a reversal's metadata."""
    found = _inside(ctx, transfer, reversal)
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    parent = ctx.get("transfer", transfer)
    emit(ctx, "transfer.updated", parent)
    return found


@route("GET", "/v1/transfers/{transfer}/reversals", "TransferListReversalsParams")
def list_reversals(ctx: Context, params: dict[str, Any], transfer: str) -> Listing:
    """List the reversals of a transfer, newest first."""
    ctx.get("transfer", transfer)
    return ctx.list("transfer_reversal", params, transfer=transfer)
