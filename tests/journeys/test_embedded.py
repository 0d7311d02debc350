"""Sellers who never leave our pages: Stripe's questions and Stripe's components inside them."""

from dataclasses import replace

import pytest

from marketplace import sellers
from marketplace.cli.browser import Browser
from marketplace.design import (
    DEFAULT,
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.lifecycles import SellerState
from marketplace.models import User
from tests.journeys import embedding
from tests.journeys.conftest import Town

WHITE = replace(DEFAULT, onboarding=Onboarding.EMBEDDED, dashboard=Dashboard.NONE)
STRIPES_RISK = replace(
    WHITE,
    fee_payer=FeePayer.SELLER,
    loss_owner=LossOwner.STRIPE,
    charge_type=ChargeType.DIRECT,
)
EXPRESS = replace(DEFAULT, onboarding=Onboarding.EMBEDDED)
BUTTON = "Set up payments with Stripe"


def begin_shop(town: Town, name: str, shop: str, design: Design) -> Browser:
    """Somebody whose shop has this design, on the page with Stripe's questions."""
    browser = town.sign_up(name, sell=True)
    with town.database() as session:
        user = session.query(User).filter_by(name=name).one()
        sellers.open_shop(session, user, name=shop, country="US", design=design)
        session.commit()
    browser.open("/sell/account").press(BUTTON)
    assert browser.url.endswith("/sell/onboarding"), browser.url
    return browser


@pytest.mark.parametrize("api", AccountsApi)
@pytest.mark.parametrize(
    "design", [WHITE, STRIPES_RISK, EXPRESS], ids=["alone", "stripes-risk", "express"]
)
def test_a_seller_onboards_inside_our_page_and_can_sell(
    town: Town, design: Design, api: AccountsApi
) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", replace(design, accounts_api=api))
    embedding.onboard(nadia)
    assert nadia.url.endswith("/sell/account")
    town.settle()
    town.advance(seconds=60)
    assert "All set" in nadia.open("/sell/account").text
    seller = town.seller("Nadia weaves")
    assert seller.state is SellerState.NOTHING_DUE
    assert sellers.can_be_bought_from(seller)


@pytest.mark.parametrize("api", AccountsApi)
def test_every_page_opens_its_components_and_no_others(town: Town, api: AccountsApi) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", replace(STRIPES_RISK, accounts_api=api))
    embedding.onboard(nadia)
    for page, components in (
        ("/sell", ("notification-banner", "balances")),
        ("/sell/account", ("notification-banner", "account-management")),
        ("/sell/payments", ("payments",)),
        ("/sell/money", ("payouts",)),
        ("/sell/disputes", ("disputes-list",)),
        ("/sell/documents", ("documents",)),
    ):
        nadia.open(page)
        for component in components:
            shown = town.stripe.http.get(embedding.frame(nadia, component), timeout=60)
            assert shown.status_code == 200, component
        others = "payouts" if page != "/sell/money" else "payments"
        with pytest.raises(AssertionError, match="does not enable"):
            embedding.frame(nadia, others, slot=components[0])


def test_whoever_leaves_early_goes_on_in_the_same_place(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    embedding.onboard(nadia, leave_at="bank")
    assert "You are not done yet" in nadia.text
    nadia.press("Go on at Stripe")
    embedding.onboard(nadia)
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_without_scripts_the_same_questions_are_answered_at_stripe(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    nadia.press("Answer on Stripe's pages")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_a_used_link_leads_back_to_the_page_with_the_questions(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    nadia.open("/sell/onboarding/refresh")
    assert nadia.url.endswith("/sell/onboarding")


def test_each_view_gets_a_secret_of_its_own_and_nothing_keeps_one(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    answers = [embedding.secret(nadia) for _ in range(2)]
    secrets = {answer.json()["client_secret"] for answer in answers}
    assert len(secrets) == 2
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    # Neither the page, nor a table, nor the list of calls that the operator sees.
    kept = nadia.html + str(town.wiring.trace.calls()) + _dump(town)
    assert not [secret for secret in secrets if secret in kept]


def test_a_secret_is_for_the_signed_in_owner_with_our_token(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    path = str(embedding.script(nadia)["data-session"])
    bare = nadia.session.post(town.site + path, allow_redirects=False, timeout=60)
    assert bare.status_code == 400
    # The token of a guest, who has a session of forms but nobody signed in.
    guest = town.browser("Gus").open("/sign-in")
    token = guest.page.select_one("input[name=csrf_token]")
    assert token
    answer = guest.session.post(
        town.site + path,
        headers={"X-CSRFToken": str(token["value"])},
        allow_redirects=False,
        timeout=60,
    )
    assert answer.status_code in {302, 303}
    assert "/sign-in" in answer.headers["Location"]


def test_while_stripe_makes_no_session_the_page_still_stands(town: Town) -> None:
    nadia = begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    fault = {"kind": "500", "path": "/v1/account_sessions", "count": 3}
    answer = town.stripe.http.post(f"{town.stripe.url}/_sandbox/faults", json=fault, timeout=60)
    assert answer.ok, answer.text
    refused = embedding.secret(nadia)
    assert refused.status_code in {502, 503}
    assert "accs_" not in refused.text
    assert nadia.open("/sell/onboarding").status == 200
    nadia.press("Answer on Stripe's pages")
    assert nadia.away


def test_another_seller_opens_only_their_own_account(town: Town) -> None:
    begin_shop(town, "Nadia", "Nadia weaves", WHITE)
    omar = begin_shop(town, "Omar", "Omar bakes", WHITE)
    embedding.onboard(omar)
    town.settle()
    assert town.seller("Omar bakes").state is SellerState.NOTHING_DUE
    assert town.seller("Nadia weaves").state is SellerState.DUE


def _dump(town: Town) -> str:
    with town.database() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        return "".join(connection.iterdump())
