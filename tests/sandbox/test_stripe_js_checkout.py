"""Checkout outside the hosted page: in a frame, or behind a shop's own form."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox import hands

from .conftest import Running
from .merchants import seller, told
from .test_checkout import MUGS
from .test_stripe_js import CARD, SHOP, ask


def session(sandbox: Running, ui_mode: str = "embedded_page", **more: Any) -> Any:
    params: Any = {"mode": "payment", "line_items": [MUGS], "ui_mode": ui_mode, **more}
    if not {"redirect_on_completion", "success_url"} & more.keys():
        params.setdefault("return_url", f"{SHOP}/back?s={{CHECKOUT_SESSION_ID}}")
    return sandbox.client().v1.checkout.sessions.create(params)


def test_an_embedded_session_has_a_client_secret_and_no_address(sandbox: Running) -> None:
    made = session(sandbox)
    assert made.client_secret.startswith(f"{made.id}_secret_")
    assert (made.url, made.success_url, made.cancel_url) == (None, None, None)
    assert (made.ui_mode, made.redirect_on_completion) == ("embedded_page", "always")
    hosted = sandbox.http.get(f"{sandbox.url}/c/pay/{made.id}", timeout=60)
    assert hosted.status_code == 404
    wrong = sandbox.http.get(f"{sandbox.url}/c/embed/{made.id}_secret_x", timeout=60)
    assert wrong.status_code == 404
    frame = sandbox.http.get(f"{sandbox.url}/c/embed/{made.client_secret}", timeout=60)
    assert "frame-ancestors http://127.0.0.1:*" in frame.headers["Content-Security-Policy"]
    assert "A blue mug" in frame.text


def test_an_embedded_session_is_paid_without_javascript_too(sandbox: Running) -> None:
    made = session(sandbox)
    url = f"{sandbox.url}/c/embed/{made.client_secret}"
    paid = sandbox.http.post(url, data={"action": "card:4242424242424242"}, timeout=60)
    assert f'href="{SHOP}/back?s={made.id}"' in paid.text
    assert sandbox.client().v1.checkout.sessions.retrieve(made.id).payment_status == "paid"
    again = sandbox.http.post(url, data={"action": "card:4242424242424242"}, timeout=60)
    assert "already paid" in again.text
    assert told(sandbox).count("charge.succeeded") == 1


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"ui_mode": "embedded_page"}, "return_url"),
        ({"ui_mode": "embedded_page", "return_url": SHOP, "success_url": SHOP}, "success_url"),
        ({"ui_mode": "embedded_page", "return_url": SHOP, "cancel_url": SHOP}, "cancel_url"),
        (
            {
                "ui_mode": "embedded_page",
                "return_url": SHOP,
                "redirect_on_completion": "never",
            },
            "return_url",
        ),
        ({"ui_mode": "elements", "success_url": SHOP}, "success_url"),
        (
            {"ui_mode": "elements", "return_url": SHOP, "redirect_on_completion": "always"},
            "redirect_on_completion",
        ),
        ({"success_url": SHOP, "return_url": SHOP}, "return_url"),
        ({}, "success_url"),
        ({"ui_mode": "form", "return_url": SHOP}, "ui_mode"),
        ({"ui_mode": "embedded", "return_url": SHOP}, "ui_mode"),
        ({"ui_mode": "embedded_page", "return_url": "back"}, "return_url"),
    ],
)
def test_addresses_that_do_not_fit_the_ui_mode_are_refused(
    sandbox: Running, params: dict[str, Any], param: str
) -> None:
    asked: Any = {"mode": "payment", "line_items": [MUGS], **params}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client().v1.checkout.sessions.create(asked)
    assert refused.value.param == param


def test_a_session_of_elements_is_read_and_paid_with_its_client_secret(sandbox: Running) -> None:
    nora = seller(sandbox)
    made = session(
        sandbox,
        "elements",
        payment_intent_data={
            "application_fee_amount": 100,
            "transfer_data": {"destination": nora},
        },
    )
    path = f"/v1/payment_pages/{made.id}"
    assert ask(sandbox, "GET", path).json()["error"]["param"] == "client_secret"
    wrong = ask(sandbox, "GET", path, client_secret=f"{made.id}_secret_x").json()["error"]
    assert wrong["param"] == "client_secret"
    lines: dict[str, Any] = {"client_secret": made.client_secret, "expand[]": "line_items"}
    page = ask(sandbox, "GET", path, **lines).json()
    assert page["line_items"]["data"][0]["description"] == "A blue mug"
    assert "metadata" not in page
    card = {**CARD, "billing_details[email]": "bea@example.com"}
    method = ask(sandbox, "POST", "/v1/payment_methods", **card).json()
    asked: dict[str, Any] = {
        "client_secret": made.client_secret,
        "payment_method": method["id"],
        "expected_amount": page["amount_total"],
        "expand[]": "payment_intent",
    }
    paid = ask(sandbox, "POST", f"{path}/confirm", **asked).json()
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    assert paid["payment_intent"]["status"] == "succeeded"
    assert not {"transfer_data", "application_fee_amount"} & paid["payment_intent"].keys()
    found = sandbox.client().v1.checkout.sessions.retrieve(made.id)
    assert found.customer_details is not None
    assert found.customer_details.email == "bea@example.com"


def test_an_embedded_session_saves_a_card_after_3d_secure_in_its_frame(sandbox: Running) -> None:
    made: Any = sandbox.client().v1.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "usd",
            "ui_mode": "embedded_page",
            "redirect_on_completion": "never",
        }
    )
    url = f"{sandbox.url}/c/embed/{made.client_secret}"
    bank = sandbox.http.post(url, data={"action": "card:4000002760003184"}, timeout=60)
    assert "frame-ancestors http://127.0.0.1:*" in bank.headers["Content-Security-Policy"]
    done = sandbox.http.post(bank.url, data={"action": "complete"}, timeout=60)
    assert done.url == url
    assert 'data-signal="complete"' in done.text
    assert sandbox.client().v1.checkout.sessions.retrieve(made.id).status == "complete"


@pytest.mark.parametrize("card", ["4242424242424242", "4000002760003184"])
def test_an_embedded_session_can_be_paid_from_a_terminal(sandbox: Running, card: str) -> None:
    made = session(sandbox)
    url = f"{sandbox.url}/c/embed/{made.client_secret}"
    assert hands.pay(url, card=card) == url
    assert sandbox.client().v1.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_a_refused_embedded_payment_is_told_to_the_terminal(sandbox: Running) -> None:
    url = f"{sandbox.url}/c/embed/{session(sandbox).client_secret}"
    with pytest.raises(hands.Declined):
        hands.pay(url, card="4000000000009995")
    with pytest.raises(hands.Declined):
        hands.pay(url, card="4000002760003184", three_d_secure="fail")
    assert hands.pay(url) == url


def test_a_session_with_a_customer_knows_their_address(sandbox: Running) -> None:
    bea = sandbox.client().v1.customers.create({"email": "bea@example.com"})
    keep = {"setup_future_usage": "on_session"}
    made = session(sandbox, "elements", customer=bea.id, payment_intent_data=keep)
    path, secret = f"/v1/payment_pages/{made.id}", {"client_secret": made.client_secret}
    assert ask(sandbox, "GET", path, **secret).json()["customer_email"] == "bea@example.com"
    method = ask(sandbox, "POST", "/v1/payment_methods", **CARD).json()
    sent = {**secret, "payment_method": method["id"]}
    assert ask(sandbox, "POST", f"{path}/confirm", **sent).json()["status"] == "complete"
    found = sandbox.client().v1.checkout.sessions.retrieve(made.id)
    assert found.customer_email is None
    assert found.customer_details is not None
    assert found.customer_details.email == "bea@example.com"
    kept = sandbox.client().v1.customers.payment_methods.list(bea.id).data
    assert [one.id for one in kept] == [method["id"]]
    hosted = session(sandbox, "hosted_page", customer=bea.id, success_url=SHOP)
    hands.pay(str(hosted.url))
    paid = sandbox.client().v1.checkout.sessions.retrieve(hosted.id)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "bea@example.com"
