"""The guide in a real browser: it answers at once, keeps the focus, and copies its prompt."""

import re
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tests.browser.conftest import DESKTOP, PHONE, Meet


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app on a loopback port, without a Stripe: the guide asks none."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_choice_is_answered_at_once_and_the_focus_stays(
    address: str, meet: Meet, size: tuple[int, int]
) -> None:
    ada = meet(f"guide {size[0]}", size)
    ada.open(f"{address}/guide")
    ada.page.evaluate("window.loadedOnce = true")
    ada.page.locator("#fees-account").check()
    expect(ada.page.locator("#verdict")).to_contain_text("Refused")
    expect(ada.page.locator("#fees-account")).to_be_focused()
    expect(ada.page.locator("[data-guide-says]")).to_contain_text("Refused. This cannot be built")
    expect(ada.page).to_have_url(re.compile("fees=account"))
    assert ada.page.evaluate("window.loadedOnce"), "the page was loaded anew"
    ada.picture("refused")
    ada.page.locator(".out a").first.click()
    expect(ada.page.locator("#verdict")).to_contain_text("Allowed")
    ada.picture("allowed")


@pytest.mark.parametrize(
    ("code", "button", "done", "verdict"),
    [
        ("en", "Copy the prompt", "Copied", "Refused. This cannot be built"),
        ("zh", "复制提示词", "已复制", "拒绝. 此设计无法构建"),
    ],
)
def test_the_prompt_is_copied_whole_in_either_language(
    address: str, meet: Meet, code: str, button: str, done: str, verdict: str
) -> None:
    ada = meet(f"guide copy {code}")
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ada.open(f"{address}/guide?accounts=v1&lang={code}")
    ada.page.get_by_role("button", name=button).click()
    expect(ada.page.locator("[data-guide-says]")).to_have_text(done)
    copied = ada.page.evaluate("navigator.clipboard.readText()")
    answer = ada.context.request.get(f"{address}/guide/prompt.md?accounts=v1&lang={code}")
    assert copied.strip() == answer.text().strip()
    assert "stripe.v1.accounts.create(" in copied
    ada.page.locator("#fees-account").check()
    expect(ada.page.locator("[data-guide-says]")).to_contain_text(verdict)
    expect(ada.page).to_have_url(re.compile(f"lang={code}"))
    ada.picture("refused")


def test_the_language_is_changed_by_a_link_and_the_choices_stay(address: str, meet: Meet) -> None:
    ada = meet("guide language", PHONE)
    ada.open(f"{address}/guide")
    ada.page.locator("#charge-direct").check()
    expect(ada.page).to_have_url(re.compile("charge=direct"))
    ada.page.locator("footer").get_by_role("link", name="简体中文").click()
    expect(ada.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(ada.page.locator("#charge-direct")).to_be_checked()
    expect(ada.page.get_by_role("heading", level=1)).to_have_text("设计您的 Connect 集成")
    ada.picture("in chinese")
    ada.open(f"{address}/guide/start")
    ada.page.get_by_label("交易市场", exact=True).check()
    ada.press("显示结果")
    ada.page.get_by_role("link", name="带着这些选择前往指南").click()
    expect(ada.page.locator("#charge-destination")).to_be_checked()


def test_without_javascript_a_button_does_the_same(address: str, meet: Meet) -> None:
    ada = meet("guide plain", PHONE, script=False)
    ada.open(f"{address}/guide")
    expect(ada.page.locator(".copy").first).to_be_hidden()
    ada.page.locator("#charge-separate").check()
    ada.press("Show what follows")
    expect(ada.page).to_have_url(re.compile("charge=separate"))
    expect(ada.page.locator("td", has_text="second seller")).to_be_visible()
    ada.picture("separate")


def test_two_designs_are_changed_side_by_side(address: str, meet: Meet) -> None:
    ada = meet("guide compare", PHONE)
    ada.open(f"{address}/guide/compare")
    ada.page.locator("tr", has_text="Charge type").get_by_role("link").nth(2).click()
    expect(ada.page).to_have_url(re.compile("a=hosted-express-separate"))
    ada.picture("compare")


def test_no_design_is_too_wide_for_a_phone(address: str, meet: Meet) -> None:
    ada = meet("guide narrow", PHONE)
    for query in (
        "charge=separate&dashboard=none&onboarding=api",
        "charge=direct&accounts=v1&dashboard=full&fees=account&losses=stripe",
        "split=transfer_amount&least=5&on_behalf_of=yes&lang=zh",
    ):
        ada.open(f"{address}/guide?{query}")
        ada.picture(query)


def test_a_design_that_was_clicked_together_opens_a_demo_seller(address: str, meet: Meet) -> None:
    ada = meet("guide trial")
    ada.open(f"{address}/guide")
    ada.page.locator("#charge-direct").check()
    ada.press("Open a demo seller with this design")  # at once: the old answer's button is dead
    expect(ada.page).to_have_url(f"{address}/sell/account")
    expect(ada.page.locator(".who")).to_have_attribute("title", re.compile("-direct-"))
    ada.reads("This shop has the design that you chose")
