"""The workbench: what was asked, what happened, what time it is, who holds what."""

import json

import pytest
import requests

from marketplace.sandbox import events
from marketplace.sandbox.forms import read
from marketplace.sandbox.redact import redacted

from .conftest import Running
from .earning import GOOD, fund, open_seller
from .receiver import Receiver

PAGE = {"Accept": "text/html"}


def see(sandbox: Running, path: str) -> str:
    answer = sandbox.http.get(sandbox.url + path, headers=PAGE, timeout=60)
    assert answer.status_code == 200, answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def press(sandbox: Running, path: str, **data: str) -> requests.Response:
    return sandbox.http.post(
        sandbox.url + path,
        data=data,
        headers={**PAGE, "Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
        timeout=60,
    )


def tick(sandbox: Running) -> str:
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        balance = {"object": "balance", "livemode": False}
        return str(events.emit(ctx, "balance.available", balance)["id"])


def test_an_empty_sandbox_has_a_workbench(sandbox: Running) -> None:
    assert "No request yet" in see(sandbox, "/_sandbox/")
    assert "No request yet" in see(sandbox, "/_sandbox")
    assert "No money has moved" in see(sandbox, "/_sandbox/balances")
    assert "No event" in see(sandbox, "/_sandbox/events")


def test_requests_are_shown_with_parameters_and_answers_without_secrets(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    made = sandbox.client().v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:1/", "enabled_events": ["payout.paid"], "description": "Ada's"}
    )
    assert made.secret is not None
    for call in sandbox.server.calls:
        page = see(sandbox, f"/_sandbox/requests/{call.request_id}")
        for secret in (sandbox.key, made.secret, GOOD, "222222222"):
            assert secret not in page
    page = see(sandbox, "/_sandbox/requests")
    assert "POST /v1/webhook_endpoints" in page
    assert f"GET /v1/accounts/{ada}" in page
    last = see(sandbox, f"/_sandbox/requests/{sandbox.server.calls[-1].request_id}")
    assert "Ada&#39;s" in last


def test_refused_requests_are_shown_with_what_was_sent(sandbox: Running) -> None:
    sandbox.client().v1.balance.retrieve()
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    answer = sandbox.http.get(f"{sandbox.url}/v1/balance?colour=red", headers=headers, timeout=60)
    page = see(sandbox, "/_sandbox/requests?failing")
    assert page.count("GET /v1/balance") == 1
    shown = sandbox.http.get(answer.json()["error"]["request_log_url"], timeout=60).text
    assert "parameter_unknown" in shown
    assert "colour" in shown


def test_an_event_is_shown_with_its_deliveries_and_sent_again(
    sandbox: Running, receiver: Receiver
) -> None:
    sandbox.client().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    receiver.answers = [500]
    event = tick(sandbox)
    sandbox.settle()
    assert event in see(sandbox, "/_sandbox/events?undelivered")
    page = read(see(sandbox, f"/_sandbox/events/{event}"))
    form = page.form_with("endpoint")
    assert form is not None
    answer = press(sandbox, form.action, **form.values)
    assert answer.headers["Location"] == f"/_sandbox/events/{event}?resent=1"
    assert len(receiver.heard) == 2
    assert event not in see(sandbox, "/_sandbox/events?undelivered")


def test_the_clock_is_pushed_by_a_button_and_by_a_field(sandbox: Running) -> None:
    form = read(see(sandbox, "/_sandbox/")).form_with("advance")
    assert form is not None
    assert ("advance", "172800") in form.buttons
    answer = press(sandbox, form.action, advance="172800")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_sandbox/#clock")
    assert "2 days ahead" in see(sandbox, "/_sandbox/")
    answer = press(sandbox, form.action, advance="3 weeks")
    page = read(see(sandbox, answer.headers["Location"]))
    assert page.problems
    assert page.problems[0].startswith("Write a duration")


def test_balances_are_drawn_and_add_up_to_zero(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 12_345)
    fund(sandbox, None, 500, "jpy")
    fund(sandbox, None, -2_000)
    page = see(sandbox, "/_sandbox/balances")
    assert page.count("<svg") == 2
    for words in ("Ada&#39;s cheese", "123.45 USD", "-103.45 USD", "500 JPY", "0.00 USD", "It is."):
        assert words in page, words
    with sandbox.sandbox.store.transaction() as db:
        db.execute("UPDATE balances SET amount = amount + 7 WHERE party = ?", (ada,))
    try:
        broken = see(sandbox, "/_sandbox/balances")
        assert "The book is wrong" in broken
        assert "The book is wrong" in see(sandbox, "/_sandbox/")
    finally:
        with sandbox.sandbox.store.transaction() as db:
            db.execute("UPDATE balances SET amount = amount - 7 WHERE party = ?", (ada,))


@pytest.mark.parametrize("path", ["/_sandbox/requests/req_no", "/_sandbox/events/evt_no"])
def test_what_is_not_there_is_said_in_words(sandbox: Running, path: str) -> None:
    answer = sandbox.http.get(sandbox.url + path, timeout=60)
    assert answer.status_code == 404
    assert "There is no such" in answer.text


def test_everything_is_forgotten_by_a_button(sandbox: Running) -> None:
    tick(sandbox)
    assert press(sandbox, "/_sandbox/reset", sure="on").headers["Location"] == "/_sandbox/"
    assert "No event" in see(sandbox, "/_sandbox/events")


def test_what_a_person_typed_cannot_become_markup(sandbox: Running) -> None:
    script = "<script>alert(1)</script>"
    client = sandbox.client()
    account = client.v1.accounts.create({"type": "express", "business_profile": {"name": script}})
    fund(sandbox, account.id, 100)
    for path in ("/balances", "/", f"/requests/{sandbox.server.calls[-1].request_id}"):
        assert script not in see(sandbox, f"/_sandbox{path}")


def test_secrets_are_blotted_out_at_any_depth() -> None:
    shown = redacted(
        {
            "card": {"number": "4242424242424242", "cvc": "123", "exp_year": 2030},
            "external_account": {"account_number": "000123456789", "routing_number": "110000000"},
            "list": [{"secret": "whsec_abc", "client_secret": None, "id_number": ""}],
            "individual": {"dob": {"day": 1}, "ssn_last_4": "2222", "first_name": "Ada"},
        }
    )
    told = json.dumps(shown, ensure_ascii=False)
    for secret in ("4242424242424242", "123456789", "whsec_abc", "2222"):
        assert secret not in told
    assert shown["card"]["number"] == "•••4242"
    assert shown["external_account"]["routing_number"] == "110000000"
    assert shown["list"][0] == {"secret": "•••", "client_secret": None, "id_number": ""}
    assert shown["individual"]["first_name"] == "Ada"
