"""The shop's pages: looking, filling a basket, what stands in the way of buying."""

import itertools
import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace.models import Order, Product, Seller
from marketplace.orders import MOST_LINES
from tests import builders
from tests.browsing import queries


@pytest.fixture
def bea(session: orm.Session) -> Seller:
    """A shop that can be paid."""
    return builders.seller(session, "Bea's Bowls", slug="bea")


@pytest.fixture
def bowl(session: orm.Session, bea: Seller) -> Product:
    """Three in stock, at 10.00."""
    return builders.product(session, bea, "Blue bowl", 1000, description="Thrown by hand.")


def look(client: FlaskClient, path: str, status: int = 200) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser")


def words(page: Tag) -> str:
    return page.get_text(" ", strip=True)


def add(client: FlaskClient, product: Product, quantity: object = 1, nonce: str = "") -> None:
    answer = send_add(client, product, quantity, nonce)
    assert answer.status_code == 303


def send_add(
    client: FlaskClient, product: Product, quantity: object = 1, nonce: str = ""
) -> TestResponse:
    form = {"product_id": product.id, "quantity": quantity, "nonce": nonce or builders.nonce()}
    return client.post("/basket/add", data=form)


def quantities(client: FlaskClient) -> dict[str, str]:
    page = look(client, "/basket")
    fields = page.select("li.line input[type=number]")
    return {
        words(label).removeprefix("How many of "): str(field["value"])
        for label, field in zip(page.select("li.line label"), fields, strict=True)
    }


def test_the_front_page_shows_what_is_on_sale_newest_first(
    client: FlaskClient, session: orm.Session, bea: Seller
) -> None:
    builders.product(session, bea, "Blue bowl", 1000)
    builders.product(session, bea, "Tea cup", 750, stock=0)
    builders.product(session, bea, "Secret jar", active=False)
    page = look(client, "/")
    titles = [words(title) for title in page.select(".product-title")]
    assert titles == ["Tea cup", "Blue bowl"]
    assert "$10.00" in words(page)
    assert "sold out" in words(page)


def test_an_empty_market_says_so(client: FlaskClient) -> None:
    assert look(client, "/").select_one(".empty") is not None
    assert look(client, "/basket").select_one(".empty") is not None


@pytest.mark.parametrize("path", ["/", "/shops/bea"])
def test_a_shelf_costs_the_same_with_one_product_and_with_thirty(
    app: Flask, client: FlaskClient, session: orm.Session, bea: Seller, bowl: Product, path: str
) -> None:
    assert bowl.active
    with queries(app) as few:
        look(client, path)
    for number in range(30):
        builders.product(session, bea, f"Cup {number}")
    with queries(app) as many:
        page = look(client, path)
    assert len(few) == len(many) <= 3
    assert len(page.select("li.product")) == 24
    older = page.select_one("a[rel=next]")
    assert older is not None
    assert len(look(client, str(older["href"])).select("li.product")) == 7


def test_a_basket_costs_the_same_with_one_thing_and_with_twenty(
    app: Flask, client: FlaskClient, session: orm.Session, bea: Seller, bowl: Product
) -> None:
    add(client, bowl)
    with queries(app) as few:
        look(client, "/basket")
    for number in range(MOST_LINES - 1):
        shop = builders.seller(session, f"Shop {number}") if number % 2 else bea
        add(client, builders.product(session, shop, f"Cup {number}"))
    with queries(app) as many:
        page = look(client, "/basket")
    assert len(page.select("li.line")) == MOST_LINES
    assert len(few) == len(many) <= 3


def test_a_product_off_sale_is_not_there(
    client: FlaskClient, session: orm.Session, bea: Seller
) -> None:
    jar = builders.product(session, bea, "Jar", active=False)
    look(client, f"/products/{jar.id}", 404)
    look(client, "/products/999", 404)
    look(client, "/shops/nobody", 404)
    assert send_add(client, jar).status_code == 404


def test_a_shop_that_cannot_be_paid_yet_says_so_and_has_no_button(
    client: FlaskClient, session: orm.Session
) -> None:
    dora = builders.seller(session, "Dora's Drinks", transfers_active=False, slug="dora")
    syrup = builders.product(session, dora, "Syrup")
    page = look(client, f"/products/{syrup.id}")
    assert "cannot be bought yet" in words(page)
    assert page.select_one("form.buy") is None
    assert "not buy yet" in words(look(client, "/shops/dora"))
    add(client, syrup)  # a form from before, or by hand
    page = look(client, "/basket")
    assert "cannot take payments" in words(page)
    assert page.select_one("a[href='/checkout/dora']") is None
    assert client.get("/checkout/dora").status_code == 302


def test_the_same_form_sent_twice_adds_once(client: FlaskClient, bowl: Product) -> None:
    nonce = builders.nonce()
    add(client, bowl, 2, nonce)
    add(client, bowl, 2, nonce)
    assert quantities(client) == {"Blue bowl": "2"}
    add(client, bowl, 1)
    assert quantities(client) == {"Blue bowl": "3"}
    assert "Basket (3)" in words(look(client, "/"))


def test_how_many_is_set_and_nothing_takes_it_out(client: FlaskClient, bowl: Product) -> None:
    add(client, bowl)
    client.post("/basket/change", data={"product_id": bowl.id, "quantity": 2})
    client.post("/basket/change", data={"product_id": bowl.id, "quantity": 2})
    assert quantities(client) == {"Blue bowl": "2"}
    client.post("/basket/change", data={"product_id": bowl.id, "quantity": 0})
    assert quantities(client) == {}


@pytest.mark.parametrize("quantity", ["-1", "1.5", "1e3", "Infinity", "١", "1_0", "", "9" * 12])
def test_what_is_no_number_is_refused(client: FlaskClient, bowl: Product, quantity: str) -> None:
    assert send_add(client, bowl, quantity).status_code == 422
    assert quantities(client) == {}


def test_a_basket_holds_twenty_things_and_ninety_nine_of_one(
    client: FlaskClient, session: orm.Session, bea: Seller, bowl: Product
) -> None:
    add(client, bowl, 500)
    assert quantities(client) == {"Blue bowl": "99"}
    for number in range(MOST_LINES):
        add(client, builders.product(session, bea, f"Cup {number}"))
    page = look(client, "/basket")
    assert "holds 20 different things" in words(page)
    assert len(page.select("li.line")) == MOST_LINES


def test_goods_of_two_shops_are_two_parcels_and_the_page_says_why(
    client: FlaskClient, session: orm.Session, bowl: Product
) -> None:
    spoon = builders.product(session, builders.seller(session, "Carl", slug="carl"), "Spoon", 300)
    add(client, bowl)
    add(client, spoon, 2)
    page = look(client, "/basket")
    assert [words(total) for total in page.select(".parcel-total")] == [
        "Total $10.00",
        "Total $6.00",
    ]
    assert "is paid in 2 payments" in words(page)


def test_what_vanished_is_not_carried_along(
    client: FlaskClient, session: orm.Session, bowl: Product
) -> None:
    add(client, bowl)
    session.delete(session.merge(bowl))
    session.commit()
    assert quantities(client) == {}
    assert "Basket (" not in words(look(client, "/"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stock": 0}, "sold out"),
        ({"active": False}, "no longer for sale"),
        ({"amount": 1200}, "$12.00"),
    ],
)
def test_what_changed_since_the_buyer_looked_is_said_and_the_basket_is_kept(
    client: FlaskClient,
    session: orm.Session,
    bowl: Product,
    change: dict[str, object],
    told: str,
) -> None:
    add(client, bowl)
    form = till_form(client, "bea")
    for name, value in change.items():
        setattr(bowl, name, value)
    session.commit()
    answer = client.post("/checkout/bea", data=form)
    assert (answer.status_code, answer.location) == (303, "/basket")
    page = look(client, "/basket")
    assert told in words(page.select_one(".notice") or page)
    assert len(page.select("li.line")) == 1
    assert session.query(Order).count() == 0


def till_form(client: FlaskClient, slug: str) -> dict[str, str]:
    page = look(client, f"/checkout/{slug}")
    fields = page.select("main form[method=post] input[name]")
    return {str(field["name"]): str(field["value"]) for field in fields}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"nonce": "short"},
        {"nonce": "x" * 24, "seen": "a lot", "currency": "usd"},
        {"nonce": "x" * 24, "seen": "1000", "currency": "dollars"},
    ],
)
def test_a_till_form_that_is_not_ours_places_nothing(
    client: FlaskClient, session: orm.Session, bowl: Product, form: dict[str, str]
) -> None:
    add(client, bowl)
    assert client.post("/checkout/bea", data=form).status_code == 422
    assert session.query(Order).count() == 0


def test_an_empty_basket_has_no_till(client: FlaskClient, bea: Seller) -> None:
    assert client.get(f"/checkout/{bea.slug}").location == "/basket"
    assert client.get("/checkout/nobody").location == "/basket"
    assert client.post("/checkout/nobody", data={"nonce": "x" * 24}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/basket/add", "/basket/change", "/checkout/bea", "/orders/x/pay", "/orders/x/cancel"]
)
def test_nothing_is_done_without_a_token(
    app: Flask, client: FlaskClient, bowl: Product, path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    form = {"product_id": bowl.id, "quantity": 1, "nonce": "x" * 24}
    assert client.post(path, data=form).status_code == 400


def test_every_page_has_one_heading_and_a_label_for_each_field(
    client: FlaskClient, bowl: Product
) -> None:
    add(client, bowl)
    paths: list[str] = ["/", "/shops/bea", f"/products/{bowl.id}", "/basket", "/checkout/bea"]
    for path in paths:
        page = look(client, path)
        assert len(page.find_all("h1")) == 1, path
        labelled = {label["for"] for label in page.select("label[for]")}
        fields = page.select("input:not([type=hidden])")
        assert {field["id"] for field in fields} <= labelled, path
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_words_of_sellers_are_shown_as_words(
    client: FlaskClient, session: orm.Session, bea: Seller
) -> None:
    evil = builders.product(session, bea, "<script>alert(1)</script>", description="<b>bold</b>")
    add(client, evil)
    pages: list[Callable[[], BeautifulSoup]] = [
        lambda: look(client, "/"),
        lambda: look(client, f"/products/{evil.id}"),
        lambda: look(client, "/basket"),
        lambda: look(client, "/checkout/bea"),
    ]
    for page in pages:
        assert not [tag for tag in page().find_all("script") if "alert" in tag.text]
        assert page().find("b") is None
