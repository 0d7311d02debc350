"""Form fields that know about money."""

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import StringField

from marketplace.money import Money
from marketplace.web.fields import CountField, MoneyField, chargeable


class PriceForm(FlaskForm):
    currency = StringField()
    price = MoneyField("Price", [chargeable], currency=lambda form: str(form.currency.data))
    stock = CountField("In stock")


def posted(app: Flask, **fields: str) -> PriceForm:
    with app.test_request_context("/", method="POST"):
        form = PriceForm(MultiDict(fields))
        form.validate()
        return form


def test_a_price_is_read_in_minor_units_of_the_chosen_currency(app: Flask) -> None:
    assert posted(app, currency="jpy", price="500").price.data == Money(500, "jpy")
    assert posted(app, currency="usd", price="5").price.data == Money(500, "usd")


@pytest.mark.parametrize("price", ["", "NaN", "1e400", "1_000", "0", "0.49", "-1", "١٢", "12,50"])
def test_a_price_that_cannot_be_charged_is_refused_and_stays_in_the_field(
    app: Flask, price: str
) -> None:
    form = posted(app, currency="usd", price=price)
    assert form.errors["price"]
    assert form.price._value() == price


def test_the_least_amount_is_named(app: Flask) -> None:
    assert "$0.50" in str(posted(app, currency="usd", price="0.10").errors["price"])


def test_an_unknown_currency_is_a_fault_of_the_form_and_no_crash(app: Flask) -> None:
    assert "price" in posted(app, currency="DOLLARS", price="5").errors


def test_a_price_from_the_database_is_shown_as_it_is_typed(app: Flask) -> None:
    with app.test_request_context("/"):
        assert PriceForm(price=Money(1250, "usd")).price._value() == "12.50"
        assert PriceForm(price=Money(100000, "isk")).price._value() == "1000"


@pytest.mark.parametrize(("typed", "count"), [("", None), ("0", 0), (" 12 ", 12)])
def test_a_stock_is_a_count_or_nothing(app: Flask, typed: str, count: int | None) -> None:
    form = posted(app, currency="usd", price="5", stock=typed)
    assert "stock" not in form.errors
    assert form.stock.data == count


@pytest.mark.parametrize("typed", ["-1", "1_0", "1.5", "٣", "9999999999", "many"])
def test_a_stock_that_is_no_count_is_refused(app: Flask, typed: str) -> None:
    form = posted(app, currency="usd", price="5", stock=typed)
    assert form.errors["stock"]
    assert form.stock._value() == typed
