"""A seller of Accounts v2, which is the default: told of by thin events, under v1 by snapshots."""

from dataclasses import replace

import pytest
import requests
import stripe

from marketplace import sellers
from marketplace.design import DEFAULT, AccountsApi
from marketplace.lifecycles import InboxState, PayoutStatus, SellerState
from marketplace.models import InboxEvent, Payout, Scope
from tests.journeys.conftest import Town

BUTTON = "Set up payments with Stripe"
# A v1 account asks for both capabilities, a v2 recipient for the one that it needs.
CAPABILITIES = {
    AccountsApi.V1: {"card_payments": "active", "transfers": "active"},
    AccountsApi.V2: {"transfers": "active"},
}


@pytest.mark.parametrize("api", AccountsApi)
def test_a_seller_of_either_api_onboards_sells_and_is_paid_out(
    town: Town, api: AccountsApi
) -> None:
    town.choose(replace(DEFAULT, accounts_api=api))
    nadia = town.open_shop("Nadia", "Nadia weaves")
    assert "All set" in nadia.open("/sell/account").text
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    seller = town.seller("Nadia weaves")
    assert (seller.accounts_api, seller.capabilities) == (api, CAPABILITIES[api])
    assert town.balance(seller.stripe_id)["pending"] == {"usd": 4320}
    assert town.balance()["pending"] == {"usd": 311}
    town.advance(days=7)
    with town.database() as session:
        payout = session.query(Payout).filter_by(seller_id=seller.id).one()
    assert (payout.amount, payout.status) == (4320, PayoutStatus.PAID)
    assert "$43.20" in nadia.open("/sell/money").text


def test_thin_events_arrive_signed_and_bring_the_news(town: Town) -> None:
    nadia = town.begin_shop("Nadia", "Nadia weaves")
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
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    nadia.press(BUTTON)
    assert nadia.away
    town.onboard(nadia.away)
    town.settle()
    assert town.seller("Nadia weaves").state is SellerState.NOTHING_DUE


def test_a_seller_who_leaves_early_goes_on_with_a_fresh_v2_link(town: Town) -> None:
    nadia = town.begin_shop("Nadia", "Nadia weaves")
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
    clock = town.stripe.sandbox.clock
    clock.hold(clock.now())  # on a slow machine Stripe would be done before she looks
    shop = town.open_shop("Ute", "Ute töpfert", "DE")
    page = shop.open("/sell/account")
    assert "Stripe is checking" in page.text
    assert "There is nothing for you to do" in page.text
    town.advance(seconds=60)
    assert "All set" in shop.open("/sell/account").text
    seller = town.seller("Ute töpfert")
    assert seller.capabilities == {"card_payments": "active", "transfers": "active"}


def test_an_account_that_was_closed_at_stripe_sells_nothing_more(town: Town) -> None:
    town.open_shop("Nadia", "Nadia weaves")
    account = str(town.seller("Nadia weaves").stripe_id)
    town.wiring.stripe.v2.core.accounts.close(account, {"applied_configurations": ["recipient"]})
    town.settle()
    seller = town.seller("Nadia weaves")
    assert (seller.state, seller.disabled_reason) == (SellerState.RESTRICTED, "closed")
    assert not sellers.can_be_bought_from(seller)


def test_a_thin_event_of_somebody_else_s_is_refused(town: Town) -> None:
    body = '{"id": "evt_test_1", "object": "v2.core.event"}'
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_guessed")
    answer = requests.post(
        f"{town.site}/webhooks/stripe/thin",
        data=body,
        headers={"Stripe-Signature": header},
        timeout=60,
    )
    assert answer.status_code == 403
