"""Stripe is busy, broken, silent or slow, loses letters, and changes its mind about a seller."""

import copy
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from marketplace.cli.browser import Browser
from marketplace.design import DEFAULT, AccountsApi
from marketplace.lifecycles import InboxState, OrderStatus
from marketplace.models import InboxEvent, Order, Payment
from marketplace.webhooks import backfill
from tests.journeys.conftest import Town

SESSIONS = "/v1/checkout/sessions"
ACCOUNTS = {AccountsApi.V1: "/v1/accounts", AccountsApi.V2: "/v2/core/accounts"}
LINKS = {AccountsApi.V1: "/v1/account_links", AccountsApi.V2: "/v2/core/account_links"}
# Where Stripe does not tell it to stop, the SDK tries three times; not after half an answer.
TROUBLE: list[dict[str, Any]] = [
    {"kind": "429"},
    {"kind": "500", "should_retry": "false"},
    {"kind": "503", "should_retry": "false"},
    {"kind": "garbage"},
    {"kind": "dropped"},
    {"kind": "timeout_after", "count": 3, "ms": 10},
]


def _fault(town: Town, **values: Any) -> None:
    url = f"{town.stripe.url}/_sandbox/faults"
    answer = town.stripe.http.post(url, json=values, timeout=60)
    assert answer.ok, answer.text


def _all_is_well(town: Town) -> None:
    assert town.stripe.http.delete(f"{town.stripe.url}/_sandbox/faults", timeout=60).ok


def _rugs(town: Town) -> Browser:
    """A shop with rugs; returns a buyer at the till."""
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    return _at_the_till(town, "Ben")


def _at_the_till(town: Town, name: str) -> Browser:
    buyer = town.browser(name)
    buyer.open("/").follow("Woven rug").press("Put into the basket")
    return buyer.open("/basket").follow("Check out")


def _order(town: Town) -> Order:
    """The one order there is, with its one payment and its one Session."""
    with town.database() as session:
        order = session.query(Order).one()
        payment = session.query(Payment).one()
        session.expunge_all()
    made = town.wiring.stripe.v1.checkout.sessions.list({"limit": 10}).data
    assert [one.id for one in made] == [payment.checkout_session_id]
    return order


def test_a_buyer_whom_stripe_fails_in_every_way_tries_again_and_pays_once(town: Town) -> None:
    ben = _rugs(town)
    words = "Order and pay"
    for trouble in TROUBLE:
        _fault(town, method="POST", path=SESSIONS, **trouble)
        ben.press(words)
        assert ben.status == 503, trouble
        assert "You will not be charged twice" in ben.text
        words = "Send it again"
    ben.press(words)
    assert ben.away, ben.text
    ben.open(town.pay(ben.away))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    assert _order(town).status is OrderStatus.PAID
    charges = town.wiring.stripe.v1.charges.list().data
    assert [charge.amount for charge in charges] == [4800]


@pytest.mark.parametrize("api", AccountsApi)
def test_a_seller_whom_stripe_fails_in_every_way_tries_again_and_has_one_account(
    town: Town, api: AccountsApi
) -> None:
    town.choose(replace(DEFAULT, accounts_api=api))
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    words = "Set up payments with Stripe"
    for trouble in TROUBLE:
        _fault(town, method="POST", path=ACCOUNTS[api], **trouble)
        nadia.press(words)
        assert nadia.status == 503, trouble
        assert "Nothing happens twice, and nothing is lost" in nadia.text
        words = "Try again"
    nadia.press(words)
    assert nadia.away, nadia.text
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text
    made = [account.id for account in town.wiring.stripe.v1.accounts.list().data]
    assert made == [town.seller("Nadia weaves").stripe_id]


@pytest.mark.parametrize("api", AccountsApi)
def test_a_link_that_stripe_does_not_give_is_asked_for_again(town: Town, api: AccountsApi) -> None:
    town.choose(replace(DEFAULT, accounts_api=api))
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    _fault(town, kind="500", path=LINKS[api], should_retry="false")
    nadia.press("Set up payments with Stripe")
    assert "Stripe did not answer" in nadia.text
    nadia.press("Try again")
    assert nadia.away, nadia.text
    assert len(town.wiring.stripe.v1.accounts.list().data) == 1


def test_an_impatient_buyer_clicks_twice_while_stripe_is_slow_and_gets_one_page(
    town: Town,
) -> None:
    ben = _rugs(town)
    twin = copy.deepcopy(ben)
    _fault(town, kind="slow", method="POST", path=SESSIONS, ms=400)
    first = threading.Thread(target=ben.press, args=("Order and pay",))
    first.start()
    twin.press("Order and pay")
    first.join()
    for buyer in (ben, twin):
        # Stripe may have been slower than the SDK waits for the twin's answer, and then she is told
        # to send it again.
        if buyer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            buyer.press("Send it again")
    twin.session.close()
    assert ben.away, ben.text
    assert ben.away == twin.away
    assert _order(town).status is OrderStatus.PAYING


def test_a_page_that_asks_a_silent_stripe_shows_what_was_known(town: Town) -> None:
    nadia = town.open_shop("Nadia", "Nadia weaves")
    _fault(town, kind="500", path="/v2/core/accounts/*", should_retry="false", count="always")
    nadia.open("/sell/account").press("Ask Stripe again")
    assert "Stripe did not answer" in nadia.text
    assert "All set" in nadia.text


def test_events_that_were_lost_are_fetched_afterwards(town: Town) -> None:
    ben = _rugs(town)
    _fault(town, kind="lost", count="always")
    ben.press("Order and pay")
    assert ben.away
    town.pay(ben.away)  # and Ben closes the window
    town.settle()
    assert _order(town).status is OrderStatus.PAYING
    _all_is_well(town)
    with town.database() as session:
        assert backfill.undelivered(session, town.wiring.stripe) > 0
    town.settle()
    assert _order(town).status is OrderStatus.PAID


def test_events_in_the_wrong_order_twice_and_late_tell_the_same_story(town: Town) -> None:
    ben = _rugs(town)
    _fault(town, kind="reordered", type="charge.*", count="always")
    _fault(town, kind="delayed", type="checkout.session.completed", seconds=7200)
    _fault(town, kind="duplicated", count="always")
    ben.press("Order and pay")
    assert ben.away
    town.pay(ben.away)
    town.advance(seconds=10_000)
    assert _order(town).status is OrderStatus.PAID
    with town.database() as session:
        late = session.query(InboxEvent).filter_by(type="checkout.session.completed").one()
        assert late.state is InboxState.DONE
    assert town.balance(town.seller("Nadia weaves").stripe_id)["pending"] == {"usd": 4320}


def test_a_seller_who_loses_what_a_sale_needs_cannot_be_bought_from(town: Town) -> None:
    ben = _rugs(town)
    account = town.seller("Nadia weaves").stripe_id
    _fault(town, kind="capability_lost", account=account, capability="transfers")
    town.settle()
    ben.press("Order and pay")
    assert ben.away is None
    assert town.wiring.stripe.v1.checkout.sessions.list().data == []
    assert "cannot be bought" in town.browser("Guest").open("/").follow("Woven rug").text
    _fault(town, kind="capability_restored", account=account, capability="transfers")
    town.settle()
    assert town.order(town.browser("Guest"), "Woven rug")


def test_a_seller_who_leaves_the_platform_cannot_be_bought_from(town: Town) -> None:
    ben = _rugs(town)
    _fault(town, kind="deauthorised", account=town.seller("Nadia weaves").stripe_id)
    town.settle()
    assert ben.press("Order and pay").away is None
    assert town.seller("Nadia weaves").deauthorized_at is not None


def test_a_requirement_on_a_seller_who_was_done_shows_on_her_page(town: Town) -> None:
    nadia = town.open_shop("Nadia", "Nadia weaves")
    _fault(town, kind="requirement", account=town.seller("Nadia weaves").stripe_id)
    town.settle()
    assert "All set" not in nadia.open("/sell/account").text
    assert town.seller("Nadia weaves").deadline is not None


def test_a_dispute_takes_the_platform_s_money_and_leaves_the_order_as_it_was(town: Town) -> None:
    ben = _rugs(town)
    ben.press("Order and pay")
    assert ben.away
    ben.open(town.pay(ben.away))
    town.settle()
    (charge,) = town.wiring.stripe.v1.charges.list().data
    before = town.balance()["pending"]["usd"]
    _fault(town, kind="dispute", charge=charge.id)
    town.settle()
    after = town.balance()
    assert after["available"]["usd"] + after["pending"]["usd"] == before - 4800 - 1500
    assert _order(town).status is OrderStatus.PAID
    assert town.balance(town.seller("Nadia weaves").stripe_id)["pending"] == {"usd": 4320}
