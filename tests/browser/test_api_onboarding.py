"""A company with two owners, on our own pages, at a desk and on a phone, in both languages."""

import pytest
from playwright.sync_api import Page

from marketplace.design import AccountsApi
from marketplace.lifecycles import SellerState
from tests.browser.conftest import CHINESE, DESKTOP, ENGLISH, PHONE, Meet, Person
from tests.journeys.api_forms import design
from tests.journeys.conftest import PASSWORD, Town


def _answer(page: Page, prefix: str, values: dict[str, str]) -> None:
    """Type into fields, choose in lists and tick boxes, whichever the page has."""
    page.wait_for_load_state()
    for name, value in values.items():
        found = page.locator(f"[name='{prefix}.{name}']")
        if not found.count():
            continue
        kind = found.evaluate("it => it.tagName === 'SELECT' ? 'select' : it.type")
        if kind == "select":
            found.select_option(value)
        elif kind == "checkbox":
            found.set_checked(bool(value))
        else:
            found.fill(value)


def _picture(of: Person, title: str) -> None:
    """The page as it is at a desk and on a phone."""
    of.picture(title)
    of.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    of.picture(f"{title} on the phone")
    of.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def _person(of: Person, role: str, first: str, **more: str) -> None:
    of.follow(role)
    of.reads_own_language()
    told = {"first_name": first, "last_name": "Oak", "email": f"{first.lower()}@example.com"}
    told |= {name.replace("__", "."): value for name, value in more.items()}
    _answer(of.page, "person_new", told)
    _picture(of, f"new {role}")
    of.press("Save")
    saved = "Stripe wants to know more of" if of.language == ENGLISH else "Stripe 还需要进一步了解"
    of.reads(f"{saved} {first} Oak")
    prefix = of.page.url.rpartition("/")[2]
    born = {"dob.day": "1", "dob.month": "1", "dob.year": "1902", "ssn_last_4": "0000"}
    home = {"line1": "address_full_match", "city": "Portland", "postal_code": "97201"}
    lives = {f"address.{name}": value for name, value in {**home, "state": "OR"}.items()}
    of.reads_own_language()
    _picture(of, f"more of {role}")
    _answer(of.page, prefix, {**born, **lives, "phone": "0000000000"})
    of.press("Save")
    of.page.get_by_role("heading", name=of.said("The people behind it")).wait_for()


def _opens_a_shop(otto: Person, site: str) -> None:
    otto.open(f"{site}/sign-up")
    otto.reads_own_language()
    otto.fill(name="Otto Oak", email=f"{otto.language}@example.com", password=PASSWORD)
    otto.page.get_by_label(otto.said("I want to sell")).check()
    otto.press("Sign up")
    otto.fill(name=f"{otto.name} Brothers")
    otto.page.locator("select[name=country]").select_option("US")
    otto.press("Open the shop")
    otto.press("Set up payments")
    _picture(otto, "overview")
    otto.follow("Your business")


def _gives_the_bank(otto: Person, town: Town) -> None:
    """Numbers that are wrong, then right; they reach Stripe and never the shop."""
    otto.page.get_by_label(otto.said("Account holder")).fill("Oak Brothers LLC")
    otto.page.get_by_label(otto.said("Routing number")).fill("110000000")
    otto.page.get_by_label(otto.said("Account number")).fill("12")
    otto.press("Save and go on")
    otto.page.locator("#bank-account_number-error").wait_for()
    _picture(otto, "bank with a fault")
    sent: list[str] = []
    otto.page.on("request", lambda it: sent.append(f"{it.url} {it.post_data}"))
    otto.page.get_by_label(otto.said("Account number")).fill("000123456789")
    otto.press("Save and go on")
    otto.page.get_by_role("heading", name=otto.said("Stripe's terms")).wait_for()
    assert not any("000123456789" in it for it in sent if it.startswith(town.site))
    assert any("000123456789" in it for it in sent if it.startswith(town.stripe.url))


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_a_company_with_two_owners(town: Town, meet: Meet, language: str) -> None:
    town.choose(design(AccountsApi.V1))
    otto = meet("Otto" if language == ENGLISH else "Otto zh", language=language)
    _opens_a_shop(otto, town.site)
    _answer(otto.page, "business_profile", {"mcc": "5712"})
    otto.page.get_by_label(otto.said("Kind of business")).select_option("company")
    if language == CHINESE:
        otto.reads("您做什么，出售什么。")
    _picture(otto, "business")
    otto.press("Save and go on")
    otto.page.get_by_role("heading", name=otto.said("Your company"), exact=True).wait_for()
    home = {"line1": "address_full_match", "city": "Portland", "postal_code": "97201"}
    lives = {f"address.{part}": value for part, value in {**home, "state": "OR"}.items()}
    otto.press("Save and go on")
    otto.page.get_by_role("alert").wait_for()
    assert otto.page.locator(".fault").first.inner_text() == (
        "Stripe needs an answer here." if language == ENGLISH else "Stripe 需要此处的回答。"
    )
    otto.reads_own_language()
    _picture(otto, "company with faults")
    company = {"name": "Oak Brothers LLC", "phone": "0000000000", "tax_id": "000000000"}
    _answer(otto.page, "company", company | lives)
    otto.press("Save and go on")
    otto.page.get_by_role("heading", name=otto.said("The people behind it")).wait_for()
    _picture(otto, "nobody named yet")
    _person(otto, "Representative", "Otto", relationship__title="CEO", relationship__owner="yes")
    _person(otto, "Owner", "Wilma", relationship__percent_ownership="40")
    otto.reads_own_language()
    _picture(otto, "people")
    otto.page.get_by_label(
        otto.said("Everybody who owns 25% or more is named above, or nobody does")
    ).check()
    otto.press("Save and go on")
    _gives_the_bank(otto, town)
    otto.reads_own_language()
    _picture(otto, "terms")
    otto.page.get_by_label(otto.said("I agree to Stripe's Connected Account Agreement")).check()
    otto.press("Agree")
    otto.reads(
        "Stripe has an answer to all that it asks. You can look at each part again, and change it."
    )
    otto.reads_own_language()
    _picture(otto, "done")
    town.advance(seconds=60)
    seller = town.seller(f"{otto.name} Brothers")
    assert seller.state is SellerState.NOTHING_DUE
    people = town.wiring.stripe.v1.accounts.persons.list(seller.stripe_id or "").data
    owners = [it.first_name for it in people if it.relationship and it.relationship.owner]
    assert owners == ["Wilma", "Otto"]
    # The one refusal that was provoked is told by the browser as a failed request.
    otto.complaints = [it for it in otto.complaints if "/v1/tokens" not in it]
    otto.complaints = [it for it in otto.complaints if "422" not in it]
