"""The frames behind connect.js, driven without a browser: who gets in, and what they may do."""

from typing import Any

import pytest
import requests
import stripe
from bs4 import BeautifulSoup

from .conftest import Running
from .merchants import pay
from .onboarded import BOTH, Browser, custom, express, link
from .test_account_sessions import session
from .uploading import PDF

LIFETIME = 1_800


def claim(sandbox: Running, secret: str, component: str, **more: Any) -> dict[str, Any]:
    """What the frame's exchange answers."""
    told = {"key": sandbox.key.replace("sk_", "pk_"), "secret": secret, "component": component}
    url = f"{sandbox.url}/connect-js/v1.0/claim"
    answer: dict[str, Any] = requests.post(url, json={**told, **more}, timeout=60).json()
    return answer


def address(sandbox: Running, account: str, component: str, **features: bool) -> str:
    """Where a component of this account is shown."""
    made = session(sandbox, account, **{component.replace("-", "_"): features})
    return str(sandbox.url + claim(sandbox, made.client_secret, component)["url"])


def page(url: str) -> BeautifulSoup:
    return BeautifulSoup(requests.get(url, timeout=60).text, "html.parser")


def press(url: str, action: str, **sent: Any) -> requests.Response:
    files = sent.pop("files", None)
    return requests.post(url, {**sent, "action": action}, files=files, timeout=60)


def test_a_secret_opens_its_own_account(sandbox: Running) -> None:
    ada, bob = custom(sandbox).id, custom(sandbox).id
    pay(sandbox, 1_234, on=ada)
    assert "12.34 USD" in page(address(sandbox, ada, "payments")).get_text()
    assert "No payments yet" in page(address(sandbox, bob, "payments")).get_text()


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"key": "pk_test_of_somebody_else"}, "authentication_error"),
        ({"key": "pk_live_x"}, "authentication_error"),
        ({"key": "sk_test_x"}, "authentication_error"),
        ({"secret": "accs_secret__guessed"}, "authentication_error"),
        ({"component": "payouts"}, "invalid_request_error"),
        ({"component": "nothing"}, "invalid_request_error"),
        ({"options": "x"}, "invalid_request_error"),
    ],
)
def test_anything_else_opens_nothing(sandbox: Running, changed: Any, kind: str) -> None:
    made = session(sandbox, custom(sandbox).id, payments={})
    told = {"secret": made.client_secret, "component": "payments", **changed}
    answer = claim(sandbox, told.pop("secret"), told.pop("component"), **told)
    assert "url" not in answer
    assert answer["error"]["type"] == kind


def test_a_key_alone_reaches_no_component(sandbox: Running) -> None:
    base = f"{sandbox.url}/connect-js/v1.0"
    assert requests.get(f"{base}/guessed/payments", timeout=60).status_code == 403
    assert press(f"{base}/guessed/payments", "refund").status_code == 403
    assert requests.post(f"{base}/claim", data="nonsense", timeout=60).status_code == 400


def test_an_expired_session_says_so_and_shuts_its_components(sandbox: Running) -> None:
    made = session(sandbox, custom(sandbox).id, payments={})
    url = sandbox.url + claim(sandbox, made.client_secret, "payments")["url"]
    sandbox.advance(LIFETIME)
    refused = claim(sandbox, made.client_secret, "payments")["error"]
    assert refused["code"] == "account_session_expired"
    shut = requests.get(url, timeout=60)
    assert (shut.status_code, 'data-signal="expired"' in shut.text) == (403, True)


def test_logging_out_shuts_the_address(sandbox: Running) -> None:
    url = address(sandbox, custom(sandbox).id, "payments")
    assert requests.get(url, timeout=60).status_code == 200
    requests.post(url.rpartition("/")[0] + "/leave", timeout=60)
    assert requests.get(url, timeout=60).status_code == 403


def test_one_components_address_does_not_open_another(sandbox: Running) -> None:
    url = address(sandbox, custom(sandbox).id, "payments")
    assert requests.get(url.replace("/payments", "/payouts"), timeout=60).status_code == 403


def test_only_pages_of_this_machine_may_frame_a_component(sandbox: Running) -> None:
    framed = requests.get(address(sandbox, custom(sandbox).id, "payments"), timeout=60)
    policy = framed.headers["Content-Security-Policy"]
    assert "frame-ancestors http://127.0.0.1:* http://localhost:*" in policy
    other = requests.get(f"{sandbox.url}/dashboard", timeout=60)
    assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]


def test_a_seller_refunds_a_part(sandbox: Running) -> None:
    ada = custom(sandbox).id
    charge = pay(sandbox, 5_000, on=ada).latest_charge.id
    url = address(sandbox, ada, "payments")
    assert press(url, "refund", charge=charge, amount="12.34").status_code == 200
    (refund,) = sandbox.client().v1.refunds.list({}, {"stripe_account": ada}).data
    assert refund.amount == 1_234
    wrong = press(url, "refund", charge=charge, amount="a lot")
    assert (wrong.status_code, "as a number" in wrong.text) == (422, True)
    more = press(url, "refund", charge=charge, amount="50.00")
    assert (more.status_code, "greater than unrefunded" in more.text) == (422, True)


def test_a_seller_captures_one_payment_and_cancels_another(sandbox: Running) -> None:
    ada = custom(sandbox).id
    first, second = (pay(sandbox, 5_000, on=ada, capture_method="manual").id for _ in range(2))
    url = address(sandbox, ada, "payments")
    assert "uncaptured" in page(url).get_text()
    press(url, "capture", intent=first)
    press(url, "cancel", intent=second)
    intents, acting = sandbox.client().v1.payment_intents, stripe.RequestOptions(stripe_account=ada)
    statuses = [intents.retrieve(intent, {}, acting).status for intent in (first, second)]
    assert statuses == ["succeeded", "canceled"]
    assert page(url).find("button", value="capture") is None


def test_a_form_without_bank_questions_does_not_ask_for_a_bank(sandbox: Running) -> None:
    seller = custom(sandbox, external_account="", tos_acceptance={})
    for asks in (True, False):
        features = {"external_account_collection": asks}
        browser = Browser(sandbox)
        browser.open(address(sandbox, seller.id, "account-onboarding", **features))
        steps = [step.get_text() for step in browser.page.select(".steps a")]
        assert ("Bank account" in steps) is asks


@pytest.mark.parametrize(
    ("requirements", "wanted"),
    [
        ({"exclude": ["external_account"]}, ["identity", "profile"]),
        ({"only": ["business_profile.*"]}, ["profile"]),
        ({"only": "nonsense"}, ["identity", "profile", "bank"]),
    ],
)
def test_a_page_may_leave_questions_out(
    sandbox: Running, requirements: Any, wanted: list[str]
) -> None:
    seller = express(sandbox, business_type="individual", capabilities=BOTH)
    made = session(sandbox, seller.id, account_onboarding={})
    options = {"requirements": requirements}
    told = claim(sandbox, made.client_secret, "account-onboarding", options=options)
    browser = Browser(sandbox)
    browser.open(sandbox.url + told["url"])
    steps = [str(step["href"]).rpartition("/")[2] for step in browser.page.select(".steps a")]
    assert steps == [*wanted, "review"]


def test_a_hosted_form_is_still_framed_by_nobody(sandbox: Running) -> None:
    seller = express(sandbox)
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    policy = browser.http.get(browser.url, timeout=60).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


def test_a_seller_does_not_refund_somebody_elses_payment(sandbox: Running) -> None:
    ada, bob = custom(sandbox).id, custom(sandbox).id
    charge = pay(sandbox, 5_000, on=ada).latest_charge.id
    answer = press(address(sandbox, bob, "payments"), "refund", charge=charge)
    assert (answer.status_code, "No such charge" in answer.text) == (422, True)


def test_a_feature_that_is_off_is_neither_shown_nor_done(sandbox: Running) -> None:
    ada = custom(sandbox).id
    charge = pay(sandbox, 5_000, on=ada).latest_charge.id
    url = address(sandbox, ada, "payments", refund_management=False)
    assert page(url).find("button", value="refund") is None
    assert press(url, "refund", charge=charge).status_code == 422
    assert sandbox.client().v1.refunds.list({}, {"stripe_account": ada}).data == []


def test_a_seller_answers_a_dispute_with_a_file(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 5_000, "pm_card_createDispute", on=ada)
    disputes = sandbox.client().v1.disputes
    (dispute,) = disputes.list({}, {"stripe_account": ada}).data
    url = address(sandbox, ada, "disputes-list")
    assert press(url, "answer", dispute=dispute.id).status_code == 422
    bad = press(url, "answer", dispute=dispute.id, files={"file": ("virus.exe", b"MZ")})
    assert bad.status_code == 422
    receipt = {"file": ("receipt.pdf", PDF)}
    press(url, "answer", dispute=dispute.id, text="winning_evidence", files=receipt)
    sandbox.advance(60)
    done: Any = disputes.retrieve(dispute.id, {}, {"stripe_account": ada})
    assert (done.status, done.evidence.uncategorized_file[:5]) == ("won", "file_")
    assert "receipt.pdf" in page(address(sandbox, ada, "documents")).get_text()


def test_a_seller_accepts_a_dispute(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 5_000, "pm_card_createDispute", on=ada)
    disputes = sandbox.client().v1.disputes
    (dispute,) = disputes.list({}, {"stripe_account": ada}).data
    press(address(sandbox, ada, "disputes-list"), "accept", dispute=dispute.id)
    assert disputes.retrieve(dispute.id, {}, {"stripe_account": ada}).status == "lost"


@pytest.mark.parametrize("component", ["payouts", "balances"])
def test_a_seller_is_paid_out_now_and_sets_the_days(sandbox: Running, component: str) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 5_000, "pm_card_bypassPending", on=ada)
    url = address(sandbox, ada, component, standard_payouts=True, edit_payout_schedule=True)
    press(url, "schedule", interval="manual")
    client, acting = sandbox.client(), stripe.RequestOptions(stripe_account=ada)
    account: Any = client.v1.accounts.retrieve(ada)
    assert account.settings.payouts.schedule.interval == "manual"
    press(url, "pay_out", currency="usd", amount="10.00")
    (payout,) = client.v1.payouts.list({}, {**acting}).data
    assert (payout.amount, payout.automatic) == (1_000, False)
    press(url, "schedule", interval="weekly")
    account = client.v1.accounts.retrieve(ada)
    assert account.settings.payouts.schedule.weekly_payout_days == ["monday"]
    assert press(url, "schedule", interval="hourly").status_code == 422


def test_one_payment_and_one_payout_in_detail(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 7_000, "pm_card_bypassPending", on=ada)
    intent = pay(sandbox, 1_111, "pm_card_bypassPending", on=ada)
    made = session(sandbox, ada, payment_details={}, payout_details={})
    for chosen in (intent.id, intent.latest_charge.id):
        options = {"options": {"id": chosen}}
        url = claim(sandbox, made.client_secret, "payment-details", **options)["url"]
        told = page(sandbox.url + url).get_text()
        assert ("11.11 USD" in told, "70.00 USD" in told) == (True, False)
    payout = sandbox.client().v1.payouts.create(
        {"amount": 900, "currency": "usd"}, {"stripe_account": ada}
    )
    sandbox.client().v1.payouts.create({"amount": 800, "currency": "usd"}, {"stripe_account": ada})
    options = {"options": {"id": payout.id}}
    url = claim(sandbox, made.client_secret, "payout-details", **options)["url"]
    told = page(sandbox.url + url).get_text()
    assert ("9.00 USD" in told, "8.00 USD" in told) == (True, False)


def test_the_banner_counts_what_is_due_and_leads_to_the_form(sandbox: Running) -> None:
    seller = express(sandbox)
    url = address(sandbox, seller.id, "notification-banner")
    answer = requests.get(url, timeout=60)
    assert 'data-signal="notifications"' in answer.text
    browser = Browser(sandbox)
    browser.open(url)
    assert browser.press("update") == "business"
    assert browser.press("leave") == "notification-banner"


def test_a_finished_seller_changes_details_in_account_management(sandbox: Running) -> None:
    seller = custom(sandbox)
    browser = Browser(sandbox)
    browser.open(address(sandbox, seller.id, "account-management"))
    browser.press("update")
    names = browser.page.select(".steps a")
    assert len(names) == 5
    browser.open(browser.url.rpartition("/")[0] + "/profile")
    browser.press("next", **{"business_profile[name]": "Fine cheese"})
    browser.press("leave")
    assert "Fine cheese" in browser.text()


def test_a_component_without_content_says_so(sandbox: Running) -> None:
    url = address(sandbox, custom(sandbox).id, "tax-settings")
    assert "nothing to show" in page(url).get_text()
