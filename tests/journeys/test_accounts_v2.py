"""A seller of Accounts v2: the same road as under v1, told of by thin events; and the walls before.

The operator cannot choose the API on a page yet, so these shops are opened by the concept.
"""

from dataclasses import replace

import pytest
import requests
import stripe

from marketplace import sellers
from marketplace.cli.browser import Browser
from marketplace.design import DEFAULT, AccountsApi
from marketplace.lifecycles import InboxState, PayoutStatus, SellerState
from marketplace.models import InboxEvent, Payout, Scope, User
from tests.journeys.conftest import Town

BY_V2 = replace(DEFAULT, accounts_api=AccountsApi.V2)
BUTTON = "Set up payments with Stripe"


def begin_shop(town: Town, name: str, shop: str, country: str = "US") -> Browser:
    """Somebody whose shop speaks v2, in front of the button that leads to Stripe."""
    browser = town.sign_up(name, sell=True)
    with town.database() as session:
        user = session.query(User).filter_by(name=name).one()
        sellers.open_shop(session, user, name=shop, country=country, design=BY_V2)
        session.commit()
    return browser.open("/sell/account")


def open_shop(town: Town, name: str, shop: str, country: str = "US") -> Browser:
    """The same, onboarded."""
    browser = begin_shop(town, name, shop, country)
    browser.press(BUTTON)
    assert browser.away, browser.text
    browser.open(town.onboard(browser.away))
    town.settle()
    return browser


def put_up(town: Town, wall: str) -> None:
    """Put a wall up around every platform of the sandbox."""
    answer = requests.post(f"{town.stripe.url}/_sandbox/walls", data={wall: "true"}, timeout=10)
    assert answer.ok, answer.text


def test_a_seller_of_accounts_v2_onboards_sells_and_is_paid_out(town: Town) -> None:
    nadia = open_shop(town, "Nadia", "Nadia weaves")
    assert "All set" in nadia.open("/sell/account").text
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    seller = town.seller("Nadia weaves")
    assert seller.capabilities == {"transfers": "active"}
    assert town.balance(seller.stripe_id)["pending"] == {"usd": 4320}
    assert town.balance()["pending"] == {"usd": 311}
    town.advance(days=7)
    with town.database() as session:
        payout = session.query(Payout).filter_by(seller_id=seller.id).one()
    assert (payout.amount, payout.status) == (4320, PayoutStatus.PAID)
    assert "$43.20" in nadia.open("/sell/money").text


def test_thin_events_arrive_signed_and_bring_the_news(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves")
    nadia.press(BUTTON)
    assert nadia.away
    assert town.seller("Nadia weaves").state is SellerState.DUE
    town.onboard(nadia.away)  # she closes the window instead of coming back
    town.settle()
    assert town.seller("Nadia weaves").state is SellerState.NOTHING_DUE
    with town.database() as session:
        thin = session.query(InboxEvent).filter_by(scope=Scope.THIN).all()
    assert {event.state for event in thin} == {InboxState.DONE}
    told = {event.type for event in thin}
    recipient = "v2.core.account[configuration.recipient]"
    assert f"{recipient}.capability_status_updated" in told
    assert "v2.core.account[requirements].updated" in told
    page = town.browser("Nobody").open("/webhooks/stripe/thin")
    assert page.status == 405


def test_a_thin_event_alone_is_enough(town: Town) -> None:
    """Without the connected accounts' endpoint, v2's own events still tell everything."""
    for endpoint in town.wiring.stripe.v1.webhook_endpoints.list().data:
        town.wiring.stripe.v1.webhook_endpoints.delete(endpoint.id)
    nadia = begin_shop(town, "Nadia", "Nadia weaves")
    nadia.press(BUTTON)
    assert nadia.away
    town.onboard(nadia.away)
    town.settle()
    assert town.seller("Nadia weaves").state is SellerState.NOTHING_DUE


def test_a_seller_who_leaves_early_goes_on_with_a_fresh_v2_link(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves")
    nadia.press(BUTTON)
    assert nadia.away
    nadia.open(town.onboard(nadia.away, leave_at="bank"))
    town.settle()
    assert "You are not done yet" in nadia.open("/sell/account").text
    assert "A bank account for payouts" in nadia.text
    nadia.press("Go on at Stripe")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_where_a_recipient_cannot_be_alone_cards_are_asked_for_too(town: Town) -> None:
    shop = open_shop(town, "Ute", "Ute töpfert", "DE")
    page = shop.open("/sell/account")
    assert "Stripe is checking" in page.text
    assert "There is nothing for you to do" in page.text
    town.advance(seconds=60)
    assert "All set" in shop.open("/sell/account").text
    seller = town.seller("Ute töpfert")
    assert seller.capabilities == {"card_payments": "active", "transfers": "active"}


def test_an_account_that_was_closed_at_stripe_sells_nothing_more(town: Town) -> None:
    open_shop(town, "Nadia", "Nadia weaves")
    account = str(town.seller("Nadia weaves").stripe_id)
    town.wiring.stripe.v2.core.accounts.close(account, {"applied_configurations": ["recipient"]})
    town.settle()
    seller = town.seller("Nadia weaves")
    assert (seller.state, seller.disabled_reason) == (SellerState.RESTRICTED, "closed")
    assert not sellers.can_be_bought_from(seller)


@pytest.mark.parametrize(
    ("wall", "advice"),
    [
        ("connect_not_signed_up", "Connect is not signed up for yet"),
        ("profile_not_accepted", "responsibilities for losses are not accepted yet"),
    ],
)
def test_a_wall_that_stripe_names_is_named_with_what_to_do(
    town: Town, wall: str, advice: str
) -> None:
    put_up(town, wall)
    nadia = begin_shop(town, "Nadia", "Nadia weaves").press(BUTTON)
    assert nadia.status == 503
    assert "It is nothing you did" in nadia.text
    assert advice in nadia.text
    assert "What is usual at first" not in nadia.text
    assert town.seller("Nadia weaves").stripe_id is None


@pytest.mark.parametrize(
    "wall",
    [
        "accounts_v1_refused",
        "connect_not_signed_up",
        "loss_choice_differs",
        "profile_not_accepted",
    ],
)
def test_a_wall_without_a_code_ends_in_advice_that_names_all_four(town: Town, wall: str) -> None:
    put_up(town, wall)
    nadia = town.begin_shop("Nadia", "Nadia weaves").press(BUTTON)
    assert nadia.status == 502
    for words in (
        "Connect is not signed up for yet",
        "responsibilities for losses are not accepted yet",
        "says otherwise who bears losses",
        "Accounts v1 is not open to new platforms",
    ):
        assert words in nadia.text
    assert town.seller("Nadia weaves").stripe_id is None


def test_a_wall_that_was_taken_down_lets_the_same_shop_through(town: Town) -> None:
    put_up(town, "profile_not_accepted")
    nadia = begin_shop(town, "Nadia", "Nadia weaves").press(BUTTON)
    assert nadia.status == 503
    requests.post(
        f"{town.stripe.url}/_sandbox/walls", data={"profile_not_accepted": "false"}, timeout=10
    )
    nadia.press("Try again")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_v2_sellers_still_open_shops_where_v1_is_refused(town: Town) -> None:
    put_up(town, "accounts_v1_refused")
    nadia = open_shop(town, "Nadia", "Nadia weaves")
    assert "All set" in nadia.open("/sell/account").text


def test_a_thin_event_of_somebody_else_s_is_refused(town: Town) -> None:
    body = '{"id": "evt_test_1", "object": "v2.core.event"}'
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_guessed")
    answer = requests.post(
        f"{town.site}/webhooks/stripe/thin",
        data=body,
        headers={"Stripe-Signature": header},
        timeout=10,
    )
    assert answer.status_code == 403
