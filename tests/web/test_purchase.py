"""From the till to the paid order, through the shop's pages and the sandbox's payment page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient

from marketplace import orders, people
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.gateway.trace import Trace
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Seller
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.browsing import queries
from tests.till import Till, till

__all__ = ["till"]


@dataclass
class Buyer:
    """Somebody with a browser, and what the shop asked of Stripe meanwhile."""

    app: Flask
    client: FlaskClient
    till: Till

    @property
    def trace(self) -> Trace:
        return context.wiring(self.app).trace

    def fill(self, quantity: int = 1) -> dict[str, str]:
        """Put bowls into the basket and go to the till; gives the form there."""
        nonce = builders.nonce()
        form = {"product_id": self.till.bowl.id, "quantity": quantity, "nonce": nonce}
        self.client.post("/basket/add", data=form)
        page = self.look(f"/checkout/{self.slug}")
        unticked = "[type=checkbox]:not([checked]), [type=radio]:not([checked])"
        fields = page.select(f"main form[method=post] input[name]:not({unticked})")
        return {str(field["name"]): str(field["value"]) for field in fields}

    @property
    def slug(self) -> str:
        return self.till.session.scalars(sa.select(Seller.slug)).one()

    def order(self, form: dict[str, str] | None = None) -> str:
        """Send the till's form; gives the address of the payment page."""
        answer = self.client.post(f"/checkout/{self.slug}", data=form or self.fill())
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.location)

    def come_back(self, url: str) -> str:
        """Follow Stripe back to the shop; gives the path of the order's page."""
        parts = urlsplit(url)
        answer = self.client.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return str(answer.location)

    def look(self, path: str) -> BeautifulSoup:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return BeautifulSoup(answer.data, "html.parser")

    def placed(self) -> Order:
        self.till.session.rollback()
        self.till.session.expire_all()
        return self.till.session.scalars(sa.select(Order)).one()


@pytest.fixture
def ada(till: Till, settings: Settings) -> Iterator[Buyer]:
    """A guest at a shop whose Stripe is the running sandbox."""
    port = int(till.sandbox.url.rpartition(":")[2])
    app = create_app(replace(settings, sandbox_port=port))
    app.config["WTF_CSRF_ENABLED"] = False
    yield Buyer(app, app.test_client(), till)
    context.wiring(app).engine.dispose()


def words(page: Tag) -> str:
    return page.get_text(" ", strip=True)


def test_a_guest_buys_a_bowl_and_sees_that_it_is_paid(ada: Buyer) -> None:
    path = ada.come_back(hands.pay(ada.order()))
    page = ada.look(path)
    assert "Your order is paid" in words(page)
    assert "Where the money went" in words(page)
    assert "+$8.77" in words(page)
    assert page.select_one("[data-poll-url]") is None
    assert "Basket (" not in words(page)
    assert ada.placed().status is OrderStatus.PAID


def test_the_same_form_twice_leads_to_the_same_payment_page(ada: Buyer) -> None:
    form = ada.fill()
    ada.client.get("/?lang=zh")
    assert ada.order(form) == ada.order(form)
    (made,) = ada.till.sessions()
    assert made.locale == "zh"
    hands.pay(ada.order(form))
    ada.till.settle(ada.placed())
    token = ada.placed().token
    assert ada.order(form) == f"/orders/{token}"  # sent once more, after it was paid
    assert len(ada.till.sessions()) == 1


def test_what_a_browser_says_about_money_is_never_charged(ada: Buyer) -> None:
    form = ada.fill(2) | {"amount": "1", "unit_amount": "1", "application_fee_amount": "0"}
    form |= {"seller": "acct_mallory", "total": "1"}
    ada.order(form)
    made = ada.till.sessions()[0]
    assert made.amount_total == 2000
    assert ada.placed().application_fee_amount == 246


def test_a_total_that_was_tampered_with_is_told_and_not_charged(ada: Buyer) -> None:
    assert ada.order(ada.fill() | {"seen": "1"}) == "/basket"
    assert ada.till.sessions() == []


def test_coming_back_proves_nothing(ada: Buyer) -> None:
    url = ada.order()
    assert "/c/pay/" in url
    order = ada.placed()
    session_id = ada.till.attempts(order)[0].checkout_session_id
    path = ada.come_back(f"/orders/{order.token}/return?session_id={session_id}")
    page = ada.look(path)
    assert "We are checking your payment" in words(page)
    assert page.select_one("[data-poll-url]") is not None
    assert ada.placed().status is OrderStatus.PAYING


def test_a_session_of_somebody_else_is_not_even_asked_about(ada: Buyer) -> None:
    ada.order()
    token = ada.placed().token
    with ada.trace.recording() as calls:
        ada.come_back(f"/orders/{token}/return?session_id=cs_test_of_mallory")
        ada.come_back(f"/orders/{token}/return")
    assert calls == []


def test_the_page_waits_without_a_fact_and_tells_when_there_is_one(ada: Buyer) -> None:
    landed = hands.pay(ada.order())
    token = ada.placed().token
    session_id = ada.till.attempts(ada.placed())[0].checkout_session_id or ""
    path = f"/orders/{token}?returned=1"
    waits = ada.look(path)
    poll = str(waits.select("[data-poll-url]")[0]["data-poll-url"])
    first = ada.client.get(poll)
    same = ada.client.get(poll, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, same.status_code) == (200, 304)
    assert "Poll-Reload" not in first.headers
    orders.settle(ada.till.session, ada.till.stripe, session_id)
    news = ada.client.get(poll, headers={"If-None-Match": first.headers["ETag"]})
    assert (news.status_code, news.headers["Poll-Reload"]) == (200, "yes")
    assert "Your order is paid" in words(ada.look(ada.come_back(landed)))


def test_looking_never_asks_stripe(ada: Buyer) -> None:
    path = ada.come_back(hands.pay(ada.order()))
    with ada.trace.recording() as calls:
        for _ in range(2):
            ada.look(path)
            ada.client.get(f"{path.partition('?')[0]}/live")
        ada.look("/")
        ada.look("/basket")
    assert calls == []


def test_a_buyer_who_turned_back_can_go_on_or_call_it_off(ada: Buyer) -> None:
    url = ada.order()
    token = ada.placed().token
    page = ada.look(f"/orders/{token}")
    assert "Not paid yet" in words(page)
    assert "Basket (1)" in words(page)
    assert ada.client.post(f"/orders/{token}/pay").location == url
    ada.client.post(f"/orders/{token}/cancel")
    ada.client.post(f"/orders/{token}/cancel")
    assert ada.placed().status is OrderStatus.CANCELLED
    page = ada.look(f"/orders/{token}")
    assert "Cancelled" in words(page)
    assert page.select_one("form[action$='/pay']") is None
    assert ada.till.stock() == 3
    assert "Basket (1)" in words(page)


def test_a_bank_debit_is_on_its_way_until_it_is_not(ada: Buyer) -> None:
    path = ada.come_back(hands.pay(ada.order(), debit="fails"))
    assert "Your payment is on its way" in words(ada.look(path))
    ada.till.sandbox.advance(7 * 86_400)
    token = ada.placed().token
    ada.client.post(f"/orders/{token}/check")
    page = ada.look(f"/orders/{token}")
    assert "The payment failed" in words(page)
    assert "Try again" in words(page)


def test_a_held_payment_is_not_asked_for_again(ada: Buyer) -> None:
    landed = hands.pay(ada.order())
    ada.till.session.execute(sa.update(Order).values(amount=999))
    ada.till.session.commit()
    page = ada.look(ada.come_back(landed))
    assert "We are looking at your payment" in words(page)
    assert page.select_one("form[action$='/pay']") is None


def test_after_an_error_at_stripe_the_same_form_can_be_sent_again(ada: Buyer) -> None:
    form = ada.fill()
    # The address of nobody: the connection is refused.
    away = create_app(replace(context.wiring(ada.app).settings, sandbox_port=1))
    away.config["WTF_CSRF_ENABLED"] = False
    elsewhere = away.test_client()
    cookie = ada.client.get_cookie("marketplace_form")
    assert cookie is not None
    elsewhere.set_cookie("marketplace_form", cookie.value)
    answer = elsewhere.post(f"/checkout/{ada.slug}", data=form)
    context.wiring(away).engine.dispose()
    assert answer.status_code == 503
    assert form["nonce"] in answer.get_data(as_text=True)
    assert "/c/pay/" in ada.order(form)
    assert len(ada.till.attempts(ada.placed())) == 1


def test_an_order_nobody_named_is_not_found(ada: Buyer) -> None:
    for path in ("/orders/guess", "/orders/guess/return", "/orders/guess/live"):
        assert ada.client.get(path).status_code == 404
    for path in ("/orders/guess/pay", "/orders/guess/cancel", "/orders/guess/check"):
        assert ada.client.post(path).status_code == 404


def test_a_buyer_lists_own_orders_only_and_a_page_costs_the_same(ada: Buyer) -> None:
    database = ada.till.session
    shop = database.scalars(sa.select(Seller)).one()
    assert ada.client.get("/orders").status_code == 302
    email, password = "ada@example.com", "a good long sentence"
    user = people.sign_up(database, email=email, name="Ada", password=password)
    database.commit()
    ada.client.post("/sign-in", data={"email": email, "password": password})
    noise = orders.place(
        database, [orders.Wanted(ada.till.bowl.id, 1)], None, builders.nonce()
    ).token
    ada.order()
    with queries(ada.app) as few:
        page = ada.look("/orders")
    assert noise not in str(page)
    assert len(page.select("tbody tr")) == 1
    database.commit()
    mine = database.scalars(sa.select(Order).where(Order.buyer_id == user.id)).one()
    assert ada.till.sessions()[0].customer_email == email == mine.buyer_email
    for _ in range(30):
        order = builders.order(database, shop, buyer_id=user.id)
        ada.till.bowl.stock = None
        database.commit()
        copy_lines(ada, mine, order)
    with queries(ada.app) as many:
        page = ada.look("/orders")
    assert len(few) == len(many) <= 5
    assert len(page.select("tbody tr")) == 20
    assert page.select_one("a[rel=next]") is not None


def copy_lines(ada: Buyer, source: Order, target: Order) -> None:
    for line in orders.load(ada.till.session, source.token).lines:
        values = {
            name: getattr(line, name)
            for name in ("seller_id", "product_id", "title", "unit_amount", "quantity")
        }
        ada.till.session.add(type(line)(order_id=target.id, **values))
    ada.till.session.commit()


def test_an_order_page_costs_a_fixed_number_of_queries(ada: Buyer) -> None:
    path = ada.come_back(hands.pay(ada.order()))
    with queries(ada.app) as seen:
        ada.look(path)
    assert len(seen) <= 9


def test_the_picture_and_the_tables_of_the_money_say_the_same(ada: Buyer) -> None:
    page = ada.look(ada.come_back(hands.pay(ada.order())))
    drawn = [words(text) for text in page.select("svg.story-picture .story-amount")]
    assert drawn == ["-$10.00", "+$0.64", "+$8.77", "+$0.59"]
    tables = page.select(".story-tables table")
    assert [words(table.select("caption")[0]) for table in tables] == [
        "What moved",
        "Who holds what because of it",
    ]
    shown = [words(cell) for cell in tables[1].select("td.amount")]
    assert shown == ["-$10.00", "$0.64", "$8.77", "$0.59"]
    assert "expected" not in words(tables[0])
    told = words(page.select("svg.story-picture desc")[0])
    assert "The marketplace passed the payment on to Bea's Bowls. $10.00." in told


def test_a_loss_on_an_order_is_said_aloud(ada: Buyer) -> None:
    ada.till.session.execute(sa.update(Seller).values(fee_bps=100))
    ada.till.session.commit()
    page = ada.look(ada.come_back(hands.pay(ada.order())))
    assert "the marketplace loses $0.49" in words(page)
    assert page.select(".story-share") == []
