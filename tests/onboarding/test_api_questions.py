"""Every question of our own forms lands in a parameter that the SDK knows, in both APIs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.accounts.state import Due, Problem, Requirement
from marketplace.design import AccountsApi
from marketplace.onboarding.api import answers, questions, refusals, steps, v1, v2
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.dossier import Dossier, Person
from marketplace.onboarding.api.questions import Kind, ask
from marketplace.sandbox import schema

SIGNED = Signature(datetime(2026, 11, 21, 10, tzinfo=UTC), "203.0.113.7", "A browser")
PERSON = "person_1"
# Names that Stripe publishes or that its answers were seen to have.
PUBLISHED = """
business_type business_profile.mcc business_profile.name business_profile.url
business_profile.product_description business_profile.support_email business_profile.support_phone
business_profile.support_url business_profile.support_address.line1
business_profile.support_address.city business_profile.estimated_worker_count
business_profile.annual_revenue.amount business_profile.annual_revenue.fiscal_year_end
business_profile.monthly_estimated_revenue.amount
company.name company.phone company.tax_id company.vat_id company.registration_number
company.structure company.address.line1 company.address.city company.address.postal_code
company.address.state company.address_kana.line1 company.address_kanji.town company.name_kana
company.name_kanji company.registration_date.day company.verification.document
company.owners_provided company.directors_provided company.executives_provided
company.ownership_exemption_reason company.ownership_declaration.date
company.directorship_declaration.ip company.representative_declaration.user_agent
individual.first_name individual.last_name individual.first_name_kana individual.last_name_kanji
individual.dob.day individual.dob.month individual.dob.year individual.address.line1
individual.address.city individual.address.postal_code individual.address.state
individual.address_kana.line1 individual.address_kanji.town individual.email individual.phone
individual.gender individual.nationality individual.political_exposure individual.ssn_last_4
individual.id_number individual.id_number_secondary individual.maiden_name
individual.full_name_aliases individual.registered_address.line1
individual.verification.document individual.verification.additional_document
person_1.first_name person_1.last_name person_1.dob.year person_1.address.city person_1.email
person_1.phone person_1.id_number person_1.ssn_last_4 person_1.relationship.title
person_1.relationship.percent_ownership person_1.relationship.executive
person_1.relationship.director person_1.relationship.owner person_1.verification.document
person_1.verification.additional_document person_1.nationality
documents.bank_account_ownership_verification.files documents.company_license.files
documents.company_memorandum_of_association.files documents.company_ministerial_decree.files
documents.company_registration_verification.files documents.company_tax_id_verification.files
documents.proof_of_registration.files documents.proof_of_ultimate_beneficial_ownership.files
settings.payments.statement_descriptor settings.card_payments.statement_descriptor_prefix
""".split()
# What one of the two APIs has no parameter for; there Stripe does not ask for it either.
MISSING = {
    AccountsApi.V1: {"individual.nationality"},
    AccountsApi.V2: {"individual.registered_address.line1"},
}
VALUES: dict[Kind, Any] = {
    Kind.NUMBER: 1,
    Kind.MONEY: 100,
    Kind.TICK: True,
    Kind.DECLARATION: True,
    Kind.LIST: ["Otto"],
}
CHOSEN = {
    "business_type": "company",
    "company.structure": "private_company",
    "company.ownership_exemption_reason": "qualifies_as_financial_institution",
}


def _answer(code: str) -> Any:
    if code.endswith("percent_ownership"):
        return "40"
    if code.endswith("political_exposure"):
        return "none"
    if code.endswith("gender"):
        return "female"
    return CHOSEN.get(code) or VALUES.get(ask(code, "DE").kind, "text")


def _as_sent(value: Any) -> Any:
    """As the form encoding of v1 sends it."""
    if isinstance(value, dict):
        return {name: _as_sent(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_sent(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("code", PUBLISHED)
def test_a_published_requirement_is_asked_in_words(code: str) -> None:
    dossier = _dossier(code)
    found = [field.question for field in steps.fields(dossier, [code])]
    assert found
    assert all(question.known for question in found), found
    assert all(question.label[0].isupper() for question in found)
    assert [it.due for it in steps.fields(dossier, [code])].count(Due.NOW) >= 1


def _dossier(*codes: str, api: AccountsApi = AccountsApi.V1, **values: Any) -> Dossier:
    return Dossier(
        **{
            "api": api,
            "country": "DE",
            "currency": "eur",
            "requirements": tuple(Requirement(code, Due.NOW) for code in codes),
            "problems": (),
            "values": {"business_type": "company"},
            "people": (Person(PERSON, frozenset(), {}),),
            **values,
        }
    )


@pytest.mark.parametrize("api", AccountsApi)
@pytest.mark.parametrize("code", PUBLISHED)
def test_the_answer_lands_in_a_parameter_that_the_sdk_knows(code: str, api: AccountsApi) -> None:
    if code in MISSING[api]:
        return
    told = {it.code: _answer(it.code) for it in steps.fields(_dossier(code), [code])}
    told |= {  # as `answers` adds it
        f"{name.removesuffix('.amount')}.currency": "eur"
        for name in told
        if "revenue.amount" in name
    }
    module = v1 if api is AccountsApi.V1 else v2
    extra = () if api is AccountsApi.V1 else ("DE",)
    if code.startswith(PERSON):
        bare = {name.removeprefix(f"{PERSON}."): value for name, value in told.items()}
        params = module.person_params(bare, SIGNED, *extra)
        name = "AccountPersonUpdateParams"
        name = name if api is AccountsApi.V1 else "v2.core.accounts.PersonUpdateParams"
    else:
        params = module.account_params(told, SIGNED, *extra)
        name = "AccountUpdateParams" if api is AccountsApi.V1 else "v2.core.AccountUpdateParams"
    assert params
    if api is AccountsApi.V1:
        params = _as_sent(params)
    schema.of(name).read(_json(params), "")


def _json(value: Any) -> Any:
    """As the SDK encodes it for v2: decimals are text."""
    if isinstance(value, dict):
        return {name: _json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    return str(value) if type(value).__name__ == "Decimal" else value


@pytest.mark.parametrize("code", PUBLISHED)
def test_the_dictionary_reads_both_ways(code: str) -> None:
    if code.startswith(PERSON) or code.rpartition(".")[2] in {"id_number_secondary", "ssn_last_4"}:
        return
    if code in {"company.vat_id", "company.registration_number"}:
        return  # in v2 they are numbers among others
    assert v2.in_words_of_v1(v2.in_words_of_v2(code)) == code


def test_an_unknown_name_is_asked_and_nested_where_it_belongs() -> None:
    found = ask("company.favourite.colour", "US")
    assert (found.known, found.label) == (False, "The company's favourite colour")
    told = {"company.favourite.colour": "blue", "individual.shoe_size": "44", "unheard.of": "x"}
    assert v1.account_params(told, SIGNED) == {
        "company": {"favourite": {"colour": "blue"}},
        "individual": {"shoe_size": "44"},
        "unheard": {"of": "x"},
    }
    assert v2.account_params(told, SIGNED) == {
        "identity": {
            "business_details": {"favourite": {"colour": "blue"}},
            "individual": {"shoe_size": "44"},
        },
        "unheard": {"of": "x"},
    }
    assert v2.in_words_of_v1("identity.individual.shoe_size") == "individual.shoe_size"


def test_parts_of_a_birthday_and_an_address_are_asked_together() -> None:
    dossier = _dossier("individual.dob.year", "individual.address.city")
    codes = [it.code for it in steps.fields(dossier, [it.code for it in dossier.requirements])]
    assert codes == [
        "individual.dob.day",
        "individual.dob.month",
        "individual.dob.year",
        "individual.address.line1",
        "individual.address.line2",
        "individual.address.city",
        "individual.address.postal_code",
    ]


def test_only_what_changed_is_sent_but_a_date_wholly() -> None:
    held = {
        "individual.dob.day": "1",
        "individual.dob.month": "2",
        "individual.dob.year": "1990",
        "individual.first_name": "Otto",
        "individual.maiden_name": "Ast",
    }
    dossier = _dossier(values=held, given=frozenset({"individual.id_number"}))
    fields = steps.fields(dossier, [*held, "individual.id_number"])
    typed = {**held, "individual.dob.year": "1991", "individual.maiden_name": ""}
    read = answers.read(fields, {**typed, "individual.evil": "x"})
    assert read.faults == {}
    assert read.values == {
        "individual.dob.day": 1,
        "individual.dob.month": 2,
        "individual.dob.year": 1991,
        "individual.maiden_name": "",
    }


def test_what_cannot_be_used_is_said_beside_its_field() -> None:
    codes = {
        "individual.email": "nobody",
        "individual.dob.day": "first",
        "individual.gender": "other",
        "individual.ssn_last_4": "12",
        "business_profile.annual_revenue.amount": "lots",
        "person_1.relationship.percent_ownership": "120",
    }
    read = answers.read(steps.fields(_dossier(*codes), codes), codes)
    assert set(codes) <= set(read.faults)
    month = "business_profile.monthly_estimated_revenue"
    fields = steps.fields(_dossier(), [f"{month}.amount"])
    assert answers.read(fields, {f"{month}.amount": "1200.50"}, "eur").values == {
        f"{month}.amount": 120_050,
        f"{month}.currency": "eur",
    }


def test_one_of_two_answers_is_enough() -> None:
    url, words = "business_profile.url", "business_profile.product_description"
    dossier = _dossier(url, instead={url: (words,)})
    fields = steps.fields(dossier, [url])
    assert {it.code: it.either for it in fields} == {url: (words,), words: (url,)}
    assert set(answers.read(fields, {}).faults) == {url, words}
    assert answers.read(fields, {words: "Rugs"}).values == {words: "Rugs"}


@pytest.mark.parametrize(
    ("api", "param", "person", "field"),
    [
        (AccountsApi.V1, "individual[dob][month]", "", "individual.dob.month"),
        (AccountsApi.V1, "dob[month]", PERSON, f"{PERSON}.dob.month"),
        (AccountsApi.V2, "identity.individual.date_of_birth.month", "", "individual.dob.month"),
        (AccountsApi.V2, "date_of_birth.month", PERSON, f"{PERSON}.dob.month"),
        (AccountsApi.V2, "identity.individual.address", "", "individual.address.line1"),
        (AccountsApi.V1, "something[else]", "", ""),
    ],
)
def test_a_refused_parameter_is_a_field(
    api: AccountsApi, param: str, person: str, field: str
) -> None:
    prefix = person or "individual"
    codes = (f"{prefix}.dob.month", f"{prefix}.address.line1")
    assert refusals._field(param, codes, api, person) == field


def test_what_v2_asks_is_read_in_words_of_v1() -> None:
    entry = {
        "awaiting_action_from": "user",
        "description": "person.date_of_birth.day",
        "errors": [{"code": "invalid_dob_age_under_18", "description": "Too young."}],
        "minimum_deadline": {"status": "past_due"},
        "reference": {"resource": PERSON},
        "requested_reasons": [],
    }
    paper = {**entry, "reference": None, "errors": []}
    paper |= {"description": "identity.business_details.documents.proof_of_registration"}
    account = {
        "id": "acct_1",
        "identity": {
            "country": "gb",
            "entity_type": "company",
            "business_details": {"id_numbers": [{"type": "gb_crn"}, {"type": "gb_vat"}]},
        },
        "requirements": {"entries": [entry, paper]},
        "defaults": {"currency": "gbp"},
    }
    person = {
        "id": PERSON,
        "given_name": "Gwen",
        "address": {"country": "gb"},
        "relationship": {"owner": True, "percent_ownership": "60.00"},
        "documents": {"primary_verification": {"front_back": {"front": {"file": "file_1"}}}},
        "metadata": {"form": "abc"},
    }
    dossier = v2.read(account, [person])
    assert [it.code for it in dossier.requirements] == [
        f"{PERSON}.dob.day",
        "documents.proof_of_registration.files",
    ]
    assert dossier.problems == (
        Problem(f"{PERSON}.dob.day", "invalid_dob_age_under_18", "Too young."),
    )
    assert dossier.given == {"company.tax_id", "company.vat_id"}
    gwen = dossier.people[0]
    assert (set(gwen.roles), gwen.mark) == ({"owner"}, "abc")
    assert gwen.values["address.country"] == "GB"
    assert gwen.values["relationship.percent_ownership"] == "60"
    assert {step.name for step in steps.steps(dossier)} == {
        "business", "company", "people", "documents", "bank", "terms",
    }  # fmt: skip


def test_a_country_that_is_not_described_is_asked_all_the_same() -> None:
    found = ask("individual.address.postal_code", "KE")
    assert found.label == "Postal code"
    assert ask("individual.id_number", "KE").known
    assert questions.countries("de")[0][1] == "Afghanistan"


def test_a_german_company_number_is_sent_with_its_court() -> None:
    dossier = _dossier("company.tax_id")
    fields = steps.fields(dossier, ["company.tax_id"])
    typed = {"company.tax_id": "HRB 1234", "company.tax_id_registrar": "Charlottenburg"}
    told = answers.read(fields, typed).values
    assert v1.account_params(told, SIGNED) == {
        "company": {"tax_id": "HRB 1234", "tax_id_registrar": "Charlottenburg"}
    }
    number = {"type": "de_hrn", "value": "HRB 1234", "registrar": "Charlottenburg"}
    assert v2.account_params(told, SIGNED, "DE") == {
        "identity": {"business_details": {"id_numbers": [number]}}
    }


def test_an_american_may_give_the_last_four_digits_under_v2() -> None:
    for value, kind in (("1234", "us_ssn_last_4"), ("123456789", "us_ssn")):
        params = v2.account_params({"individual.id_number": value}, SIGNED, "US")
        assert params["identity"]["individual"]["id_numbers"] == [{"type": kind, "value": value}]
