"""What a Checkout Session says, read without touching anything.

Pure functions of the Session as plain data, its PaymentIntent and charge expanded. The rule that
bites: `status` is about the page and `payment_status` about the money, and neither tells a bank
debit that is under way from one that failed; only the PaymentIntent does.
https://docs.stripe.com/api/checkout/sessions/object
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.lifecycles import PaymentStatus
from marketplace.models import Order, Payment

# Back to asking for a payment method after the page is done: the one that was given failed.
FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})
LONGEST_EMAIL = 254
COMING = frozenset({PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Reading:
    """A Session in our words. `charge` is the latest charge, empty when there is none."""

    session_id: str
    status: PaymentStatus
    url: str | None
    payment_intent_id: str | None
    failure_code: str | None
    failure: str | None
    email: str | None
    charge: Mapping[str, Any] = field(default_factory=dict)

    @property
    def money_is_coming(self) -> bool:
        """Whether money was taken, or will be without another word from the buyer."""
        return self.status in COMING


def read(facts: Mapping[str, Any]) -> Reading:
    """Read a Session; `payment_intent` is expanded, an id, or None before the buyer paid."""
    intent = facts.get("payment_intent")
    details: Mapping[str, Any] = intent if isinstance(intent, Mapping) else {}
    charge = details.get("latest_charge")
    status = status_of(facts, details)
    error = details.get("last_payment_error") or {}
    failed = bool(error) and status is not PaymentStatus.SUCCEEDED
    email = (facts.get("customer_details") or {}).get("email") or facts.get("customer_email")
    code = error.get("decline_code") or error.get("code") or "payment_failed"
    return Reading(
        session_id=facts["id"],
        status=status,
        url=facts.get("url"),
        payment_intent_id=details.get("id") if details else intent,
        failure_code=code[:80] if failed else None,
        failure=error.get("message") if failed else None,
        email=email if email and len(email) <= LONGEST_EMAIL else None,
        charge=charge if isinstance(charge, Mapping) and charge["status"] == "succeeded" else {},
    )


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


def mismatch(order: Order, payment: Payment, facts: Mapping[str, Any]) -> str | None:
    """Say how a Session does not fit the order, for the operator; None when it fits."""
    expected = {
        "amount_total": order.amount,
        "currency": order.currency,
        "client_reference_id": order.token,
        "metadata.attempt": payment.idempotency_key,
    }
    metadata = facts.get("metadata") or {}
    found = {name: facts.get(name) for name in expected}
    found["metadata.attempt"] = metadata.get("attempt")
    wrong = [name for name, value in expected.items() if found[name] != value]
    if not wrong:
        return None
    # Only amounts and currency are repeated: the other two are names that open doors.
    told = ", ".join(
        f"{name} is {found[name]} and not {expected[name]}"
        if name in {"amount_total", "currency"}
        else f"{name} is not the order's"
        for name in wrong
    )
    return f"The payment does not fit the order: {told}."
