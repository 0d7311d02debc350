"""The seller's lists, orders and money: what is shown, what changes, and to whom."""

import re
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import clock
from marketplace.design import ChargeType, FeePayer
from marketplace.lifecycles import OrderStatus, PayoutStatus
from marketplace.models import Balance, BankAccount, OrderLine, Product, Seller
from tests import builders
from tests.browsing import Keep, Keeper, SignIn, fresh, queries


@pytest.fixture
def maria(keep: Keep) -> Keeper:
    """Maria, who sells mugs."""
    return keep("Maria")


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
    assert pot.title not in maria.page("/sell/products").get_text()


@pytest.mark.parametrize("number", ["0", "9" * 30, "-1", "1e3"])
def test_a_number_that_is_no_row_is_not_found(maria: Keeper, number: str) -> None:
    for kind in ("products", "orders"):
        assert maria.browser.get(f"/sell/{kind}/{number}").status_code == 404
        assert maria.browser.get(f"/sell/{kind}?before={number}").status_code == 200


def test_a_buyer_without_a_shop_is_led_to_open_one(session: orm.Session, sign_in: SignIn) -> None:
    browser = sign_in(builders.person(session, "Bo"))
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
    assert "Mark as sent" not in maria.page(f"/sell/orders/{unpaid.id}").get_text()


def test_a_failed_payout_says_why_and_what_to_do(maria: Keeper, session: orm.Session) -> None:
    session.add(
        BankAccount(
            seller_id=maria.shop.id, stripe_id="ba_1", bank_name="Harbour Bank", last4="1113",
            currency="usd", country="US", status="errored", is_default=True,
        )
    )  # fmt: skip
    builders.payout(
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
    said = " ".join(maria.page("/sell/money").get_text(" ").split())
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
        builders.payout(session, shop, amount=123400 + number)
    session.commit()


@pytest.mark.parametrize("path", ["/sell", "/sell/products", "/sell/orders", "/sell/money"])
def test_a_page_costs_the_same_queries_for_one_row_and_for_thirty(
    app: Flask, keep: Keep, session: orm.Session, path: str
) -> None:
    one, many = keep("One"), keep("Many")
    fill(session, one.shop, 1)
    fill(session, many.shop, 30)
    with queries(app) as few:
        one.page(path)
    with queries(app) as lots:
        many.page(path)
    assert len(few) == len(lots) <= 12


@pytest.mark.parametrize("path", ["/sell/products", "/sell/orders", "/sell/money"])
def test_a_long_list_is_paged_without_a_gap_or_a_double(
    maria: Keeper, session: orm.Session, path: str
) -> None:
    fill(session, maria.shop, 30)
    seen: list[str] = []
    here: str | None = path
    while here:
        page = maria.page(here)
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
        page = maria.page(path)
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


@pytest.mark.parametrize(
    ("charge_type", "payer", "words"),
    [
        (ChargeType.DIRECT, FeePayer.SELLER, "Stripe takes its fee from the rest; what is left"),
        (ChargeType.DIRECT, FeePayer.PLATFORM, "It pays Stripe's fee out of it; the rest is yours"),
        (ChargeType.DESTINATION, FeePayer.SELLER, "It pays Stripe's fee out of it; the rest is"),
    ],
)
def test_who_pays_stripes_fee_is_told_as_it_will_be(
    keep: Keep, charge_type: ChargeType, payer: FeePayer, words: str
) -> None:
    """Of a charge on the platform the platform pays, whatever the account was opened with."""
    rosa = keep("Rosa", charge_type=charge_type, fee_payer=payer, transfers_active=False)
    home = rosa.reads("/sell")
    assert words in home
    always_the_seller = charge_type is ChargeType.DIRECT and payer is FeePayer.SELLER
    assert ("You: Stripe takes them from what you sell." in home) is always_the_seller
