"""From an empty town to money in the bank, with the detours that people take."""

import pytest

from marketplace.lifecycles import OrderStatus, PayoutStatus, SellerState
from marketplace.models import Order, Payment, Payout
from marketplace.sandbox import hands
from tests.journeys.conftest import Town

DECLINED = "4000000000000002"
THREE_D_SECURE = "4000002760003184"
BROKEN_BANK = "000111111113"
GOOD_BANK = "000123456789"
DAY = 86_400


def test_a_seller_onboards_sells_and_is_paid_out(town: Town) -> None:
    nadia = town.open_shop("Nadia", "Nadia weaves")
    assert "All set" in nadia.open("/sell/account").text
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    order = town.order(ben, "Woven rug")
    back = town.pay(order)
    ben.open(back)
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    seller = town.seller("Nadia weaves")
    # 10 % stays here, Stripe takes 2.9 % + 0.30 of the platform, the rest is hers.
    assert town.balance(seller.stripe_id)["pending"] == {"usd": 4320}
    assert town.balance()["pending"] == {"usd": 311}
    assert "Mark as sent" in nadia.open("/sell/orders").follow("Order 1").text
    nadia.press("Mark as sent")
    assert "On its way" in ben.open(ben.url).text
    town.advance(days=7)
    assert town.balance(seller.stripe_id)["available"] == {"usd": 0}
    with town.database() as session:
        payout = session.query(Payout).filter_by(seller_id=seller.id).one()
    assert (payout.amount, payout.status) == (4320, PayoutStatus.PAID)
    assert "$43.20" in nadia.open("/sell/money").text


def test_a_card_is_declined_and_another_one_pays_the_same_order(town: Town) -> None:
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    ben = town.browser("Ben")
    checkout = town.order(ben, "Woven rug")
    with pytest.raises(hands.Declined) as refusal:
        town.pay(checkout, card=DECLINED)
    assert refusal.value.code == "generic_decline"
    ben.open(town.pay(checkout))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    with town.database() as session:
        order = session.query(Order).one()
        assert order.status is OrderStatus.PAID
        assert session.query(Payment).filter_by(order_id=order.id).count() == 1


def test_a_buyer_fails_the_bank_s_question_and_then_answers_it(town: Town) -> None:
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    ben = town.browser("Ben")
    checkout = town.order(ben, "Woven rug")
    with pytest.raises(hands.Stuck):
        town.pay(checkout, card=THREE_D_SECURE, three_d_secure="fail")
    town.settle()
    with town.database() as session:
        assert session.query(Order).one().status is not OrderStatus.PAID
    ben.open(town.pay(checkout, card=THREE_D_SECURE, three_d_secure="complete"))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text


def test_a_seller_leaves_onboarding_early_and_comes_back(town: Town) -> None:
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    nadia.press("Set up payments with Stripe")
    assert nadia.away
    nadia.open(town.onboard(nadia.away, leave_at="bank"))
    town.settle()
    assert "You are not done yet" in nadia.open("/sell/account").text
    assert town.seller("Nadia weaves").state is SellerState.DUE
    town.offer(nadia, "Woven rug", "48.00")
    guest = town.browser("Guest")
    guest.open("/").follow("Woven rug")
    assert "cannot be bought yet" in guest.text
    nadia.open("/sell/account").press("Go on at Stripe")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text
    assert "Put into the basket" in guest.open(guest.url).html


def test_a_link_that_was_used_brings_its_owner_a_new_one(town: Town) -> None:
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    nadia.press("Set up payments with Stripe")
    link = nadia.away
    assert link
    previewed = town.browser("A mail program")
    previewed.site = town.stripe.url
    previewed.open(link)
    # The link is used up, so Stripe sends her back for another: the owner, and nobody else.
    again = town.onboard(link)
    assert again == f"{town.site}/sell/onboarding/refresh"
    nadia.open(again)
    assert nadia.away
    assert nadia.away != link
    stranger = town.browser("Stranger").open(again)
    assert stranger.away is None
    assert "Sign in" in stranger.text
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_a_payout_fails_the_seller_sees_why_repairs_it_and_is_paid(town: Town) -> None:
    bank = {"external_account[account_number]": BROKEN_BANK}
    nadia = town.open_shop("Nadia", "Nadia weaves", fill=bank)
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    town.pay(town.order(ben, "Woven rug"))
    town.advance(days=7)
    seller = town.seller("Nadia weaves")
    with town.database() as session:
        failed = session.query(Payout).filter_by(seller_id=seller.id).one()
    assert (failed.status, failed.failure_code) == (PayoutStatus.FAILED, "account_closed")
    assert "closed" in nadia.open("/sell/money").text
    assert town.balance(seller.stripe_id)["available"] == {"usd": 4320}
    # She opens her Express dashboard from the shop and puts in another account.
    nadia.press("Change my bank account at Stripe")
    assert nadia.away
    express = town.browser("Nadia at Stripe")
    express.site = town.stripe.url
    express.open(nadia.away)
    bank = {
        "external_account[routing_number]": "110000000",
        "external_account[account_number]": GOOD_BANK,
    }
    express.press("Save bank account", **bank)  # type: ignore[arg-type]
    assert express.status == 200, express.text
    town.advance(days=7)
    with town.database() as session:
        payouts = session.query(Payout).filter_by(seller_id=seller.id).order_by(Payout.id).all()
    assert [(p.amount, p.status) for p in payouts] == [
        (4320, PayoutStatus.FAILED),
        (4320, PayoutStatus.PAID),
    ]
    assert town.balance(seller.stripe_id)["available"] == {"usd": 0}


def test_money_that_is_still_on_its_way_does_not_send_the_goods(town: Town) -> None:
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    ben = town.browser("Ben")
    checkout = town.order(ben, "Woven rug")
    ben.open(town.pay(checkout, debit="succeeds"))
    town.settle()
    assert "on its way" in ben.open(ben.url).text
    with town.database() as session:
        assert session.query(Order).one().status is OrderStatus.PROCESSING
    town.advance(days=10)
    with town.database() as session:
        assert session.query(Order).one().status is OrderStatus.PAID
    assert "Your order is paid" in ben.open(ben.url).text


def test_an_abandoned_payment_page_puts_the_last_piece_back_on_sale(town: Town) -> None:
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00", stock="1")
    ben, guest = town.browser("Ben"), town.browser("Guest")
    town.order(ben, "Woven rug")
    guest.open("/").follow("Woven rug")
    assert "sold out" in guest.text.lower()
    town.advance(days=1)
    with town.database() as session:
        assert session.query(Order).one().status is OrderStatus.EXPIRED
    assert "Put into the basket" in guest.open(guest.url).html
