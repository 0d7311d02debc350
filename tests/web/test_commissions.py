"""A commission in another currency: agreed by the operator, and asked for beside the price."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace.models import Product, Seller, User
from tests import builders
from tests.browsing import signed_in

TERMS = {"fee_bps": "10", "fee_min": "1.00", "split": "application_fee", "transfer_when": "now"}
EUROS = {"other_currency": "eur", "other_fixed": "0.25", "other_least": "", "other_most": "9.00"}


@pytest.fixture
def bea(session: orm.Session) -> Seller:
    """Ten percent, at least a dollar."""
    return builders.seller(session, "Bea's Bowls", fee_bps=1000, fee_min=100)


def kept(session: orm.Session, shop: Seller) -> Seller:
    session.rollback()
    session.refresh(shop)
    return shop


def words(answer: TestResponse) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text().split())


def faults(answer: TestResponse) -> dict[str, str]:
    page = BeautifulSoup(answer.text, "html.parser")
    return {str(it["id"]).removesuffix("-error"): it.get_text() for it in page.select(".fault[id]")}


def test_the_operator_agrees_in_another_currency_twice_and_ends_it(
    olivia: FlaskClient, session: orm.Session, bea: Seller
) -> None:
    path = f"/platform/sellers/{bea.slug}"
    assert "nothing is agreed, so the shop cannot sell in them" in words(olivia.get(path))
    for _ in range(2):
        assert olivia.post(f"{path}/terms", data=TERMS | EUROS).status_code == 303
    assert kept(session, bea).fee_parts == {"eur": {"fixed": 25, "least": None, "most": 900}}
    told = words(olivia.get(path))
    assert "Commission in EUR10 % and €0.25, at most €9.00" in told
    assert olivia.post(f"{path}/terms", data=TERMS).status_code == 303
    assert "eur" in kept(session, bea).fee_parts  # the other group was left alone
    assert olivia.post(f"{path}/terms", data=TERMS | {"other_currency": "eur"}).status_code == 303
    assert kept(session, bea).fee_parts == {}
    assert bea.fee_min == 100


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"other_currency": ""}, "other_currency"),
        ({"other_currency": "usd"}, "other_currency"),
        ({"other_currency": "EUR; DROP"}, "other_currency"),
        ({"other_currency": "jpy"}, "other_fixed"),  # yen have no decimals
        ({"other_fixed": "Infinity"}, "other_fixed"),
        ({"other_least": "10"}, "other_most"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(
    olivia: FlaskClient, session: orm.Session, bea: Seller, typed: dict[str, str], field: str
) -> None:
    sent = TERMS | {"fee_bps": "12"} | EUROS | typed
    answer = olivia.post(f"/platform/sellers/{bea.slug}/terms", data=sent)
    assert answer.status_code == 422
    assert field in faults(answer)
    page = BeautifulSoup(answer.text, "html.parser")
    for name in ("fee_bps", "other_fixed", "other_least", "other_most"):
        box = page.select_one(f"#{name}")
        assert box
        assert box["value"] == sent[name]
    assert page.select_one("details[open] #other_currency")
    shop = kept(session, bea)
    assert (shop.fee_bps, shop.fee_parts) == (1000, {})


def test_a_seller_is_told_beside_the_currency_and_keeps_what_was_typed(
    app: Flask, session: orm.Session, bea: Seller
) -> None:
    browser = signed_in(app, session, session.get_one(User, bea.user_id))
    sent = {"title": "Blue bowl", "price": "18.00", "currency": "eur", "nonce": "form-1"}
    answer = browser.post("/sell/products/new", data=sent)
    assert answer.status_code == 422
    assert faults(answer) == {
        "currency": "The commission is agreed in US dollars only. "
        "Ask the marketplace before you sell in euros."
    }
    page = BeautifulSoup(answer.text, "html.parser")
    typed = page.select_one("#title"), page.select_one("#price")
    assert [it and it["value"] for it in typed] == ["Blue bowl", "18.00"]
    assert page.select_one("#currency [value=eur][selected]")
    assert session.query(Product).count() == 0
    bea.fee_parts = {"eur": {"fixed": 25, "least": None, "most": None}}
    session.commit()
    assert browser.post("/sell/products/new", data=sent).status_code == 303
    told = words(browser.get(f"/sell/products/{session.query(Product).one().id}"))
    assert "Of a price in EUR the marketplace keeps 10 % and €0.25." in told
    assert "10 %, at least $1.00 of each sale in USD" in words(browser.get("/sell"))
