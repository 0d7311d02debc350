"""Closing a seller's account: not while anything is open, once, and for good."""

import pytest
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import closing, onboarding, sellers
from marketplace.design import AccountsApi, Dashboard
from marketplace.errors import Conflict, StripeUnavailable
from marketplace.lifecycles import OrderStatus, SellerState
from marketplace.models import OrderPart, Seller
from marketplace.sandbox import hands
from tests import builders


@pytest.fixture
def maria(session: orm.Session, stripe: StripeClient, maria: Seller) -> Seller:
    """A seller with an account and nothing on it, under each Accounts API."""
    return sellers.ensure_account(session, stripe, maria)


def gone(stripe: StripeClient, seller: Seller) -> bool:
    """Whether the account is over at Stripe."""
    if seller.accounts_api is AccountsApi.V2:
        return bool(stripe.v2.core.accounts.retrieve(str(seller.stripe_id)).closed)
    return stripe.v1.accounts.list().data == []


def test_with_nothing_open_the_account_ends_and_the_shop_sells_nothing_more(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    closing.close(session, stripe, maria)
    assert gone(stripe, maria)
    assert maria.deauthorized_at
    assert maria.state is SellerState.RESTRICTED
    assert not sellers.can_be_bought_from(maria)
    with pytest.raises(Conflict, match="has left"):
        closing.close(session, stripe, maria)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (OrderStatus.PAYING, "1 order being paid."),
        (OrderStatus.PROCESSING, "1 order being paid."),
        (OrderStatus.PAID, "1 order paid and not sent."),
    ],
)
def test_an_open_order_keeps_the_account(
    session: orm.Session, stripe: StripeClient, maria: Seller, status: OrderStatus, told: str
) -> None:
    order = builders.order(session, maria, status=status)
    if session.query(OrderPart).filter_by(order_id=order.id).first() is None:
        session.add(
            OrderPart(order_id=order.id, seller_id=maria.id, currency="usd", amount=order.amount)
        )
        session.commit()
    with pytest.raises(Conflict, match=told):
        closing.close(session, stripe, maria)
    assert not gone(stripe, maria)
    assert maria.deauthorized_at is None


def test_money_at_stripe_keeps_the_account_though_our_mirror_knows_nothing_of_it(
    session: orm.Session, stripe: StripeClient
) -> None:
    user = builders.person(session, "Nadia")
    shop = sellers.open_shop(session, user, name="Rugs", country="US")
    sellers.ensure_account(session, stripe, shop)
    account = str(shop.stripe_id)
    stripe.v1.charges.create({"amount": 9000, "currency": "usd", "source": "tok_bypassPending"})
    home = "http://127.0.0.1:4242/sell/onboarding"
    link = onboarding.start(session, stripe, shop, onboarding.Addresses(home, home, home))
    hands.onboard(link)
    stripe.v1.transfers.create({"amount": 700, "currency": "usd", "destination": account})
    with pytest.raises(Conflict, match=r"7\.00"):
        closing.close(session, stripe, shop)
    assert shop.deauthorized_at is None


def test_who_was_closed_in_the_dashboard_meanwhile_is_closed_here(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    stripe.v1.accounts.delete(str(maria.stripe_id))
    closing.close(session, stripe, maria)
    assert maria.deauthorized_at


def test_an_account_with_the_full_dashboard_is_the_sellers_own(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    maria.dashboard = Dashboard.FULL
    with pytest.raises(Conflict, match="belongs to the seller"):
        closing.close(session, stripe, maria)


def test_a_silent_stripe_closes_nothing(
    session: orm.Session, maria: Seller, closed_port: int
) -> None:
    away = StripeClient(
        "sk_test_x",
        base_addresses={"api": f"http://127.0.0.1:{closed_port}"},
        max_network_retries=0,
    )
    with pytest.raises(StripeUnavailable):
        closing.close(session, away, maria)
    assert maria.deauthorized_at is None
