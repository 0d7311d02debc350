"""Stripe's names in words for people: every one that can come gives a sentence."""

import typing

import pytest
import stripe

from marketplace.accounts import countries, words
from marketplace.money import CURRENCIES


def names_of(kind: type[stripe.StripeObject], field: str) -> list[str]:
    """The values that the SDK lists for a field."""
    annotation = typing.get_type_hints(kind)[field]
    literals = [annotation, *typing.get_args(annotation)]
    return [name for it in literals for name in typing.get_args(it) if isinstance(name, str)]


ERRORS = names_of(stripe.Account.Requirements.Error, "code")
REASONS = names_of(stripe.Account.Requirements, "disabled_reason")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("business_type", "What kind of business it is"),
        ("business_profile.url", "The shop's website, or what it sells"),
        ("external_account", "A bank account for payouts"),
        ("tos_acceptance.date", "Agreement to Stripe's terms"),
        ("individual.dob.day", "Your date of birth"),
        ("individual.address.line1", "Your address"),
        ("individual.ssn_last_4", "Your last four digits of the Social Security number"),
        ("individual.verification.additional_document", "Your document that shows the address"),
        ("individual.first_name_kana", "Your name"),
        ("individual.address_kanji.city", "Your address"),
        ("company.address.city", "The company's address"),
        ("company.tax_id", "The company's tax number"),
        ("person_1P9Ab.dob.year", "A responsible person's date of birth"),
        ("relationship.owner", "The people who own the company"),
        ("interv_abc.identity_resolution.form", "An answer to a question that Stripe sent"),
        ("individual.shoe_size", "Your shoe size"),
        ("something_new.of_next_year", "Something new of next year"),
    ],
)
def test_a_requirement_is_named_in_plain_words(code: str, text: str) -> None:
    assert words.requirement(code) == text


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_that_the_sdk_knows_has_a_sentence_of_its_own_family(code: str) -> None:
    sentence = words.problem(code)
    assert sentence.endswith(".")
    assert "_" not in sentence


def test_an_error_nobody_knows_is_told_by_stripes_own_reason() -> None:
    assert words.problem("new_in_2030", "The moon is missing.") == "The moon is missing."
    assert words.problem("new_in_2030").startswith("Stripe could not take this answer")


@pytest.mark.parametrize("reason", [*REASONS, "new_in_2030"])
def test_every_reason_for_being_switched_off_has_a_sentence(reason: str) -> None:
    sentence = words.disabled(reason)
    assert sentence.endswith(".")
    assert "_" not in sentence


def test_the_sdk_still_lists_errors_and_reasons_where_these_tests_look() -> None:
    assert len(ERRORS) > 90
    assert "requirements.past_due" in REASONS


@pytest.mark.parametrize("country", countries.OFFERED)
def test_every_country_on_offer_has_a_name_and_a_currency_that_stripe_charges(country: str) -> None:
    assert countries.currency(country) in CURRENCIES
    assert countries.name(country) != country


def test_bulgaria_sells_in_euro_since_2026() -> None:
    assert countries.currency("BG") == "eur"


def test_a_country_across_the_border_of_transfers_is_not_offered() -> None:
    with pytest.raises(KeyError):
        countries.currency("JP")


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("identity.individual.given_name", "individual.first_name"),
        ("identity.individual.surname", "individual.last_name"),
        ("identity.individual.date_of_birth.day", "individual.dob.day"),
        ("identity.individual.id_numbers", "individual.id_number"),
        ("identity.individual.address.postal_code", "individual.address.postal_code"),
        (
            "identity.individual.documents.primary_verification",
            "individual.verification.document",
        ),
        ("identity.attestations.terms_of_service.account.date", "tos_acceptance.date"),
        ("identity.business_details.registered_name", "company.name"),
        ("identity.business_details.id_numbers", "company.tax_id"),
        ("identity.business_details.phone", "company.phone"),
        ("identity.entity_type", "business_type"),
        ("defaults.profile.business_url", "business_profile.url"),
        ("configuration.merchant.mcc", "business_profile.mcc"),
    ],
)
def test_both_apis_ask_for_the_same_thing_in_the_same_words(new: str, old: str) -> None:
    assert words.requirement(new) == words.requirement(old)
