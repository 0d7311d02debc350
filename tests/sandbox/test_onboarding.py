"""The hosted form, driven the way a browser drives it."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox import countries

from .conftest import Running
from .onboarded import REFRESH, RETURN, Browser, custom, express, link, onboard

MOMENT = 5


def again(sandbox: Running, account: stripe.Account) -> stripe.Account:
    return sandbox.client().v1.accounts.retrieve(account.id)


def enabled(account: stripe.Account) -> tuple[bool | None, ...]:
    return account.details_submitted, account.charges_enabled, account.payouts_enabled


@pytest.mark.parametrize("country", ["US", "GB", "DE", "IE", "CA", "AU", "JP", "SG", "BR", "MX"])
def test_a_seller_in_every_country_is_through_with_test_values(
    sandbox: Running, country: str
) -> None:
    seller = express(sandbox, country=country)
    assert onboard(sandbox, link(sandbox, seller.id)) == RETURN
    done = again(sandbox, seller)
    assert enabled(done) == (True, True, True)
    assert done.default_currency == countries.get(country).currency


@pytest.mark.parametrize("country", ["US", "GB"])
def test_a_company_is_through_with_test_values(sandbox: Running, country: str) -> None:
    seller = express(sandbox, country=country)
    assert onboard(sandbox, link(sandbox, seller.id), business="company") == RETURN
    done = again(sandbox, seller)
    assert (done.business_type, enabled(done)) == ("company", (True, True, True))


def test_a_company_names_everybody_who_owns_or_directs_it(sandbox: Running) -> None:
    seller = express(sandbox, country="GB", business_type="company")
    persons = sandbox.client().v1.accounts.persons
    olga = persons.create(seller.id, {"first_name": "Olga", "relationship": {"owner": True}})
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    for step in ("company", "representative"):
        assert browser.step == step
        browser.press("test")
        browser.press("next")
    # Olga's own page asks for what the platform did not tell.
    assert browser.step == olga.id
    browser.press("test")
    assert browser.press("next", **{"person[first_name]": "Olga"}) == "people"
    # The directors are not all named yet, and a name is not enough for a role.
    assert (browser.press("next"), browser.status) == ("people", 422)
    assert "please fill this in" in browser.error_of("company[directors_provided]")
    assert browser.press("next", **{"another[role]": "director"}) == "people"
    assert "please fill this in" in browser.error_of("another[last_name]")
    names = {"another[first_name]": "Dora", "another[last_name]": "Director"}
    dora = browser.press("next", **{"another[role]": "director"}, **names)
    assert browser.fields()["person[relationship][director]"] == "true"
    assert browser.press("next", **{"person[email]": "dora@example.com"}) == "people"
    browser.press("test")
    browser.press("next")
    browser.press("test")
    browser.press("next")
    browser.press("test")
    browser.press("next")
    assert browser.press("finish") == RETURN
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, True, True)
    roles = {
        person.first_name: [name for name in ("owner", "director") if person.relationship[name]]
        for person in persons.list(seller.id).data
        if person.relationship is not None
    }
    assert roles == {"Jenny": [], "Olga": ["owner"], "Dora": ["director"]}
    assert dora in {person.id for person in persons.list(seller.id).data}


def test_a_seller_adds_the_owner_whom_the_register_knows(sandbox: Running) -> None:
    seller = express(sandbox, business_type="company")
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    while browser.step != "review":
        step = browser.step
        browser.press("test")
        browser.press("next", **({"company[tax_id]": "222221003"} if step == "company" else {}))
    assert browser.press("finish") == RETURN
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, False, False)
    assert browser.open(link(sandbox, seller.id)) == "representative"
    words = "Owners of the company are missing."
    assert browser.error_of("person[relationship][owner]") == words
    assert browser.press("next") == "people"
    browser.press("test", scenario="another")
    browser.press("next")
    browser.press("test")
    browser.press("next")
    # One owner is still fewer than the register knows: the representative is the other.
    browser.open(browser.url.rpartition("/")[0] + "/representative")
    browser.press("next", **{"person[relationship][owner]": "true"})
    while browser.step != "review":
        browser.press("next")
    assert browser.press("finish") == RETURN
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, True, True)


def test_somebody_is_taken_off_the_list(sandbox: Running) -> None:
    seller = express(sandbox, country="GB", business_type="company")
    persons = sandbox.client().v1.accounts.persons
    otto = persons.create(seller.id, {"first_name": "Otto", "relationship": {"owner": True}})
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    browser.open(browser.url.rpartition("/")[0] + f"/{otto.id}")
    browser.press("next", remove="true")
    assert persons.list(seller.id).data == []
    assert "relationship.owner" in again(sandbox, seller).requirements.currently_due  # type: ignore[union-attr,operator]


def test_a_companys_representative_shows_a_document(sandbox: Running) -> None:
    seller = express(sandbox)
    url = link(sandbox, seller.id)
    onboard(sandbox, url, business="company", representative="document")
    sandbox.advance(MOMENT)
    browser = Browser(sandbox)
    assert browser.open(link(sandbox, seller.id)) == "representative"
    document = "person[verification][document][front]"
    assert "Provide a document" in browser.error_of(document)
    browser.press("next", **{document: "file_identity_document_success"})
    browser.press("finish")
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, True, True)


def test_a_standard_account_gets_the_usual_capabilities(sandbox: Running) -> None:
    seller = sandbox.client().v1.accounts.create({})
    assert seller.capabilities is not None
    assert seller.capabilities.to_dict() == {}
    assert onboard(sandbox, link(sandbox, seller.id)) == RETURN
    done = again(sandbox, seller)
    assert done.capabilities is not None
    assert done.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}


def test_a_holder_may_choose_the_country_that_the_platform_left_open(sandbox: Running) -> None:
    seller = sandbox.client().v1.accounts.create({})
    browser = Browser(sandbox)
    assert browser.open(link(sandbox, seller.id)) == "business"
    assert browser.press("next", business_type="individual", country="DE") == "identity"
    chosen = again(sandbox, seller)
    assert (chosen.country, chosen.default_currency) == ("DE", "eur")


def test_what_was_prefilled_is_not_asked_for_again(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual", external_account="btok_us")
    browser = Browser(sandbox)
    assert browser.open(link(sandbox, seller.id)) == "identity"
    steps = [a.get_text() for a in browser.page.select(".steps a")]
    assert steps == ["About you", "Business details", "Review"]


def test_verification_after_a_moment_ends_in_events(sandbox: Running) -> None:
    seller = express(sandbox)
    onboard(sandbox, link(sandbox, seller.id), identity="moment")
    waiting = again(sandbox, seller)
    assert enabled(waiting) == (True, False, False)
    assert waiting.requirements is not None
    assert waiting.requirements.disabled_reason == "requirements.pending_verification"
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, True, True)
    options: Any = {"stripe_account": seller.id}
    newest = sandbox.client().v1.events.list({"limit": 3}, options).data
    assert {event.type for event in newest} == {"account.updated", "capability.updated"}


def test_a_document_is_asked_for_on_the_next_visit(sandbox: Running) -> None:
    seller = express(sandbox)
    onboard(sandbox, link(sandbox, seller.id), identity="document")
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, False, False)
    browser = Browser(sandbox)
    assert browser.open(link(sandbox, seller.id)) == "identity"
    document = "individual[verification][document][front]"
    assert "Provide a document" in browser.error_of(document)
    browser.press("next", **{document: "file_identity_document_success"})
    assert browser.press("finish") == RETURN
    sandbox.advance(MOMENT)
    assert enabled(again(sandbox, seller)) == (True, True, True)


def test_leaving_keeps_what_was_saved_and_the_rest_is_still_due(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual")
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    browser.press("test")
    browser.press("next")
    assert browser.press("leave") == RETURN
    left = again(sandbox, seller)
    assert left.requirements is not None
    assert left.details_submitted is False
    assert left.requirements.currently_due == [
        "business_profile.mcc",
        "business_profile.url",
        "external_account",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    assert browser.open(link(sandbox, seller.id)) == "profile"


def test_mistakes_are_told_beside_their_fields_and_nothing_is_lost(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual")
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    browser.press("test")
    month = {"individual[dob][month]": "13", "individual[first_name]": "Zoë"}
    assert (browser.press("next", **month), browser.status) == ("identity", 422)
    assert browser.error_of("individual[dob][month]") == "Invalid month of birth."
    assert browser.fields()["individual[first_name]"] == "Zoë"
    assert (browser.press("next", **{"individual[last_name]": ""}), browser.status) == (
        "identity",
        422,
    )
    assert "please fill this in" in browser.error_of("individual[last_name]")
    assert "individual" not in again(sandbox, seller).to_dict()


def test_a_wrong_bank_number_is_told_beside_it(sandbox: Running) -> None:
    browser = Browser(sandbox)
    browser.open(link(sandbox, express(sandbox, business_type="individual").id))
    while browser.step != "bank":
        browser.press("test")
        browser.press("next")
    number = "external_account[account_number]"
    browser.press("test")
    assert browser.press("next", **{number: "12"}) == "bank"
    assert browser.error_of(number) == "The bank account number provided is invalid."


def test_an_incomplete_form_cannot_be_submitted(sandbox: Running) -> None:
    seller = express(sandbox)
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    browser.open(browser.url.replace("business", "review"))
    assert (browser.press("finish"), browser.status) == ("review", 422)
    assert "Something is still missing" in browser.text()
    assert again(sandbox, seller).details_submitted is False


def test_a_link_works_once(sandbox: Running) -> None:
    url = link(sandbox, express(sandbox).id)
    assert Browser(sandbox).open(url) == "business"
    assert Browser(sandbox).open(url) == REFRESH


def test_a_link_expires_after_five_minutes(sandbox: Running) -> None:
    url = link(sandbox, express(sandbox).id)
    sandbox.advance(301)
    assert Browser(sandbox).open(url) == REFRESH


def test_a_visit_ends_with_the_form(sandbox: Running) -> None:
    seller = express(sandbox)
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id))
    page = browser.url
    browser.press("leave")
    assert browser.open(page) == REFRESH


def test_a_guessed_link_leads_nowhere(sandbox: Running) -> None:
    seller = express(sandbox)
    real = link(sandbox, seller.id)
    stranger = Browser(sandbox)
    stranger.open(real.rpartition("/")[0] + "/AAAAAAAAAAAAAAAAAAAAAAAA")
    assert stranger.status == 404
    other = express(sandbox)
    stranger.open(real.replace(seller.id, other.id))
    assert stranger.status == 404


def test_only_a_platform_that_collects_may_send_sellers_to_update(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        link(sandbox, express(sandbox).id, type="account_update")
    assert refused.value.user_message == (
        "You cannot create account_update type Account Links for Express accounts."
        " Valid types for Express accounts are [account_onboarding]."
    )
    browser = Browser(sandbox)
    seller = custom(sandbox)
    assert browser.open(link(sandbox, seller.id, type="account_update")) == "business"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("return_url", "/relative", "url_invalid"),
        ("return_url", "", "parameter_missing"),
        ("refresh_url", "javascript:alert(1)", "url_invalid"),
    ],
)
def test_a_link_needs_absolute_addresses(
    sandbox: Running, name: str, value: str, code: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        link(sandbox, express(sandbox).id, **{name: value})
    assert (refused.value.code, refused.value.param) == (code, name)


def test_an_account_link_tells_four_things_and_no_id(sandbox: Running) -> None:
    params: Any = {
        "account": express(sandbox).id,
        "type": "account_onboarding",
        "refresh_url": REFRESH,
        "return_url": RETURN,
    }
    made = sandbox.client().v1.account_links.create(params).to_dict()
    assert sorted(made) == ["created", "expires_at", "object", "url"]
    assert made["expires_at"] - made["created"] == 300


def test_collecting_what_is_eventually_due_asks_for_more(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual")
    options = {"collection_options": {"fields": "eventually_due"}}
    browser = Browser(sandbox)
    browser.open(link(sandbox, seller.id, **options))
    assert "individual[id_number]" in browser.fields()
    plain = Browser(sandbox)
    plain.open(link(sandbox, seller.id))
    assert "individual[id_number]" not in plain.fields()


def test_the_express_dashboard_opens_once_onboarding_is_complete(sandbox: Running) -> None:
    logins = sandbox.client().v1.accounts.login_links
    seller = express(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="has not completed onboarding"):
        logins.create(seller.id)
    with pytest.raises(stripe.InvalidRequestError, match="Express"):
        logins.create(custom(sandbox).id)
    onboard(sandbox, link(sandbox, seller.id))
    url = logins.create(seller.id).url
    browser = Browser(sandbox)
    browser.open(url)
    assert browser.status == 200
    assert "0.00 USD" in browser.text()
    second = Browser(sandbox)
    second.open(url)
    assert second.status == 403


def test_an_express_seller_replaces_the_bank_account_and_signs_out(sandbox: Running) -> None:
    seller = express(sandbox)
    onboard(sandbox, link(sandbox, seller.id), bank="account_closed")
    browser = Browser(sandbox)
    browser.open(sandbox.client().v1.accounts.login_links.create(seller.id).url)
    assert "1113" in browser.text()
    browser.press("test", scenario="good")
    number = "external_account[account_number]"
    browser.press("replace", **{number: "12"})
    assert browser.status == 422
    assert "invalid" in browser.error_of(number)
    browser.press("test", scenario="good")
    browser.press("replace")
    replaced = again(sandbox, seller).external_accounts
    assert replaced is not None
    assert [bank.last4 for bank in replaced.data] == ["6789"]
    browser.press("leave")
    assert browser.status == 403


def test_a_session_of_one_dashboard_opens_no_other(sandbox: Running) -> None:
    mine, other = express(sandbox), express(sandbox)
    onboard(sandbox, link(sandbox, mine.id))
    browser = Browser(sandbox)
    browser.open(sandbox.client().v1.accounts.login_links.create(mine.id).url)
    ((name, value),) = browser.http.cookies.get_dict().items()
    answer = browser.http.get(
        f"{sandbox.url}/express/{other.id}", headers={"Cookie": f"{name}={value}"}, timeout=60
    )
    assert answer.status_code == 403
