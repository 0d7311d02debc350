"""What happens when a payment method is set up: no money moves, the bank is only asked.

A card is checked and may ask for 3-D Secure; a bank account gets a mandate. A method that was set
up with a customer is attached to it and can be charged later while the buyer is away.

The rule that bites: a refused card is an error (402) and leaves `last_setup_error` on an intent
that waits for another payment method.

https://docs.stripe.com/payments/setupintents/lifecycle
"""

from __future__ import annotations

import secrets
from typing import Any

from . import cards, challenges
from .context import Context
from .errors import Refused
from .events import emit
from .resources import mandates, setup_attempts

# Microdeposits, with which US bank accounts are verified, are left out: the account counts as
# verified at once.


def confirm(ctx: Context, intent: dict[str, Any]) -> None:
    """Try to set up the intent's payment method; raises `Refused` (402, kept) when it fails."""
    method = ctx.get("payment_method", intent["payment_method"], param="payment_method")
    intent["next_action"] = None
    intent["last_setup_error"] = None
    card = cards.of(method["_number"]) if method["type"] == "card" else None
    if card is not None and card.challenge:
        _ask(ctx, intent, method)
    elif card is not None and card.decline and card.attaches is False:
        _fail(ctx, intent, method, _declined(card), 402)
    else:
        _succeed(ctx, intent, method)


def _declined(card: cards.Card) -> dict[str, Any]:
    return {
        "type": "card_error",
        "code": card.decline,
        "decline_code": card.decline_code or card.decline,
        "message": cards.message(card.decline, card.decline_code),
    }


def _ask(ctx: Context, intent: dict[str, Any], method: dict[str, Any]) -> None:
    """Send the buyer to the challenge page."""
    intent["status"] = "requires_action"
    intent["_challenge"] = secrets.token_urlsafe(24)
    address = f"{ctx.base_url}/c/setup/{intent['_challenge']}"
    intent["next_action"] = challenges.next_action(intent, address)
    attempt = setup_attempts.make(ctx, intent, method, "requires_action")
    intent["latest_attempt"] = attempt["id"]
    ctx.save(intent)
    emit(ctx, "setup_intent.requires_action", intent)


def answer_challenge(ctx: Context, intent: dict[str, Any], *, passed: bool) -> None:
    """The buyer took the 3-D Secure challenge; raises `Refused` (400, kept) when it failed."""
    method = ctx.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    intent["_challenge"] = None
    if passed:
        _succeed(ctx, intent, method)
        return
    problem = {
        "type": "invalid_request_error",
        "code": "setup_intent_authentication_failure",
        "message": "The latest attempt to set up the payment method has failed because"
        " authentication failed.",
    }
    _fail(ctx, intent, method, problem, 400)


def _attempt(ctx: Context, intent: dict[str, Any], method: dict[str, Any], status: str) -> None:
    """End the try that waits for a challenge, or note one that needed none."""
    waiting = ctx.find(intent["latest_attempt"], "setup_attempt")
    if waiting is None or waiting["status"] != "requires_action":
        waiting = setup_attempts.make(ctx, intent, method, status)
    waiting["status"] = status
    waiting["setup_error"] = intent["last_setup_error"]
    ctx.save(waiting)
    intent["latest_attempt"] = waiting["id"]


def _succeed(ctx: Context, intent: dict[str, Any], method: dict[str, Any]) -> None:
    if method["type"] != "card":
        intent["mandate"] = mandates.make(ctx, method, intent["_mandate_data"])["id"]
    intent["status"] = "succeeded"
    _attempt(ctx, intent, method, "succeeded")
    ctx.save(intent)
    attached = keep(ctx, method, intent["customer"])
    emit(ctx, "setup_intent.succeeded", intent)
    if attached:
        emit(ctx, "payment_method.attached", method)


def keep(ctx: Context, method: dict[str, Any], customer: str | None) -> bool:
    """Note that the method may be charged later; answers whether it was newly attached."""
    attached = bool(customer) and method["customer"] != customer
    method["_set_up"] = True
    method["customer"] = method["customer"] or customer
    ctx.save(method)
    return attached


def _fail(
    ctx: Context,
    intent: dict[str, Any],
    method: dict[str, Any],
    problem: dict[str, Any],
    status: int,
) -> None:
    """The intent waits for another payment method."""
    address = f"https://docs.stripe.com/error-codes#{problem['code'].replace('_', '-')}"
    shown = ctx.show(method)
    intent["last_setup_error"] = {**problem, "doc_url": address, "payment_method": shown}
    intent["status"] = "requires_payment_method"
    _attempt(ctx, intent, method, "failed")
    intent["payment_method"] = None
    ctx.save(intent)
    emit(ctx, "setup_intent.setup_failed", intent)
    extra = {k: v for k, v in problem.items() if k == "decline_code"}
    raise Refused(
        problem["message"],
        status=status,
        kind=problem["type"],
        code=problem["code"],
        keep=True,
        setup_intent=ctx.show(intent),
        payment_method=shown,
        **extra,
    )


def cancel(ctx: Context, intent: dict[str, Any], reason: str | None) -> None:
    """Give up an intent that was not set up."""
    intent["status"] = "canceled"
    intent["cancellation_reason"] = reason
    intent["next_action"] = None
    intent["_challenge"] = None
    ctx.save(intent)
    emit(ctx, "setup_intent.canceled", intent)
