"""A fixed part and the limits of a commission belong to a currency, and no sale escapes them."""

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import catalogue, invitations, orders, people, platform, sellers
from marketplace.catalogue import Offer
from marketplace.charges import fees
from marketplace.design import DEFAULT, ChargeType
from marketplace.errors import Conflict, Invalid
from marketplace.models import Order, Product, Seller
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.platform import Elsewhere
from marketplace.sellers import Agreement
from tests import builders
from tests.till import Till

ASK = "The commission is agreed in US dollars only. Ask the marketplace before you sell in euros."


def bowl(price: Money) -> Offer:
    return Offer(title="Blue bowl", description="", price=price, stock=3)


@pytest.fixture
def bea(session: orm.Session) -> Seller:
    """Ten percent and 30 cents, at least a dollar."""
    return builders.seller(session, fee_bps=1000, fee_fixed=30, fee_min=100)


def agree(session: orm.Session, shop: Seller, elsewhere: Elsewhere | None) -> None:
    """Keep the shop's own terms, and agree on more, without a word to Stripe."""
    away = StripeClient("sk_test_nowhere", base_addresses={"api": "http://127.0.0.1:9"})
    agreement = Agreement(sellers.terms(shop), elsewhere=elsewhere)
    sellers.change(session, away, shop, agreement, shop.design)


@pytest.mark.parametrize(("currency", "amount"), [("idr", 5_000_000), ("krw", 1500), ("eur", 900)])
def test_a_minimum_is_not_dodged_by_another_price_tag(
    session: orm.Session, bea: Seller, currency: str, amount: int
) -> None:
    """30 cents and a dollar would be next to nothing in rupiah."""
    with pytest.raises(Invalid) as refusal:
        catalogue.offer(session, bea, bowl(Money(amount, currency)), nonce="form-1")
    assert set(refusal.value.fields) == {"currency"}
    old = builders.product(session, bea, amount=amount, currency=currency)
    (quote,) = orders.quotes(session, [Wanted(old.id, 1)])
    assert quote.problem == f"This shop cannot sell in {currency.upper()} yet."
    assert "agreed in US dollars only" in (orders.border(session, bea, currency) or "")
    assert orders.guard(session, bea, currency) is None
    with pytest.raises(Conflict, match="cannot sell in"):
        orders.place(session, [Wanted(old.id, 1)], None, builders.nonce())
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 0


def test_what_is_agreed_in_a_further_currency_is_what_a_sale_in_it_pays(
    session: orm.Session, bea: Seller
) -> None:
    agree(session, bea, Elsewhere("eur", fixed=25, least=90, most=300))
    for price, kept in ((500, 90), (1000, 125), (10_000, 300)):
        made = catalogue.offer(session, bea, bowl(Money(price, "eur")), nonce=f"form-{price}")
        (quote,) = orders.quotes(session, [Wanted(made.id, 1)])
        assert (quote.problem, quote.commission) == (None, Money(kept, "eur"))
    agree(session, bea, Elsewhere("jpy", fixed=0))
    assert platform.terms_in(bea, "jpy") == fees.Terms(1000)
    assert platform.terms_in(bea, "usd") == fees.Terms(1000, 30, least=100)
    assert "US dollars and euros and Japanese yen only" in (platform.unagreed(bea, "gbp") or "")


def test_agreeing_twice_is_once_and_nothing_in_it_takes_it_off_the_list(
    session: orm.Session, bea: Seller
) -> None:
    for _ in range(2):
        agree(session, bea, Elsewhere("eur", least=90))
    agree(session, bea, None)
    session.expire_all()
    assert bea.fee_parts == {"eur": {"fixed": None, "least": 90, "most": None}}
    for _ in range(2):
        agree(session, bea, Elsewhere("eur"))
    session.expire_all()
    assert bea.fee_parts == {}
    assert platform.unagreed(bea, "eur") == ASK


def test_a_percentage_alone_holds_in_every_currency(session: orm.Session) -> None:
    kai = builders.seller(session, "Kai's Cups", fee_bps=1000)
    cup = catalogue.offer(session, kai, bowl(Money(2000, "krw")), nonce="form-1")
    (quote,) = orders.quotes(session, [Wanted(cup.id, 1)])
    assert (quote.problem, quote.commission) == (None, Money(200, "krw"))


def test_an_order_that_was_placed_keeps_the_commission_of_its_day(till: Till) -> None:
    till.session.execute(sa.update(Product).values(currency="eur"))
    till.session.commit()
    till.session.expire_all()
    order = till.place()
    agreed = order.application_fee
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.fee_min = 500
    till.session.commit()
    assert till.look(order).application_fee == agreed
    with pytest.raises(Conflict, match="cannot sell in EUR"):
        till.place()


def test_a_shop_without_terms_does_not_spoil_the_basket_of_the_others(
    session: orm.Session,
) -> None:
    shops = [
        builders.seller(session, name, charge_type=ChargeType.SEPARATE, fee_min=least)
        for name, least in (("Plain", None), ("Least", 100))
    ]
    goods = [builders.product(session, shop, amount=1000, currency="eur") for shop in shops]
    found = orders.quotes(session, [Wanted(it.id, 1) for it in goods])
    assert [(quote.names, quote.can_be_bought) for quote in found] == [
        (["Plain"], True),
        (["Least"], False),
    ]


@pytest.mark.parametrize(
    ("elsewhere", "fields"),
    [
        (Elsewhere("usd", fixed=1), {"other_currency"}),
        (Elsewhere("xyz", fixed=1), {"other_currency"}),
        (Elsewhere("eur", fixed=-1, most=10**8), {"other_fixed", "other_most"}),
        (Elsewhere("eur", least=2, most=1), {"other_most"}),
    ],
)
def test_what_cannot_be_agreed_elsewhere_says_which_field_and_changes_nothing(
    session: orm.Session, bea: Seller, elsewhere: Elsewhere, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        agree(session, bea, elsewhere)
    assert set(refusal.value.fields) == fields
    session.expire_all()
    assert bea.fee_parts == {}


@pytest.mark.parametrize(("country", "kept"), [("US", (30, 100)), ("DE", (0, None))])
@pytest.mark.parametrize("invited", [False, True])
def test_the_platforms_amounts_are_for_shops_with_its_currency(
    session: orm.Session, country: str, kept: tuple[int, int | None], *, invited: bool
) -> None:
    maria = people.sign_up(
        session, email="maria@example.com", name="Maria", password="a good long sentence"
    )
    terms = fees.Terms(500, 30, least=100)
    if invited:
        sent = invitations.invite(
            session,
            email="maria@example.com",
            design=DEFAULT,
            agreement=Agreement(terms),
            nonce="form-1",
        )
        shop = invitations.take(session, maria, sent.token or "", name="Mugs", country=country)
    else:
        platform.set_terms(session, terms, pay_at_stripe=True, pay_here=True)
        shop = sellers.open_shop(session, maria, name="Mugs", country=country)
    session.commit()
    assert (shop.fee_bps, shop.fee_fixed, shop.fee_min) == (500, *kept)
    assert shop.fee_parts == {}
