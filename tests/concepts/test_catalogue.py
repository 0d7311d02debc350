"""Products: what a seller may say about them, and what a form sent twice does."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import orm

from marketplace import catalogue, people, sellers
from marketplace.catalogue import Offer
from marketplace.errors import Invalid, NotFound
from marketplace.models import Role, Seller
from marketplace.money import Money

MUG = Offer("Blue mug", "Holds tea.", Money(1800, "usd"), stock=3)
Open = Callable[..., Seller]


@pytest.fixture
def open_shop(session: orm.Session) -> Open:
    """Open a shop for somebody new."""
    number = itertools.count(1)

    def open_one(name: str, country: str = "US") -> Seller:
        email = f"owner-{next(number)}@example.com"
        user = people.sign_up(session, email=email, name=name, password="a good long sentence")
        return sellers.open_shop(session, user, name=name, country=country)

    return open_one


def test_a_form_sent_twice_offers_one_product(session: orm.Session, open_shop: Open) -> None:
    maria = open_shop("Maria's Mugs")
    once = catalogue.offer(session, maria, MUG, nonce="form-1")
    twice = catalogue.offer(session, maria, MUG, nonce="form-1")
    other = catalogue.offer(session, maria, MUG, nonce="form-2")
    assert once is twice
    assert other is not once


def test_the_same_nonce_in_another_shop_is_another_product(
    session: orm.Session, open_shop: Open
) -> None:
    mug = catalogue.offer(session, open_shop("Maria's Mugs"), MUG, nonce="form-1")
    theft = catalogue.offer(session, open_shop("Piet's Pots"), MUG, nonce="form-1")
    assert theft.id != mug.id


@pytest.mark.parametrize(
    ("what", "field"),
    [
        (replace(MUG, title="  "), "title"),
        (replace(MUG, title="x" * 121), "title"),
        (replace(MUG, description="x" * 4001), "description"),
        (replace(MUG, price=Money(49, "usd")), "price"),
        (replace(MUG, price=Money(1800, "xyz")), "currency"),
        (replace(MUG, price=Money(49, "eur")), "price"),
        (replace(MUG, price=Money(0, "usd")), "price"),
        (replace(MUG, stock=-1), "stock"),
        (replace(MUG, stock=1_000_001), "stock"),
    ],
)
def test_an_offer_that_cannot_be_sold_is_refused_with_the_field(
    session: orm.Session, open_shop: Open, what: Offer, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        catalogue.offer(session, open_shop("Maria's Mugs"), what, nonce="form-1")
    assert list(refused.value.fields) == [field]


def test_a_seller_who_asks_for_somebody_elses_product_finds_nothing(
    session: orm.Session, open_shop: Open
) -> None:
    mug = catalogue.offer(session, open_shop("Maria's Mugs"), MUG, nonce="form-1")
    with pytest.raises(NotFound):
        catalogue.of_seller(session, open_shop("Piet's Pots"), mug.id)


def test_taken_off_and_put_back(session: orm.Session, open_shop: Open) -> None:
    maria = open_shop("Maria's Mugs")
    mug = catalogue.offer(session, maria, MUG, nonce="form-1")
    assert catalogue.count(session, maria) == 1
    catalogue.take_off(session, mug)
    assert catalogue.count(session, maria) == 0
    catalogue.put_back(session, mug)
    assert catalogue.count(session, maria) == 1


def test_the_list_is_paged_by_key_and_shows_each_product_once(
    session: orm.Session, open_shop: Open
) -> None:
    maria, piet = open_shop("Maria's Mugs"), open_shop("Piet's Pots")
    made = [
        catalogue.offer(session, maria, MUG, nonce=f"form-{number}").id for number in range(1, 6)
    ]
    catalogue.offer(session, piet, MUG, nonce="form-9")
    first = catalogue.page(session, maria, limit=3)
    rest = catalogue.page(session, maria, before=first[-1].id, limit=3)
    assert [product.id for product in [*first, *rest]] == made[::-1]


def test_a_shop_sells_in_the_currency_of_its_country(session: orm.Session, open_shop: Open) -> None:
    lena = open_shop("Lena's Lamps", "HU")
    lamp = catalogue.offer(session, lena, replace(MUG, price=Money(990000, "huf")), nonce="form-1")
    assert lamp.price == Money(990000, "huf")


def test_a_shop_is_opened_once_and_its_owner_becomes_a_seller(session: orm.Session) -> None:
    ada = people.sign_up(session, email="ada@example.com", name="Ada", password="a good sentence")
    shop = sellers.open_shop(session, ada, name="Ada's  Atlases", country="GB")
    again = sellers.open_shop(session, ada, name="Another", country="US")
    assert again is shop
    assert (shop.shop_name, shop.slug, shop.currency) == ("Ada's Atlases", "ada-s-atlases", "gbp")
    assert ada.role is Role.SELLER


def test_two_shops_of_one_name_have_two_addresses(open_shop: Open) -> None:
    assert [open_shop(name).slug for name in ("Ünder 陶 bar", "Under bar", "陶")] == [
        "under-bar",
        "under-bar-2",
        "shop",
    ]


def test_a_shop_without_a_name_or_in_a_country_not_on_offer_is_refused(
    session: orm.Session,
) -> None:
    ada = people.sign_up(session, email="ada@example.com", name="Ada", password="a good sentence")
    with pytest.raises(Invalid) as refused:
        sellers.open_shop(session, ada, name=" ", country="XX")
    assert set(refused.value.fields) == {"name", "country"}
    assert ada.role is Role.BUYER
