"""PaymentIntents: what each test card does, and what a payment may be."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .merchants import moves, net, pay, seller, told

DAY = 86_400


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
    ],
)
def test_a_decline_is_an_error_and_leaves_a_failed_charge(
    sandbox: Running, card: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        pay(sandbox, card=card)
    error = refusal.value.error
    assert error is not None
    assert refusal.value.http_status == 402
    assert (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent is not None
    intent = sandbox.client().v1.payment_intents.retrieve(
        error.payment_intent.id, {"expand": ["latest_charge"]}
    )
    assert intent.status == "requires_payment_method"
    assert intent.payment_method is None
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (intent.latest_charge.status, intent.latest_charge.failure_code) == ("failed", code)
    assert moves(sandbox) == []
    assert told(sandbox) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_a_declined_intent_is_paid_with_another_card(sandbox: Running) -> None:
    client = sandbox.client()
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "usd"})
    assert intent.status == "requires_payment_method"
    back = "http://127.0.0.1:9/back"
    with pytest.raises(stripe.InvalidRequestError, match="`return_url` must be specified"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa_chargeDeclined", "return_url": back}
        )
    paid = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_mastercard", "return_url": back}
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.code == "payment_intent_unexpected_state"


def challenge(sandbox: Running, intent: Any, action: str) -> Any:
    url = intent.next_action.redirect_to_url.url
    answer = sandbox.http.post(url, data={"action": action}, allow_redirects=False, timeout=60)
    return answer.headers["Location"]


def test_a_buyer_who_passes_the_challenge_has_paid(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert moves(sandbox) == []
    back = challenge(sandbox, intent, "complete")
    assert back.startswith("http://127.0.0.1:9/back?payment_intent=pi_")
    assert "redirect_status=succeeded" in back
    client = sandbox.client()
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert paid.status == "succeeded"
    assert isinstance(paid.latest_charge, stripe.Charge)
    details = paid.latest_charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.three_d_secure is not None
    assert details.card.three_d_secure.result == "authenticated"
    assert told(sandbox)[:2] == ["payment_intent.created", "payment_intent.requires_action"]


def test_a_buyer_who_refuses_the_challenge_has_not(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_authenticationRequired")
    assert "redirect_status=failed" in challenge(sandbox, intent, "fail")
    failed = sandbox.client().v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert told(sandbox)[-1] == "payment_intent.payment_failed"


def test_a_card_may_be_declined_after_its_challenge(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_threeDSecureRequiredChargeDeclined")
    challenge(sandbox, intent, "complete")
    failed = sandbox.client().v1.payment_intents.retrieve(intent.id)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "card_declined"


def test_a_challenge_without_the_buyer_is_a_decline(sandbox: Running) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        pay(sandbox, card="pm_card_authenticationRequired", off_session=True)
    assert refusal.value.code == "authentication_required"


def test_money_is_held_until_it_is_captured(sandbox: Running) -> None:
    nora = seller(sandbox)
    intent = pay(
        sandbox,
        capture_method="manual",
        transfer_data={"destination": nora},
        application_fee_amount=123,
    )
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1000)
    assert moves(sandbox) == []
    client = sandbox.client()
    done = client.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 600, "application_fee_amount": 60}
    )
    assert (done.status, done.amount_received) == ("succeeded", 600)
    assert moves(sandbox, nora) == [("payment", 600, 60, 540, "usd")]
    assert moves(sandbox)[0] == ("charge", 600, 47, 553, "usd")
    assert "charge.captured" in told(sandbox)


def test_an_authorisation_is_released_by_canceling_or_after_a_week(sandbox: Running) -> None:
    client = sandbox.client()
    first = pay(sandbox, capture_method="manual")
    assert client.v1.payment_intents.cancel(first.id).status == "canceled"
    second = pay(sandbox, capture_method="manual")
    sandbox.advance(8 * DAY)
    lapsed = client.v1.payment_intents.retrieve(second.id)
    assert (lapsed.status, lapsed.cancellation_reason) == ("canceled", "automatic")
    assert "charge.expired" in told(sandbox)
    assert moves(sandbox) == []


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (1, "eur", "amount_too_small"),
        (70, "jpy", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (12345, "kwd", "parameter_invalid_integer"),
        (12350, "isk", "parameter_invalid_integer"),
        (0, "usd", "parameter_invalid_integer"),
    ],
)
def test_amounts_that_stripe_does_not_charge(
    sandbox: Running, amount: int, currency: str, code: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, amount, currency=currency)
    assert (refusal.value.code, refusal.value.param) == (code, "amount")


def test_a_yen_has_no_cents(sandbox: Running) -> None:
    yuki = seller(sandbox, country="JP")
    intent = pay(sandbox, 5000, currency="jpy", on=yuki)
    assert intent.amount_received == 5000
    assert moves(sandbox, yuki)[0][4] == "jpy"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"application_fee_amount": 10}, "application_fee_amount"),
        ({"transfer_data": {"destination": "acct_nobody"}}, "transfer_data[destination]"),
        ({"on_behalf_of": "acct_nobody"}, "on_behalf_of"),
        ({"currency": "xyz"}, "currency"),
        ({"statement_descriptor": "Shop"}, "statement_descriptor"),
        ({"statement_descriptor_suffix": "x" * 23}, "statement_descriptor_suffix"),
        ({"statement_descriptor_suffix": "<Shop>"}, "statement_descriptor_suffix"),
        ({"receipt_email": "nobody"}, "receipt_email"),
    ],
)
def test_divisions_that_do_not_exist_and_words_that_nobody_could_read(
    sandbox: Running, change: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, **change)
    assert refusal.value.param == param


def test_a_fee_and_a_named_transfer_amount_exclude_each_other(sandbox: Running) -> None:
    nora = seller(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(
            sandbox,
            transfer_data={"destination": nora, "amount": 800},
            application_fee_amount=10,
        )
    assert refusal.value.code == "parameters_exclusive"


@pytest.mark.parametrize("fee", [0, 1000, 1001])
def test_the_fee_of_a_direct_charge_is_positive_and_less_than_the_charge(
    sandbox: Running, fee: int
) -> None:
    nora = seller(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, on=nora, application_fee_amount=fee)
    assert refusal.value.param == "application_fee_amount"


def test_money_does_not_cross_every_border(sandbox: Running) -> None:
    yuki = seller(sandbox, country="JP")
    with pytest.raises(stripe.InvalidRequestError, match="JP"):
        pay(sandbox, transfer_data={"destination": yuki})


def test_payment_method_types_have_an_error_of_their_own_in_endive(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, payment_method_types=["card"])
    assert refusal.value.code == "payment_method_types_no_longer_supported"
    older: Any = {
        "amount": 100,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
    }
    intent = sandbox.client().v1.payment_intents.create(
        older, {"stripe_version": "2026-08-26.dahlia"}
    )
    assert intent.status == "succeeded"


def test_a_sepa_debit_is_paid_days_later(sandbox: Running) -> None:
    client = sandbox.client()
    method = client.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "AT61 1904 3002 3457 3201"},
            "billing_details": {"name": "Bea", "email": "bea@example.com"},
        }
    )
    intent = pay(sandbox, currency="eur", card=method.id)
    assert intent.status == "processing"
    assert intent.latest_charge.status == "pending"
    sandbox.advance(7 * DAY)
    paid = client.v1.payment_intents.retrieve(intent.id)
    assert paid.status == "succeeded"
    assert [move[0] for move in moves(sandbox)] == ["payment"]


def test_a_card_typed_into_the_api_is_checked(sandbox: Running) -> None:
    client = sandbox.client()
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 34, "cvc": "123"}
    made = client.v1.payment_methods.create({"type": "card", "card": card})
    assert made.card is not None
    assert (made.card.last4, made.card.exp_year) == ("4242", 2034)
    for change, code in (
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"cvc": "1"}, "invalid_cvc"),
    ):
        with pytest.raises(stripe.CardError) as refusal:
            wrong: Any = {"type": "card", "card": {**card, **change}}
            client.v1.payment_methods.create(wrong)
        assert refusal.value.code == code
    assert "_number" not in str(made)


def test_another_platform_sees_none_of_it(sandbox: Running) -> None:
    intent = pay(sandbox)
    stranger = sandbox.client("sk_test_stranger")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stranger.v1.payment_intents.retrieve(intent.id)
    assert refusal.value.http_status == 404
    assert net(sandbox) == 941


def test_a_customer_keeps_a_card(sandbox: Running) -> None:
    client = sandbox.client()
    bea = client.v1.customers.create(
        {"email": "bea@example.com", "payment_method": "pm_card_visa", "metadata": {"a": "1"}}
    )
    methods = client.v1.customers.payment_methods.list(bea.id).data
    assert len(methods) == 1
    intent = pay(sandbox, card=methods[0].id, customer=bea.id)
    assert intent.customer == bea.id
    again = client.v1.customers.update(bea.id, {"name": "Bea", "metadata": {"a": ""}})
    assert again.name == "Bea"
    assert again.metadata is not None
    assert "a" not in again.metadata
    found = client.v1.customers.list({"email": "bea@example.com"}).data
    assert [one.id for one in found] == [bea.id]
    assert client.v1.customers.delete(bea.id).deleted
    assert client.v1.customers.retrieve(bea.id).deleted
    assert client.v1.customers.list({"email": "bea@example.com"}).data == []


def test_a_receipt_says_what_was_paid_and_what_came_back(sandbox: Running) -> None:
    charge = pay(sandbox, description="Order 7").latest_charge
    sandbox.client().v1.refunds.create({"charge": charge.id, "amount": 250})
    receipt = sandbox.http.get(charge.receipt_url, timeout=60)
    assert receipt.status_code == 200
    for words in ("Order 7", "Visa …4242", "-2.50 USD", "7.50 USD"):
        assert words in receipt.text
    assert sandbox.http.get(f"{sandbox.url}/c/receipt/ch_none", timeout=60).status_code == 404
