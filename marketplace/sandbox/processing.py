"""What happens when somebody pays: a PaymentIntent and a payment method become a charge, or not.

A card pays, is declined, or asks for 3-D Secure first. A bank debit is accepted at once and
decided days later. Captured money is booked by `settlement`.

The rule that bites: a declined payment is an error (402) and still leaves something behind, a
failed charge and `last_payment_error` on a PaymentIntent that waits for another payment method.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

import secrets
from typing import Any

from . import cards, challenges, charging, ids, setting_up, settlement, thresholds, triggers
from .cards import Card
from .clock import DAY, business_days
from .context import Context
from .errors import Refused
from .events import emit
from .resources import disputes, mandates
from .routing import task

_AUTHORISATION = 7 * DAY
_DEBIT_DAYS = 3
_WAITS = "requires_payment_method"


def confirm(
    ctx: Context, intent: dict[str, Any], *, off_session: bool = False, no_action: bool = False
) -> None:
    """Try to pay with the intent's payment method.

    `off_session`: the buyer is not there to pass a challenge; `no_action`: the caller asked for an
    error instead of one. Raises `Refused` (402, kept) when the payment is declined.
    """
    method = ctx.get("payment_method", intent["payment_method"], param="payment_method")
    intent["next_action"] = None
    intent["last_payment_error"] = None
    if method["type"] != "card":
        _debit(ctx, intent, method)
        return
    card = cards.of(method["_number"])
    if _challenged(card, method, off_session=off_session):
        if off_session or no_action:
            # A challenge that nobody can take is a decline.
            charge = charging.new(ctx, intent, method, card)
            _decline(ctx, intent, method, charge, "authentication_required")
        _ask(ctx, intent)
        return
    _attempt(ctx, intent, method, card)


def _challenged(card: Card, method: dict[str, Any], *, off_session: bool) -> bool:
    """Whether the bank wants the buyer; some cards do without for a buyer who is away."""
    if off_session and card.challenge == cards.UNLESS_SET_UP:
        return not method.get("_set_up")
    if card.challenge == cards.UNLESS_OFF_SESSION:
        return not off_session
    return bool(card.challenge)


def _ask(ctx: Context, intent: dict[str, Any]) -> None:
    """Send the buyer to the challenge page."""
    intent["status"] = "requires_action"
    intent["_challenge"] = secrets.token_urlsafe(24)
    address = f"{ctx.base_url}/c/challenge/{intent['_challenge']}"
    intent["next_action"] = challenges.next_action(intent, address)
    ctx.save(intent)
    emit(ctx, "payment_intent.requires_action", intent)


def answer_challenge(ctx: Context, intent: dict[str, Any], *, passed: bool) -> None:
    """The buyer took the 3-D Secure challenge; raises `Refused` when the payment fails after it."""
    method = ctx.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    intent["_challenge"] = None
    if passed:
        card = cards.of(method["_number"])
        _attempt(ctx, intent, method, card, authenticated=True)
        return
    _fail(
        ctx,
        intent,
        method,
        {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "message": "We are unable to authenticate your payment method. Please choose a"
            " different payment method and try again.",
        },
        status=400,
    )


def _attempt(
    ctx: Context,
    intent: dict[str, Any],
    method: dict[str, Any],
    card: Card,
    *,
    authenticated: bool = False,
) -> None:
    """Ask the bank."""
    charge = charging.new(ctx, intent, method, card, authenticated=authenticated)
    if card.decline:
        _decline(ctx, intent, method, charge, card.decline, card.decline_code, card)
    intent["latest_charge"] = charge["id"]
    _keep(ctx, intent, method)
    if intent["capture_method"] == "manual":
        _authorise(ctx, intent, charge)
        return
    _take(ctx, intent, charge, charge["amount"], "charge.succeeded")
    _follow(ctx, charge, card)


def _keep(ctx: Context, intent: dict[str, Any], method: dict[str, Any]) -> None:
    """Attach the method when it is to be used again; without a customer it is spent."""
    if intent["customer"] and intent["setup_future_usage"]:
        if setting_up.keep(ctx, method, intent["customer"]):
            emit(ctx, "payment_method.attached", method)
    elif method["customer"] is None:
        ctx.save({**method, "_spent": True})


def _take(
    ctx: Context, intent: dict[str, Any], charge: dict[str, Any], amount: int, event: str
) -> None:
    """Capture `amount` of the charge, book it, and tell: charge, intent, transfer, fee."""
    charge["captured"] = True
    charge["amount_captured"] = amount
    charge["status"] = "succeeded"
    charge["paid"] = True
    # What was authorised beyond the captured part goes back to the card at once.
    charge["amount_refunded"] = charge["amount"] - amount
    told = settlement.Told()
    told.add(ctx, event, charge)
    told.add(ctx, "payment_intent.succeeded", intent)
    settlement.collect(ctx, charge, told, at_once=bool(charge.get("_bypass")))
    intent["status"] = "succeeded"
    intent["amount_received"] = amount
    intent["amount_capturable"] = 0
    intent["latest_charge"] = charge["id"]
    intent["processing"] = None
    ctx.save(intent)
    for session in ctx.every("checkout.session", payment_intent=intent["id"]):
        if session["status"] == "complete":
            ctx.save({**session, "payment_status": "paid"})
    told.tell()


def paid(ctx: Context, intent: dict[str, Any], charge: dict[str, Any]) -> None:
    """Book a charge whose money is already there."""
    _take(ctx, intent, charge, charge["amount"], "charge.succeeded")


def _authorise(ctx: Context, intent: dict[str, Any], charge: dict[str, Any]) -> None:
    """Hold the money on the card until it is captured, for a week at most."""
    intent["status"] = "requires_capture"
    intent["amount_capturable"] = charge["amount"]
    ctx.save(intent)
    ctx.later(ctx.now + _AUTHORISATION, "payments.lapse", intent=intent["id"])
    emit(ctx, "charge.succeeded", charge)
    emit(ctx, "payment_intent.amount_capturable_updated", intent)


def capture(ctx: Context, intent: dict[str, Any], amount: int) -> None:
    """Capture `amount` minor units of an authorised payment; the rest is released."""
    charge = ctx.get("charge", intent["latest_charge"])
    _take(ctx, intent, charge, amount, "charge.captured")
    method = ctx.get("payment_method", charge["payment_method"])
    _follow(ctx, charge, cards.of(method["_number"]))


def _follow(ctx: Context, charge: dict[str, Any], card: Card) -> None:
    """What a test card does after it has paid."""
    disputes.follow(ctx, charge, card)
    triggers.follow(ctx, charge, card)
    thresholds.follow(ctx, charge)


def cancel(ctx: Context, intent: dict[str, Any], reason: str | None, event: str) -> None:
    """Cancel the intent; an authorisation is released. `event`: what to tell of the charge."""
    if intent["status"] == "requires_capture":
        charge = ctx.get("charge", intent["latest_charge"])
        before = ctx.show(charge)
        charge["refunded"] = True
        charge["amount_refunded"] = charge["amount"]
        ctx.save(charge)
        emit(ctx, event, charge, before=before)
    intent["status"] = "canceled"
    intent["canceled_at"] = ctx.now
    intent["cancellation_reason"] = reason
    intent["amount_capturable"] = 0
    intent["next_action"] = None
    intent["_challenge"] = None
    ctx.save(intent)
    emit(ctx, "payment_intent.canceled", intent)


@task("payments.lapse")
def lapse(ctx: Context, intent: str) -> None:
    """An authorisation that nobody captured in time ends."""
    found = ctx.find(intent, "payment_intent")
    if found is not None and found["status"] == "requires_capture":
        cancel(ctx, found, "automatic", "charge.expired")


def _decline(
    ctx: Context,
    intent: dict[str, Any],
    method: dict[str, Any],
    charge: dict[str, Any],
    code: str,
    decline_code: str = "",
    card: Card | None = None,
) -> None:
    """The bank said no: keep the failed charge, tell, and raise."""
    message = cards.message(code, decline_code)
    charge.update(
        status="failed",
        paid=False,
        failure_code=code,
        failure_message=message,
        receipt_url=None,
        outcome=charging.outcome(card, decline_code or code),
    )
    ctx.save(charge)
    intent["latest_charge"] = charge["id"]
    emit(ctx, "charge.failed", charge)
    _fail(
        ctx,
        intent,
        method,
        {
            "type": "card_error",
            "code": code,
            "decline_code": decline_code or code,
            "message": message,
            "charge": charge["id"],
        },
        status=402,
    )


def _fail(
    ctx: Context,
    intent: dict[str, Any],
    method: dict[str, Any],
    problem: dict[str, Any],
    status: int | None = None,
) -> None:
    """The intent waits for another payment method; raises unless `status` is None."""
    address = f"https://docs.stripe.com/error-codes#{problem['code'].replace('_', '-')}"
    intent["status"] = _WAITS
    intent["payment_method"] = None
    intent["processing"] = None
    intent["last_payment_error"] = {
        **problem,
        "doc_url": address,
        "payment_method": ctx.show(method),
    }
    ctx.save(intent)
    emit(ctx, "payment_intent.payment_failed", intent)
    if status is not None:
        extra = {k: v for k, v in problem.items() if k not in {"type", "code", "message"}}
        raise Refused(
            problem["message"],
            status=status,
            kind=problem["type"],
            code=problem["code"],
            keep=True,
            payment_intent=ctx.show(intent),
            payment_method=ctx.show(method),
            **extra,
        )


def _debit(ctx: Context, intent: dict[str, Any], method: dict[str, Any]) -> None:
    """A bank debit is under way; the bank's answer comes days later, on the clock.

    Stripe books the pending money at once and takes it back on failure; here it is booked when
    it has arrived, so that an unpaid debit never looks like a balance.
    """
    charge = charging.new(ctx, intent, method, None)
    charge.update(status="pending", paid=False)
    once = None if intent["setup_future_usage"] else (intent["amount"], intent["currency"])
    mandate = mandates.make(ctx, method, intent.get("_mandate_data"), once=once)
    charge["payment_method_details"][method["type"]]["mandate"] = mandate["id"]
    ctx.save(charge)
    _keep(ctx, intent, method)
    intent["status"] = "processing"
    intent["latest_charge"] = charge["id"]
    ctx.save(intent)
    due = business_days(ctx.now, _DEBIT_DAYS)
    ctx.later(due, "payments.debit", once=f"debit:{charge['id']}", intent=intent["id"])
    emit(ctx, "charge.pending", charge)
    emit(ctx, "payment_intent.processing", intent)


@task("payments.debit")
def decide_debit(ctx: Context, intent: str) -> None:
    """The bank's answer to a debit, and what Checkout tells of it."""
    found = ctx.find(intent, "payment_intent")
    if found is None or found["status"] != "processing":
        return
    charge = ctx.get("charge", found["latest_charge"])
    method = ctx.get("payment_method", charge["payment_method"])
    failure = cards.DEBITS.get(method["_number"], "")
    if failure:
        message = f"The bank refused the debit ({failure.replace('_', ' ')})."
        charge.update(
            status="failed",
            failure_code=failure,
            failure_message=message,
            receipt_url=None,
            outcome=charging.outcome(None, failure),
        )
        ctx.save(charge)
        emit(ctx, "charge.failed", charge)
        problem = {"type": "card_error", "code": failure, "message": message}
        _fail(ctx, found, method, {**problem, "charge": charge["id"]})
    else:
        _take(ctx, found, charge, charge["amount"], "charge.succeeded")
        mandate = ctx.find(charge["payment_method_details"][method["type"]]["mandate"], "mandate")
        if mandate is not None and mandate["type"] == "single_use":
            mandates.end(ctx, mandate)
    ended = "async_payment_failed" if failure else "async_payment_succeeded"
    for session in ctx.every("checkout.session", payment_intent=intent):
        emit(ctx, f"checkout.session.{ended}", session)


def secret(intent: str) -> str:
    """A client secret for a PaymentIntent."""
    return f"{intent}_secret_{ids.new('', 25)}"
