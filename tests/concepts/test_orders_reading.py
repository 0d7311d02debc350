"""Reading a Checkout Session: every combination that matters, as a table."""

from typing import Any

import pytest

from marketplace.lifecycles import PaymentStatus
from marketplace.models import Order, Payment
from marketplace.orders.reading import mismatch, read, read_intent


def session_of(**values: Any) -> dict[str, Any]:
    return {
        "id": "cs_1",
        "status": "open",
        "payment_status": "unpaid",
        "url": "https://pay.example/cs_1",
        "payment_intent": None,
        "amount_total": 1000,
        "currency": "usd",
        "client_reference_id": "ada-order",
        "metadata": {"order": "ada-order", "attempt": "payment:ada:0"},
        **values,
    }


def intent(status: str, **values: Any) -> dict[str, Any]:
    return {"id": "pi_1", "status": status, "latest_charge": None, **values}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, PaymentStatus.OPEN),
        ({"payment_intent": intent("requires_payment_method")}, PaymentStatus.OPEN),
        ({"payment_intent": intent("requires_action")}, PaymentStatus.OPEN),
        ({"status": "expired"}, PaymentStatus.EXPIRED),
        (
            {"status": "complete", "payment_status": "paid", "payment_intent": intent("succeeded")},
            PaymentStatus.SUCCEEDED,
        ),
        # completed is not paid: a bank debit is on its way, or has failed
        ({"status": "complete", "payment_intent": intent("processing")}, PaymentStatus.PROCESSING),
        ({"status": "complete", "payment_intent": "pi_1"}, PaymentStatus.PROCESSING),
        (
            {"status": "complete", "payment_intent": intent("requires_payment_method")},
            PaymentStatus.FAILED,
        ),
        ({"status": "complete", "payment_intent": intent("canceled")}, PaymentStatus.FAILED),
    ],
)
def test_what_has_become_of_an_attempt(values: dict[str, Any], status: PaymentStatus) -> None:
    assert read(session_of(**values)).status is status


def test_a_declined_card_is_noted_while_the_page_stays_open() -> None:
    error = {"code": "card_declined", "decline_code": "lost_card", "message": "Declined."}
    reading = read(
        session_of(payment_intent=intent("requires_payment_method", last_payment_error=error))
    )
    assert (reading.status, reading.failure_code) == (PaymentStatus.OPEN, "lost_card")
    assert reading.failure == "Declined."


def test_an_old_decline_is_forgotten_once_it_is_paid() -> None:
    paid = intent("succeeded", last_payment_error={"code": "card_declined"})
    reading = read(session_of(status="complete", payment_status="paid", payment_intent=paid))
    assert reading.failure_code is None


def test_a_failed_charge_is_no_charge() -> None:
    failed = intent("requires_payment_method", latest_charge={"id": "ch_1", "status": "failed"})
    assert read(session_of(payment_intent=failed)).charge == {}


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"amount_total": 999}, "amount is 999"),
        ({"amount_total": None}, "amount is None"),
        ({"currency": "eur"}, "currency is eur"),
        ({"client_reference_id": "mallory-order"}, "reference is not the order's"),
        ({"metadata": {}}, "attempt is not the order's"),
        ({"metadata": None}, "attempt is not the order's"),
    ],
)
def test_a_payment_that_does_not_fit_the_order_is_named(values: dict[str, Any], word: str) -> None:
    order = Order(amount=1000, currency="usd", token="ada-order")
    payment = Payment(idempotency_key="payment:ada:0")
    assert mismatch(order, payment, read(session_of())) is None
    told = mismatch(order, payment, read(session_of(**values)))
    assert told is not None
    assert word in told
    assert "mallory" not in told


@pytest.mark.parametrize(
    ("status", "read_as"),
    [
        ("requires_action", PaymentStatus.OPEN),
        ("processing", PaymentStatus.PROCESSING),
        ("succeeded", PaymentStatus.SUCCEEDED),
        ("requires_payment_method", PaymentStatus.FAILED),
        ("canceled", PaymentStatus.EXPIRED),
    ],
)
def test_a_payment_without_a_page_is_read_and_compared_in_the_same_way(
    status: str, read_as: PaymentStatus
) -> None:
    named = {"metadata": {"order": "ada-order", "attempt": "payment:ada:0"}}
    reading = read_intent(intent(status, amount=1000, currency="usd", **named))
    assert (reading.status, reading.session_id) == (read_as, None)
    order = Order(amount=1000, currency="usd", token="ada-order")
    payment = Payment(idempotency_key="payment:ada:0")
    assert mismatch(order, payment, reading) is None
    stranger = read_intent(intent(status, amount=1000, currency="usd"))
    assert "reference is not" in (mismatch(order, payment, stranger) or "")
