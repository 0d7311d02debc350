"""Sellers who answer Stripe's questions on our own pages, under both Accounts APIs."""

import pytest

from marketplace.cli.browser import Browser
from marketplace.design import AccountsApi
from marketplace.lifecycles import SellerState
from tests.journeys.api_forms import (
    DONE,
    IN_ONE,
    SAVE,
    about,
    agree,
    as_american,
    bank,
    begin,
    fill,
)
from tests.journeys.conftest import Town

US_BANK = {"routing_number": "110000000", "account_number": "000123456789"}


def _named(browser: Browser, role: str, first: str, last: str, **more: str) -> Browser:
    """Add somebody, and answer what Stripe then wants to know of them."""
    browser.open(f"/sell/questions/people/new?role={role}")
    told = about("person_new", first, last, email=f"{first.lower()}@example.com", **more)
    fill(browser, "Save", told)
    if "Stripe wants to know more" in browser.text:
        prefix = browser.url.rpartition("/")[2]
        fill(browser, "Save", about(prefix, first, last, **more))
    assert browser.url.endswith("/people"), browser.text
    return browser


def _company(browser: Browser, **more: str) -> Browser:
    fill(browser, SAVE, {"business_type": "company", "business_profile.mcc": "5712"})
    assert "Your company" in browser.text, browser.text
    told = {
        "name": "Oak Brothers",
        "tax_id": "000000000",
        "phone": "0000000000",
        "address.line1": "address_full_match",
        "address.city": "Portland",
        "address.postal_code": "97201",
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    return fill(browser, SAVE, {f"company.{name}": value for name, value in told.items()})


def _confirmed(browser: Browser, *names: str) -> Browser:
    return browser.press(SAVE, **{f"company.{name}_provided": "yes" for name in names})  # type: ignore[arg-type]


@pytest.mark.parametrize("api", AccountsApi)
def test_an_american_answers_on_our_pages_and_is_paid(town: Town, api: AccountsApi) -> None:
    nadia = as_american(begin(town, api, "Nadia", "Nadia weaves"), api)
    town.settle()
    assert "All set" in nadia.open("/sell/account").text
    assert town.seller("Nadia weaves").state is SellerState.NOTHING_DUE
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text


@pytest.mark.parametrize("api", AccountsApi)
def test_a_company_names_two_owners_and_takes_one_back(town: Town, api: AccountsApi) -> None:
    otto = begin(town, api, "Otto", "Oak Brothers").follow("Begin")
    _company(otto, address__state="OR")
    assert "Nobody is named yet" in otto.text, otto.text
    home = {"address__state": "OR", "phone": "0000000000", "relationship__title": "CEO"}
    home |= {"relationship__owner": "yes", "relationship__percent_ownership": "60"}
    _named(otto, "representative", "Otto", "Oak", **home, **IN_ONE[api])
    _named(otto, "owner", "Wilma", "Oak", relationship__percent_ownership="30", **home_of("OR"))
    _named(otto, "owner", "Fritz", "Oak", relationship__percent_ownership="10", **home_of("OR"))
    assert "Fritz Oak" in otto.text
    otto.press("Remove", within="Remove")
    otto.open("/sell/questions/people")
    assert len(otto.page.select(".asking-people li")) == 2, otto.text
    _confirmed(otto, "owners")
    bank(otto, **US_BANK)
    assert DONE in agree(otto).text, otto.text
    town.advance(seconds=60)  # the company register takes a moment
    assert town.seller("Oak Brothers").state is SellerState.NOTHING_DUE


def home_of(state: str) -> dict[str, str]:
    """Where the others live."""
    return {"address__state": state}


@pytest.mark.parametrize("api", AccountsApi)
def test_a_british_company_names_its_director(town: Town, api: AccountsApi) -> None:
    gwen = begin(town, api, "Gwen", "Gwen Kilns", "GB").follow("Begin")
    _company(gwen, name="Gwen Kilns Ltd")
    roles = {"relationship__owner": "yes", "relationship__director": "yes"}
    _named(gwen, "representative", "Gwen", "Glaze", phone="0000000000", **roles)
    _confirmed(gwen, "owners", "directors")
    bank(gwen, routing_number="108800", account_number="00012345")
    assert DONE in agree(gwen).text, gwen.text
    town.advance(seconds=60)  # the company register takes a moment
    assert town.seller("Gwen Kilns").state is SellerState.NOTHING_DUE
