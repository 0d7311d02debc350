"""The shop is killed (signal 9) at the worst moment, started again, and nothing is lost or doubled.

The worst moment is between Stripe's answer and our commit: something exists at Stripe, and the only
trace of it here is the row that says "requested".
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe

from marketplace.cli.browser import Browser
from marketplace.config import SANDBOX_KEY
from marketplace.sandbox import hands
from tests.journeys.programs import Street, await_words, street

MADE_SESSION = "/v1/checkout/sessions"
MADE_ACCOUNT = "/v2/core/accounts"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """A shop with demo people; it outlives every test, though not without interruption."""
    with street(tmp_path_factory.mktemp("street")) as running:
        yield running


@pytest.fixture
def crash(standing: Street, quiet_notices: None) -> Iterator[Street]:
    """The shop to be killed, and what it knew before; in the end Stripe's book must balance."""
    del quiet_notices
    standing.before = {
        "orders": len(_rows(standing, "SELECT id FROM orders")),
        "payments": len(_rows(standing, "SELECT id FROM payments")),
        "sessions": len(_sessions(standing)),
        "charges": len(_charges(standing)),
    }
    yield standing
    url = f"{standing.stripe.url}/_sandbox/balance_sheet"
    assert requests.get(url, timeout=60).json()["faults"] == []


def _api(crash: Street) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_KEY, base_addresses={"api": crash.stripe.url})


def _at_the_till(crash: Street) -> Browser:
    """Ben, with a beeswax pair in his basket, one click from paying."""
    ben = Browser(crash.shop.url)
    ben.open("/sign-in").press("Ben")
    ben.open("/").follow("Beeswax pair").press("Put into the basket")
    return ben.open("/basket").follow("Check out")


def _shop_dies(press: Any, *words: str, **fields: str) -> None:
    with contextlib.suppress(requests.ConnectionError):
        press(*words, **fields)
        raise AssertionError("the shop answered, so it was not killed")


def _rows(crash: Street, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(crash.database)) as database:
        return database.execute(query).fetchall()


def _sessions(crash: Street) -> list[stripe.checkout.Session]:
    return _api(crash).v1.checkout.sessions.list({"limit": 100}).data


def _charges(crash: Street) -> list[int]:
    """The amounts that were paid, the newest first."""
    charges = _api(crash).v1.charges.list({"limit": 100}).data
    return [charge.amount for charge in charges if charge.paid]


def _paid_once(crash: Street) -> None:
    """One more Session, one more charge, one more order at the price of a beeswax pair."""
    before = crash.before
    assert len(_sessions(crash)) == before["sessions"] + 1
    charges = _charges(crash)
    assert (len(charges), charges[0]) == (before["charges"] + 1, 1800)
    orders = _rows(crash, "SELECT status, amount FROM orders ORDER BY id")
    assert orders[before["orders"] :] == [("paid", 1800)]
    assert len(_rows(crash, "SELECT id FROM payments")) == before["payments"] + 1


def test_killed_between_stripes_answer_and_its_own_commit_a_buyer_pays_once(crash: Street) -> None:
    ben = _at_the_till(crash)
    till = (ben.url, ben.html)
    crash.kill_after("POST", MADE_SESSION)
    _shop_dies(ben.press, "Order and pay")
    payments = _rows(crash, "SELECT status, checkout_session_id FROM payments ORDER BY id")
    assert payments[crash.before["payments"] :] == [("requested", None)]
    crash.shop.start()
    ben.url, ben.html = till  # the browser offers the same form once more
    ben.press("Order and pay")
    assert ben.away, ben.text
    back = hands.pay(ben.away)
    await_words(ben, back, "Your order is paid")
    _paid_once(crash)


def test_a_page_that_opened_as_the_shop_died_is_found_without_anybody_asking(crash: Street) -> None:
    ben = _at_the_till(crash)
    crash.kill_after("POST", MADE_SESSION)
    _shop_dies(ben.press, "Order and pay")
    long_ago = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S.000000")
    with contextlib.closing(sqlite3.connect(crash.database)) as database, database:
        database.execute(
            "UPDATE payments SET updated_at = ? WHERE status = 'requested'", (long_ago,)
        )
    crash.shop.start()
    await_words(ben, ben.open("/orders").follow("Beeswax").url, "Go on to the payment")
    ben.press("Go on to the payment")
    assert ben.away, ben.text
    await_words(ben, hands.pay(ben.away), "Your order is paid")
    _paid_once(crash)


def test_killed_after_the_payment_it_finds_out_after_the_start(crash: Street) -> None:
    ben = _at_the_till(crash).press("Order and pay")
    assert ben.away
    crash.shop.kill()
    back = hands.pay(ben.away)  # Stripe goes on without us
    crash.shop.start()
    await_words(ben, back, "Your order is paid")
    _paid_once(crash)


def test_killed_while_stripe_makes_an_account_a_seller_has_one_account(crash: Street) -> None:
    nadia = Browser(crash.shop.url)
    nadia.open("/sign-in").press("Nadia")
    nadia.open("/sell").press("Open the shop", name="Nadia weaves", country="US")
    before = len(_api(crash).v1.accounts.list().data)
    crash.kill_after("POST", MADE_ACCOUNT)
    _shop_dies(nadia.press, "Set up payments with Stripe")
    shop = "SELECT account_status, stripe_id FROM sellers WHERE shop_name = 'Nadia weaves'"
    assert _rows(crash, shop) == [("requested", None)]
    crash.shop.start()
    nadia.open("/sell/account").press("Set up payments with Stripe")
    assert nadia.away, nadia.text
    accounts = _api(crash).v1.accounts.list().data
    assert len(accounts) == before + 1
    assert _rows(crash, shop) == [("created", accounts[0].id)]
    nadia.open(hands.onboard(nadia.away))
    await_words(nadia, "/sell/account", "All set")
