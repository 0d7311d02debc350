"""The wallet over HTTP: the pages, Stripe's page for a card, and the events that keep it true."""

from dataclasses import replace

from marketplace import wallet
from marketplace.cli.browser import Browser
from marketplace.design import DEFAULT, ChargeType
from marketplace.models import Customer, SavedCard, User
from tests.journeys.conftest import Town


def keeps_a_card(town: Town, buyer: Browser, card: str = "4242424242424242") -> None:
    """A card added on Stripe's page, as a browser without JavaScript does it."""
    buyer.open("/cards/new").press("Add it on Stripe's page")
    assert buyer.away, buyer.text
    buyer.open(town.pay(buyer.away, card=card))
    town.settle()


def test_a_buyer_keeps_two_cards_and_gives_one_up(town: Town) -> None:
    ben = town.sign_up("Ben")
    ben.open("/orders").follow("My cards")
    assert "No cards yet" in ben.text
    keeps_a_card(town, ben)
    assert "Visa •••• 4242" in ben.open("/cards").text
    keeps_a_card(town, ben, "5555555555554444")
    shown = ben.open("/cards").html
    for _ in range(2):  # the button is pressed twice
        ben.html = shown
        ben.press("Remove Mastercard")
        assert ben.status == 200
        assert "Mastercard •••• 4444 is removed." in ben.text
    town.settle()
    assert "Visa •••• 4242" in ben.open("/cards").text
    assert "Mastercard" not in ben.text
    with town.database() as session:
        assert session.query(Customer).count() == 1
        given_up = session.query(SavedCard).filter(SavedCard.removed_at.is_not(None)).one()
        assert given_up.detached_at is not None


def test_at_a_shop_that_charges_itself_a_card_is_kept_first_and_pays_then(town: Town) -> None:
    town.choose(replace(DEFAULT, charge_type=ChargeType.DIRECT))
    nadia = town.open_shop("Nadia", "Nadia weaves")
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.sign_up("Ben")
    ben.open("/").follow("Woven rug").press("Put into the basket")
    ben.open("/basket").follow("Check out")
    till = ben.url
    assert not ben.page.select("[name=keep]"), "it would be kept on Nadia's account only"
    ben.follow("Keep a card first").press("Add it on Stripe's page")
    assert ben.away, ben.text
    ben.open(town.pay(ben.away))
    assert ben.url == till
    assert "Visa •••• 4242" in ben.text
    ben.press("Order and pay")
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    keeps_a_card(town, ben, "5555555555554444")
    assert ben.url.endswith("/cards"), "the till was an hour ago"
    ben.open("/cards/new?next=//elsewhere.example/").press("Add it on Stripe's page")
    ben.open(town.pay(str(ben.away)))
    assert ben.url == f"{town.site}/"


def test_what_happens_to_cards_at_stripe_is_heard(town: Town) -> None:
    ben, ada = town.sign_up("Ben"), town.sign_up("Ada")
    keeps_a_card(town, ben)
    keeps_a_card(town, ada, "5555555555554444")
    stripe = town.wiring.stripe.v1
    with town.database() as session:
        who = {user.name: user for user in session.query(User)}
        [card] = wallet.cards(session, who["Ben"])
        customer = wallet.customer_of(session, who["Ada"])
        assert customer
        assert customer.stripe_id
        stripe.payment_methods.detach(card.stripe_id)
        stripe.customers.delete(customer.stripe_id)
    town.settle()
    assert "No cards yet" in ben.open("/cards").text
    assert "No cards yet" in ada.open("/cards").text
    keeps_a_card(town, ada)
    assert "Visa •••• 4242" in ada.open("/cards").text


def test_a_card_of_somebody_else_cannot_be_named(town: Town) -> None:
    ben, ada = town.sign_up("Ben"), town.sign_up("Ada")
    keeps_a_card(town, ben)
    keeps_a_card(town, ada)
    with town.database() as session:
        theirs = session.query(SavedCard).order_by(SavedCard.id).first()
        assert theirs
    form = ada.open("/cards").page.select_one("form[action*='/cards/']")
    assert form
    token = form.select_one("[name=csrf_token]")
    assert token
    answer = ada.session.post(
        f"{town.site}/cards/{theirs.id}/remove", {"csrf_token": str(token["value"])}, timeout=60
    )
    assert answer.status_code == 404
    assert "Visa •••• 4242" in ben.open("/cards").text
    guest = town.browser("Gus").open("/cards")
    assert "/sign-in" in guest.url
