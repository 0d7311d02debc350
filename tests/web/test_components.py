"""What a dashboard would show, on our own pages: whose, from which rows, and with what guests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import orm

from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.design import AccountsApi, ChargeType, Dashboard, FeePayer, LossOwner, Onboarding
from marketplace.lifecycles import DisputeStatus, SellerState
from marketplace.models import BalanceTransaction, BankAccount, Dispute, OrderPart, Seller
from marketplace.web import context
from tests import builders
from tests.browsing import Keep, queries, signed_in

ALONE = {"dashboard": Dashboard.NONE, "charge_type": ChargeType.DIRECT}
DAY = datetime(2026, 11, 3, 12, tzinfo=UTC)


def booked(session: orm.Session, shop: Seller, number: int, amount: int, **values: Any) -> None:
    """A line of a shop's own balance."""
    fee = values.pop("fee", 0)
    session.add(
        BalanceTransaction(
            **{
                "stripe_id": f"txn_{shop.id}_{number}",
                "account": shop.stripe_id,
                "seller_id": shop.id,
                "type": "charge",
                "reporting_category": "charge",
                "amount": amount,
                "fee": fee,
                "net": amount - fee,
                "currency": "usd",
                "fee_details": [],
                "available_on": DAY + timedelta(days=2),
                "status": "pending",
                "source": f"ch_{shop.id}_{number}",
                "created": DAY,
                **values,
            }
        )
    )
    session.commit()


def disputed(session: orm.Session, shop: Seller, number: int, **values: Any) -> Dispute:
    row = Dispute(
        **{
            "stripe_id": f"du_{shop.id}_{number}",
            "seller_id": shop.id,
            "charge": f"ch_{number}",
            "amount": 1000 + number,
            "currency": "usd",
            "reason": "product_not_received",
            "status": DisputeStatus.NEEDS_RESPONSE,
            "due_by": DAY,
            "answered": False,
            "created": DAY,
            "refreshed_at": DAY,
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def test_payments_are_the_sellers_own_with_fee_and_the_day(
    keep: Keep, session: orm.Session
) -> None:
    bea, otto = keep("Bea", **ALONE), keep("Otto", **ALONE)
    booked(session, bea.shop, 1, 4800, fee=480)
    booked(session, otto.shop, 2, 7700)
    booked(session, bea.shop, 3, -900, type="payout", reporting_category="payout")
    told = bea.reads("/sell/payments")
    assert "$48.00 $4.80 $43.20 Nov 5, 2026" in told
    assert "77.00" not in told
    assert "9.00" not in told


def test_months_add_up_and_are_the_sellers_own(keep: Keep, session: orm.Session) -> None:
    bea, otto = keep("Bea", **ALONE), keep("Otto", **ALONE)
    booked(session, bea.shop, 1, 4800, fee=480)
    booked(session, bea.shop, 2, -1000, type="payout", reporting_category="payout")
    booked(session, bea.shop, 3, -500, type="refund", reporting_category="refund")
    booked(session, bea.shop, 4, 100, created=DAY - timedelta(days=31))
    booked(session, otto.shop, 5, 7700)
    told = bea.reads("/sell/documents")
    # Sales, fees, others, paid out, and what became of the balance.
    assert "2026-11 USD $48.00 -$4.80 -$5.00 -$10.00 $28.20" in told
    assert "2026-10 USD $1.00" in told
    assert "77.00" not in told


def test_disputes_are_the_sellers_own_with_the_day_to_answer_by(
    keep: Keep, session: orm.Session
) -> None:
    bea, otto = keep("Bea", charge_type=ChargeType.DIRECT), keep("Otto")
    disputed(session, bea.shop, 1)
    disputed(session, otto.shop, 2, status=DisputeStatus.LOST)
    told = bea.reads("/sell/disputes")
    assert "$10.01 The buyer says the goods did not arrive. needs response" in told
    assert "Answer by Nov 3, 2026" in told
    assert "10.02" not in told
    assert "takes the money from your balance" in told
    assert "You answer in your Stripe dashboard." in told
    theirs = otto.reads("/sell/disputes")
    assert "The bank decided for the buyer" in theirs
    assert "Answer by" not in theirs
    assert "the marketplace answers it" in theirs
    assert "You answer in" not in theirs


def test_of_an_order_of_several_shops_each_sees_the_own_part(
    keep: Keep, session: orm.Session
) -> None:
    bea, otto = keep("Bea"), keep("Otto")
    order = builders.order(session, bea.shop, 1000)
    part = OrderPart(order_id=order.id, seller_id=otto.shop.id, currency="usd", amount=2000)
    session.add(part)
    order.amount, order.seller_id = 3000, None
    session.commit()
    disputed(session, bea.shop, 1, seller_id=None, order_id=order.id, amount=3000)
    for shop, share in ((bea, "$10.00"), (otto, "$20.00")):
        told = shop.reads("/sell/disputes")
        assert f"{share} Your part of an order of several shops." in told
        assert "30.00" not in told


@pytest.mark.parametrize("path", ["/sell/payments", "/sell/disputes"])
def test_a_long_list_is_paged_and_costs_what_a_short_one_does(
    app: Flask, keep: Keep, session: orm.Session, path: str
) -> None:
    bea = keep("Bea", **ALONE)
    booked(session, bea.shop, 0, 100)
    disputed(session, bea.shop, 0)
    with queries(app) as few:
        bea.page(path)
    for number in range(1, 25):
        booked(session, bea.shop, number, 100 + number)
        disputed(session, bea.shop, number)
    with queries(app) as many:
        first = bea.page(path)
    assert len(many) == len(few)
    older = first.select_one("a[rel=next]")
    assert older is not None
    assert len(first.select("tbody tr")) == 20
    assert len(bea.page(str(older["href"])).select("tbody tr")) == 5


PAGES = {
    "/sell": {"notification-banner", "balances"},
    "/sell/account": {"notification-banner", "account-management"},
    "/sell/payments": {"payments"},
    "/sell/money": {"payouts"},
    "/sell/disputes": {"disputes-list"},
    "/sell/documents": {"documents"},
}


def slots(page: BeautifulSoup) -> set[str]:
    return {str(slot["data-component"]) for slot in page.select("[data-component]")}


def test_a_page_with_components_says_where_its_session_is_and_opens_itself(
    keep: Keep, settings: Settings
) -> None:
    bea = keep("Bea", **ALONE)
    for path, wanted in PAGES.items():
        answer = bea.browser.get(path)
        page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        assert slots(page) == wanted, path
        script = page.select_one("script[data-session]")
        assert script is not None
        assert script["data-key"] == settings.stripe_publishable_key
        assert f"frame-src {settings.api_base};" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        assert "secret" not in str(script).lower()


@pytest.mark.parametrize(
    "values",
    [
        {"dashboard": Dashboard.EXPRESS},
        {**ALONE, "stripe_id": None},
        {**ALONE, "deauthorized_at": DAY},
    ],
    ids=["express", "no account", "left"],
)
def test_other_pages_stand_alone_and_stay_shut(keep: Keep, values: dict[str, Any]) -> None:
    bea = keep("Bea", **values)
    for path in PAGES:
        answer = bea.browser.get(path)
        assert answer.status_code == 200
        assert "data-component" not in answer.text, path
        assert "frame-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert bea.browser.post("/sell/components/money/session").status_code == 409
    assert bea.browser.post("/sell/onboarding/session").status_code == 409


def test_where_stripe_bears_the_losses_it_reaches_the_embedded_seller(keep: Keep) -> None:
    values = {
        "onboarding": Onboarding.EMBEDDED,
        "dashboard": Dashboard.FULL,
        "fee_payer": FeePayer.SELLER,
        "loss_owner": LossOwner.STRIPE,
        "charge_type": ChargeType.DIRECT,
    }
    bea = keep("Bea", **values)
    assert slots(bea.page("/sell/account")) == {"notification-banner", "account-management"}
    assert slots(bea.page("/sell/money")) == set()


def test_the_page_with_the_questions_is_reached_under_the_name_that_the_browser_uses(
    keep: Keep,
) -> None:
    bea = keep("Bea", onboarding=Onboarding.EMBEDDED)
    answer = bea.browser.post("/sell/onboarding/start", headers={"Host": "localhost"})
    assert (answer.status_code, answer.location) == (303, "/sell/onboarding")
    assert "data-component" in bea.browser.get(answer.location).text


def test_tabs_are_those_that_the_seller_has_nowhere_else(keep: Keep) -> None:
    tabs = [link.get_text() for link in keep("Bea", **ALONE).page("/sell").select(".tabs a")]
    assert {"Payments", "Documents", "Disputes"} <= set(tabs)
    tabs = [link.get_text() for link in keep("Otto").page("/sell").select(".tabs a")]
    assert "Disputes" in tabs
    assert not {"Payments", "Documents"} & set(tabs)


def test_who_has_the_full_dashboard_gets_a_link_to_it(keep: Keep, settings: Settings) -> None:
    bea = keep("Bea", dashboard=Dashboard.FULL, charge_type=ChargeType.DIRECT)
    link = bea.page("/sell/account").find("a", string="Open my Stripe dashboard")
    assert link is not None
    assert link["href"] == f"{settings.api_base}/dashboard"
    new = keep("Otto", dashboard=Dashboard.FULL, details_submitted=False, state=SellerState.DUE)
    assert "Open my Stripe dashboard" not in new.reads("/sell/account")


@pytest.mark.parametrize(
    ("values", "door"),
    [
        ({"dashboard": Dashboard.FULL}, "/dashboard"),
        ({"dashboard": Dashboard.NONE}, "/sell/account#details"),
        ({"dashboard": Dashboard.NONE, "onboarding": Onboarding.API}, "/sell/questions/bank"),
    ],
)
def test_a_broken_bank_account_is_mended_where_the_design_says(
    keep: Keep, session: orm.Session, values: dict[str, Any], door: str
) -> None:
    bea = keep("Bea", **values)
    session.add(
        BankAccount(
            seller_id=bea.shop.id,
            stripe_id="ba_1",
            last4="6789",
            currency="usd",
            country="US",
            status="errored",
        )
    )
    session.commit()
    link = bea.page("/sell/money").select_one("#bank ~ p a")
    assert link is not None
    assert str(link["href"]).endswith(door)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"dashboard": Dashboard.NONE}, "None at Stripe"),
        ({"dashboard": Dashboard.FULL}, "Stripe's own, with a login of yours."),
        (
            {"fee_payer": FeePayer.SELLER, "charge_type": ChargeType.DIRECT},
            "Stripe takes them from what you sell.",
        ),
        ({"fee_payer": FeePayer.SELLER}, "The marketplace, for payments that it takes. You, for"),
        ({"loss_owner": LossOwner.STRIPE}, "Stripe, if you cannot pay it back."),
        ({"country": "DE"}, "Country Germany."),
    ],
)
def test_what_was_fixed_at_creation_is_said_on_both_pages(
    keep: Keep, values: dict[str, Any], sentence: str
) -> None:
    bea = keep("Bea", **values)
    for path in ("/sell", "/sell/account"):
        told = bea.reads(path)
        assert "Fixed when the account was made" in told
        assert sentence in told


def test_before_there_is_an_account_nothing_is_fixed(keep: Keep) -> None:
    bea = keep("Bea", stripe_id=None, state=SellerState.NOT_STARTED)
    assert "Fixed when" not in bea.reads("/sell/account") + bea.reads("/sell")


def test_what_stripe_would_take_instead_is_said_beside_the_question(keep: Keep) -> None:
    url, words = "business_profile.url", "business_profile.product_description"
    kept = {
        "items": [{"code": url, "due": "now"}],
        "problems": [],
        "alternatives": [{"codes": [words], "instead_of": [url]}],
    }
    bea = keep("Bea", state=SellerState.DUE, requirements=kept)
    assert "or instead: what the shop sells" in bea.reads("/sell/account")


def test_without_a_publishable_key_the_pages_stand_alone(
    settings: Settings, session: orm.Session
) -> None:
    """Scripts cannot be told who they are; the seller still reads everything."""
    app = create_app(replace(settings, stripe_publishable_key=None))
    user = builders.person(session, "Bea")
    builders.seller(
        session, user=user, onboarding=Onboarding.EMBEDDED, accounts_api=AccountsApi.V1, **ALONE
    )
    browser = signed_in(app, session, user)
    for path in PAGES:
        assert "data-component" not in browser.get(path).text
    asked = browser.get("/sell/onboarding").text
    assert "data-component" not in asked
    assert "Answer on Stripe&#39;s pages" in asked or "Answer on Stripe's pages" in asked
    context.wiring(app).engine.dispose()
