"""The full dashboard: a seller signs in and does what the API does."""

from typing import Any

import pytest
import requests
import stripe

from .conftest import Running
from .earning import to_next
from .merchants import SELLER_PAYS, pay
from .onboarded import Browser, express, link, onboard


def full(sandbox: Running) -> str:
    """A finished seller with a dashboard at Stripe."""
    params: Any = {"controller": SELLER_PAYS, "country": "US", "email": "ada@example.com"}
    account = sandbox.client().v1.accounts.create(params)
    onboard(sandbox, link(sandbox, account.id))
    return str(account.id)


def signed_in(sandbox: Running, account: str) -> Browser:
    browser = Browser(sandbox)
    browser.http.post(f"{sandbox.url}/dashboard", {"account": account}, timeout=60)
    browser.open(f"{sandbox.url}/dashboard/{account}")
    return browser


def send(browser: Browser, panel: str, **fields: str) -> requests.Response:
    account = browser.url.split("/dashboard/")[1].partition("/")[0]
    url = f"{browser.sandbox.url}/dashboard/{account}/{panel}"
    return browser.http.post(url, fields, timeout=60)


def test_the_door_lists_sellers_with_a_full_dashboard(sandbox: Running) -> None:
    ada, other = full(sandbox), express(sandbox).id
    text = requests.get(f"{sandbox.url}/dashboard", timeout=60).text
    assert (ada in text, other in text) == (True, False)
    refused = requests.post(f"{sandbox.url}/dashboard", {"account": other}, timeout=60)
    assert refused.status_code == 403


@pytest.mark.parametrize("panel", ["", "/payments", "/payouts", "/disputes-list", "/documents"])
def test_nobody_sees_a_dashboard_without_signing_in(sandbox: Running, panel: str) -> None:
    ada, bob = full(sandbox), full(sandbox)
    url = f"{sandbox.url}/dashboard/{ada}{panel}"
    assert requests.get(url, timeout=60).status_code == 403
    assert signed_in(sandbox, bob).http.get(url, timeout=60).status_code == 403


def test_a_session_does_not_open_another_sellers_dashboard(sandbox: Running) -> None:
    ada, bob = full(sandbox), full(sandbox)
    browser = signed_in(sandbox, bob)
    token = browser.http.cookies.get("dashboard_session")
    url = f"{sandbox.url}/dashboard/{ada}"
    stolen = requests.get(url, cookies={"dashboard_session": str(token)}, timeout=60)
    assert stolen.status_code == 403


def test_a_seller_refunds_answers_and_is_paid_out(sandbox: Running) -> None:
    sandbox.advance(to_next(sandbox, 2))  # no payout by itself comes in between at midnight
    ada = full(sandbox)
    charge = pay(sandbox, 15_000, "pm_card_bypassPending", on=ada).latest_charge.id
    pay(sandbox, 2_000, "pm_card_createDispute", on=ada)
    client, acting = sandbox.client(), stripe.RequestOptions(stripe_account=ada)
    browser = signed_in(sandbox, ada)
    assert "150.00 USD" in browser.text()
    send(browser, "payments", action="refund", charge=charge, amount="10.00")
    assert client.v1.refunds.list({}, {**acting}).data[0].amount == 1_000
    (dispute,) = client.v1.disputes.list({}, {**acting}).data
    send(browser, "disputes-list", action="answer", dispute=dispute.id, text="losing_evidence")
    sandbox.advance(60)
    assert client.v1.disputes.retrieve(dispute.id, {}, {**acting}).status == "lost"
    send(browser, "payouts", action="pay_out", currency="usd", amount="5.00")
    assert client.v1.payouts.list({}, {**acting}).data[0].amount == 500
    refused = send(browser, "payouts", action="pay_out", currency="usd", amount="9999")
    assert (refused.status_code, "too low" in refused.text) == (422, True)


def test_what_is_due_stands_on_every_panel_and_leads_to_the_form(sandbox: Running) -> None:
    account: Any = sandbox.client().v1.accounts.create({"country": "US"})
    browser = signed_in(sandbox, account.id)
    assert "needs attention" in browser.text() or "need attention" in browser.text()
    browser.open(browser.url + "/payouts")
    assert "need attention" in browser.text()
    assert browser.press("update") == "business"
    assert browser.press("leave") == "payouts"


def test_a_seller_signs_out(sandbox: Running) -> None:
    browser = signed_in(sandbox, full(sandbox))
    url = browser.url
    assert send(browser, "payments", action="leave").url.endswith("/dashboard")
    assert browser.http.get(url, timeout=60).status_code == 403


def test_a_session_ends_by_itself(sandbox: Running) -> None:
    browser = signed_in(sandbox, full(sandbox))
    sandbox.advance(9 * 3_600)
    assert browser.http.get(browser.url, timeout=60).status_code == 403
