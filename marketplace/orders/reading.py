"""What Stripe says of an attempt to pay, read without touching anything.

Pure functions of a Checkout Session, or of a PaymentIntent that never had one, as plain data with
the charge expanded. Both end in the same `Reading`. The rule that bites: a Session's `status` is
about the page and `payment_status` about the money, and neither tells a bank debit that is under
way from one that failed; only the PaymentIntent does.
https://docs.stripe.com/api/checkout/sessions/object
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.lifecycles import PaymentStatus
from marketplace.models import Order, Payment

# Back to asking for a payment method after the page is done: the one that was given failed.
FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})
INTENTS = {
    "processing": PaymentStatus.PROCESSING,
    "succeeded": PaymentStatus.SUCCEEDED,
    "requires_payment_method": PaymentStatus.FAILED,
    "canceled": PaymentStatus.EXPIRED,
}
LONGEST_EMAIL = 254
COMING = frozenset({PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Reading:
    """An attempt in our words. `charge` is the latest charge, empty when there is none.

    `amount` (minor units), `currency`, `reference` and `attempt` are what the object claims to be
    for; `session_id` is None for a PaymentIntent without a Session.
    """

    session_id: str | None
    status: PaymentStatus
    url: str | None
    payment_intent_id: str | None
    failure_code: str | None
    failure: str | None
    email: str | None
    amount: int | None
    currency: str | None
    reference: str | None
    attempt: str | None
    charge: Mapping[str, Any] = field(default_factory=dict)

    @property
    def money_is_coming(self) -> bool:
        """Whether money was taken, or will be without another word from the buyer."""
        return self.status in COMING


def read(facts: Mapping[str, Any]) -> Reading:
    """Read a Session; `payment_intent` is expanded, an id, or None before the buyer paid."""
    intent = facts.get("payment_intent")
    details: Mapping[str, Any] = intent if isinstance(intent, Mapping) else {}
    status = status_of(facts, details)
    code, failure = _failure(details, status)
    email = (facts.get("customer_details") or {}).get("email") or facts.get("customer_email")
    return Reading(
        session_id=facts["id"],
        status=status,
        url=facts.get("url"),
        payment_intent_id=details.get("id") if details else intent,
        failure_code=code,
        failure=failure,
        email=email if email and len(email) <= LONGEST_EMAIL else None,
        amount=facts.get("amount_total"),
        currency=facts.get("currency"),
        reference=facts.get("client_reference_id"),
        attempt=(facts.get("metadata") or {}).get("attempt"),
        charge=_charge(details),
    )


def read_intent(intent: Mapping[str, Any]) -> Reading:
    """Read a PaymentIntent that was made without a Session.

    https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    status = INTENTS.get(intent["status"], PaymentStatus.OPEN)
    code, failure = _failure(intent, status)
    metadata = intent.get("metadata") or {}
    return Reading(
        session_id=None,
        status=status,
        url=None,
        payment_intent_id=intent["id"],
        failure_code=code,
        failure=failure,
        email=None,
        amount=intent.get("amount"),
        currency=intent.get("currency"),
        reference=metadata.get("order"),
        attempt=metadata.get("attempt"),
        charge=_charge(intent),
    )


def _failure(
    intent: Mapping[str, Any], status: PaymentStatus
) -> tuple[str, str | None] | tuple[None, None]:
    """The code and the words of the latest refusal; nothing once the money was taken."""
    error = intent.get("last_payment_error") or {}
    if not error or status is PaymentStatus.SUCCEEDED:
        return None, None
    code = error.get("decline_code") or error.get("code") or "payment_failed"
    return code[:80], error.get("message")


def _charge(intent: Mapping[str, Any]) -> Mapping[str, Any]:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, Mapping) and charge["status"] == "succeeded" else {}


def status_of(facts: Mapping[str, Any], intent: Mapping[str, Any]) -> PaymentStatus:
    """What has become of an attempt.

    https://docs.stripe.com/payments/checkout/fulfill-orders#delayed-notification
    """
    if facts["status"] == "expired":
        return PaymentStatus.EXPIRED
    if facts["status"] == "open":
        return PaymentStatus.OPEN
    if facts["payment_status"] == "paid":
        return PaymentStatus.SUCCEEDED
    if intent.get("status") in FAILED_INTENTS:
        return PaymentStatus.FAILED
    return PaymentStatus.PROCESSING


def mismatch(order: Order, payment: Payment, reading: Reading) -> str | None:
    """Say how what Stripe has does not fit the order, for the operator; None when it fits."""
    found = {
        "amount": (reading.amount, order.amount),
        "currency": (reading.currency, order.currency),
        "reference": (reading.reference, order.token),
        "attempt": (reading.attempt, payment.idempotency_key),
    }
    # Only amounts and currency are repeated: the other two are names that open doors.
    told = ", ".join(
        f"{name} is {has} and not {should}"
        if name in {"amount", "currency"}
        else f"{name} is not the order's"
        for name, (has, should) in found.items()
        if has != should
    )
    return f"The payment does not fit the order: {told}." if told else None
