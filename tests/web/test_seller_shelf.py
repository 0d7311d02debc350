"""The seller's products, orders and money: what is shown, what changes, and to whom."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace import clock, people
from marketplace.config import Settings
from marketplace.lifecycles import OrderStatus, PayoutStatus
from marketplace.models import Balance, BankAccount, OrderLine, Payout, Product, Seller, User
from marketplace.money import Money
from marketplace.web import context
from tests import builders


@dataclass
class Keeper:
    """A seller at a browser."""

    user: User
    shop: Seller
    browser: FlaskClient

    def read(self, path: str) -> BeautifulSoup:
        """A page that is there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, path
        return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


Keep = Callable[[str], Keeper]


@pytest.fixture
def keep(app: Flask, session: orm.Session) -> Keep:
    """Somebody with a shop that can sell, signed in."""

    def keeper(name: str) -> Keeper:
        user = builders.person(session, name)
        shop = builders.seller(session, f"{name}'s shop", user=user)
        login = people.begin(session, user)
        session.commit()
        browser = app.test_client()
        with app.test_request_context():
            browser.set_cookie(context.cookie_name(), login.token)
        return Keeper(user, shop, browser)

    return keeper


@pytest.fixture
def maria(keep: Keep) -> Keeper:
    """Maria, who sells mugs."""
    return keep("Maria")


def fresh(session: orm.Session, row: object) -> None:
    """Read a row anew; SQLite shows an open transaction only what was there when it began."""
    session.rollback()
    session.refresh(row)


def filled(page: BeautifulSoup, **values: object) -> dict[str, object]:
    """The product form as it came, with `values` typed in."""
    form = page.select_one("form[enctype]")
    assert form
    found: dict[str, object] = {
        str(field["name"]): field.get("value", "") if field.name == "input" else field.text.strip()
        for field in form.select("input[name], textarea[name]")
        if field.get("type") not in {"file", "checkbox"}
    }
    return found | values


def faults(answer: TestResponse) -> dict[str, str]:
    """What the page says is wrong, by field."""
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    return {str(it["id"]).removesuffix("-error"): it.get_text() for it in page.select(".fault[id]")}


def picture() -> tuple[io.BytesIO, str]:
    """A small picture as a browser uploads it."""
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(file, "PNG")
    file.seek(0)
    return file, "../../mug of maria.png"


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The queries that are made meanwhile."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    engine = context.wiring(app).engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


def test_a_product_form_sent_twice_puts_one_product_and_one_picture_up(
    maria: Keeper, session: orm.Session, settings: Settings
) -> None:
    form = filled(maria.read("/sell/products/new"), title="Blue mug", price="18.00", stock="3")
    for _ in range(2):
        answer = maria.browser.post("/sell/products/new", data=form | {"image": picture()})
        assert (answer.status_code, answer.location) == (303, "/sell/products")
    product = session.query(Product).one()
    assert (product.title, product.amount, product.stock) == ("Blue mug", 1800, 3)
    (kept,) = (settings.data_dir / "uploads").iterdir()
    assert kept.name == product.image_name


def test_the_picture_is_served_to_everybody_under_our_name_only(
    maria: Keeper, session: orm.Session, client: FlaskClient
) -> None:
    form = filled(maria.read("/sell/products/new"), title="Blue mug", price="18.00")
    maria.browser.post("/sell/products/new", data=form | {"image": picture()})
    name = session.query(Product).one().image_name
    with client.get(f"/pictures/{name}") as answer:
        assert answer.mimetype == "image/webp"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    for wrong in ("../secret_key", "secret_key", "%2e%2e/secret_key", "0" * 32 + ".webp", "x.png"):
        assert client.get(f"/pictures/{wrong}").status_code == 404, wrong


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": ""}, "title"),
        ({"price": "0.10"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": "Infinity"}, "price"),
        ({"price": ""}, "price"),
        ({"price": "-1"}, "price"),
        ({"stock": "-1"}, "stock"),
        ({"stock": "٣"}, "stock"),
        ({"stock": "99999999999999999999"}, "stock"),
        ({"description": "x" * 4001}, "description"),
    ],
)
def test_a_fault_is_named_beside_its_field_and_nothing_is_lost(
    maria: Keeper, session: orm.Session, typed: dict[str, str], field: str
) -> None:
    good = {"title": "Blue mug", "price": "18.00", "stock": "3", "description": "Holds tea."}
    form = filled(maria.read("/sell/products/new"), **{**good, **typed})
    answer = maria.browser.post("/sell/products/new", data=form)
    assert answer.status_code == 422
    assert field in faults(answer)
    again = filled(BeautifulSoup(answer.get_data(as_text=True), "html.parser"))
    assert {name: again[name] for name in good} == {**good, **typed}
    assert session.query(Product).count() == 0


def test_what_is_no_picture_is_refused_and_the_rest_is_kept(maria: Keeper) -> None:
    form = filled(maria.read("/sell/products/new"), title="Blue mug", price="18.00")
    svg = (io.BytesIO(b"<svg><script>alert(1)</script></svg>"), "mug.png")
    answer = maria.browser.post("/sell/products/new", data=form | {"image": svg})
    assert answer.status_code == 422
    assert "image" in faults(answer)


def test_a_change_keeps_the_picture_unless_it_is_taken_away(
    maria: Keeper, session: orm.Session, settings: Settings
) -> None:
    form = filled(maria.read("/sell/products/new"), title="Blue mug", price="18.00")
    maria.browser.post("/sell/products/new", data=form | {"image": picture()})
    product = session.query(Product).one()
    path, name = f"/sell/products/{product.id}", product.image_name
    form = filled(maria.read(path), price="19.50")
    assert maria.browser.post(path, data=form).status_code == 303
    fresh(session, product)
    assert (product.amount, product.image_name) == (1950, name)
    maria.browser.post(path, data=form | {"drop_image": "y"})
    fresh(session, product)
    assert product.image_name is None
    assert not list((settings.data_dir / "uploads").iterdir())


def test_whose_product_it_is_is_never_taken_from_the_form(
    maria: Keeper, keep: Keep, session: orm.Session
) -> None:
    piet = keep("Piet")
    form = filled(maria.read("/sell/products/new"), title="Blue mug", price="18.00")
    more = {"seller_id": str(piet.shop.id), "amount": "1"}
    maria.browser.post("/sell/products/new", data=form | more)
    product = session.query(Product).one()
    assert (product.seller_id, product.currency, product.amount) == (maria.shop.id, "usd", 1800)


def test_a_price_can_be_in_any_currency_that_stripe_charges_in(
    maria: Keeper, session: orm.Session
) -> None:
    page = maria.read("/sell/products/new")
    options = [str(it["value"]) for it in page.select("select[name=currency] option")]
    assert options[0] == "usd"
    assert {"jpy", "kwd", "isk"} < set(options)
    yen = filled(page, title="Blue mug", price="18.00") | {"currency": "jpy"}
    answer = maria.browser.post("/sell/products/new", data=yen)
    assert answer.status_code == 422
    assert "JPY has no decimals" in answer.text
    assert 'value="18.00"' in answer.text  # nothing typed is lost
    maria.browser.post("/sell/products/new", data=yen | {"price": "1800"})
    product = session.query(Product).one()
    assert product.price == Money(1800, "jpy")
    page = maria.read(f"/sell/products/{product.id}")
    assert page.select("select[name=currency] option[selected]")[0]["value"] == "jpy"
    other = filled(page)
    maria.browser.post(f"/sell/products/{product.id}", data=other | {"currency": "xxx"})
    fresh(session, product)
    assert product.price == Money(1800, "jpy")


def test_taken_off_twice_is_off_and_put_back_is_on(maria: Keeper, session: orm.Session) -> None:
    mug = builders.product(session, maria.shop)
    for action, active in (("off", False), ("off", False), ("on", True)):
        answer = maria.browser.post(f"/sell/products/{mug.id}/{action}")
        assert answer.status_code == 303
        fresh(session, mug)
        assert mug.active is active


def test_nothing_of_another_shop_is_found(
    maria: Keeper, keep: Keep, session: orm.Session, client: FlaskClient
) -> None:
    piet = keep("Piet")
    pot, order = builders.product(session, piet.shop), builders.order(session, piet.shop)
    for path in (f"/sell/products/{pot.id}", f"/sell/orders/{order.id}"):
        assert maria.browser.get(path).status_code == 404
    for path in (f"/sell/products/{pot.id}", f"/sell/products/{pot.id}/off"):
        assert maria.browser.post(path, data={"title": "Mine", "price": "1"}).status_code == 404
    assert maria.browser.post(f"/sell/orders/{order.id}/sent").status_code == 404
    fresh(session, pot)
    assert pot.active
    for path in ("/sell/products", f"/sell/orders/{order.id}", "/sell/money"):
        assert "/sign-in" in str(client.get(path).location)
    assert pot.title not in maria.read("/sell/products").get_text()


@pytest.mark.parametrize("number", ["0", "9" * 30, "-1", "1e3"])
def test_a_number_that_is_no_row_is_not_found(maria: Keeper, number: str) -> None:
    for kind in ("products", "orders"):
        assert maria.browser.get(f"/sell/{kind}/{number}").status_code == 404
        assert maria.browser.get(f"/sell/{kind}?before={number}").status_code == 200


def test_a_buyer_without_a_shop_is_led_to_open_one(app: Flask, session: orm.Session) -> None:
    login = people.begin(session, builders.person(session, "Bo"))
    session.commit()
    browser = app.test_client()
    with app.test_request_context():
        browser.set_cookie(context.cookie_name(), login.token)
    for path in ("/sell/products", "/sell/orders", "/sell/money", "/sell/account"):
        assert browser.get(path).location == "/sell"


def test_a_paid_order_is_marked_as_sent_once_and_an_unpaid_one_never(
    maria: Keeper, session: orm.Session
) -> None:
    paid = builders.order(session, maria.shop, status=OrderStatus.PAID, paid_at=clock.now())
    for _ in range(2):
        assert maria.browser.post(f"/sell/orders/{paid.id}/sent").status_code == 303
    fresh(session, paid)
    assert paid.status is OrderStatus.FULFILLED
    unpaid = builders.order(session, maria.shop, status=OrderStatus.PAYING)
    assert maria.browser.post(f"/sell/orders/{unpaid.id}/sent").status_code == 409
    fresh(session, unpaid)
    assert unpaid.status is OrderStatus.PAYING
    assert "Mark as sent" not in maria.read(f"/sell/orders/{unpaid.id}").get_text()


def payout(session: orm.Session, shop: Seller, number: int = 1, **values: object) -> Payout:
    """Money on its way to a bank."""
    row = Payout(
        **{
            "stripe_id": f"po_{shop.id}_{number}",
            "seller_id": shop.id,
            "amount": 123400 + number,
            "currency": "usd",
            "status": PayoutStatus.IN_TRANSIT,
            "arrival_date": clock.now() + timedelta(days=2),
            "automatic": True,
            "method": "standard",
            "created": clock.now(),
            "updated": clock.now(),
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def test_a_failed_payout_says_why_and_what_to_do(maria: Keeper, session: orm.Session) -> None:
    session.add(
        BankAccount(
            seller_id=maria.shop.id, stripe_id="ba_1", bank_name="Harbour Bank", last4="1113",
            currency="usd", country="US", status="errored", is_default=True,
        )
    )  # fmt: skip
    payout(
        session,
        maria.shop,
        destination="ba_1",
        status=PayoutStatus.FAILED,
        failure_code="account_closed",
    )
    session.add(
        Balance(
            seller_id=maria.shop.id, currency="usd", available=123401, pending=-500,
            refreshed_at=clock.now(),
        )
    )  # fmt: skip
    session.commit()
    said = " ".join(maria.read("/sell/money").get_text(" ").split())
    assert "Harbour Bank, ending in 1113, did not take it" in said
    assert "The bank account was closed." in said
    assert "$1,234.01" in said
    assert "-$5.00" in said
    assert "Change my bank account at Stripe" in said


def fill(session: orm.Session, shop: Seller, rows: int) -> None:
    """A shop with `rows` of everything."""
    for number in range(rows):
        mug = builders.product(session, shop, f"Mug {number}")
        order = builders.order(session, shop, status=OrderStatus.PAID)
        session.add(
            OrderLine(
                order_id=order.id, seller_id=shop.id, product_id=mug.id, title=mug.title,
                unit_amount=1000, quantity=1,
            )
        )  # fmt: skip
        payout(session, shop, number)
    session.commit()


@pytest.mark.parametrize("path", ["/sell", "/sell/products", "/sell/orders", "/sell/money"])
def test_a_page_costs_the_same_queries_for_one_row_and_for_thirty(
    app: Flask, keep: Keep, session: orm.Session, path: str
) -> None:
    one, many = keep("One"), keep("Many")
    fill(session, one.shop, 1)
    fill(session, many.shop, 30)
    with counted(app) as few:
        one.read(path)
    with counted(app) as lots:
        many.read(path)
    assert len(few) == len(lots) <= 12


@pytest.mark.parametrize("path", ["/sell/products", "/sell/orders", "/sell/money"])
def test_a_long_list_is_paged_without_a_gap_or_a_double(
    maria: Keeper, session: orm.Session, path: str
) -> None:
    fill(session, maria.shop, 30)
    seen: list[str] = []
    here: str | None = path
    while here:
        page = maria.read(here)
        seen += [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
        older = page.select_one("a[rel=next]")
        here = str(older["href"]) if older else None
    assert len(seen) == len(set(seen)) == 30


def test_every_page_has_one_first_heading_named_tables_and_labelled_fields(
    maria: Keeper, session: orm.Session
) -> None:
    fill(session, maria.shop, 2)
    product, order = session.query(Product).first(), maria.shop.id
    assert product
    for path in (
        "/sell",
        "/sell/account",
        "/sell/products",
        "/sell/products/new",
        f"/sell/products/{product.id}",
        "/sell/orders",
        f"/sell/orders/{order}",
        "/sell/money",
    ):
        page = maria.read(path)
        levels = [int(str(heading.name)[1]) for heading in page.select("main h1, main h2, main h3")]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(b - a <= 1 for a, b in pairwise(levels)), path
        assert all(table.find("caption") for table in page.select("table")), path
        for field in page.select("main input:not([type=hidden]), main textarea, main select"):
            assert page.select_one(f'label[for="{field["id"]}"]'), (path, field["id"])
        assert not page.select("[style], script:not([src]), main p form"), path
        ids = [str(it["id"]) for it in page.select("[id]")]
        assert len(ids) == len(set(ids)), path
        assert not re.search(r"\b(None|Undefined)\b", page.get_text()), path
