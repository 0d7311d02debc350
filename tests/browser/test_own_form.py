"""Our own form with Stripe's Payment Element: cards that are kept."""

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import PHONE, Meet, Person
from tests.journeys.conftest import PASSWORD, Town

VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"


def signs_up(person: Person, site: str) -> None:
    person.open(f"{site}/sign-up")
    person.fill(name=person.name, email=f"{person.name.lower()}@example.com", password=PASSWORD)
    person.press("Sign up")


def element(person: Person) -> FrameLocator:
    """The Payment Element in the page."""
    return person.page.frame_locator(".element-place iframe")


def types(person: Person, number: str) -> None:
    """Type a card into the Payment Element."""
    frame = element(person)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill("12/34")
    frame.get_by_label("Security code").fill("123")


@pytest.mark.parametrize("number", [VISA, CHALLENGED])
def test_a_card_is_kept_from_a_phone(town: Town, meet: Meet, number: str) -> None:
    ben = meet("Ben", PHONE)
    signs_up(ben, town.site)
    ben.open(f"{town.site}/cards")
    ben.picture("no cards")
    ben.follow("Add a card")
    types(ben, number)
    ben.picture("card form")
    ben.press("Save the card")
    if number == CHALLENGED:
        bank = ben.page.frame_locator("dialog iframe")
        bank.get_by_role("button", name="Approve the payment").click()
    expect(ben.page.get_by_text(f"•••• {number[-4:]}").first).to_be_visible()
    ben.picture("cards")
