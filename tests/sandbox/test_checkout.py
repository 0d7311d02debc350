"""Checkout: a session, its hosted page, and what the shop hears of it."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from .conftest import Running
from .merchants import moves, net, platform, seller, told
from .receiver import Receiver

MUGS = {
    "quantity": 2,
    "price_data": {
        "currency": "usd",
        "unit_amount": 1250,
        "product_data": {"name": "A blue mug"},
    },
}


def open_session(sandbox: Running, account: str | None = None, **more: Any) -> Any:
    params: Any = {
        "mode": "payment",
        "line_items": [MUGS],
        "success_url": "http://127.0.0.1:9/thanks?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/basket",
        **more,
    }
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    return sandbox.client().v1.checkout.sessions.create(params, options)


def press(sandbox: Running, url: str, action: str, **fields: str) -> requests.Response:
    answer = sandbox.http.post(
        url, data={"action": action, **fields}, allow_redirects=False, timeout=60
    )
    assert answer.status_code in {200, 303, 402}, answer.text
    return answer


def typed(**changes: str) -> dict[str, str]:
    return {
        "number": "4242 4242 4242 4242",
        "exp": "12/34",
        "cvc": "123",
        "name": "Bea Buyer",
        "email": "bea@example.com",
        **changes,
    }


def again(sandbox: Running, session: Any, **more: Any) -> Any:
    return sandbox.client().v1.checkout.sessions.retrieve(session.id, more or None)  # type: ignore[arg-type]


def test_bea_pays_with_the_card_she_typed_and_comes_back_to_the_shop(sandbox: Running) -> None:
    nora = seller(sandbox)
    session = open_session(
        sandbox,
        client_reference_id="order-1",
        metadata={"order": "1"},
        payment_intent_data={
            "application_fee_amount": 300,
            "transfer_data": {"destination": nora},
            "transfer_group": "order-1",
            "metadata": {"order": "1"},
            "description": "Order 1",
        },
    )
    assert (session.status, session.payment_status, session.payment_intent) == (
        "open",
        "unpaid",
        None,
    )
    page = sandbox.http.get(session.url, timeout=60)
    assert "A blue mug" in page.text
    assert "25.00 USD" in page.text
    answer = press(sandbox, session.url, "pay", **typed())
    assert answer.headers["Location"] == f"http://127.0.0.1:9/thanks?session_id={session.id}"
    paid = again(sandbox, session, expand=["payment_intent", "line_items"])
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "bea@example.com"
    assert paid.payment_intent.metadata["order"] == "1"
    assert paid.payment_intent.transfer_group == "order-1"
    assert [(i.description, i.quantity, i.amount_total) for i in paid.line_items.data] == [
        ("A blue mug", 2, 2500)
    ]
    assert moves(sandbox, nora) == [("payment", 2500, 300, 2200, "usd")]
    assert net(sandbox) == 300 - 103
    assert told(sandbox)[-1] == "checkout.session.completed"


def test_a_second_press_of_the_button_charges_nothing(sandbox: Running) -> None:
    session = open_session(sandbox)
    first = press(sandbox, session.url, "card:4242424242424242")
    second = press(sandbox, session.url, "card:4242424242424242")
    assert first.headers["Location"] == second.headers["Location"]
    assert len(moves(sandbox)) == 1
    assert "already paid" in sandbox.http.get(session.url, timeout=60).text


def test_a_declined_card_is_told_beside_the_field_and_another_one_pays(sandbox: Running) -> None:
    session = open_session(sandbox)
    answer = press(sandbox, session.url, "card:4000000000009995", email="bea@example.com")
    assert answer.status_code == 402
    assert 'data-code="insufficient_funds"' in answer.text
    assert "Your card has insufficient funds." in answer.text
    assert 'value="bea@example.com"' in answer.text
    assert again(sandbox, session).status == "open"
    press(sandbox, session.url, "pay", **typed())
    assert again(sandbox, session).payment_status == "paid"
    assert told(sandbox).count("payment_intent.created") == 1
    assert told(sandbox).count("charge.failed") == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"number": "4242424242424241"}, "number", "incorrect_number"),
        ({"number": ""}, "number", "invalid_number"),
        ({"exp": "13/34"}, "exp", "invalid_expiry_month"),
        ({"exp": "01/20"}, "exp", "invalid_expiry_year"),
        ({"exp": "soon"}, "exp", "invalid_expiry_month"),
        ({"cvc": "12"}, "cvc", "invalid_cvc"),
        ({"email": "nobody"}, "email", "email_invalid"),
        ({"number": "4000000000000127"}, "cvc", "incorrect_cvc"),
        ({"number": "4000000000000069"}, "exp", "expired_card"),
        ({"number": "4111111111111111"}, "number", "test_mode_live_card"),
    ],
)
def test_what_is_wrong_with_a_card_is_said_beside_its_field(
    sandbox: Running, changes: dict[str, str], field: str, code: str
) -> None:
    session = open_session(sandbox)
    answer = press(sandbox, session.url, "pay", **typed(**changes))
    assert answer.status_code == 402
    assert re.search(rf'id="{field}-error" data-code="{code}"', answer.text), answer.text
    assert moves(sandbox) == []


def test_a_challenge_that_is_passed_ends_in_a_paid_order(sandbox: Running) -> None:
    session = open_session(sandbox)
    answer = press(sandbox, session.url, "card:4000002760003184")
    challenge = answer.headers["Location"]
    assert "/c/challenge/" in challenge
    assert again(sandbox, session).status == "open"
    assert sandbox.http.get(challenge, timeout=60).status_code == 200
    answer = press(sandbox, challenge, "complete")
    assert answer.headers["Location"].startswith("http://127.0.0.1:9/thanks")
    assert again(sandbox, session).payment_status == "paid"
    assert sandbox.http.get(challenge, timeout=60).status_code == 404


def test_a_challenge_that_is_refused_leads_back_to_the_form(sandbox: Running) -> None:
    session = open_session(sandbox)
    challenge = press(sandbox, session.url, "card:4000002760003184").headers["Location"]
    answer = press(sandbox, challenge, "fail")
    assert answer.headers["Location"] == session.url
    form = sandbox.http.get(session.url, timeout=60).text
    assert "payment_intent_authentication_failure" in form
    assert again(sandbox, session).status == "open"


def test_a_bank_debit_completes_unpaid_and_is_paid_days_later(sandbox: Running) -> None:
    nora = seller(sandbox)
    session = open_session(
        sandbox, payment_intent_data={"transfer_data": {"destination": nora, "amount": 2000}}
    )
    answer = press(sandbox, session.url, "debit:succeeds")
    assert answer.headers["Location"].startswith("http://127.0.0.1:9/thanks")
    placed = again(sandbox, session)
    assert (placed.status, placed.payment_status) == ("complete", "unpaid")
    assert moves(sandbox) == []
    sandbox.advance(7 * 86_400)
    assert again(sandbox, session).payment_status == "paid"
    assert told(sandbox)[-1] == "checkout.session.async_payment_succeeded"
    assert moves(sandbox, nora) == [("payment", 2000, 0, 2000, "usd")]


def test_a_bank_debit_that_fails_never_becomes_money(sandbox: Running) -> None:
    session = open_session(sandbox)
    press(sandbox, session.url, "debit:fails")
    sandbox.advance(7 * 86_400)
    ended = again(sandbox, session, expand=["payment_intent"])
    assert ended.payment_status == "unpaid"
    assert ended.payment_intent.status == "requires_payment_method"
    assert ended.payment_intent.last_payment_error.code == "insufficient_funds"
    assert told(sandbox)[-1] == "checkout.session.async_payment_failed"
    assert moves(sandbox) == []


def test_a_session_ends_after_its_time(sandbox: Running) -> None:
    session = open_session(sandbox, expires_at=sandbox.sandbox.clock.now() + 1800)
    sandbox.advance(1801)
    assert again(sandbox, session).status == "expired"
    assert told(sandbox) == ["checkout.session.expired"]
    assert "expired" in sandbox.http.get(session.url, timeout=60).text
    answer = press(sandbox, session.url, "card:4242424242424242")
    assert answer.status_code == 200
    assert moves(sandbox) == []


def test_a_shop_whose_clock_is_behind_the_sandbox_can_still_sell(sandbox: Running) -> None:
    sandbox.advance(3 * 86_400)
    session = open_session(sandbox, expires_at=sandbox.sandbox.clock.now() + 1800)
    assert session.status == "open"
    press(sandbox, session.url, "card:4242424242424242")
    assert again(sandbox, session).payment_status == "paid"


def test_an_expired_session_cannot_be_expired_again(sandbox: Running) -> None:
    session = open_session(sandbox)
    client = sandbox.client()
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"expires_at": 1}, "expires_at"),
        ({"expires_at": 2_000_000_000_0}, "expires_at"),
        ({"line_items": []}, "line_items"),
        ({"success_url": "thanks"}, "success_url"),
        ({"mode": "subscription"}, "mode"),
        ({"payment_intent_data": {"application_fee_amount": 10}}, "application_fee_amount"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"discounts": [{"coupon": "SPRING"}]}, "discounts[0][coupon]"),
        ({"optional_items": [{"price": "price_1", "quantity": 1}]}, "optional_items[0][price]"),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    sandbox: Running, change: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_session(sandbox, **change)
    assert refusal.value.param == param


def test_payment_method_types_were_removed_from_checkout_in_endive(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_session(sandbox, payment_method_types=["card"])
    assert refusal.value.code == "parameter_unknown"
    answer = sandbox.http.post(
        f"{sandbox.url}/v1/checkout/sessions",
        headers={
            "Authorization": f"Bearer {sandbox.key}",
            "Stripe-Version": "2026-08-26.dahlia",
        },
        data={
            "mode": "payment",
            "payment_method_types[0]": "card",
            "success_url": "http://127.0.0.1:9/",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "500",
            "line_items[0][price_data][product_data][name]": "Pin",
        },
        timeout=60,
    )
    assert answer.json()["payment_method_types"] == ["card"]


def test_a_direct_session_belongs_to_the_seller(sandbox: Running) -> None:
    nora = seller(sandbox)
    session = open_session(sandbox, nora, payment_intent_data={"application_fee_amount": 250})
    press(sandbox, session.url, "card:4242424242424242")
    assert moves(sandbox, nora) == [("charge", 2500, 250, 2250, "usd")]
    assert told(sandbox) == ["application_fee.created"]
    assert told(sandbox, nora)[-1] == "checkout.session.completed"
    with pytest.raises(stripe.InvalidRequestError):
        again(sandbox, session)


def test_sessions_are_found_by_their_payment_intent(sandbox: Running) -> None:
    session = open_session(sandbox)
    open_session(sandbox)
    press(sandbox, session.url, "card:4242424242424242")
    client = sandbox.client()
    intent = again(sandbox, session).payment_intent
    found = client.v1.checkout.sessions.list({"payment_intent": intent})
    assert [one.id for one in found.data] == [session.id]


def test_the_lines_are_listed_as_they_were_given(sandbox: Running) -> None:
    lines = [
        {"quantity": n, "price_data": {**MUGS["price_data"], "product_data": {"name": f"Nr {n}"}}}  # type: ignore[dict-item]
        for n in (1, 2, 3)
    ]
    session = open_session(sandbox, line_items=lines)
    page = sandbox.client().v1.checkout.sessions.line_items.list(session.id)
    assert [item.quantity for item in page.data] == [1, 2, 3]
    assert session.amount_total == 7500


def test_nobody_guesses_a_payment_page(sandbox: Running) -> None:
    assert sandbox.http.get(f"{sandbox.url}/c/pay/cs_test_1", timeout=60).status_code == 404
    assert sandbox.http.get(f"{sandbox.url}/c/challenge/x", timeout=60).status_code == 404


def test_two_presses_at_the_same_moment_charge_once(sandbox: Running) -> None:
    session = open_session(sandbox)

    def one(_: int) -> str:
        answer = requests.post(
            session.url,
            data={"action": "card:4242424242424242"},
            allow_redirects=False,
            timeout=60,
        )
        return answer.headers["Location"]

    with ThreadPoolExecutor(8) as many:
        places = set(many.map(one, range(8)))
    assert len(places) == 1
    assert len(moves(sandbox)) == 1
    assert told(sandbox).count("checkout.session.completed") == 1


def test_the_buyer_comes_back_only_after_the_shop_was_told(
    sandbox: Running, receiver: Receiver
) -> None:
    sandbox.client().v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
    )
    session = open_session(sandbox)
    press(sandbox, session.url, "card:4242424242424242")
    assert receiver.types() == ["checkout.session.completed"]
    assert receiver.heard[0].event["data"]["object"]["payment_status"] == "paid"


def test_a_seller_who_lost_the_capability_meanwhile_is_not_paid(sandbox: Running) -> None:
    nora = seller(sandbox)
    session = open_session(sandbox, payment_intent_data={"transfer_data": {"destination": nora}})
    with sandbox.sandbox.session(platform(sandbox)) as ctx:
        account = ctx.get("account", nora)
        ctx.save({**account, "capabilities": {"transfers": "inactive"}})
    answer = press(sandbox, session.url, "card:4242424242424242")
    assert answer.status_code == 402
    assert "insufficient_capabilities_for_transfer" in answer.text
    assert again(sandbox, session).status == "open"
    assert moves(sandbox) == []


def test_the_stripe_cli_pays_a_session_by_its_private_calls(sandbox: Running) -> None:
    client = sandbox.client()
    product = client.v1.products.create({"name": "(created by Stripe CLI)"})
    price = client.v1.prices.create({"product": product.id, "unit_amount": 1500, "currency": "usd"})
    session = open_session(sandbox, line_items=[{"price": price.id, "quantity": 2}])
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    key = {"Authorization": f"Bearer {sandbox.key}"}
    page = f"{sandbox.url}/v1/payment_pages/{session.id}"
    assert sandbox.http.get(page, headers=key, timeout=60).status_code == 200
    wrong = {"payment_method": method.id, "expected_amount": "2999"}
    right = {"payment_method": method.id, "expected_amount": "3000"}
    answers = [
        sandbox.http.post(f"{page}/confirm", headers=key, data=data, timeout=60).status_code
        for data in (wrong, right, right)
    ]
    assert answers == [400, 200, 400]
    assert told(sandbox)[-1] == "checkout.session.completed"
