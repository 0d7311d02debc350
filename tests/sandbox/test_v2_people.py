"""Persons, tokens and account links of v2; the four walls of a new platform."""

from decimal import Decimal
from typing import Any

import pytest
import stripe

from marketplace.sandbox import ids

from .conftest import Running
from .onboarded import Browser, express, onboard
from .v2people import (
    EVERYTHING,
    MERCHANT,
    SAAS,
    api,
    complete,
    created,
    nora,
    request,
    seen,
)

REFRESH, RETURN = "http://127.0.0.1:9/refresh", "http://127.0.0.1:9/return"


def company(sandbox: Running) -> str:
    identity = {
        "country": "us",
        "entity_type": "company",
        "business_details": {"registered_name": "Nora's Nuts Inc"},
    }
    made: str = created(sandbox, request(dashboard="none", identity=identity)).id
    return made


def link(sandbox: Running, account: str, **onboarding: Any) -> Any:
    case = {"refresh_url": REFRESH, "return_url": RETURN, **onboarding}
    return api(sandbox).v2.core.account_links.create(
        {
            "account": account,
            "use_case": {"type": "account_onboarding", "account_onboarding": case},
        }
    )


def told(sandbox: Running) -> list[str]:
    return [event.type for event in api(sandbox).v2.core.events.list({"limit": 100}).data]


def test_persons_are_those_of_v1(sandbox: Running) -> None:
    account = company(sandbox)
    persons = api(sandbox).v2.core.accounts.persons
    made = persons.create(
        account,
        nora(
            relationship={"representative": True, "title": "CEO", "percent_ownership": "60.5"},
            nationalities=["us"],
            additional_names=[{"purpose": "maiden", "surname": "Hazel"}],
        ),
    )
    assert made.object == "v2.core.account_person"
    assert (made.given_name, made.address.country) == ("Nora", "us")
    assert [one.type for one in made.id_numbers] == ["us_ssn_last_4"]
    assert made.relationship.percent_ownership == Decimal("60.5")
    assert made.additional_names[0].surname == "Hazel"
    v1 = api(sandbox).v1.accounts.persons.retrieve(account, made.id)
    assert (v1.first_name, v1.dob.year, v1.address.country) == ("Nora", 1902, "US")
    assert v1.ssn_last_4_provided is True
    assert v1.relationship.percent_ownership == 60.5

    changed = persons.update(account, made.id, {"given_name": "Norah", "phone": None})
    assert (changed.given_name, changed.surname, changed.phone) == ("Norah", "Nutt", None)
    other = api(sandbox).v1.accounts.persons.create(
        account, {"first_name": "Olga", "relationship": {"owner": True}}
    )
    assert [one.id for one in persons.list(account, {"limit": 1}).auto_paging_iter()] == [
        other.id,
        made.id,
    ]
    assert persons.delete(account, other.id).id == other.id
    assert [event for event in told(sandbox) if "person" in event] == [
        "v2.core.account_person.deleted",
        "v2.core.account_person.created",
        "v2.core.account_person.updated",
        "v2.core.account_person.created",
    ]


def test_nobody_owns_more_than_all_of_a_company(sandbox: Running) -> None:
    account = company(sandbox)
    persons = api(sandbox).v2.core.accounts.persons
    persons.create(account, {"relationship": {"owner": True, "percent_ownership": "60"}})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        persons.create(account, {"relationship": {"owner": True, "percent_ownership": "60"}})
    assert caught.value.code == "total_person_ownership_exceeded"


def test_an_individual_is_one_person(sandbox: Running) -> None:
    account = created(sandbox, complete()).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api(sandbox).v2.core.accounts.persons.create(account, {"given_name": "Olga"})
    assert caught.value.code == "individual_additional_person_not_allowed"


def test_requirements_of_a_company_name_the_person(sandbox: Running) -> None:
    account = company(sandbox)
    made = api(sandbox).v2.core.accounts.persons.create(
        account, {"given_name": "Nora", "relationship": {"representative": True}}
    )
    entries = seen(sandbox, account).requirements.entries
    about = {entry.description for entry in entries if entry.reference is not None}
    assert {entry.reference.resource for entry in entries if entry.reference} == {made.id}
    assert "person.surname" in about
    assert "person.given_name" not in about
    assert "identity.business_details.id_numbers" in {entry.description for entry in entries}


def test_a_token_carries_an_identity_once(sandbox: Running) -> None:
    core = api(sandbox).v2.core
    token = core.account_tokens.create(
        {"identity": {"entity_type": "individual", "individual": nora()}}
    )
    assert "Nora" not in str(core.account_tokens.retrieve(token.id))
    params = {**request(), "account_token": token.id}
    assert created(sandbox, params).identity.individual.given_name == "Nora"
    assert core.account_tokens.retrieve(token.id).used is True
    for wrong, code in ((token.id, "token_already_used"), ("ct_v1", "v1_token_invalid_in_v2")):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            created(sandbox, {**params, "account_token": wrong})
        assert caught.value.code == code
    late = core.account_tokens.create({"contact_email": "late@example.com"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        created(sandbox, {**params, "account_token": late.id})
    assert caught.value.code == "param_alongside_account_token"
    sandbox.advance(3_600)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        created(sandbox, {**params, "account_token": late.id})
    assert caught.value.code == "token_expired"


def test_a_person_token_belongs_to_one_account(sandbox: Running) -> None:
    core = api(sandbox).v2.core
    mine, other = company(sandbox), company(sandbox)
    token = core.accounts.person_tokens.create(mine, {"given_name": "Olga"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        core.accounts.persons.create(other, {"person_token": token.id})
    assert caught.value.code == "incorrect_account_for_person_token"
    assert core.accounts.persons.create(mine, {"person_token": token.id}).given_name == "Olga"


def test_a_seller_onboards_through_a_v2_link(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    made = link(sandbox, account, collection_options={"fields": "eventually_due"})
    assert made.to_dict()["use_case"]["account_onboarding"]["collection_options"] == {
        "fields": "eventually_due",
        "future_requirements": "omit",
    }
    assert made.expires_at.endswith(".000Z")
    assert onboard(sandbox, made.url) == RETURN
    sandbox.advance(10)
    after = seen(sandbox, account)
    assert after.configuration.merchant.capabilities.card_payments.status == "active"
    assert after.configuration.recipient.capabilities.stripe_balance.payouts.status == "active"
    back = api(sandbox).v2.core.events.list({"types": ["v2.core.account_link.returned"]}).data
    assert len(back) == 1
    assert api(sandbox).v2.core.events.retrieve(back[0].id).data.to_dict() == {
        "account_id": account,
        "configurations": ["merchant", "recipient"],
        "use_case": "account_onboarding",
    }
    assert api(sandbox).v1.accounts.login_links.create(account).url


def test_leaving_early_is_coming_back_too(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    browser = Browser(sandbox)
    browser.open(link(sandbox, account).url)
    assert browser.press("leave") == RETURN
    assert "v2.core.account_link.returned" in told(sandbox)


def test_after_the_first_link_the_identity_is_the_sellers(sandbox: Running) -> None:
    person = {"country": "us", "entity_type": "individual", "individual": nora()}
    account = created(sandbox, request(identity=person)).id
    link(sandbox, account)
    accounts = api(sandbox).v2.core.accounts
    with pytest.raises(stripe.PermissionError):
        accounts.update(account, {"identity": {"individual": {"surname": "Other"}}})
    accounts.update(account, {"display_name": "Still ours"})
    hidden = seen(sandbox, account).identity.individual
    assert (hidden.given_name, hidden.surname) == ("Nora", "Nutt")
    assert hidden.date_of_birth is None
    assert hidden.address is None


def test_what_a_link_may_be_asked_for(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    links = api(sandbox).v2.core.account_links
    update = {"type": "account_update", "account_update": {"refresh_url": REFRESH}}
    with pytest.raises(stripe.InvalidRequestError, match="account_onboarding"):
        links.create({"account": account, "use_case": update})
    configured = {
        "type": "account_onboarding",
        "account_onboarding": {"refresh_url": REFRESH, "configurations": ["merchant"]},
    }
    with pytest.raises(stripe.InvalidRequestError) as caught:
        links.create({"account": account, "use_case": configured})
    assert caught.value.code == "parameter_unknown"
    older = {"stripe_version": "2026-08-26.dahlia"}
    assert links.create({"account": account, "use_case": configured}, older).url
    with pytest.raises(stripe.InvalidRequestError) as caught:
        links.create({"account": account, "use_case": {"type": "account_onboarding"}})
    assert caught.value.code == "parameter_missing"
    customer = created(sandbox, {"configuration": {"customer": {}}}).id
    with pytest.raises(stripe.InvalidRequestError, match="merchant or recipient"):
        link(sandbox, customer)
    ours = created(sandbox, request(dashboard="none")).id
    assert links.create({"account": ours, "use_case": update}).url


def test_a_rejected_account_says_so(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    api(sandbox).v1.accounts.reject(account, {"reason": "fraud_other"})
    cards = seen(sandbox, account).configuration.merchant.capabilities.card_payments
    assert (cards.status, cards.status_details[0].code) == ("rejected", "rejected_platform_fraud")
    older = api(sandbox).v2.core.accounts.retrieve(
        account, {"include": EVERYTHING}, {"stripe_version": "2026-08-26.dahlia"}
    )
    assert older.configuration.merchant.capabilities.card_payments.status == "restricted"
    assert older.requirements.alternatives is None


def test_a_capability_that_the_country_lacks_is_unsupported(sandbox: Running) -> None:
    wanted = {"card_payments": {"requested": True}, "ach_debit_payments": {"requested": True}}
    made = created(
        sandbox,
        request(identity={"country": "de"}, configuration={"merchant": {"capabilities": wanted}}),
    )
    status = made.configuration.merchant.capabilities.ach_debit_payments
    assert (status.status, status.status_details[0].code) == ("unsupported", "unsupported_country")
    v1 = api(sandbox).v1.accounts.retrieve(made.id)
    assert "us_bank_account_ach_payments" in v1.capabilities.to_dict()


def walls(sandbox: Running, **changes: Any) -> dict[str, Any]:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/walls", data=changes, timeout=60)
    assert answer.status_code == 200, answer.text
    standing: dict[str, Any] = answer.json()["walls"]
    return standing


@pytest.mark.parametrize(
    ("wall", "message", "code"),
    [
        ("connect_not_signed_up", "signed up for Connect", "platform_registration_required"),
        (
            "profile_not_accepted",
            "responsibilities of managing losses",
            "account_creation_liability_unacknowledged",
        ),
        ("loss_choice_differs", "platform profile", "invalid_fields"),
    ],
)
def test_a_wall_stops_both_apis_until_it_is_taken_down(
    sandbox: Running, wall: str, message: str, code: str
) -> None:
    assert walls(sandbox, **{wall: "true"}, key=sandbox.key)[wall] is True
    with pytest.raises(stripe.InvalidRequestError, match=message) as caught:
        created(sandbox, request())
    assert caught.value.code == code
    with pytest.raises(stripe.InvalidRequestError, match=message) as caught:
        express(sandbox)
    assert caught.value.code is None
    assert walls(sandbox, **{wall: "false"}, key=sandbox.key)[wall] is False
    assert created(sandbox, request()).id


def test_new_platforms_are_refused_accounts_v1_only(sandbox: Running) -> None:
    walls(sandbox, accounts_v1_refused="on")
    with pytest.raises(stripe.InvalidRequestError, match="/v2/core/accounts"):
        express(sandbox)
    account = created(sandbox, request()).id
    assert api(sandbox).v1.accounts.retrieve(account).id == account


def test_the_loss_wall_lets_the_profiles_own_choice_pass(sandbox: Running) -> None:
    walls(sandbox, loss_choice_differs="1", key=sandbox.key)
    made = created(
        sandbox,
        request(
            dashboard="full",
            defaults={"responsibilities": SAAS},
            configuration={"merchant": MERCHANT},
        ),
    )
    assert made.dashboard == "full"


def test_walls_stand_before_one_platform_or_all(sandbox: Running) -> None:
    other = ids.platform_of_key("sk_test_other")
    walls(sandbox, connect_not_signed_up="true", platform=other)
    assert created(sandbox, request()).id
    walls(sandbox, connect_not_signed_up="true")
    with pytest.raises(stripe.InvalidRequestError):
        created(sandbox, request())
    seen_by = sandbox.http.get(f"{sandbox.url}/_sandbox/walls?key={sandbox.key}", timeout=60)
    assert seen_by.json()["walls"]["connect_not_signed_up"] is True
    for wrong in ({"berlin": "true"}, {"connect_not_signed_up": "maybe"}):
        answer = sandbox.http.post(f"{sandbox.url}/_sandbox/walls", json=wrong, timeout=60)
        assert answer.status_code == 400
