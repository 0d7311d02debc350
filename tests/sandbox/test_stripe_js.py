"""What a publishable key may do, by HTTP: each door, what stands shut, and which pages may ask."""

from typing import Any

import pytest
import requests
import stripe

from marketplace.sandbox.publishable import DOORS
from marketplace.sandbox.routing import router

from .conftest import Running
from .merchants import pay, seller, told

SHOP = "http://127.0.0.1:4242"
CARD: dict[str, Any] = {
    "type": "card",
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "34",
    "card[cvc]": "123",
}


def ask(
    sandbox: Running, method: str, path: str, headers: dict[str, str] | None = None, **params: Any
) -> requests.Response:
    """A call as stripe.js makes it, from a page of the shop."""
    key = sandbox.key.replace("sk_", "pk_")
    return sandbox.http.request(
        method,
        f"{sandbox.url}{path}",
        headers={"Authorization": f"Bearer {key}", "Origin": SHOP, **(headers or {})},
        params=params if method == "GET" else None,
        data=None if method == "GET" else params,
        timeout=60,
    )


def intent(sandbox: Running, account: str | None = None, **more: Any) -> stripe.PaymentIntent:
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    params: Any = {"amount": 2500, "currency": "usd", "metadata": {"cost": "900"}, **more}
    return sandbox.client().v1.payment_intents.create(params, options)


def test_every_door_leads_to_an_endpoint() -> None:
    known = {(route.method, route.path) for route in router.routes()}
    assert DOORS.keys() <= known


def test_an_intent_answers_to_its_client_secret_and_keeps_the_sellers_part_to_itself(
    sandbox: Running,
) -> None:
    nora = seller(sandbox)
    wanted = intent(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=300, description="Mug"
    )
    answer = ask(
        sandbox,
        "GET",
        f"/v1/payment_intents/{wanted.id}",
        client_secret=wanted.client_secret,
    )
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["amount"], seen["status"]) == (2500, "requires_payment_method")
    assert seen["description"] == "Mug"
    assert (
        not {"metadata", "application_fee_amount", "transfer_data", "latest_charge"} & seen.keys()
    )


def test_bea_confirms_with_a_payment_method_of_her_own_making(sandbox: Running) -> None:
    wanted = intent(sandbox)
    method = ask(sandbox, "POST", "/v1/payment_methods", **CARD).json()
    assert method["card"]["last4"] == "4242"
    paid = ask(
        sandbox,
        "POST",
        f"/v1/payment_intents/{wanted.id}/confirm",
        client_secret=wanted.client_secret,
        payment_method=method["id"],
        return_url=f"{SHOP}/back",
        use_stripe_sdk="true",
    )
    assert (paid.status_code, paid.json()["status"]) == (200, "succeeded")
    assert "payment_intent.succeeded" in told(sandbox)


def test_a_declined_payment_tells_the_browser_no_more_than_it_may_know(sandbox: Running) -> None:
    wanted = intent(sandbox)
    answer = ask(
        sandbox,
        "POST",
        f"/v1/payment_intents/{wanted.id}/confirm",
        client_secret=wanted.client_secret,
        payment_method="pm_card_visa_chargeDeclinedInsufficientFunds",
        use_stripe_sdk="true",
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["decline_code"]) == (402, "insufficient_funds")
    assert error["payment_intent"]["last_payment_error"]["code"] == "card_declined"
    assert "metadata" not in error["payment_intent"]


def test_stripe_js_is_told_of_a_challenge_for_its_frame_and_a_server_of_an_address(
    sandbox: Running,
) -> None:
    wanted = intent(sandbox)
    framed = ask(
        sandbox,
        "POST",
        f"/v1/payment_intents/{wanted.id}/confirm",
        client_secret=wanted.client_secret,
        payment_method="pm_card_authenticationRequired",
        use_stripe_sdk="true",
    ).json()["next_action"]
    assert framed["type"] == "use_stripe_sdk"
    page = sandbox.http.get(framed["use_stripe_sdk"]["stripe_js"], timeout=60)
    assert "frame-ancestors http://127.0.0.1:*" in page.headers["Content-Security-Policy"]
    plain = pay(sandbox, card="pm_card_authenticationRequired").next_action
    assert plain.type == "redirect_to_url"
    page = sandbox.http.get(plain.redirect_to_url.url, timeout=60)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("secret", ["", "pi_1_secret_2", "other"])
def test_without_its_own_client_secret_an_intent_is_shut(sandbox: Running, secret: str) -> None:
    wanted, other = intent(sandbox), intent(sandbox)
    given = other.client_secret if secret == "other" else secret
    for method, path in (("GET", ""), ("POST", "/confirm")):
        answer = ask(sandbox, method, f"/v1/payment_intents/{wanted.id}{path}", client_secret=given)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "client_secret"
    assert sandbox.client().v1.payment_intents.retrieve(wanted.id).status == (
        "requires_payment_method"
    )


def test_the_client_secret_of_a_direct_charge_needs_the_account_too(sandbox: Running) -> None:
    nora, mo = seller(sandbox), seller(sandbox)
    wanted = intent(sandbox, nora)
    path, secret = f"/v1/payment_intents/{wanted.id}", wanted.client_secret
    found = ask(sandbox, "GET", path, {"Stripe-Account": nora}, client_secret=secret)
    assert found.json()["id"] == wanted.id
    for headers in ({}, {"Stripe-Account": mo}):
        answer = ask(sandbox, "GET", path, headers, client_secret=secret)
        assert answer.json()["error"]["code"] == "resource_missing"


def test_another_platforms_publishable_key_opens_nothing(sandbox: Running) -> None:
    wanted = intent(sandbox)
    answer = ask(
        sandbox,
        "GET",
        f"/v1/payment_intents/{wanted.id}",
        {"Authorization": "Bearer pk_test_somebody_else"},
        client_secret=wanted.client_secret,
    )
    assert answer.json()["error"]["code"] == "resource_missing"


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("GET", "/v1/balance", {}),
        ("GET", "/v1/payment_intents", {}),
        ("POST", "/v1/payment_intents", {"amount": 100, "currency": "usd"}),
        ("POST", "/v1/payment_intents/{intent}", {"amount": 100}),
        ("POST", "/v1/payment_intents/{intent}/capture", {}),
        ("POST", "/v1/payment_intents/{intent}/cancel", {}),
        ("POST", "/v1/refunds", {"payment_intent": "{intent}"}),
        ("GET", "/v1/payment_methods/pm_1", {}),
        ("GET", "/v1/tokens/tok_1", {}),
        ("POST", "/v1/checkout/sessions", {}),
        ("GET", "/v1/accounts", {}),
        ("GET", "/v2/core/accounts", {}),
        ("GET", "/v1/no_such_thing", {}),
    ],
)
def test_everything_else_needs_a_secret_key(
    sandbox: Running, method: str, path: str, params: dict[str, Any]
) -> None:
    wanted = intent(sandbox)
    answer = ask(
        sandbox,
        method,
        path.replace("{intent}", wanted.id),
        client_secret=wanted.client_secret,
        **params,
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "secret_key_required"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "param", "value"),
    [
        ("/v1/payment_intents/{intent}/confirm", "off_session", "true"),
        ("/v1/payment_intents/{intent}/confirm", "capture_method", "manual"),
        ("/v1/payment_methods", "customer", "cus_1"),
        ("/v1/payment_methods", "payment_method", "pm_1"),
        ("/v1/tokens", "customer", "cus_1"),
        ("/v1/payment_intents/{intent}/confirm", "expand[]", "latest_charge"),
        ("/v1/payment_intents/{intent}/confirm", "expand[0][a]", "payment_method"),
    ],
)
def test_what_only_a_server_may_say_is_refused_from_a_browser(
    sandbox: Running, path: str, param: str, value: str
) -> None:
    wanted = intent(sandbox)
    asked: dict[str, Any] = {param: value, "client_secret": wanted.client_secret}
    answer = ask(sandbox, "POST", path.replace("{intent}", wanted.id), **asked)
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("secret_key_required", param.partition("[")[0])


def test_a_manual_confirmation_is_left_to_the_server(sandbox: Running) -> None:
    wanted = intent(sandbox, confirmation_method="manual")
    path, secret = f"/v1/payment_intents/{wanted.id}", wanted.client_secret
    assert ask(sandbox, "GET", path, client_secret=secret).status_code == 200
    refused = ask(
        sandbox, "POST", f"{path}/confirm", client_secret=secret, payment_method="pm_card_visa"
    )
    assert refused.json()["error"]["param"] == "confirmation_method"


def test_a_browser_is_not_handed_what_was_kept_for_the_server(sandbox: Running) -> None:
    wanted = intent(sandbox)
    path = f"/v1/payment_intents/{wanted.id}/confirm"
    key = {"Idempotency-Key": "order-1"}
    sandbox.client().v1.payment_intents.confirm(
        wanted.id,
        {"payment_method": "pm_card_visa", "return_url": "http://127.0.0.1:9/back"},
        {"idempotency_key": "order-1"},
    )
    answer = ask(
        sandbox,
        "POST",
        path,
        key,
        client_secret=wanted.client_secret,
        payment_method="pm_card_visa",
    )
    assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert "Idempotent-Replayed" not in answer.headers


def test_a_page_of_another_loopback_port_may_ask_and_no_other_page(sandbox: Running) -> None:
    wanted = intent(sandbox)
    path = f"{sandbox.url}/v1/payment_intents/{wanted.id}"

    def preflight(origin: str, url: str, method: str = "GET") -> requests.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        return sandbox.http.options(url, headers=headers, timeout=60)

    allowed = preflight(SHOP, path)
    assert (allowed.status_code, allowed.text) == (204, "")
    assert allowed.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    for refused in (
        preflight("https://evil.example", path),
        preflight("http://127.0.0.1.evil.example", path),
        preflight("null", path),
        preflight(SHOP, path, "POST"),
        preflight(SHOP, f"{sandbox.url}/v1/balance"),
    ):
        assert refused.status_code >= 400
        assert "Access-Control-Allow-Origin" not in refused.headers
    answer = ask(
        sandbox,
        "GET",
        f"/v1/payment_intents/{wanted.id}",
        client_secret=wanted.client_secret,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize("path", ["/v3/", "/v3", "/stripe.js", "/dahlia/stripe.js"])
def test_the_script_is_served_where_pages_look_for_it(sandbox: Running, path: str) -> None:
    answer = sandbox.http.get(f"{sandbox.url}{path}", timeout=60)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "window.Stripe" in answer.text


def test_an_element_may_stand_in_a_loopback_page_only(sandbox: Running) -> None:
    frame = sandbox.http.get(f"{sandbox.url}/v3/elements/payment", timeout=60)
    policy = frame.headers["Content-Security-Policy"]
    assert "frame-ancestors http://127.0.0.1:* http://localhost:*" in policy
    assert "script-src 'self'" in policy
    assert "This is not Stripe" in frame.text
    assert sandbox.http.get(f"{sandbox.url}/v3/elements/iban", timeout=60).status_code == 404


def test_the_workbench_gives_away_neither_a_client_secret_nor_what_was_typed(
    sandbox: Running,
) -> None:
    wanted = intent(sandbox)
    secret = wanted.client_secret
    assert secret is not None
    ask(sandbox, "GET", f"/v1/payment_intents/{wanted.id}", client_secret=secret)
    iban = "AT611904300234573201"
    typed: dict[str, Any] = {"type": "sepa_debit", "sepa_debit[iban]": iban}
    ask(sandbox, "POST", "/v1/payment_methods", **typed)
    for call, hidden in zip(list(sandbox.server.calls)[-2:], (secret, iban), strict=True):
        page = sandbox.http.get(f"{sandbox.url}/_sandbox/requests/{call.request_id}", timeout=60)
        assert page.status_code == 200
        assert call.path in page.text
        assert hidden not in page.text
