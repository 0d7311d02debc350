"""Transfers: money from one Stripe balance to another, within one platform.

The rule that bites: without `source_transaction` a transfer needs *available* funds, and money
from a card payment is pending for days. With it the transfer goes through at once and becomes
available together with the charge that funds it; it can not be added later.

https://docs.stripe.com/api/transfers
https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import account_debits, book, currencies, metadata, parties, settlement
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import kind, route, view

from . import balance_transactions, topups

_FEE_AT_MOST = 100
"""Minor units; the trigger charges 1000, of which Stripe keeps 59."""

kind(
    "transfer",
    "tr_",
    indexed=("destination", "transfer_group", "source_transaction", "destination_payment"),
)


@view("transfer")
def show(ctx: Context, transfer: dict[str, Any]) -> dict[str, Any]:
    """A transfer shows its reversals."""
    identifier = transfer["id"]
    rows = ctx.every("transfer_reversal", transfer=identifier)
    transfer["reversals"] = sublist(ctx, rows, f"/v1/transfers/{identifier}/reversals")
    return transfer


@route("POST", "/v1/transfers", "TransferCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Send money from the acting account's balance."""
    currency = currencies.known(params["currency"])
    receiver = parties.destination(ctx, params["destination"], "destination")
    source = None
    group = params.get("transfer_group")
    due = ctx.now
    if "source_transaction" in params:
        source = _source(ctx, params["source_transaction"])
        amount = params.get("amount") or _left(ctx, source)
        due = _check_source(ctx, source, amount, currency)
        group = group or source["transfer_group"] or f"group_{source['id']}"
        if source["transfer_group"] is None:
            source["transfer_group"] = group
            ctx.save(source)
    else:
        if "amount" not in params:
            message = "Missing required param: amount."
            raise Refused(message, code="parameter_missing", param="amount")
        amount = params["amount"]
    if amount < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    balance_transactions.check_source_type(params)
    if not ctx.is_platform:
        account_debits.check(ctx.acting_as(ctx.platform), ctx.account, amount, currency)
    elif source is None:
        if parties.was_made_of_nothing(receiver):
            _endow(ctx, amount, currency)
        check_available(ctx, amount, currency)
    told = settlement.Told()
    transfer = settlement.send(
        ctx,
        amount,
        currency,
        params["destination"],
        told,
        source=source,
        due=due,
        group=group,
        description=params.get("description"),
        metadata=metadata.merged(None, params.get("metadata")),
    )
    told.tell()
    return transfer


def _endow(ctx: Context, amount: int, currency: str) -> None:
    """Top up what a platform lacks for the transfer of `stripe trigger transfer.created`.

    The trigger sends on as much as it charged a moment before, so a platform that owns nothing
    else is short of Stripe's fee. A developer's account at Stripe is hardly ever that empty; a new
    sandbox always is. Only a transfer to an account like the trigger's own is helped.
    """
    short = amount - book.balance(ctx.db, ctx.account, "available", currency)
    if 0 < short <= _FEE_AT_MOST:
        topups.give(ctx, short, currency, "What the transfer was short of")


def check_available(ctx: Context, amount: int, currency: str) -> None:
    """Raise `Refused` (`balance_insufficient`) unless the available balance covers `amount`."""
    if book.balance(ctx.db, ctx.account, "available", currency) < amount:
        raise Refused(
            "You have insufficient available funds in your Stripe account. Try adding funds"
            " directly to your available balance by creating charges with the"
            " 4000000000000077 test card.",
            code="balance_insufficient",
        )


def _source(ctx: Context, identifier: str) -> dict[str, Any]:
    charge = ctx.get("charge", identifier, param="source_transaction")
    if charge["status"] == "failed" or not charge["balance_transaction"]:
        raise Refused(
            "A transfer can be funded only by a charge that was captured.",
            param="source_transaction",
        )
    return charge


def _left(ctx: Context, charge: dict[str, Any]) -> int:
    """What the charge has not sent on yet, in the currency in which it settled."""
    transaction = ctx.get("balance_transaction", charge["balance_transaction"])
    sent = ctx.every("transfer", source_transaction=charge["id"])
    return int(transaction["amount"] - sum(transfer["amount"] for transfer in sent))


def _check_source(ctx: Context, charge: dict[str, Any], amount: int, currency: str) -> int:
    """Raise `Refused` for more than the charge holds; answers when its money is available.

    Texts and the absence of a code are not confirmed.
    """
    transaction = ctx.get("balance_transaction", charge["balance_transaction"])
    if transaction["currency"] != currency:
        raise Refused(
            f"The currency of source_transaction's balance transaction"
            f" ({transaction['currency']}) must be the same as the transfer currency ({currency}).",
            param="currency",
        )
    left = _left(ctx, charge)
    if amount > left or left < 1:
        raise Refused(
            "Transfers using this transaction as a source must not exceed the source amount of"
            f" {currencies.text(transaction['amount'], currency)}. (There is"
            f" {currencies.text(max(left, 0), currency)} left.)",
            param="amount",
        )
    return int(transaction["available_on"])


@route("GET", "/v1/transfers/{transfer}", "TransferRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], transfer: str) -> dict[str, Any]:
    """Retrieve a transfer."""
    del params
    return ctx.get("transfer", transfer)


@route("POST", "/v1/transfers/{transfer}", "TransferUpdateParams")
def update(ctx: Context, params: dict[str, Any], transfer: str) -> dict[str, Any]:
    """Change description and metadata."""
    found = ctx.get("transfer", transfer)
    before = ctx.show(found)
    if "description" in params:
        found["description"] = params["description"] or None
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "transfer.updated", found, before=before)
    return found


@route("GET", "/v1/transfers", "TransferListParams")
def list_transfers(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's transfers, newest first."""
    return ctx.list("transfer", params, "destination", "transfer_group")
