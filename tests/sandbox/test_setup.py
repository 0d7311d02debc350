"""Saving a payment method: SetupIntents, mandates, customers' methods, Checkout in setup mode."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .merchants import moves, pay, seller, told
from .test_checkout import press, typed

BACK = "http://127.0.0.1:9/back"
IBAN = "AT611904300234573201"


def bea(sandbox: Running) -> str:
    return sandbox.client().v1.customers.create({"email": "bea@example.com"}).id


def save(sandbox: Running, card: str = "pm_card_visa", **more: Any) -> stripe.SetupIntent:
    wish: Any = {"payment_method": card, "confirm": True, "return_url": BACK, **more}
    return sandbox.client().v1.setup_intents.create(wish)


def test_bea_saves_a_card_and_is_charged_while_she_is_away(sandbox: Running) -> None:
    customer = bea(sandbox)
    intent = save(sandbox, customer=customer)
    assert (intent.status, intent.usage, intent.mandate) == ("succeeded", "off_session", None)
    assert told(sandbox) == [
        "customer.created",
        "setup_intent.created",
        "setup_intent.succeeded",
        "payment_method.attached",
    ]
    assert moves(sandbox) == []
    card = str(intent.payment_method)
    listed = sandbox.client().v1.customers.payment_methods.list(customer)
    assert [one.id for one in listed.data] == [card]
    for _ in range(2):
        paid = pay(sandbox, card=card, customer=customer, off_session=True)
        assert paid.status == "succeeded"


def test_a_refused_card_is_told_and_another_one_is_saved(sandbox: Running) -> None:
    client = sandbox.client()
    intent = client.v1.setup_intents.create(
        {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    )
    assert intent.status == "requires_payment_method"
    with pytest.raises(stripe.CardError) as refused:
        client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert refused.value.code == "card_declined"
    found = client.v1.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    assert found.status == "requires_payment_method"
    assert found.last_setup_error is not None
    assert found.last_setup_error.decline_code == "generic_decline"
    assert isinstance(found.latest_attempt, stripe.SetupAttempt)
    assert found.latest_attempt.status == "failed"
    done = client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (done.status, done.last_setup_error) == ("succeeded", None)
    attempts = client.v1.setup_attempts.list({"setup_intent": intent.id}).data
    assert [one.status for one in attempts] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("action", "status", "event"),
    [
        ("complete", "succeeded", "setup_intent.succeeded"),
        ("fail", "requires_payment_method", "setup_intent.setup_failed"),
    ],
)
def test_a_challenge_decides_whether_the_card_is_saved(
    sandbox: Running, action: str, status: str, event: str
) -> None:
    intent = save(sandbox, "pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = str(intent.next_action.redirect_to_url.url)
    assert "save this card" in sandbox.http.get(url, timeout=60).text
    answer = press(sandbox, url, action)
    assert answer.headers["Location"].startswith(f"{BACK}?setup_intent={intent.id}")
    found = sandbox.client().v1.setup_intents.retrieve(intent.id)
    assert found.status == status
    assert told(sandbox)[-1] == event
    assert sandbox.http.get(url, timeout=60).status_code == 404


def test_a_card_that_was_set_up_needs_no_challenge_while_the_buyer_is_away(
    sandbox: Running,
) -> None:
    customer = bea(sandbox)
    card = "pm_card_authenticationRequiredOnSetup"
    with pytest.raises(stripe.CardError) as refused:
        pay(sandbox, card=card, customer=customer, off_session=True)
    assert refused.value.code == "authentication_required"
    intent = save(sandbox, card, customer=customer)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    press(sandbox, str(intent.next_action.redirect_to_url.url), "complete")
    saved = str(intent.payment_method)
    assert pay(sandbox, card=saved, customer=customer, off_session=True).status == "succeeded"
    assert pay(sandbox, card=saved, customer=customer).status == "requires_action"


def test_a_bank_debit_is_saved_with_a_mandate(sandbox: Running) -> None:
    client = sandbox.client()
    method = client.v1.payment_methods.create(
        {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}, "billing_details": {"name": "Bea"}}
    )
    online = {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "Browser"}}
    intent = save(sandbox, method.id, mandate_data={"customer_acceptance": online})
    mandate = client.v1.mandates.retrieve(str(intent.mandate))
    assert (mandate.status, mandate.type, mandate.payment_method) == (
        "active",
        "multi_use",
        method.id,
    )
    assert mandate.customer_acceptance.online is not None
    assert mandate.customer_acceptance.online.user_agent == "Browser"
    client.v1.payment_methods.attach(method.id, {"customer": bea(sandbox)})
    client.v1.payment_methods.detach(method.id)
    assert client.v1.mandates.retrieve(mandate.id).status == "inactive"


def test_a_single_debit_has_a_mandate_for_its_amount(sandbox: Running) -> None:
    client = sandbox.client()
    method = client.v1.payment_methods.create(
        {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}, "billing_details": {"name": "Bea"}}
    )
    intent = pay(
        sandbox,
        card=method.id,
        currency="eur",
        mandate_data={"customer_acceptance": {"type": "offline"}},
    )
    details = intent.latest_charge.payment_method_details.sepa_debit
    mandate = client.v1.mandates.retrieve(details.mandate)
    assert mandate.single_use is not None
    assert (mandate.single_use.amount, mandate.single_use.currency) == (1_000, "eur")
    assert mandate.status == "active"
    sandbox.advance(7 * 86_400)
    assert client.v1.mandates.retrieve(details.mandate).status == "inactive"
    assert told(sandbox)[-1] == "mandate.updated"


def test_an_intent_is_canceled_once(sandbox: Running) -> None:
    client = sandbox.client()
    intent = client.v1.setup_intents.create({"customer": bea(sandbox)})
    done = client.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (done.status, done.cancellation_reason) == ("canceled", "abandoned")
    assert told(sandbox)[-1] == "setup_intent.canceled"
    for again in (client.v1.setup_intents.cancel, client.v1.setup_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            again(intent.id)
        assert refused.value.code == "setup_intent_unexpected_state"


def test_an_intent_is_changed_and_listed_by_customer(sandbox: Running) -> None:
    client = sandbox.client()
    customer = bea(sandbox)
    save(sandbox)
    intent = client.v1.setup_intents.create({"description": "Card on file"})
    client.v1.setup_intents.update(
        intent.id, {"customer": customer, "payment_method": "pm_card_visa"}
    )
    (found,) = client.v1.setup_intents.list({"customer": customer}).data
    assert (found.id, found.status) == (intent.id, "requires_confirmation")
    done = client.v1.setup_intents.confirm(intent.id, {"return_url": "http://127.0.0.1:9/back"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.setup_intents.update(done.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "setup_intent_unexpected_state"


def test_an_intent_without_a_method_cannot_be_confirmed(sandbox: Running) -> None:
    intent = sandbox.client().v1.setup_intents.create()
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        sandbox.client().v1.setup_intents.confirm(intent.id)


def test_types_may_be_written_by_callers_of_an_older_version_only(sandbox: Running) -> None:
    wish: Any = {"payment_method_types": ["card"]}
    create = sandbox.client().v1.setup_intents.create
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(wish)
    assert refused.value.code == "payment_method_types_no_longer_supported"
    intent = create(wish, {"stripe_version": "2026-08-26.dahlia"})
    assert (intent.payment_method_types, intent.automatic_payment_methods) == (["card"], None)
    iban: Any = {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}}
    with pytest.raises(stripe.InvalidRequestError, match="not allowed"):
        sandbox.client().v1.setup_intents.confirm(intent.id, {"payment_method_data": iban})


def test_a_card_that_the_bank_refuses_is_not_attached(sandbox: Running) -> None:
    client = sandbox.client()
    customer = bea(sandbox)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert refused.value.code == "card_declined"
    late = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    with pytest.raises(stripe.CardError):
        pay(sandbox, card=late.id, customer=customer)


def test_a_card_of_one_customer_pays_for_nobody_else(sandbox: Running) -> None:
    client = sandbox.client()
    customer = bea(sandbox)
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    others: tuple[Any, ...] = ({}, {"customer": bea(sandbox)})
    for more in others:
        with pytest.raises(stripe.InvalidRequestError, match=customer):
            pay(sandbox, card=card, **more)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(card, {"customer": bea(sandbox)})


def test_a_card_that_paid_or_was_detached_is_spent(sandbox: Running) -> None:
    client = sandbox.client()
    loose = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    pay(sandbox, card=loose)
    customer = bea(sandbox)
    kept = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    assert client.v1.payment_methods.detach(kept).customer is None
    for card in (loose, kept):
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            pay(sandbox, card=card)
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            client.v1.payment_methods.attach(card, {"customer": customer})


def test_a_payment_saves_the_card_for_later(sandbox: Running) -> None:
    customer = bea(sandbox)
    paid = pay(sandbox, customer=customer, setup_future_usage="off_session")
    assert "payment_method.attached" in told(sandbox)
    again = pay(sandbox, card=paid.payment_method, customer=customer, off_session=True)
    assert again.status == "succeeded"


def test_a_card_of_the_platform_is_cloned_for_a_seller(sandbox: Running) -> None:
    ada = seller(sandbox)
    client = sandbox.client()
    customer = bea(sandbox)
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({"payment_method": card}, {"stripe_account": ada})
    assert refused.value.param == "customer"
    clone = client.v1.payment_methods.create(
        {"payment_method": card, "customer": customer}, {"stripe_account": ada}
    )
    assert (clone.customer, clone.id != card) == (None, True)
    assert pay(sandbox, card=clone.id, on=ada).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="connected account"):
        client.v1.payment_methods.create({"payment_method": card, "customer": customer})


def setup_session(sandbox: Running, **more: Any) -> stripe.checkout.Session:
    wish: Any = {"mode": "setup", "currency": "usd", "success_url": BACK, **more}
    return sandbox.client().v1.checkout.sessions.create(wish)


def test_the_payment_page_saves_a_card_without_a_payment(sandbox: Running) -> None:
    customer = bea(sandbox)
    session = setup_session(sandbox, customer=customer, setup_intent_data={"metadata": {"a": "1"}})
    assert (session.amount_total, session.payment_status) == (None, "no_payment_required")
    url = str(session.url)
    assert "Save a payment method" in sandbox.http.get(url, timeout=60).text
    declined = press(sandbox, url, "card:4000000000000002", **typed())
    assert declined.status_code == 402
    answer = press(sandbox, url, "pay", **typed())
    assert answer.headers["Location"] == BACK
    done = sandbox.client().v1.checkout.sessions.retrieve(
        session.id, {"expand": ["setup_intent.payment_method"]}
    )
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    assert done.setup_intent.status == "succeeded"
    assert isinstance(done.setup_intent.payment_method, stripe.PaymentMethod)
    assert done.setup_intent.payment_method.customer == customer
    assert told(sandbox)[-1] == "checkout.session.completed"
    assert moves(sandbox) == []
    assert "already saved" in sandbox.http.get(url, timeout=60).text


def test_a_card_that_asks_for_its_holder_is_saved_after_the_challenge(sandbox: Running) -> None:
    session = setup_session(sandbox, customer_creation="always")
    first = press(sandbox, str(session.url), "card:4000002760003184", **typed())
    refused = press(sandbox, first.headers["Location"], "fail")
    assert refused.headers["Location"] == session.url
    assert "authentication" in sandbox.http.get(str(session.url), timeout=60).text
    second = press(sandbox, str(session.url), "card:4000002760003184", **typed())
    assert press(sandbox, second.headers["Location"], "complete").headers["Location"] == BACK
    done = sandbox.client().v1.checkout.sessions.retrieve(session.id)
    listed = sandbox.client().v1.customers.payment_methods.list(str(done.customer))
    assert len(listed.data) == 1


def test_an_expired_setup_session_gives_its_intent_up(sandbox: Running) -> None:
    session = setup_session(sandbox)
    client = sandbox.client()
    with pytest.raises(stripe.InvalidRequestError, match="expire the Session"):
        client.v1.setup_intents.cancel(str(session.setup_intent))
    client.v1.checkout.sessions.expire(session.id)
    assert client.v1.setup_intents.retrieve(str(session.setup_intent)).status == "canceled"


def test_a_setup_session_takes_nothing_that_belongs_to_payments(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        setup_session(sandbox, payment_intent_data={"description": "x"})
    assert refused.value.param == "payment_intent_data"
