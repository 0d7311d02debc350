"""What people type into our own onboarding forms, and how they get through them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marketplace.cli.browser import Browser
from marketplace.design import DEFAULT, AccountsApi, Dashboard, Design, FeePayer, LossOwner
from marketplace.design import Onboarding as Way
from tests.journeys.conftest import Town

BUTTON = "Set up payments"


def design(api: AccountsApi) -> Design:
    """A shop whose questions are ours to ask."""
    return replace(
        DEFAULT,
        accounts_api=api,
        onboarding=Way.API,
        dashboard=Dashboard.NONE,
        fee_payer=FeePayer.PLATFORM,
        loss_owner=LossOwner.PLATFORM,
    )


def begin(town: Town, api: AccountsApi, name: str, shop: str, country: str = "US") -> Browser:
    """Somebody with a shop, in front of the first of our own questions."""
    town.choose(design(api))
    browser = town.begin_shop(name, shop, country)
    browser.press(BUTTON)
    assert browser.url.endswith("/sell/questions"), browser.text
    return browser


def about(prefix: str, first: str, last: str, **more: str) -> dict[str, str]:
    """Somebody whom Stripe's checks know at once."""
    told = {
        "first_name": first,
        "last_name": last,
        "dob.day": "1",
        "dob.month": "1",
        "dob.year": "1902",
        "address.line1": "address_full_match",
        "address.city": "San Francisco",
        "address.postal_code": "94103",
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    return {f"{prefix}.{name}": value for name, value in told.items()}


def fill(browser: Browser, words: str, values: Mapping[str, Any]) -> Browser:
    """Fill what the page asks of `values`, and press the button."""
    names = {str(tag["name"]) for tag in browser.page.select("form [name]")}
    return browser.press(words, **{key: value for key, value in values.items() if key in names})


SAVE, SEND = "Save and go on", "Send"


def bank(browser: Browser, **numbers: Any) -> Browser:
    """Give test numbers, as a browser without scripts does in the sandbox."""
    return browser.open("/sell/questions/bank").press(
        "Save these test numbers", account_holder_name="Nadia Nowak", **numbers
    )


def agree(browser: Browser) -> Browser:
    """Accept the terms."""
    return browser.open("/sell/questions/terms").press("Agree", agree="yes")


DONE = "Stripe has an answer to all that it asks"

# The last four digits suffice; v2 has only the whole number's field for them.
IN_ONE = {AccountsApi.V1: {"ssn_last_4": "0000"}, AccountsApi.V2: {"id_number": "0000"}}


def as_american(nadia: Browser, api: AccountsApi) -> Browser:
    """Answer all that Stripe asks of somebody in the United States who works alone."""
    fill(
        nadia.follow("Begin"), SAVE, {"business_type": "individual", "business_profile.mcc": "5947"}
    )
    assert "About you" in nadia.text, nadia.text
    more = {"address__state": "CA", "email": "nadia@example.com", "phone": "0000000000"}
    fill(nadia, SAVE, about("individual", "Nadia", "Nowak", **more, **IN_ONE[api]))
    assert "Your bank account" in nadia.text, nadia.text
    bank(nadia, routing_number="110000000", account_number="000123456789")
    assert DONE in agree(nadia).text, nadia.text
    return nadia
