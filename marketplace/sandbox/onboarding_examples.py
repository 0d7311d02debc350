"""Test values for each step of the hosted form, so that nobody has to look them up.

The values are those that Stripe documents for testing; each scenario leads to a different outcome
of the checks. https://docs.stripe.com/connect/testing-verification
"""

from __future__ import annotations

from . import banks
from .onboarding_form import Step
from .onboarding_people import GATHERING, REPRESENTATIVE, ROLE
from .requirements import Case
from .updates import reach

# city, postal code, state: somewhere in the country
_PLACES = {
    "US": ("San Francisco", "94103", "CA"),
    "GB": ("London", "EC1A 1BB", "London"),
    "DE": ("Berlin", "10115", "Berlin"),
    "FR": ("Paris", "75001", "Paris"),
    "IE": ("Dublin", "D02 X285", "County Dublin"),
    "CA": ("Toronto", "M5H 2N2", "ON"),
    "AU": ("Sydney", "2000", "NSW"),
    "SG": ("Singapore", "049315", "Singapore"),
    "CH": ("Zürich", "8001", "ZH"),
    "BR": ("São Paulo", "01310-100", "SP"),
    "MX": ("Ciudad de México", "06000", "CMX"),
    "JP": ("Shibuya", "1500001", "Tokyo"),
}
_ANYWHERE = ("Capital", "10000", "Region")
_YEARS = {"at_once": "1902", "document": "1990"}
_NAMES = {
    "first_name": "Jenny",
    "last_name": "Rosen",
    "first_name_kana": "ジェニー",
    "last_name_kana": "ローゼン",
    "first_name_kanji": "珍尼",
    "last_name_kanji": "朗善",
    "email": "jenny.rosen@example.com",
    "phone": "0000000000",
    "dob.day": "1",
    "dob.month": "1",
    "ssn_last_4": "0000",
    "verification.document": "file_identity_document_success",
    "relationship.title": "Managing director",
}

_SOMEBODY_ELSE = {"first_name": "Otto", "last_name": "Owner", "email": "otto.owner@example.com"}


def values(case: Case, step: Step, scenario: str) -> dict[str, str]:
    """Field name -> value for a scenario of the step; unknown scenarios mean the first."""
    known = [name for name, _ in step.scenarios]
    scenario = scenario if scenario in known else known[0]
    if step.name == "identity" or step.fields[0].name.startswith("person["):
        return _person(case, step, scenario)
    if step.name == GATHERING:
        return _gathering(case, scenario)
    if step.name == "bank":
        return _bank(case, scenario)
    return {
        "business": {"business_type": scenario, "country": case.account["country"]},
        "company": _company(case, scenario),
        "profile": _profile(scenario),
    }[step.name]


def _address(case: Case, line1: str = "address_full_match") -> dict[str, str]:
    city, postal_code, state = _PLACES.get(case.country.code, _ANYWHERE)
    town = "神宮前"
    return dict(line1=line1, city=city, postal_code=postal_code, state=state, town=town)  # noqa: C408


def _person(case: Case, step: Step, scenario: str) -> dict[str, str]:
    address = _address(case, "address_no_match" if scenario == "address" else "address_full_match")
    names = _NAMES if step.name in {"identity", REPRESENTATIVE} else {**_NAMES, **_SOMEBODY_ELSE}
    found = {}
    for field in step.fields:
        name = field.requirement.partition(".")[2]
        first, _, part = name.partition(".")
        if field.type == "checkbox":
            if reach(case.person(step.person), field.requirement):
                found[field.name] = "true"
            continue
        if first.startswith("address"):
            found[field.name] = address[part]
        elif name == "dob.year":
            found[field.name] = _YEARS.get(scenario, "1901")
        elif name == "id_number":
            found[field.name] = "222222222" if scenario == "at_once" else "000000000"
        else:
            found[field.name] = names[name]
    return found


def _gathering(case: Case, scenario: str) -> dict[str, str]:
    """Everybody is named; `another` adds an owner to a company that has only a representative."""
    found = {"company[owners_provided]": "true", "company[directors_provided]": "true"}
    if scenario == "another" and len(case.people) == 1:
        found |= {ROLE: "owner"}
        found |= {f"another[{name}]": _SOMEBODY_ELSE[name] for name in ("first_name", "last_name")}
    return found


def _company(case: Case, scenario: str) -> dict[str, str]:
    return {
        "company[name]": "Rocket Rides",
        "company[tax_id]": "222222222" if scenario == "at_once" else "000000000",
        "company[phone]": "0000000000",
        "company[verification][document][front]": "file_identity_document_success",
        "documents[proof_of_registration][files][0]": "file_relationship_document_success",
        **{f"company[address][{part}]": value for part, value in _address(case).items()},
    }


def _profile(scenario: str) -> dict[str, str]:
    bad = scenario == "website"
    return {
        "business_profile[mcc]": "5947",
        "business_profile[url]": f"https://{'in' if bad else ''}accessible.stripe.com",
        "business_profile[product_description]": "Handmade things, sent within two days.",
        "business_profile[support_phone]": "0000000000",
        "business_profile[name]": "Rosen's things",
        "settings[payments][statement_descriptor]": "ROSENS THINGS",
        "settings[card_payments][statement_descriptor_prefix]": "ROSENS",
    }


def _bank(case: Case, scenario: str) -> dict[str, str]:
    form = case.country.bank
    digits = next((d for d, code in banks.PAYOUT_FAILURES.items() if code == scenario), None)
    return {
        "external_account[account_holder_name]": "Jenny Rosen",
        "external_account[routing_number]": form.routing_test,
        "external_account[account_number]": (
            banks.ending(form, digits) if digits else form.account_test
        ),
    }
