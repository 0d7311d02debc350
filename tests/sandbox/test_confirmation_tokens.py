"""Two steps: a browser gathers what the buyer typed, the server looks at it and confirms."""

from typing import Any

import pytest
import stripe

from tests.running import Running

BACK = "http://127.0.0.1:9/back"


def gathered(sandbox: Running, **more: Any) -> stripe.ConfirmationToken:
    wish: Any = {"payment_method": "pm_card_visa", "return_url": BACK, **more}
    return sandbox.client().v1.test_helpers.confirmation_tokens.create(wish)


def intent(sandbox: Running, **more: Any) -> Any:
    wish: Any = {"amount": 900, "currency": "usd", **more}
    return sandbox.client().v1.payment_intents.create(wish)


def test_an_intent_is_confirmed_with_what_was_gathered(sandbox: Running) -> None:
    token = gathered(
        sandbox,
        setup_future_usage="off_session",
        shipping={"name": "Ben", "address": {"line1": "1 Mill Lane"}},
    )
    assert token.payment_method_preview is not None
    assert token.payment_method_preview.card is not None
    assert token.payment_method_preview.card.last4 == "4242"

    paid = intent(sandbox, confirm=True, confirmation_token=token.id)
    assert paid.status == "succeeded"
    assert paid.shipping.name == "Ben"
    assert paid.setup_future_usage == "off_session"
    kept = sandbox.client().v1.confirmation_tokens.retrieve(token.id)
    assert kept.payment_intent == paid.id


def test_a_card_is_saved_with_a_token_too(sandbox: Running) -> None:
    saved = sandbox.client().v1.setup_intents.create(
        {"confirm": True, "confirmation_token": gathered(sandbox).id}
    )
    assert saved.status == "succeeded"


def test_a_token_serves_one_intent_for_half_a_day(sandbox: Running) -> None:
    token = gathered(sandbox)
    intent(sandbox, confirm=True, confirmation_token=token.id)
    with pytest.raises(stripe.InvalidRequestError, match="already used"):
        intent(sandbox, confirm=True, confirmation_token=token.id)

    late = gathered(sandbox)
    sandbox.advance(13 * 3_600)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        intent(sandbox, confirm=True, confirmation_token=late.id)


def test_a_token_and_a_method_exclude_each_other(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        intent(sandbox, confirmation_token=gathered(sandbox).id, payment_method="pm_card_visa")
    assert refusal.value.code == "parameters_exclusive"


def test_a_browser_gathers_no_card_of_a_customer(sandbox: Running) -> None:
    client = sandbox.client()
    ben = client.v1.customers.create().id
    saved = client.v1.payment_methods.attach("pm_card_visa", {"customer": ben}).id
    browser = sandbox.client(sandbox.key.replace("sk_", "pk_"))
    made = browser.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    answer = browser.raw_request("post", "/v1/confirmation_tokens", payment_method=made)
    assert answer.data["payment_method_preview"]["type"] == "card"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        browser.raw_request("post", "/v1/confirmation_tokens", payment_method=saved)
    assert refusal.value.param == "payment_method"
