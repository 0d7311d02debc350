"""The seller's way through the pages: open a shop, Stripe and back, and the dashboard."""

import logging
import re
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.design import Dashboard, Onboarding
from marketplace.lifecycles import SellerState
from marketplace.models import Seller
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.browsing import SignIn
from tests.running import Running


@pytest.fixture
def settings(settings: Settings, sandbox: Running) -> Settings:
    """The marketplace at the running sandbox."""
    return replace(settings, sandbox_port=int(sandbox.url.rpartition(":")[2]))


@pytest.fixture
def maria(session: orm.Session, sign_in: SignIn) -> FlaskClient:
    """The browser of somebody who has not opened a shop yet."""
    return sign_in(builders.person(session, "Maria", email="maria@example.com"))


def words(answer: TestResponse) -> str:
    """What a person reads."""
    main = BeautifulSoup(answer.get_data(as_text=True), "html.parser").find("main")
    assert main
    return " ".join(main.get_text(" ").split())


def opened(browser: FlaskClient) -> FlaskClient:
    """The same browser, with a shop."""
    answer = browser.post("/sell/open", data={"name": "Maria's Mugs", "country": "US"})
    assert (answer.status_code, answer.location) == (303, "/sell/account")
    return browser


def to_stripe(browser: FlaskClient) -> str:
    """Press the button; returns the address at Stripe."""
    answer = browser.post("/sell/onboarding/start")
    assert answer.status_code == 303
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.location)


def back_from(browser: FlaskClient, url: str, **choices: Any) -> str:
    """Go through Stripe's pages and come back; returns what the page then says."""
    path = "/" + hands.onboard(url, **choices).split("/", 3)[3]
    return words(browser.get(path, follow_redirects=True))


def test_a_guest_is_told_what_selling_means(client: FlaskClient) -> None:
    page = client.get("/sell")
    assert page.status_code == 200
    assert "/sign-up?next=" in page.get_data(as_text=True)


def test_a_shop_with_faults_is_not_opened_and_keeps_what_was_typed(maria: FlaskClient) -> None:
    answer = maria.post("/sell/open", data={"name": "Maria's Mugs", "country": "XX"})
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    assert page.select_one("input[name=name]")["value"] == "Maria's Mugs"  # type: ignore[index]
    assert page.select_one("#country-error")


def test_a_shop_opened_twice_is_one_shop(maria: FlaskClient, session: orm.Session) -> None:
    opened(maria)
    opened(maria)
    assert session.query(Seller).count() == 1


def test_the_whole_way_to_stripe_and_back_with_a_break_on_the_way(
    maria: FlaskClient, session: orm.Session
) -> None:
    opened(maria)
    said = back_from(maria, to_stripe(maria), leave_at="bank")
    assert "it still needs something" in said
    assert "Go on at Stripe" in said
    said = back_from(maria, to_stripe(maria))
    assert "All set" in said
    seller = session.query(Seller).one()
    assert seller.state is SellerState.NOTHING_DUE
    answer = maria.post("/sell/dashboard")
    assert answer.status_code == 303
    assert "/express/" in str(answer.location)


def test_coming_back_without_having_finished_is_not_being_done(maria: FlaskClient) -> None:
    opened(maria)
    to_stripe(maria)
    said = words(maria.get("/sell/onboarding/return", follow_redirects=True))
    assert "You are not done yet" in said


def test_a_link_used_twice_leads_its_owner_to_a_fresh_one_and_nobody_else(
    maria: FlaskClient, client: FlaskClient
) -> None:
    opened(maria)
    url = to_stripe(maria)
    hands.onboard(url, leave_at="bank")
    refresh = hands.onboard(url)
    assert refresh.endswith("/sell/onboarding/refresh")
    answer = maria.get("/sell/onboarding/refresh")
    assert answer.status_code == 303
    assert str(answer.location) != url
    assert "All set" in back_from(maria, str(answer.location))
    assert "/sign-in" in str(client.get("/sell/onboarding/refresh").location)


def test_no_link_to_stripes_pages_is_written_anywhere(
    maria: FlaskClient, session: orm.Session, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    opened(maria)
    back_from(maria, url := to_stripe(maria))
    dashboard = str(maria.post("/sell/dashboard").location)
    session.connection().exec_driver_sql("PRAGMA wal_checkpoint")
    kept = b"".join(file.read_bytes() for file in settings.data_dir.glob("marketplace.sqlite3*"))
    for secret in (url, dashboard):
        assert secret.rpartition("/")[2].encode() not in kept
    ours = [record for record in caplog.records if record.name.startswith("marketplace.")]
    told = " ".join(it.getMessage() for it in ours if not it.name.startswith("marketplace.sandbox"))
    assert url not in told
    assert dashboard not in told


def test_check_again_asks_stripe(maria: FlaskClient, session: orm.Session) -> None:
    opened(maria)
    hands.onboard(to_stripe(maria))
    assert session.query(Seller).one().state is SellerState.DUE
    said = words(maria.post("/sell/account/check", follow_redirects=True))
    assert "All set" in said


def test_the_dashboard_is_refused_before_the_details_are_complete(maria: FlaskClient) -> None:
    opened(maria)
    to_stripe(maria)
    answer = maria.post("/sell/dashboard")
    assert answer.status_code == 409


def test_each_state_is_told_in_plain_words_with_one_button(
    session: orm.Session, sign_in: SignIn
) -> None:
    expected = {
        SellerState.NOTHING_DUE: ("All set", "Open my Stripe dashboard"),
        SellerState.DUE: ("Stripe has more questions", "Answer at Stripe"),
        SellerState.PAST_DUE: ("Answers are overdue", "Answer at Stripe now"),
        SellerState.IN_REVIEW: ("Stripe is checking", "Check again"),
        SellerState.RESTRICTED: ("Your account is switched off", "Check again"),
    }
    for number, (state, (title, label)) in enumerate(expected.items()):
        user = builders.person(session, f"Seller {number}")
        builders.seller(session, f"Shop {number}", user=user, state=state)
        page = sign_in(user).get("/sell/account").get_data(as_text=True)
        standing = BeautifulSoup(page, "html.parser").select_one(".standing")
        assert standing
        assert title in standing.get_text()
        assert [button.get_text() for button in standing.select("button")] == [label]
        assert len(BeautifulSoup(page, "html.parser").select("main .btn-primary")) == 1


def test_a_seller_whose_account_left_has_nothing_to_press(
    session: orm.Session, sign_in: SignIn
) -> None:
    user = builders.person(session, "Gone")
    builders.seller(session, user=user, state=SellerState.RESTRICTED, deauthorized_at=clock.now())
    page = BeautifulSoup(sign_in(user).get("/sell/account").get_data(as_text=True), "html.parser")
    assert "has left the marketplace" in page.get_text()
    assert not page.select("main .btn-primary")


def test_what_is_due_by_when_and_why_is_named(session: orm.Session, sign_in: SignIn) -> None:
    user = builders.person(session, "Due")
    due = {
        "items": [
            {"code": "individual.dob.day", "due": "now"},
            {"code": "individual.dob.year", "due": "now"},
            {"code": "individual.verification.document", "due": "now"},
            {"code": "company.tax_id", "due": "later"},
        ],
        "problems": [
            {
                "requirement": "individual.verification.document",
                "code": "verification_document_expired",
                "reason": "",
            }
        ],
    }
    deadline = clock.now().replace(year=2031, month=5, day=6)
    builders.seller(session, user=user, state=SellerState.DUE, requirements=due, deadline=deadline)
    said = words(sign_in(user).get("/sell/account"))
    assert "Answer by May 6, 2031" in said
    assert said.count("Your date of birth") == 1
    assert "Your identity document The document has expired." in said
    assert said.index("may ask later") < said.index("The company's tax number")


def test_the_page_of_a_seller_in_review_reloads_itself_when_the_review_is_over(
    session: orm.Session, sign_in: SignIn
) -> None:
    user = builders.person(session, "Waits")
    shop = builders.seller(session, user=user, state=SellerState.IN_REVIEW)
    browser = sign_in(user)
    assert "data-poll-url" in browser.get("/sell/account").get_data(as_text=True)
    first = browser.get("/sell/account/live")
    assert "Poll-Reload" not in first.headers
    again = browser.get("/sell/account/live", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    shop.state = SellerState.NOTHING_DUE
    session.commit()
    assert browser.get("/sell/account/live").headers["Poll-Reload"] == "yes"
    assert "data-poll-url" not in browser.get("/sell/account").get_data(as_text=True)


def test_when_stripe_refuses_an_account_the_page_says_so_and_nothing_is_lost(
    maria: FlaskClient, session: orm.Session, caplog: pytest.LogCaptureFixture
) -> None:
    opened(maria)
    seller = session.query(Seller).one()
    seller.email = "no address at all"
    session.commit()
    answer = maria.post("/sell/onboarding/start")
    assert answer.status_code == 502
    said = words(answer)
    assert "It is nothing you did" in said
    # Stripe's code names the address, so the walls of a new platform are not brought up.
    assert "about this account and not about the platform" in said
    assert "Connect is not signed up" not in said
    number = re.search(r"name this number: ([0-9a-f]{8})", said)
    assert number
    assert any(number[1] in record.getMessage() for record in caplog.records)
    assert "Set up payments" in words(maria.get("/sell/account"))
    session.refresh(seller)
    seller.email = "maria@example.com"
    session.commit()
    assert "All set" in back_from(maria, to_stripe(maria))


class TestWithoutStripe:
    """What the pages do while nobody answers at Stripe's address."""

    @pytest.fixture
    def settings(self, settings: Settings, closed_port: int) -> Settings:
        """The marketplace, with a sandbox that does not run."""
        return replace(settings, sandbox_port=closed_port)

    def test_a_start_says_that_nothing_is_lost(
        self, maria: FlaskClient, session: orm.Session
    ) -> None:
        opened(maria)
        answer = maria.post("/sell/onboarding/start")
        assert answer.status_code == 503
        assert "Nothing happens twice, and nothing is lost." in words(answer)
        assert session.query(Seller).one().stripe_id is None

    def test_the_return_page_shows_what_was_known(
        self, session: orm.Session, sign_in: SignIn
    ) -> None:
        user = builders.person(session, "Back")
        builders.seller(session, user=user)
        said = words(sign_in(user).get("/sell/onboarding/return", follow_redirects=True))
        assert "Stripe did not answer" in said
        assert "All set" in said

    def test_no_page_of_the_seller_asks_stripe_anything(
        self, app: Flask, session: orm.Session, sign_in: SignIn
    ) -> None:
        user = builders.person(session, "Reader")
        shop = builders.seller(session, user=user)
        product, order = builders.product(session, shop), builders.order(session, shop)
        browser = sign_in(user)
        for path in (
            "/sell",
            "/sell/account",
            "/sell/account/live",
            "/sell/products",
            "/sell/products/new",
            f"/sell/products/{product.id}",
            "/sell/orders",
            f"/sell/orders/{order.id}",
            "/sell/money",
        ):
            assert browser.get(path).status_code == 200, path
        assert context.wiring(app).trace.calls() == []


def test_answers_that_met_a_silent_stripe_are_sent_again_whole_and_secrets_are_not(
    maria: FlaskClient, app: Flask, session: orm.Session
) -> None:
    opened(maria)
    shop = session.query(Seller).one()
    shop.onboarding, shop.dashboard, shop.stripe_id = Onboarding.API, Dashboard.NONE, "acct_1"
    session.commit()
    # The address of nobody: the connection is refused.
    away = create_app(replace(context.wiring(app).settings, sandbox_port=1))
    away.config["WTF_CSRF_ENABLED"] = False
    silent, cookie = away.test_client(), maria.get_cookie("marketplace_login")
    assert cookie is not None
    silent.set_cookie("marketplace_login", cookie.value)
    typed = {"individual.first_name": "Maria", "individual.id_number": "canary"}
    answer = silent.post("/sell/questions/individual", data=typed)
    context.wiring(away).engine.dispose()
    page = BeautifulSoup(answer.text, "html.parser")
    form = page.select_one('main form[action="/sell/questions/individual"]')
    assert answer.status_code == 503
    assert form is not None
    # An empty form would tell Stripe to take everything away that stands there.
    assert form.select_one('input[name="individual.first_name"][value="Maria"]')
    assert "canary" not in answer.text
