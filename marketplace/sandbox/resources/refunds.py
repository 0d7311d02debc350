"""Refunds: give a buyer money back, wholly or in part.

The account that was charged pays. `reverse_transfer` brings the seller's part back first,
`refund_application_fee` gives up the platform's; both in proportion to the refunded part of the
charge, so that the parts of all refunds add up to the whole.

The rule that bites: neither happens by itself. A plain refund of a destination charge costs the
platform the full amount, and Stripe's processing fee does not come back in any case.

https://docs.stripe.com/api/refunds https://docs.stripe.com/connect/destination-charges#issue-refunds
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, ids, metadata, settlement
from marketplace.sandbox.clock import DAY, midnight
from marketplace.sandbox.context import Context
from marketplace.sandbox.currencies import convert, text
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, task, view

from . import application_fees, balance_transactions, transfer_reversals

kind("refund", "re_", indexed=("charge", "payment_intent"))

_A_WHILE = 3600


@view("refund")
def show(ctx: Context, refund: dict[str, Any]) -> dict[str, Any]:
    """This kind of object does not say in which mode it was made."""
    del ctx
    return {name: value for name, value in refund.items() if name != "livemode"}


def _charge(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The charge to refund; raises `Refused` when it cannot be."""
    if ("charge" in params) == ("payment_intent" in params):
        raise Refused("You must pass exactly one of `charge` and `payment_intent`.", param="charge")
    if "charge" in params:
        charge = ctx.get("charge", params["charge"])
    else:
        intent = ctx.get("payment_intent", params["payment_intent"])
        found = ctx.find(intent["latest_charge"], "charge")
        if found is None or found["status"] == "failed":
            raise Refused(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = found
    if charge["refunded"]:
        raise Refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if not charge["balance_transaction"]:
        raise Refused(
            f"Charge {charge['id']} was not captured; cancel its PaymentIntent instead.",
            code="charge_not_refundable",
        )
    if charge["source_transfer"] and not ctx.is_platform:
        # Stripe lets the receiver give such a payment back; only the sender's way is covered here.
        raise Refused(
            f"{charge['id']} was received by a transfer; the platform takes it back by reversing"
            f" {charge['source_transfer']}.",
            code="charge_not_refundable",
        )
    if _charged_back(ctx, charge):
        raise Refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    return charge


def _charged_back(ctx: Context, charge: dict[str, Any]) -> bool:
    rows = ctx.every("dispute", charge=charge["id"]) if charge["disputed"] else []
    return any(not row["is_charge_refundable"] and row["status"] != "won" for row in rows)


@route("POST", "/v1/refunds", "RefundCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refund a charge; the rest of it when no amount is given."""
    charge = _charge(ctx, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if amount < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount > left:
        raise Refused(
            f"Refund amount ({text(amount, charge['currency'])}) is greater than unrefunded amount"
            f" on charge ({text(left, charge['currency'])})",
            param="amount",
        )
    if charge["source_transfer"]:
        return _return_debit(ctx, charge, amount, params)
    transfer = _transfer(ctx, charge, params)
    fee = _fee(ctx, charge, params)
    before = charge["amount_refunded"] - (charge["amount"] - charge["amount_captured"])
    span = (before, before + amount, charge["amount_captured"])
    told = settlement.Told()
    refund = _blank(ctx, charge, params, amount)
    back = min(settlement.share(fee["amount"], *span), _rest(fee)) if fee else 0
    if transfer is not None:
        part = settlement.share(transfer["amount"], *span)
        part = min(part, transfer["amount"] - transfer["amount_reversed"])
        if part:
            reversal = transfer_reversals.reverse(
                ctx, transfer, part, told, fee=back, refund=refund["id"]
            )
            refund["transfer_reversal"] = reversal["id"]
            back = 0
    _settle(ctx, charge, refund, span, back, told)
    return refund


def _return_debit(
    ctx: Context, charge: dict[str, Any], amount: int, params: dict[str, Any]
) -> dict[str, Any]:
    """Give an account debit back: the transfer behind it is reversed by the account it left."""
    sender = ctx.acting_as(ctx.owner(charge["source_transfer"]))
    told = settlement.Told()
    transfer = sender.get("transfer", charge["source_transfer"])
    reversal = transfer_reversals.reverse(sender, transfer, amount, told)
    refund = ctx.get("refund", reversal["destination_payment_refund"])
    refund["reason"] = params.get("reason")
    refund["metadata"] = metadata.merged(None, params.get("metadata"))
    ctx.save(refund)
    told.add(ctx, "refund.created", refund)
    told.add(ctx, "charge.refunded", charge)
    told.tell()
    return refund


def _rest(fee: dict[str, Any]) -> int:
    return int(fee["amount"] - fee["amount_refunded"])


def _transfer(
    ctx: Context, charge: dict[str, Any], params: dict[str, Any]
) -> dict[str, Any] | None:
    if not params.get("reverse_transfer"):
        return None
    if not charge["transfer"]:
        raise Refused(
            "Cannot reverse the transfer because the charge does not have an associated transfer.",
            param="reverse_transfer",
        )
    return ctx.get("transfer", charge["transfer"])


def _fee(ctx: Context, charge: dict[str, Any], params: dict[str, Any]) -> dict[str, Any] | None:
    if not params.get("refund_application_fee"):
        return None
    if not charge["application_fee"]:
        raise Refused(
            "Cannot refund the application fee because the charge does not have one.",
            param="refund_application_fee",
        )
    if charge["transfer"] and not params.get("reverse_transfer"):
        raise Refused(
            "The application fee of a destination charge can be refunded only together with its"
            " transfer: pass `reverse_transfer`=true.",
            param="refund_application_fee",
        )
    return ctx.acting_as(ctx.platform).get("application_fee", charge["application_fee"])


def _blank(
    ctx: Context, charge: dict[str, Any], params: dict[str, Any], amount: int
) -> dict[str, Any]:
    by_card = charge["payment_method_details"]["type"] == "card"
    identifier = ids.new("re_" if by_card else "pyr_")
    return ctx.new(
        "refund",
        id=identifier,
        **{
            **transfer_reversals.blank_refund(charge, amount),
            "destination_details": {"card": {"type": "refund"}, "type": "card"}
            if by_card
            else None,
            "metadata": metadata.merged(None, params.get("metadata")),
            "reason": params.get("reason"),
        },
    )


def _settle(
    ctx: Context,
    charge: dict[str, Any],
    refund: dict[str, Any],
    span: tuple[int, int, int],
    fee: int,
    told: settlement.Told,
) -> None:
    """Take the money out of the balance, or leave the refund pending until it is there.

    A refund of a charge that is itself still pending comes out of the same pending funds.
    """
    taken = ctx.get("balance_transaction", charge["balance_transaction"])
    pair = (charge["currency"], taken["currency"])
    settled = convert(span[1], *pair) - convert(span[0], *pair)
    refund["_owed"] = {"settled": settled, "pair": pair, "fee": fee}
    charge["amount_refunded"] += refund["amount"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    ctx.save(charge)
    told.add(ctx, "refund.created", refund)
    told.add(ctx, "charge.refunded", charge)
    if not _pay(ctx, charge, refund, told):
        refund["status"] = "pending"
        refund["pending_reason"] = "insufficient_funds"
        _try_again(ctx, refund)
    elif charge.get("_refund") == "pending":
        refund["status"] = "pending"
        refund["pending_reason"] = "processing"
        ctx.later(ctx.now + _A_WHILE, "refunds.arrive", refund=refund["id"])
    elif charge.get("_refund") == "failed":
        ctx.later(ctx.now + _A_WHILE, "refunds.fail", refund=refund["id"])
    ctx.save(refund)
    told.tell()


def _pay(
    ctx: Context, charge: dict[str, Any], refund: dict[str, Any], told: settlement.Told
) -> bool:
    """Book the refund; False when the available balance does not cover it."""
    owed = refund["_owed"]
    currency = owed["pair"][1]
    due = application_fees.balance_date(ctx, charge)
    need = owed["settled"] - owed["fee"]
    if due <= ctx.now and book.balance(ctx.db, ctx.account, "available", currency) < need:
        return False
    lines = []
    if owed["fee"]:
        # What the platform gives back is a negative fee of the refund; the sign is not confirmed.
        platform = ctx.acting_as(ctx.platform)
        fee = platform.get("application_fee", charge["application_fee"])
        application_fees.give_back(ctx, fee, owed["fee"], told)
        part = convert(owed["fee"], fee["currency"], currency)
        lines.append(balance_transactions.application_fee(-part, currency, fee["application"]))
    transaction = settlement.move(
        ctx,
        "refund" if refund["id"].startswith("re_") else "payment_refund",
        -refund["amount"],
        (owed["pair"][0], currency),
        settled=-owed["settled"],
        against=book.CARDS,
        source=refund["id"],
        fees=lines,
        available_on=due,
        description="REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = transaction["id"]
    return True


def _try_again(ctx: Context, refund: dict[str, Any]) -> None:
    """Stripe works pending refunds off as soon as there is money; here once a day."""
    ctx.later(midnight(ctx.now) + DAY + 60, "refunds.retry", refund=refund["id"])


def _tell_change(ctx: Context, refund: dict[str, Any], before: dict[str, Any]) -> None:
    emit(ctx, "refund.updated", refund, before=before)
    emit(ctx, "charge.refund.updated", refund, before=before)


@task("refunds.retry")
def retry(ctx: Context, refund: str) -> None:
    """Is the money for a pending refund there by now?"""
    found = ctx.find(refund, "refund")
    if found is None or found["status"] != "pending":
        return
    before = ctx.show(found)
    told = settlement.Told()
    if not _pay(ctx, ctx.get("charge", found["charge"]), found, told):
        _try_again(ctx, found)
        return
    found["status"] = "succeeded"
    found.pop("pending_reason", None)
    ctx.save(found)
    told.tell()
    _tell_change(ctx, found, before)


@task("refunds.arrive")
def arrive(ctx: Context, refund: str) -> None:
    """A refund that took a while has arrived."""
    found = ctx.find(refund, "refund")
    if found is None or found["status"] != "pending":
        return
    before = ctx.show(found)
    found["status"] = "succeeded"
    found.pop("pending_reason", None)
    ctx.save(found)
    _tell_change(ctx, found, before)


@task("refunds.fail")
def fail(ctx: Context, refund: str) -> None:
    """The bank sends a refund back; a transfer that was reversed for it stays reversed."""
    found = ctx.find(refund, "refund")
    if found is None or found["status"] != "succeeded":
        return
    before = ctx.show(found)
    owed = found["_owed"]
    transaction = settlement.move(
        ctx,
        "refund_failure",
        found["amount"],
        (owed["pair"][0], owed["pair"][1]),
        settled=owed["settled"],
        against=book.CARDS,
        source=found["id"],
        description="REFUND FAILURE",
    )
    found["status"] = "failed"
    found["failure_reason"] = "expired_or_canceled_card"
    found["failure_balance_transaction"] = transaction["id"]
    ctx.save(found)
    charge = ctx.get("charge", found["charge"])
    charge["amount_refunded"] -= found["amount"]
    charge["refunded"] = False
    ctx.save(charge)
    emit(ctx, "refund.failed", found, before=before)
    _tell_change(ctx, found, before)


@route("GET", "/v1/refunds/{refund}", "RefundRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], refund: str) -> dict[str, Any]:
    """Retrieve a refund."""
    del params
    return ctx.get("refund", refund)


@route("POST", "/v1/refunds/{refund}", "RefundUpdateParams")
def update(ctx: Context, params: dict[str, Any], refund: str) -> dict[str, Any]:
    """Change a refund's metadata."""
    found = ctx.get("refund", refund)
    before = ctx.show(found)
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    _tell_change(ctx, found, before)
    return found


@route("POST", "/v1/refunds/{refund}/cancel", "RefundCancelParams")
def cancel(ctx: Context, params: dict[str, Any], refund: str) -> dict[str, Any]:
    """Only refunds that wait for the buyer's bank details can be canceled; none here does."""
    del params
    found = ctx.get("refund", refund)
    raise Refused(
        f"Only refunds with the status requires_action can be canceled; {refund} is"
        f" {found['status']}."
    )


@route("GET", "/v1/refunds", "RefundListParams")
def list_refunds(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's refunds, newest first."""
    return ctx.list("refund", params, "charge", "payment_intent")
