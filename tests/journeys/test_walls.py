"""The walls before a platform's first account: each is named on the page, with what to do."""

from dataclasses import replace

import pytest
import requests

from marketplace import sellers
from marketplace.design import DEFAULT, AccountsApi
from marketplace.models import Seller
from marketplace.sellers import Agreement
from tests.journeys.conftest import Town

BUTTON = "Set up payments with Stripe"
CONNECT = "Connect is not signed up for yet"
PROFILE = "responsibilities for losses are not accepted yet"
LOSSES = "says otherwise who bears losses"
OLDER = "Accounts v1 is not open to new platforms"
EVERY = {CONNECT, PROFILE, LOSSES, OLDER}


def put_up(town: Town, wall: str, standing: str = "true") -> None:
    """Put a wall up around every platform of the sandbox, or take it down."""
    answer = requests.post(f"{town.stripe.url}/_sandbox/walls", data={wall: standing}, timeout=60)
    assert answer.ok, answer.text


def refused(town: Town, api: AccountsApi, status: int) -> str:
    """What Nadia reads when Stripe refuses to make her account."""
    town.choose(replace(DEFAULT, accounts_api=api))
    nadia = town.begin_shop("Nadia", "Nadia weaves").press(BUTTON)
    assert nadia.status == status, nadia.text
    assert "It is nothing you did" in nadia.text
    assert town.seller("Nadia weaves").stripe_id is None
    return nadia.text


@pytest.mark.parametrize(
    ("wall", "named"), [("connect_not_signed_up", CONNECT), ("profile_not_accepted", PROFILE)]
)
def test_a_wall_that_v2_names_is_named_alone(town: Town, wall: str, named: str) -> None:
    put_up(town, wall)
    page = refused(town, AccountsApi.V2, 503)
    assert {words for words in EVERY if words in page} == {named}
    assert "and said why" in page


def test_v2_has_no_code_for_other_losses_and_only_that_wall_is_left(town: Town) -> None:
    put_up(town, "loss_choice_differs")
    page = refused(town, AccountsApi.V2, 502)
    assert {words for words in EVERY if words in page} == {LOSSES}
    assert "gave no code" in page
    assert "Compare the profile with the design of this shop" in page


@pytest.mark.parametrize(
    "wall",
    [
        "accounts_v1_refused",
        "connect_not_signed_up",
        "loss_choice_differs",
        "profile_not_accepted",
    ],
)
def test_v1_names_no_wall_so_all_four_are_told(town: Town, wall: str) -> None:
    put_up(town, wall)
    page = refused(town, AccountsApi.V1, 502)
    assert {words for words in EVERY if words in page} == EVERY


def test_a_wall_that_was_taken_down_lets_the_same_shop_through(town: Town) -> None:
    put_up(town, "profile_not_accepted")
    nadia = town.begin_shop("Nadia", "Nadia weaves").press(BUTTON)
    assert nadia.status == 503
    put_up(town, "profile_not_accepted", "false")
    nadia.press("Try again")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    assert "All set" in nadia.open("/sell/account").text


def test_a_country_without_recipients_in_v2_is_named_and_the_shop_goes_on_in_v1(
    town: Town,
) -> None:
    town.settle()  # the countries were fetched from Stripe
    noa = town.begin_shop("Noa", "Noa knots", "AU").press(BUTTON)
    assert "makes no account in this seller's country that is only paid" in noa.text
    with town.database() as session:
        shop = session.query(Seller).filter_by(shop_name="Noa knots").one()
        wanted = replace(shop.design, accounts_api=AccountsApi.V1)
        sellers.change(session, town.wiring.stripe, shop, Agreement(sellers.terms(shop)), wanted)
    noa.press("Try again")
    assert noa.away, noa.text


def test_where_v1_is_refused_the_shops_of_v2_are_not(town: Town) -> None:
    put_up(town, "accounts_v1_refused")
    nadia = town.open_shop("Nadia", "Nadia weaves")
    assert "All set" in nadia.open("/sell/account").text
