"""Charges made directly from a card token, the way before PaymentIntents.

Nobody is there to take a 3-D Secure challenge, so a card that insists on one is declined. With
`capture=false` the money is held for a week and taken by a second request.

https://docs.stripe.com/api/charges/create https://docs.stripe.com/payments/charges-api
"""

from __future__ import annotations

from typing import Any

from . import (
    cards,
    charging,
    currencies,
    division,
    metadata,
    parties,
    settlement,
    thresholds,
    triggers,
)
from .clock import DAY
from .context import Context
from .errors import Refused
from .events import emit
from .resources import disputes, payment_methods
from .routing import task

_HELD = 7 * DAY
_NAMES = (
    "application_fee_amount customer description on_behalf_of receipt_email shipping"
    " statement_descriptor statement_descriptor_suffix transfer_group".split()
)


def take(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Charge the card token in `source`; raises `Refused` (402, kept) when it is declined."""
    wish = _wish(ctx, params)
    method = _method(ctx, params)
    card = cards.of(method["_number"])
    charge = charging.new(ctx, wish, method, card)
    if charge["transfer_data"] and not wish["transfer_group"]:
        charge["transfer_group"] = f"group_{charge['id']}"
    if card.decline or card.challenge == cards.ALWAYS:
        _decline(ctx, charge, card)
    if params.get("capture") is False:
        ctx.save(charge)
        ctx.later(ctx.now + _HELD, "charges.lapse", charge=charge["id"])
        emit(ctx, "charge.succeeded", charge)
        return charge
    capture(ctx, charge, charge["amount"], "charge.succeeded")
    return charge


def _wish(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters as the fields of a PaymentIntent that nobody will see."""
    for name in ("amount", "currency"):
        if name not in params:
            message = f"Missing required param: {name}."
            raise Refused(message, code="parameter_missing", param=name)
    parties.may_charge(ctx)
    params = dict(params)
    if "destination" in params:
        aim = params["destination"]
        data = {"destination": aim["account"]}
        params["transfer_data"] = data | ({"amount": aim["amount"]} if "amount" in aim else {})
    if "application_fee" in params:
        params.setdefault("application_fee_amount", params["application_fee"])
    currency = currencies.known(params["currency"])
    if params.get("on_behalf_of"):
        parties.on_behalf_of(ctx, params["on_behalf_of"])
    settles = parties.settles_in(ctx, params.get("on_behalf_of") or ctx.account, currency)
    currencies.check_amount(params["amount"], currency, settles)
    division.check(ctx, params, params["amount"])
    return {
        **{name: params.get(name) for name in _NAMES},
        "id": None,
        "amount": params["amount"],
        "application": None if ctx.is_platform else parties.application(ctx),
        "currency": currency,
        "metadata": metadata.merged(None, params.get("metadata")),
        "transfer_data": params.get("transfer_data"),
    }


def _method(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What pays: a token, or the newest card of the customer."""
    if params.get("source"):
        return payment_methods.from_token(ctx, params["source"], "source")
    if params.get("customer"):
        holder = ctx.get("customer", params["customer"])
        for method in ctx.every("payment_method", 1, customer=params["customer"], type="card"):
            return method
        kept = ctx.find(holder["default_source"], "card")
        if kept is not None:
            return payment_methods.resolve(ctx, kept["id"])
        raise Refused(
            "Cannot charge a customer that has no active card",
            status=402,
            kind="card_error",
            code="missing",
            param="card",
        )
    raise Refused("Must provide source or customer.", code="parameter_missing", param="source")


def capture(ctx: Context, charge: dict[str, Any], amount: int, event: str) -> None:
    """Take `amount` minor units of a charge of the acting account; the rest is released."""
    charge["captured"] = True
    charge["amount_captured"] = amount
    charge["amount_refunded"] = charge["amount"] - amount
    told = settlement.Told()
    told.add(ctx, event, charge)
    settlement.collect(ctx, charge, told, at_once=bool(charge.get("_bypass")))
    told.tell()
    method = ctx.get("payment_method", charge["payment_method"])
    card = cards.of(method["_number"])
    disputes.follow(ctx, charge, card)
    triggers.follow(ctx, charge, card)
    thresholds.follow(ctx, charge)


def _decline(ctx: Context, charge: dict[str, Any], card: cards.Card) -> None:
    code = card.decline or "authentication_required"
    reason = card.decline_code or code
    message = cards.message(code, card.decline_code)
    charge.update(
        status="failed",
        paid=False,
        failure_code=code,
        failure_message=message,
        receipt_url=None,
        outcome=charging.outcome(card, reason),
    )
    ctx.save(charge)
    emit(ctx, "charge.failed", charge)
    raise Refused(
        message,
        status=402,
        kind="card_error",
        code=code,
        keep=True,
        charge=charge["id"],
        decline_code=reason,
    )


@task("charges.lapse")
def lapse(ctx: Context, charge: str) -> None:
    """A hold that nobody captured in time ends."""
    found = ctx.get("charge", charge)
    if found["captured"] or found["refunded"]:
        return
    before = ctx.show(found)
    found["refunded"] = True
    found["amount_refunded"] = found["amount"]
    ctx.save(found)
    emit(ctx, "charge.expired", found, before=before)
