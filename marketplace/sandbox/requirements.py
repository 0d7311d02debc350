"""Requirements: what Stripe still wants to know, and what the account may do meanwhile.

What is due follows from the country, the kind of business, the requested capabilities and who
collects. `Case` is everything known about one account. What follows from the missing fields and
the outcome of the checks (capabilities, deadlines, `charges_enabled`) is decided in `standing`.

https://docs.stripe.com/connect/required-verification-information
https://docs.stripe.com/connect/handling-api-verification
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import configuration
from .countries import COUNTRIES, Country
from .updates import filled, reach

_TOS = ("tos_acceptance.date", "tos_acceptance.ip")
_DOB = ("dob.day", "dob.month", "dob.year")
_JAPANESE = tuple(
    f"{part}_{script}" for part in ("first_name", "last_name") for script in ("kana", "kanji")
) + tuple(
    f"address_{script}.{part}"
    for script in ("kana", "kanji")
    for part in ("postal_code", "state", "city", "town", "line1")
)


@dataclass(frozen=True)
class Case:
    """An account with its people and its banks."""

    account: dict[str, Any]
    people: list[dict[str, Any]]
    banks: list[dict[str, Any]]

    @property
    def country(self) -> Country:
        """Where the account is."""
        return COUNTRIES[self.account["country"]]

    @property
    def individual(self) -> dict[str, Any] | None:
        """The one person of an individual's account."""
        wanted = self.account["_person"]
        return next((person for person in self.people if person["id"] == wanted), None)

    def person(self, prefix: str) -> dict[str, Any] | None:
        """The person that a requirement's first word names."""
        if prefix == "individual":
            return self.individual
        return next((person for person in self.people if person["id"] == prefix), None)

    def has(self, requirement: str) -> bool:
        """Whether something was given for this requirement (right or wrong)."""
        prefix, _, rest = requirement.partition(".")
        if prefix == "external_account":
            return any(bank.get("status") != "errored" for bank in self.banks)
        if prefix == "individual" or prefix.startswith("person_"):
            return _person_has(self.person(prefix) or {}, rest)
        if prefix == "relationship":
            return self._has_role(rest)
        if prefix == "documents":
            return bool(reach(self.account, f"_papers.{rest.partition('.')[0]}"))
        if requirement == "business_profile.url":
            profile = self.account["business_profile"]
            return bool(profile.get("url") or profile.get("product_description"))
        if requirement == "company.tax_id":
            return bool(reach(self.account, "company._tax_id"))
        return filled(reach(self.account, requirement))

    def _has_role(self, role: str) -> bool:
        provided = {"owner": "owners_provided", "director": "directors_provided"}.get(role)
        if provided and reach(self.account, f"company.{provided}"):
            return True
        return any(reach(person, f"relationship.{role}") for person in self.people)


def _person_has(person: dict[str, Any], rest: str) -> bool:
    if rest == "ssn_last_4":
        return bool(person.get("_ssn_last_4") or person.get("_id_number"))
    if rest == "id_number":
        return bool(person.get("_id_number"))
    if rest == "verification.document":
        return filled(reach(person, "verification.document.front"))
    return filled(reach(person, rest))


def requested(account: dict[str, Any]) -> list[str]:
    """The requested capabilities, in the order of the request."""
    return list(account["_requested"])


def fields(case: Case, capability: str | None) -> list[str]:
    """What is due up front for one capability (None: before any is requested)."""
    account = case.account
    payments = capability not in {None, "transfers"}
    if reach(account, "tos_acceptance.service_agreement") == "recipient":
        due = []
    else:
        due = ["business_profile.mcc"] if payments else []
        due.append("business_profile.url")
    business = account["business_type"]
    if business is None:
        due = [*due, "business_type"]
    elif business == "individual":
        due += [f"individual.{name}" for name in identity(case.country, payments=payments)]
    else:
        due += _company(case, business)
        for person in case.people:
            due += of_person(case, person)
    return [*due, *_TOS]


def identity(country: Country, *, payments: bool) -> list[str]:
    """What identifies a person in this country."""
    due = [] if country.code == "JP" else ["first_name", "last_name"]
    due += _JAPANESE if country.code == "JP" else []
    due += [*_DOB, *(f"address.{part}" for part in country.address)]
    if country.code == "US":
        due.append("ssn_last_4")
    elif country.id_required:
        due.append("id_number")
    if payments or country.code == "JP":
        due += ["email", "phone"]
    return due


def _company(case: Case, business: str) -> list[str]:
    due = ["company.name", *(f"company.address.{part}" for part in case.country.address)]
    due += ["company.phone", "company.tax_id", "relationship.representative"]
    if business == "company":
        due.append("relationship.owner")
        if case.country.directors:
            due.append("relationship.director")
    return due


def of_person(case: Case, person: dict[str, Any]) -> list[str]:
    """What is due of one person of a company, by their roles."""
    roles = person.get("relationship") or {}
    names = ["first_name", "last_name", "email"]
    if roles.get("representative"):
        names = [*identity(case.country, payments=True), "relationship.executive"]
    elif roles.get("owner"):
        names = [*names, *_DOB, *(f"address.{part}" for part in case.country.address)]
    return [f"{person['id']}.{name}" for name in names]


def later(case: Case) -> list[str]:
    """What becomes due only when the account has processed more."""
    if case.account["business_type"] != "individual":
        return []
    if case.country.code == "US":
        return ["individual.id_number"]
    return [] if case.country.id_required else ["individual.verification.document"]


def upfront(case: Case) -> list[str]:
    """Everything due up front for what the account asked for, each field once."""
    wanted: list[str | None] = [*requested(case.account)] or [None]
    due = [name for capability in wanted for name in fields(case, capability)]
    if configuration.of(case.account).dashboard == "full":
        due += ["business_profile.product_description", "business_profile.support_phone"]
    return list(dict.fromkeys([*due, "external_account"]))


def missing(case: Case) -> list[str]:
    """What is due up front and was not given."""
    return [name for name in upfront(case) if not case.has(name)]
