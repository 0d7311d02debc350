"""Ways to pay over HTTP: what the till offers to whom, and whose card may pay."""

import re

import pytest
import requests

from marketplace.cli.browser import Browser
from marketplace.design import ChargeType
from marketplace.lifecycles import PaymentStatus
from marketplace.models import Order, Payment, PaymentUi, SavedCard, Seller
from marketplace.sandbox import hands
from tests import builders
from tests.journeys.conftest import Town
from tests.journeys.test_wallet import keeps_a_card
from tests.sandbox import merchants


@pytest.fixture
def pots(town: Town) -> Town:
    """A town where Bea sells pots; her account is ready without a form being filled in."""
    town.stripe.key = town.settings.stripe_key
    account = merchants.seller(town.stripe)
    with town.database() as session:
        shop = builders.seller(session, "Bea's pots", stripe_id=account, slug="pots")
        builders.product(session, shop, "Blue pot", 2400, stock=10)
    return town


def at_the_till(buyer: Browser) -> Browser:
    buyer.open("/").follow("Blue pot").press("Put into the basket")
    return buyer.open("/basket").follow("Check out")


def last_payment(town: Town) -> Payment:
    with town.database() as session:
        payment = session.query(Payment).order_by(Payment.id.desc()).first()
        assert payment
        session.expunge(payment)
        return payment


def ways(buyer: Browser) -> list[str]:
    return [str(way["value"]) for way in buyer.page.select("input[name=way]")]


def test_a_guest_is_offered_no_card_and_keeps_none(pots: Town) -> None:
    ben = pots.sign_up("Ben")
    keeps_a_card(pots, ben)
    gus = pots.browser("Gus")
    at_the_till(gus)
    assert ways(gus) == ["hosted", "elements"]
    assert not gus.page.select("[name=keep]")
    gus.press("Order and pay", way="card-1")
    assert gus.status == 422
    with pots.database() as session:
        assert session.query(Order).count() == 0


def test_a_card_is_kept_at_the_till_and_pays_the_next_order_with_one_click(pots: Town) -> None:
    ben = pots.sign_up("Ben")
    at_the_till(ben).press("Order and pay", keep="y")
    ben.open(pots.pay(ben.away or ""))
    assert "Your order is paid" in ben.text
    pots.settle()
    at_the_till(ben).press("Order and pay")
    assert "Your order is paid" in ben.text
    assert last_payment(pots).ui is PaymentUi.SAVED_CARD
    assert "Basket (" not in ben.html, "what is paid is no longer in the basket"
    pots.settle()


def test_the_bank_asks_and_the_buyer_comes_back_paid_or_with_the_reason(pots: Town) -> None:
    with pots.database() as session:
        session.query(Seller).update({"charge_type": ChargeType.DIRECT})
        session.commit()
    ben = pots.sign_up("Ben")
    keeps_a_card(pots, ben, "4000002760003184")
    for action, words in (("fail", "could not confirm that it is you"), ("complete", "is paid")):
        at_the_till(ben).press("Order and pay")
        assert ben.away, ben.text
        answer = requests.post(ben.away, {"action": action}, allow_redirects=False, timeout=60)
        ben.open(answer.headers["Location"])
        assert words in ben.text
        assert "client_secret" not in ben.url
    pots.settle()
    assert "Your order is paid" in ben.open(ben.url).text


def test_a_declined_card_leads_back_with_the_reason_and_another_way_pays(pots: Town) -> None:
    ben = pots.sign_up("Ben")
    keeps_a_card(pots, ben, "4000000000000341")  # it can be kept, and every charge of it fails
    at_the_till(ben).press("Order and pay")
    assert "The payment failed. Your bank declined the card" in ben.text
    ben.press("Pay $24.00")  # the card that was declined is not chosen again by itself
    assert ben.away, ben.text
    ben.open(pots.pay(ben.away))
    assert "Your order is paid" in ben.text
    pots.settle()
    with pots.database() as session:
        attempts = [payment.status for payment in session.query(Payment).order_by(Payment.id)]
    assert attempts == [PaymentStatus.FAILED, PaymentStatus.SUCCEEDED]


def test_somebody_elses_card_pays_nothing(pots: Town) -> None:
    ben, ada = pots.sign_up("Ben"), pots.sign_up("Ada")
    keeps_a_card(pots, ben)
    keeps_a_card(pots, ada)
    with pots.database() as session:
        bens = session.query(SavedCard).order_by(SavedCard.id).first()
        assert bens
        wish, stripe_id = f"card-{bens.id}", bens.stripe_id
    for way in (wish, f"card-{stripe_id}", f"card-{10**12}", "card-", "wallet"):
        at_the_till(ada).press("Order and pay", way=way)
        assert ada.status in {404, 422}, way
    with pots.database() as session:
        assert session.query(Order).count() == 0
    at_the_till(ada).press("Order and pay", way="hosted")
    assert last_payment(pots).customer is None


def test_the_address_of_an_order_does_not_set_its_buyers_card_going(pots: Town) -> None:
    ben, gus = pots.sign_up("Ben"), pots.browser("Gus")
    keeps_a_card(pots, ben, "4000002760003184")
    at_the_till(ben).press("Order and pay")
    bank = ben.away
    with pots.database() as session:
        token = session.query(Order.token).scalar()
    gus.open(f"/orders/{token}").press("Go on to the payment")
    assert gus.away
    assert gus.away != bank
    assert last_payment(pots).ui is PaymentUi.HOSTED
    gus.open(hands.pay(gus.away))
    assert "Your order is paid" in gus.text


def test_the_forms_secret_is_given_to_whoever_may_pay_and_only_while_it_may_be_paid(
    pots: Town,
) -> None:
    gus = pots.browser("Gus")
    at_the_till(gus).press("Order and pay", way="elements")
    assert gus.status == 200, gus.text
    assert gus.url.endswith("/pay")
    form = gus.page.select_one("form.element-form")
    assert form
    assert "_secret_" not in gus.html
    address, headers = (
        f"{pots.site}{form['data-secret-url']}",
        {
            "X-CSRFToken": str(form["data-token"]),
            "Referer": gus.url,
        },
    )
    given = gus.session.post(address, headers=headers, timeout=60)
    assert re.fullmatch(r"cs_test_\w+_secret_\w+", given.json()["clientSecret"])
    assert given.headers["Cache-Control"] == "no-store"
    told = gus.session.get(gus.url, timeout=60).headers
    assert f"frame-src {pots.stripe.url}" in told["Content-Security-Policy"]
    assert f'payment=(self "{pots.stripe.url}")' in told["Permissions-Policy"]
    with pots.database() as session:
        assert "_secret_" not in str(session.query(Payment).one().__dict__)
    gus.open(gus.url.removesuffix("/pay")).press("Cancel the order")
    refused = gus.session.post(address, headers=headers, timeout=60)
    assert refused.status_code == 409
    assert "not waiting to be paid" in refused.json()["message"]
