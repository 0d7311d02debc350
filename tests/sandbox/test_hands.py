"""The hands do on the hosted pages what a person does there."""

import io
import subprocess
import sys

import pytest
import stripe

from marketplace.sandbox import hands
from marketplace.sandbox.forms import read

from .conftest import Running
from .merchants import seller

BACK = "http://127.0.0.1:4242/back"
AGAIN = "http://127.0.0.1:4242/again"
SHOP = "http://127.0.0.1:4242/paid?session={CHECKOUT_SESSION_ID}"


def express(sandbox: Running) -> tuple[str, str]:
    """A new Express seller and a link to onboard them: (account, address)."""
    client = sandbox.client()
    account = client.v1.accounts.create(
        {
            "country": "US",
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
            },
            "capabilities": {
                "transfers": {"requested": True},
                "card_payments": {"requested": True},
            },
        }
    )
    return account.id, link(sandbox, account.id)


def link(sandbox: Running, account: str) -> str:
    made = sandbox.client().v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": BACK,
            "refresh_url": AGAIN,
        }
    )
    return made.url


def checkout(sandbox: Running, amount: int = 2_500) -> stripe.checkout.Session:
    return sandbox.client().v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": SHOP,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": amount,
                        "product_data": {"name": "Cheese"},
                    },
                }
            ],
            "payment_intent_data": {
                "application_fee_amount": 250,
                "transfer_data": {"destination": seller(sandbox)},
            },
        }
    )


def test_a_seller_is_onboarded_with_test_values(sandbox: Running) -> None:
    account, url = express(sandbox)
    assert hands.onboard(url) == BACK
    sandbox.advance(120)
    found = sandbox.client().v1.accounts.retrieve(account)
    assert (found.charges_enabled, found.payouts_enabled, found.details_submitted) == (
        True,
        True,
        True,
    )


def test_a_seller_who_leaves_early_comes_back_later(sandbox: Running) -> None:
    account, url = express(sandbox)
    assert hands.onboard(url, leave_at="bank") == BACK
    client = sandbox.client()
    found = client.v1.accounts.retrieve(account)
    assert found.details_submitted is False
    assert found.requirements is not None
    assert "external_account" in (found.requirements.currently_due or [])
    assert hands.onboard(link(sandbox, account)) == BACK
    sandbox.advance(120)
    assert client.v1.accounts.retrieve(account).payouts_enabled is True


def test_a_link_that_was_used_sends_the_seller_for_a_new_one(sandbox: Running) -> None:
    _, url = express(sandbox)
    hands.onboard(url, leave_at="bank")
    assert hands.onboard(url) == AGAIN


def test_a_seller_may_give_a_bank_that_will_fail(sandbox: Running) -> None:
    account, url = express(sandbox)
    hands.onboard(url, fill={"external_account[account_number]": "000111111113"})
    bank = sandbox.client().v1.accounts.external_accounts.list(account).data[0]
    assert bank.last4 == "1113"


def test_a_value_that_the_form_refuses_is_told(sandbox: Running) -> None:
    _, url = express(sandbox)
    with pytest.raises(hands.Stuck, match="page 'bank'"):
        hands.onboard(url, fill={"external_account[routing_number]": "1"})


def test_a_buyer_pays_and_is_sent_to_the_shop(sandbox: Running) -> None:
    session = checkout(sandbox)
    assert session.url is not None
    assert hands.pay(session.url) == SHOP.replace("{CHECKOUT_SESSION_ID}", session.id)
    paid = sandbox.client().v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")


def test_a_declined_buyer_is_told_and_pays_with_another_card(sandbox: Running) -> None:
    url = checkout(sandbox).url
    assert url is not None
    with pytest.raises(hands.Declined) as caught:
        hands.pay(url, card="4000000000009995")
    assert caught.value.code == "insufficient_funds"
    assert hands.pay(url).startswith("http://127.0.0.1:4242/paid")


def test_a_buyer_whose_bank_asks_can_fail_and_then_complete(sandbox: Running) -> None:
    url = checkout(sandbox).url
    assert url is not None
    with pytest.raises(hands.Declined):
        hands.pay(url, card="4000002760003184", three_d_secure="fail")
    assert hands.pay(url, card="4000002760003184").startswith("http://127.0.0.1:4242/paid")


def test_a_page_that_is_not_there_is_told(sandbox: Running) -> None:
    with pytest.raises(hands.Stuck):
        hands.pay(f"{sandbox.url}/c/pay/cs_test_nothing")


def test_the_command_line_does_the_same(
    sandbox: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, url = express(sandbox)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{url}\n"))
    assert hands.main(["onboard", "-"]) == 0
    assert capsys.readouterr().out == f"{BACK}\n"
    session = checkout(sandbox)
    assert session.url is not None
    assert hands.main(["pay", session.url, "--card", "4000000000000002"]) == 1
    assert "declined" in capsys.readouterr().err
    assert hands.main(["pay", session.url]) == 0
    assert hands.main(["--sandbox", sandbox.url, "advance", "2d"]) == 0
    assert "It is now" in capsys.readouterr().out
    assert hands.main(["--sandbox", sandbox.url, "advance", "soon"]) == 1
    assert sandbox.client().v1.accounts.retrieve(account).details_submitted is True
    assert hands.main(["--sandbox", sandbox.url, "reset"]) == 0


def test_a_sandbox_that_is_not_running_is_told_in_one_line() -> None:
    command = [sys.executable, "-m", "marketplace.sandbox"]
    ran = subprocess.run(
        [*command, "--sandbox", "http://127.0.0.1:1", "advance", "1d"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr


def test_forms_are_read_as_a_browser_shows_them() -> None:
    page = read(
        """<h1>One <em>two</em></h1><form method="POST" action="/go">
        <input name="a" value="1"><input type="hidden" name="b" value="2">
        <input type="checkbox" name="c"><input type="checkbox" name="d" checked>
        <input type="radio" name="e" value="x"><input type="radio" name="e" value="y" checked>
        <select name="f"><option value="1">One</option><option value="2" selected>Two</select>
        <select name="g"><option value="9">Nine</option></select>
        <textarea name="h">long
text</textarea><input type="submit" name="i"><button name="j" value="1">Go</button>
        <p class="error big" data-code="bad">Not <b>good</b></p></form><form><input name="z"></form>
        """
    )
    form = page.forms[0]
    assert (form.method, form.action, page.title) == ("post", "/go", "One two")
    assert form.values == {
        "a": "1",
        "b": "2",
        "d": "on",
        "e": "y",
        "f": "2",
        "g": "9",
        "h": "long\ntext",
    }
    assert form.names == set("abcdefgh")
    assert form.buttons == [("j", "1")]
    assert (page.problems, page.codes) == (["Not good"], ["bad"])
    assert page.form_with("z") is page.forms[1]
    assert page.form_with("nothing") is None
