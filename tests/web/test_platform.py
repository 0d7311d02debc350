"""The operator's pages: everything is shown, nothing is given away, and nobody else gets in."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import clock
from marketplace.application import create_app
from marketplace.config import SANDBOX_KEY, Settings
from marketplace.database import phase
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.lifecycles import (
    InboxState,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    SellerState,
    TransferStatus,
)
from marketplace.models import (
    Balance,
    BalanceTransaction,
    BankAccount,
    InboxEvent,
    Order,
    OrderPart,
    Payment,
    Role,
    Scope,
    TransferRequest,
)
from marketplace.onboarding.api.review import REVIEWED
from marketplace.web import context
from marketplace.webhooks import envelope, inbox
from tests import builders
from tests.browsing import Keep, queries, signed_in
from tests.running import Running
from tests.sandbox.earning import fund, open_seller
from tests.webhooks import letters

LISTS = ("", "/sellers", "/orders", "/payouts", "/events", "/calls")


def operator(app: Flask, session: orm.Session) -> FlaskClient:
    """The operator's browser at an app that a test has made."""
    return signed_in(app, session, builders.person(session, "Olivia", role=Role.OPERATOR))


def event_row(session: orm.Session, scope: Scope = Scope.PLATFORM, **changes: object) -> int:
    letter = envelope.read(letters.text(letters.event() | changes))
    with phase(session):
        return inbox.keep(session, letter, scope)


def fill(session: orm.Session, count: int) -> None:
    """`count` of everything that a list shows."""
    for number in range(count):
        shop = builders.seller(session, f"Shop {number}")
        order = builders.order(session, shop)
        session.add(Payment(order_id=order.id, amount=1_000, currency="usd"))
        session.add(
            Balance(
                seller_id=shop.id, currency="usd", available=1, pending=2, refreshed_at=clock.now()
            )
        )
        builders.payout(session, shop)
        event_row(session)
    session.commit()


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(f"/platform{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)


@pytest.mark.parametrize("path", [*LISTS, "/sellers/shop-1", "/orders/x", "/events/1"])
def test_only_operators_see_the_platform(client: FlaskClient, keep: Keep, path: str) -> None:
    assert client.get(f"/platform{path}").status_code == 302
    assert keep().browser.get(f"/platform{path}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/events/1/replay",
        "/events/replay",
        "/events/backfill",
        "/balance/refresh",
        "/sellers/x/refresh",
        "/orders/x/refresh",
    ],
)
def test_only_operators_push_the_platforms_buttons(
    keep: Keep, session: orm.Session, path: str
) -> None:
    name = event_row(session, id="evt_once")
    with phase(session):
        session.execute(sa.update(InboxEvent).values(state=InboxState.DEAD))
    answer = keep().browser.post(f"/platform{path}", data={"state": "dead"})
    assert answer.status_code == 403
    session.rollback()
    assert inbox.get(session, name).state is InboxState.DEAD


@pytest.mark.parametrize("path", LISTS)
def test_a_new_platform_says_on_every_page_that_nothing_is_there_yet(
    olivia: FlaskClient, path: str
) -> None:
    page = BeautifulSoup(olivia.get(f"/platform{path}").data, "html.parser")
    assert len(page.find_all("h1")) == 1
    assert page.find(class_="empty") is not None


@pytest.mark.parametrize("path", LISTS)
def test_a_page_costs_the_same_whatever_it_shows(
    app: Flask, olivia: FlaskClient, session: orm.Session, path: str
) -> None:
    fill(session, 1)
    text(olivia, path)
    with queries(app) as few:
        text(olivia, path)
    fill(session, 30)
    with queries(app) as many:
        text(olivia, path)
    assert len(few) == len(many)
    assert len(many) <= 14


def test_lists_go_back_page_by_page_and_keep_their_filter(
    olivia: FlaskClient, session: orm.Session
) -> None:
    fill(session, 25)
    page = BeautifulSoup(olivia.get("/platform/events?state=new").data, "html.parser")
    older = page.select_one("a[rel=next]")
    assert older is not None
    assert "state=new" in str(older["href"])
    rest = BeautifulSoup(olivia.get(str(older["href"])).data, "html.parser")
    assert len(page.select("tbody tr")) + len(rest.select("tbody tr")) == 25
    assert rest.select_one("a[rel=next]") is None


@pytest.mark.parametrize(
    "query",
    [
        "before=9" + "9" * 40,
        "before=-1",
        "before=x",
        "state=nonsense",
        "_scheme=javascript",
        "endpoint=shop.index",
        "_external=1",
    ],
)
def test_nonsense_in_the_address_shows_the_first_page(
    olivia: FlaskClient, session: orm.Session, query: str
) -> None:
    fill(session, 25)
    answer = olivia.get(f"/platform/events?{query}")
    assert answer.status_code == 200
    links = BeautifulSoup(answer.data, "html.parser").select("a[href], form[action]")
    assert not [it for it in links if str(it.get("href") or it["action"]).startswith("javascript")]


def test_the_first_page_says_what_needs_a_person(olivia: FlaskClient, session: orm.Session) -> None:
    shop = builders.seller(session, "Bea's Bowls", state=SellerState.RESTRICTED)
    builders.order(
        session, shop, status=OrderStatus.PAYING, held_because="40.00 came and 50.00 was due."
    )
    builders.payout(session, shop, status=PayoutStatus.FAILED, failure_code="no_account")
    event_row(session)
    paid = builders.order(session, shop, status=OrderStatus.PAID)
    session.add(attempt(paid, refund_failure="lost_or_stolen_card", refund_failed_at=clock.now()))
    refused = TransferRequest(
        nonce="part:1",
        order_id=paid.id,
        part_id=session.scalars(sa.select(OrderPart.id).where(OrderPart.order_id == paid.id)).one(),
        seller_id=shop.id,
        amount=877,
        currency="usd",
        status=TransferStatus.REFUSED,
        failure_message="The account cannot be sent money.",
    )
    session.add(refused)
    for currency, available in (("usd", -4419), ("eur", 5000)):
        session.add(
            Balance(currency=currency, available=available, pending=0, refreshed_at=clock.now())
        )
    with phase(session):
        session.execute(sa.update(InboxEvent).values(state=InboxState.DEAD))
    told = text(olivia, "")
    for sentence in (
        "The platform's balance at Stripe lacks $44.19: refunds",
        "1 payment did not fit the order",
        "1 payout came back from the bank",
        "1 refund did not reach the buyer",
        "1 transfer to a shop did not come about",
        "1 event failed too often",
        "1 seller switched off",
        "Put the endpoint's signing secret into STRIPE_WEBHOOK_SECRET.",
    ):
        assert sentence in told
    assert "40.00 came and 50.00 was due." in text(olivia, "/orders")
    assert "the card was reported lost or stolen." in text(olivia, "/orders")
    assert "$8.77 to Bea's Bowls: The account cannot be sent money." in text(olivia, "/orders")
    assert "A refund did not reach the buyer" in text(olivia, f"/orders/{paid.token}")
    with phase(session):
        session.execute(sa.update(Payment).values(refund_missing=400))
    assert "pay the buyer $4.00 in another way" in text(olivia, f"/orders/{paid.token}")
    with phase(session):
        session.execute(sa.update(Payment).values(refund_missing=0))
    assert "did not reach the buyer" not in text(olivia, "") + text(olivia, "/orders")
    assert "As much was given back again since." in text(olivia, f"/orders/{paid.token}")
    assert "The bank found no account under these numbers." in text(olivia, "/payouts")


def test_a_quiet_platform_says_that_nothing_waits(settings: Settings) -> None:
    open_settings = replace(settings, webhook_secrets=("whsec_a",), connect_webhook_secrets=("b",))
    app = create_app(open_settings)
    # Half a year after their review our own forms want to be looked at.
    with clock.reading(lambda: REVIEWED), context.wiring(app).sessions() as session:
        client = operator(app, session)
        assert "Nothing waits for you." in text(client, "")
    context.wiring(app).engine.dispose()


def test_no_page_shows_a_signing_secret(settings: Settings) -> None:
    secrets = replace(
        settings, webhook_secrets=("whsec_canary_1",), connect_webhook_secrets=("whsec_canary_2",)
    )
    app = create_app(secrets)
    with context.wiring(app).sessions() as session:
        client = operator(app, session)
        for path in LISTS:
            page = client.get(f"/platform{path}").get_data(as_text=True)
            assert "canary" not in page
            assert SANDBOX_KEY not in page
    context.wiring(app).engine.dispose()


@pytest.mark.parametrize(
    "path", ["/events/404", "/events/99999999999999999999", "/sellers/nobody", "/orders/none"]
)
def test_what_does_not_exist_is_not_found(olivia: FlaskClient, path: str) -> None:
    assert olivia.get(f"/platform{path}").status_code == 404


def test_one_seller_shows_state_bank_balance_and_payouts(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, "Bea's Bowls", state=SellerState.DUE, payouts_enabled=False)
    session.add(
        BankAccount(
            seller_id=shop.id,
            stripe_id="ba_1",
            bank_name="Test Bank",
            last4="6789",
            currency="usd",
            country="US",
            status="errored",
        )
    )
    session.add(
        Balance(
            seller_id=shop.id,
            currency="jpy",
            available=-500,
            pending=1_000,
            refreshed_at=clock.now(),
        )
    )
    builders.payout(session, shop, status=PayoutStatus.FAILED, failure_code="account_closed")
    session.commit()
    told = text(olivia, f"/sellers/{shop.slug}")
    for words in (
        "Bea's Bowls",
        "due",
        "Test Bank ending in 6789",
        "errored",
        "-¥500",
        "¥1,000",
        "The bank account was closed.",
    ):
        assert words in told


def test_an_order_page_tells_its_money_story_and_why_it_is_held(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, "Bea's Bowls")
    order = builders.order(
        session, shop, amount=5_000, status=OrderStatus.PAYING, held_because="40.00 came."
    )
    told = text(olivia, f"/orders/{order.token}")
    assert "40.00 came." in told
    assert "$50.00" in told
    assert "Bea's Bowls" in told


def test_a_share_that_waits_says_before_the_click_what_a_refund_took_of_it(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, "Bea's Bowls", transfers_active=True)
    separate: dict[str, Any] = {"charge_type": ChargeType.SEPARATE, "paid_at": clock.now()}
    partly = builders.order(session, shop, status=OrderStatus.PARTLY_REFUNDED, **separate)
    wholly = builders.order(session, shop, status=OrderStatus.REFUNDED, **separate)
    session.add_all([attempt(partly, amount_refunded=400), attempt(wholly, amount_refunded=1000)])
    session.execute(sa.update(OrderPart).values(transfer_when=TransferWhen.LATER))

    def booked(**values: Any) -> BalanceTransaction:
        about: dict[str, Any] = {
            "stripe_id": f"txn_{values['type']}",
            "fee": 0,
            "currency": "usd",
            "available_on": clock.now(),
            "status": "available",
            "source": f"ch_{partly.id}",
            "order_id": partly.id,
            "created": clock.now(),
        }
        return BalanceTransaction(**about, **values)

    session.add(booked(type="charge", reporting_category="charge", amount=1000, net=1000))
    session.commit()
    told = text(olivia, f"/orders/{partly.token}")
    assert "$5.00 of Bea's Bowls's part waits with the marketplace" in told
    assert "$4.00 went back to the buyer, so $4.00 of it stays." in told
    assert "nothing: $10.00 went back to the buyer" in text(olivia, f"/orders/{wholly.token}")
    session.add(booked(type="adjustment", reporting_category="dispute", amount=-300, net=-300))
    session.commit()
    told = text(olivia, f"/orders/{partly.token}")
    assert "$4.00 went back to the buyer, and a bank took money back in a dispute, so $7.00" in told


def attempt(order: Order, **values: Any) -> Payment:
    """How an order was paid, as Stripe told us."""
    about = {"charge_id": f"ch_{order.id}", "status": PaymentStatus.SUCCEEDED}
    return Payment(
        order_id=order.id, amount=order.amount, currency=order.currency, **about, **values
    )


def test_the_buttons_read_again_from_stripe(settings: Settings, sandbox: Running) -> None:
    sandbox.key = SANDBOX_KEY
    port = int(sandbox.url.rpartition(":")[2])
    app = create_app(replace(settings, sandbox_port=port))
    app.config["WTF_CSRF_ENABLED"] = False
    ada = open_seller(sandbox)
    fund(sandbox, ada, 4_200)
    fund(sandbox, None, 9_900)
    with context.wiring(app).sessions() as session:
        shop = builders.seller(session, "Ada's Cheese", stripe_id=ada, payouts_enabled=False)
        order = builders.order(session, shop)
        client = operator(app, session)
    client.post("/platform/balance/refresh")
    client.post(f"/platform/sellers/{shop.slug}/refresh")
    assert "$99.00" in text(client, "")
    told = text(client, f"/sellers/{shop.slug}")
    assert "$42.00" in told
    assert "Payouts enabled" in told
    assert "GET /v1/balance" in text(client, "/calls")
    client.post(f"/platform/orders/{order.token}/refresh")
    assert "No payment page was opened" in text(client, f"/orders/{order.token}")
    client.post("/platform/events/backfill")
    assert "Stripe named 0" in text(client, "/events")
    context.wiring(app).engine.dispose()


def test_a_get_never_asks_stripe(app: Flask, olivia: FlaskClient, session: orm.Session) -> None:
    fill(session, 2)
    name = event_row(session)
    paths = [*LISTS, f"/events/{name}", f"/events/{name}/progress"]
    paths += [f"/orders/{order.token}" for order in session.scalars(sa.select(Order))]
    for path in paths:
        text(olivia, path)
    assert context.wiring(app).trace.calls() == []
