"""What is due, what the checks say, and what an account may do meanwhile."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox import connected
from marketplace.sandbox.resources import external_accounts

from .conftest import Running
from .onboarded import BOTH, FULL_NAME, custom, express, jenny

DAY = 86_400
MOMENT = 5


def due(account: stripe.Account, name: str = "currently_due") -> list[str]:
    assert account.requirements is not None
    fields: list[str] = account.requirements.to_dict()[name]
    return fields


def why(account: stripe.Account) -> str | None:
    assert account.requirements is not None
    return account.requirements.disabled_reason


def errors(account: stripe.Account) -> list[tuple[str, str]]:
    assert account.requirements is not None
    return [(e.requirement, e.code) for e in account.requirements.errors or []]


def again(sandbox: Running, account: stripe.Account) -> stripe.Account:
    return sandbox.client().v1.accounts.retrieve(account.id)


def born(year: int) -> dict[str, int]:
    return {"day": 1, "month": 1, "year": year}


def test_a_french_seller_who_only_receives_transfers_owes_what_was_observed(
    sandbox: Running,
) -> None:
    seller = express(
        sandbox,
        country="FR",
        business_type="individual",
        capabilities={"transfers": {"requested": True}},
    )
    assert due(seller) == [
        "business_profile.url",
        "external_account",
        "individual.address.city",
        "individual.address.line1",
        "individual.address.postal_code",
        "individual.dob.day",
        "individual.dob.month",
        "individual.dob.year",
        "individual.first_name",
        "individual.last_name",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    assert due(seller, "past_due") == due(seller)
    assert why(seller) == "requirements.past_due"


def test_taking_cards_asks_for_more_than_receiving_transfers(sandbox: Running) -> None:
    wants_cards = express(sandbox, business_type="individual", capabilities=BOTH)
    assert {"business_profile.mcc", "individual.email", "individual.phone"} <= set(due(wants_cards))
    transfers = {"transfers": {"requested": True}}
    receives = express(sandbox, business_type="individual", capabilities=transfers)
    assert set(due(wants_cards)) - set(due(receives)) == {
        "business_profile.mcc",
        "individual.email",
        "individual.phone",
    }


@pytest.mark.parametrize(
    ("country", "asked", "not_asked"),
    [
        ("US", {"individual.ssn_last_4", "individual.address.state"}, {"individual.id_number"}),
        ("GB", {"individual.address.city"}, {"individual.address.state", "individual.ssn_last_4"}),
        ("SG", {"individual.id_number"}, {"individual.address.city"}),
        ("BR", {"individual.id_number", "individual.address.state"}, set()),
        ("MX", {"individual.id_number"}, set()),
        ("IE", {"individual.address.state"}, {"individual.address.postal_code"}),
        ("CA", {"individual.address.state"}, {"individual.id_number"}),
        (
            "JP",
            {"individual.first_name_kana", "individual.address_kanji.town", "individual.phone"},
            {"individual.first_name", "individual.address.line1"},
        ),
    ],
)
def test_countries_ask_for_different_things(
    sandbox: Running, country: str, asked: set[str], not_asked: set[str]
) -> None:
    seller = express(sandbox, country=country, business_type="individual")
    assert asked <= set(due(seller))
    assert not not_asked & set(due(seller))


def test_a_seller_may_describe_the_goods_when_there_is_no_website(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual")
    assert seller.requirements is not None
    assert seller.requirements.alternatives is not None
    assert seller.requirements.alternatives[0].original_fields_due == ["business_profile.url"]
    words: Any = {"business_profile": {"product_description": "Pots, thrown by hand"}}
    changed = sandbox.client().v1.accounts.update(seller.id, words)
    assert "business_profile.url" not in due(changed)
    assert changed.requirements is not None
    assert changed.requirements.alternatives == []


def test_jenny_is_verified_at_once_and_may_do_everything(sandbox: Running) -> None:
    seller = custom(sandbox)
    assert seller.capabilities is not None
    assert seller.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert (seller.charges_enabled, seller.payouts_enabled) == (True, True)
    assert seller.details_submitted is True
    assert (due(seller), why(seller)) == ([], None)
    assert due(seller, "eventually_due") == ["individual.id_number"]
    assert seller.individual is not None
    assert seller.individual.verification is not None
    assert seller.individual.verification.status == "verified"


def test_an_ordinary_check_takes_a_moment(sandbox: Running) -> None:
    seller = custom(sandbox, individual=jenny(dob=born(1901)))
    assert seller.capabilities is not None
    assert seller.capabilities.transfers == "pending"
    assert why(seller) == "requirements.pending_verification"
    assert due(seller, "pending_verification") == ["individual.ssn_last_4"]
    sandbox.advance(MOMENT)
    seller = again(sandbox, seller)
    assert seller.charges_enabled is True
    events = sandbox.client().v1.events.list(options={"stripe_account": seller.id}).data
    assert [event.type for event in events[:3]] == [
        "account.updated",
        "capability.updated",
        "capability.updated",
    ]


@pytest.mark.parametrize(
    ("individual", "requirement", "code"),
    [
        (
            {"dob": born(1990)},
            "individual.verification.document",
            "verification_failed_keyed_identity",
        ),
        (
            {"dob": born(1901), "id_number": "111111111"},
            "individual.verification.document",
            "verification_failed_keyed_identity",
        ),
        (
            {"dob": born(1901), "ssn_last_4": "1111"},
            "individual.id_number",
            "verification_failed_id_number_match",
        ),
    ],
)
def test_an_identity_that_does_not_match_makes_something_due(
    sandbox: Running, individual: dict[str, Any], requirement: str, code: str
) -> None:
    seller = custom(sandbox, individual=jenny(**individual))
    sandbox.advance(MOMENT)
    seller = again(sandbox, seller)
    assert errors(seller) == [(requirement, code)]
    assert due(seller) == [requirement]
    assert (seller.charges_enabled, why(seller)) == (False, "requirements.past_due")
    document: Any = {"verification": {"document": {"front": "file_identity_document_success"}}}
    sandbox.client().v1.accounts.update(seller.id, {"individual": document})
    sandbox.advance(MOMENT)
    assert again(sandbox, seller).charges_enabled is True


def test_a_document_that_fails_is_asked_for_again(sandbox: Running) -> None:
    document = {"document": {"front": "file_identity_document_failure"}}
    seller = custom(sandbox, individual=jenny(verification=document))
    sandbox.advance(MOMENT)
    seller = again(sandbox, seller)
    assert errors(seller) == [
        ("individual.verification.document", "verification_document_failed_test_mode")
    ]


def test_an_address_that_does_not_match_is_due_until_it_is_corrected(sandbox: Running) -> None:
    wrong = {**jenny()["address"], "line1": "address_no_match"}
    seller = custom(sandbox, individual=jenny(address=wrong))
    assert due(seller) == ["individual.address.line1"]
    right: Any = {"individual": {"address": {"line1": "address_full_match"}}}
    assert sandbox.client().v1.accounts.update(seller.id, right).charges_enabled is True


def test_a_name_on_a_list_waits_for_stripe(sandbox: Running) -> None:
    seller = custom(sandbox, individual=jenny(dob=born(1900)))
    sandbox.advance(30 * DAY)
    seller = again(sandbox, seller)
    assert (seller.charges_enabled, why(seller), due(seller)) == (False, "listed", [])


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("disallowed", "invalid_url_denylisted"),
        ("geoblocked", "invalid_url_website_inaccessible_geoblocked"),
        ("problem", "invalid_url_website_other"),
        ("missing", "invalid_url_website_incomplete"),
        ("mismatch", "invalid_url_website_business_information_mismatch"),
        ("passwordprotected", "invalid_url_website_inaccessible_password_protected"),
        ("underconstruction", "invalid_url_website_incomplete_under_construction"),
        ("inaccessible", "invalid_url_website_inaccessible"),
    ],
)
def test_a_website_that_does_not_convince_is_named(sandbox: Running, host: str, code: str) -> None:
    profile = {"mcc": "5947", "url": f"https://{host}.stripe.com"}
    seller = custom(sandbox, business_profile=profile)
    assert errors(seller) == [("business_profile.url", code)]
    assert seller.charges_enabled is False


def test_a_seller_without_a_bank_account_sells_but_is_not_paid_out(sandbox: Running) -> None:
    seller = custom(sandbox, external_account="")
    assert due(seller) == ["external_account"]
    assert (seller.charges_enabled, seller.payouts_enabled) == (True, False)
    assert seller.details_submitted is True
    bank: Any = {"external_account": "btok_us"}
    sandbox.client().v1.accounts.external_accounts.create(seller.id, bank)
    assert again(sandbox, seller).payouts_enabled is True


def test_a_bank_that_refused_a_payout_must_be_replaced(sandbox: Running) -> None:
    seller = custom(sandbox, external_account="btok_us_verified_noAccount")
    assert seller.payouts_enabled is True
    platform = sandbox.client().v1.accounts.retrieve_current().id
    with sandbox.sandbox.session(platform, seller.id) as ctx:
        bank = external_accounts.default_for(ctx, connected.current(ctx), "usd")
        assert bank is not None
        assert external_accounts.payout_failure(bank) == "no_account"
        external_accounts.mark_errored(ctx, bank)
        assert external_accounts.default_for(ctx, connected.current(ctx), "usd") is None
    held = again(sandbox, seller)
    assert (held.payouts_enabled, held.charges_enabled, due(held)) == (
        False,
        True,
        ["external_account"],
    )
    assert why(held) == "requirements.past_due"
    fixed = sandbox.client().v1.accounts.update(seller.id, {"external_account": "btok_us"})
    assert fixed.payouts_enabled is True


def test_a_new_requirement_of_an_active_account_has_a_deadline(sandbox: Running) -> None:
    seller = custom(sandbox)
    platform = sandbox.client().v1.accounts.retrieve_current().id
    with sandbox.sandbox.session(platform) as ctx:
        connected.demand(ctx, ctx.get("account", seller.id), None)
        deadline = ctx.now + 14 * DAY
    warned = again(sandbox, seller)
    assert warned.requirements is not None
    assert warned.requirements.current_deadline == deadline
    assert (due(warned), due(warned, "past_due")) == (["individual.id_number"], [])
    assert warned.charges_enabled is True
    sandbox.advance(15 * DAY)
    late = again(sandbox, seller)
    assert due(late, "past_due") == ["individual.id_number"]
    assert (late.charges_enabled, late.payouts_enabled) == (False, False)
    number: Any = {"individual": {"id_number": "222222222"}}
    assert sandbox.client().v1.accounts.update(seller.id, number).charges_enabled is True


@pytest.mark.parametrize(("blocked", "charges"), [("charges", False), ("payouts", True)])
def test_a_trigger_that_blocks_does_so_at_once(
    sandbox: Running, blocked: str, *, charges: bool
) -> None:
    seller = custom(sandbox)
    platform = sandbox.client().v1.accounts.retrieve_current().id
    with sandbox.sandbox.session(platform) as ctx:
        connected.demand(ctx, ctx.get("account", seller.id), blocked)
    stopped = again(sandbox, seller)
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (charges, False)
    number: Any = {"individual": {"id_number": "222222222"}}
    freed = sandbox.client().v1.accounts.update(seller.id, number)
    assert (freed.charges_enabled, freed.payouts_enabled) == (True, True)


def test_a_company_owes_its_representative_and_its_owners(sandbox: Running) -> None:
    company = {
        "name": "Rocket Rides",
        "phone": "0000000000",
        "tax_id": "222222222",
        "address": jenny()["address"],
    }
    seller = custom(sandbox, business_type="company", company=company, individual=None)
    assert due(seller) == ["relationship.owner", "relationship.representative"]
    assert seller.company is not None
    assert seller.company.tax_id_provided is True
    accounts = sandbox.client().v1.accounts
    person: Any = {**FULL_NAME, "relationship": {"representative": True, "executive": True}}
    made = accounts.persons.create(seller.id, person)
    assert f"{made.id}.dob.year" in due(again(sandbox, seller))
    assert made.requirements is not None
    assert "dob.year" in made.requirements.currently_due
    accounts.persons.update(seller.id, made.id, jenny())  # type: ignore[arg-type]
    finished = accounts.update(seller.id, {"company": {"owners_provided": True}})
    assert (due(finished), finished.charges_enabled) == ([], True)


@pytest.mark.parametrize(
    ("tax_id", "requirement", "code"),
    [
        ("111111111", "company.tax_id", "verification_failed_tax_id_match"),
        ("111111112", "company.tax_id", "verification_failed_tax_id_not_issued"),
        ("222221003", "relationship.owner", "verification_missing_owners"),
    ],
)
def test_a_tax_number_decides_what_the_register_says(
    sandbox: Running, tax_id: str, requirement: str, code: str
) -> None:
    company = {
        "name": "Rocket Rides",
        "phone": "0000000000",
        "tax_id": tax_id,
        "owners_provided": True,
        "address": jenny()["address"],
    }
    seller = custom(sandbox, business_type="company", company=company, individual=None)
    person: Any = {**jenny(), "relationship": {"representative": True, "executive": True}}
    sandbox.client().v1.accounts.persons.create(seller.id, person)
    sandbox.advance(MOMENT)
    assert errors(again(sandbox, seller)) == [(requirement, code)]


@pytest.mark.parametrize(
    ("line1", "charges", "payouts"),
    [
        ("address_full_match", True, True),
        ("address_no_match", True, False),
        ("address_line1_no_match", False, False),
    ],
)
def test_a_companys_address_decides_how_much_it_may_do(
    sandbox: Running, line1: str, *, charges: bool, payouts: bool
) -> None:
    company = {
        "name": "Rocket Rides",
        "phone": "0000000000",
        "tax_id": "222222222",
        "owners_provided": True,
        "address": {**jenny()["address"], "line1": line1},
    }
    seller = custom(sandbox, business_type="company", company=company, individual=None)
    person: Any = {**jenny(), "relationship": {"representative": True, "executive": True}}
    sandbox.client().v1.accounts.persons.create(seller.id, person)
    seller = again(sandbox, seller)
    assert (seller.charges_enabled, seller.payouts_enabled) == (charges, payouts)


def test_data_may_travel_as_a_token(sandbox: Running) -> None:
    client = sandbox.client()
    data: Any = {"account": {"business_type": "individual", "individual": jenny()}}
    data["account"]["tos_shown_and_accepted"] = True
    token = client.v1.tokens.create(data)
    assert "Jenny" not in str(token)
    seller = custom(
        sandbox,
        account_token=token.id,
        business_type=None,
        individual=None,
        tos_acceptance=None,
    )
    assert (due(seller), seller.charges_enabled) == ([], True)
