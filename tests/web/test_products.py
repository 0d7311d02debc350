"""A product form: what it puts up, what it refuses, and that nothing typed is lost."""

import io

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace.config import Settings
from marketplace.models import Product
from marketplace.money import Money
from tests import builders
from tests.browsing import Keep, Keeper, fresh


@pytest.fixture
def maria(keep: Keep) -> Keeper:
    """Maria, who sells mugs."""
    return keep("Maria")


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


def test_a_product_form_sent_twice_puts_one_product_and_one_picture_up(
    maria: Keeper, session: orm.Session, settings: Settings
) -> None:
    form = filled(maria.page("/sell/products/new"), title="Blue mug", price="18.00", stock="3")
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
    form = filled(maria.page("/sell/products/new"), title="Blue mug", price="18.00")
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
    form = filled(maria.page("/sell/products/new"), **{**good, **typed})
    answer = maria.browser.post("/sell/products/new", data=form)
    assert answer.status_code == 422
    assert field in faults(answer)
    again = filled(BeautifulSoup(answer.get_data(as_text=True), "html.parser"))
    assert {name: again[name] for name in good} == {**good, **typed}
    assert session.query(Product).count() == 0


def test_what_is_no_picture_is_refused_and_the_rest_is_kept(maria: Keeper) -> None:
    form = filled(maria.page("/sell/products/new"), title="Blue mug", price="18.00")
    svg = (io.BytesIO(b"<svg><script>alert(1)</script></svg>"), "mug.png")
    answer = maria.browser.post("/sell/products/new", data=form | {"image": svg})
    assert answer.status_code == 422
    assert "image" in faults(answer)


def test_a_change_keeps_the_picture_unless_it_is_taken_away(
    maria: Keeper, session: orm.Session, settings: Settings
) -> None:
    form = filled(maria.page("/sell/products/new"), title="Blue mug", price="18.00")
    maria.browser.post("/sell/products/new", data=form | {"image": picture()})
    product = session.query(Product).one()
    path, name = f"/sell/products/{product.id}", product.image_name
    form = filled(maria.page(path), price="19.50")
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
    form = filled(maria.page("/sell/products/new"), title="Blue mug", price="18.00")
    more = {"seller_id": str(piet.shop.id), "amount": "1"}
    maria.browser.post("/sell/products/new", data=form | more)
    product = session.query(Product).one()
    assert (product.seller_id, product.currency, product.amount) == (maria.shop.id, "usd", 1800)


def test_a_price_can_be_in_any_currency_that_stripe_charges_in(
    maria: Keeper, session: orm.Session
) -> None:
    page = maria.page("/sell/products/new")
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
    page = maria.page(f"/sell/products/{product.id}")
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
