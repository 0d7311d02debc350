"""The hosted form's steps: which fields each one has, derived from what the account requires.

Nothing here knows HTTP. A field is named like the parameter of Stripe's API that it becomes
(`individual[address][city]`); people of a company are `person[…]`. Every step has scenarios: sets
of Stripe's test values, the first of which passes at once.

https://docs.stripe.com/connect/testing-verification
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import banks, countries, requirements
from .requirements import Case
from .updates import reach


@dataclass(frozen=True)
class Field:
    """One input. `requirement` is the name that it satisfies."""

    name: str
    requirement: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True

    @property
    def is_birthday(self) -> bool:
        """Whether this is a part of the date of birth, which is asked for in one line."""
        return ".dob." in self.requirement

    @property
    def key(self) -> str:
        """An id for labels and messages."""
        return self.name.replace("[", "-").replace("]", "")

    def words(self, value: str) -> str:
        """A value as people read it."""
        return "Yes" if self.type == "checkbox" else dict(self.options).get(value, value)


@dataclass(frozen=True)
class Step:
    """One page of the form."""

    name: str
    title: str
    intro: str
    fields: tuple[Field, ...]
    scenarios: tuple[tuple[str, str], ...] = ()


_TYPES = (
    ("individual", "Individual or sole trader"),
    ("company", "Company"),
    ("non_profit", "Non-profit organisation"),
    ("government_entity", "Government entity"),
)
_TRADES = (
    ("5947", "Gifts, cards and souvenirs"),
    ("5945", "Hobby, toy and game shops"),
    ("5999", "Other retail"),
    ("5812", "Restaurants"),
    ("5699", "Clothing"),
    ("7299", "Personal services"),
    ("7372", "Software"),
    ("8999", "Professional services"),
)
_DOCUMENTS = (
    ("file_identity_document_success", "A passport that passes"),
    ("file_identity_document_failure", "A passport that fails"),
)
_PAPERS = (
    ("file_relationship_document_success", "Papers that pass"),
    ("file_relationship_document_invalid", "Papers that fail"),
)
_DESCRIPTORS = (
    ("settings.payments.statement_descriptor", "Name on card statements"),
    ("settings.card_payments.statement_descriptor_prefix", "Short name on card statements"),
)
BIRTHDAY = "1 January 1901 passes after a moment, 1902 at once; any other date needs a document."
"""Said below the date of birth."""
# requirement without its first word -> label, input type, autocomplete, hint
_PERSON: dict[str, tuple[str, str, str, str]] = {
    "first_name": ("First name", "text", "given-name", ""),
    "last_name": ("Last name", "text", "family-name", ""),
    "first_name_kana": ("First name (kana)", "text", "off", ""),
    "last_name_kana": ("Last name (kana)", "text", "off", ""),
    "first_name_kanji": ("First name (kanji)", "text", "off", ""),
    "last_name_kanji": ("Last name (kanji)", "text", "off", ""),
    "dob.day": ("Day", "number", "bday-day", ""),
    "dob.month": ("Month", "number", "bday-month", ""),
    "dob.year": ("Year", "number", "bday-year", ""),
    "address.line1": ("Street address", "text", "address-line1", ""),
    "address.city": ("City", "text", "address-level2", ""),
    "address.postal_code": ("Postal code", "text", "postal-code", ""),
    "email": ("E-mail", "email", "email", ""),
    "phone": ("Phone", "tel", "tel", ""),
    "ssn_last_4": ("Last four digits of the Social Security number", "text", "off", ""),
}
_SCENARIOS = (
    ("at_once", "Verified at once"),
    ("moment", "Verified after a moment"),
    ("document", "A document will be needed"),
    ("address", "The address does not match"),
)
_BUSINESSES = (("individual", "An individual"), ("company", "A company"))
_BANK_SCENARIOS = (
    ("good", "Payouts arrive"),
    *((code, f"Payouts fail: {code.replace('_', ' ')}") for code in banks.PAYOUT_FAILURES.values()),
)


def parameter(requirement: str) -> str:
    """`individual[dob][day]` from `individual.dob.day`."""
    first, *rest = requirement.split(".")
    return first + "".join(f"[{step}]" for step in rest)


def steps(case: Case, due: set[str]) -> list[Step]:
    """Every step of this account, in order, without the review; `due` adds what was not planned."""
    kind = case.account["business_type"]
    found = [_business(case)]
    if kind == "individual":
        found.append(_identity(case, "individual", case.individual, due))
    elif kind is not None:
        found += [_company(case, due), _identity(case, "person", representative(case), due)]
    found += [_profile(case, due), bank(case)]
    return found


def representative(case: Case) -> dict[str, Any] | None:
    """The person who speaks for a company."""
    for person in case.people:
        if reach(person, "relationship.representative"):
            return person
    return None


def is_due(step: Step, due: set[str]) -> bool:
    """Whether the step has anything that is still required."""
    if step.name == "representative" and "relationship.representative" in due:
        return True
    return any(field.requirement in due for field in step.fields)


def _business(case: Case) -> Step:
    fields = [Field("business_type", "business_type", "Type of business", "select", options=_TYPES)]
    if case.account["_country_open"]:
        names = sorted((c.name, c.code) for c in countries.COUNTRIES.values())
        options = tuple((code, name) for name, code in names)
        fields.insert(0, Field("country", "country", "Country", "select", options=options))
    intro = "Tell us how you do business."
    return Step("business", "Your business", intro, tuple(fields), _BUSINESSES)


def _identity(case: Case, prefix: str, person: dict[str, Any] | None, due: set[str]) -> Step:
    """The individual, or a company's representative."""
    mark = "individual" if prefix == "individual" else (person or {}).get("id", "person")
    payments = prefix == "person" or set(case.account["_requested"]) != {"transfers"}
    names = requirements.identity(case.country, payments=payments)
    names += [n for n in ("id_number", "verification.document") if f"{mark}.{n}" in due]
    fields = [_person_field(case, prefix, mark, name) for name in dict.fromkeys(names)]
    if prefix == "person":
        title = Field(
            "person[relationship][title]", f"{mark}.relationship.title", "Job title", required=False
        )
        return Step(
            "representative", "Representative", "Who speaks for the company?",
            (*fields, title), _SCENARIOS,
        )  # fmt: skip
    intro = "Stripe must know who you are before it pays you."
    return Step("identity", "About you", intro, tuple(fields), _SCENARIOS)


def _person_field(case: Case, prefix: str, mark: str, name: str) -> Field:
    requirement = f"{mark}.{name}"
    if name == "verification.document":
        full = f"{prefix}[verification][document][front]"
        label = "Identity document"
        hint = "Choose a test document; nothing is uploaded."
        return Field(full, requirement, label, "select", hint=hint, options=_DOCUMENTS)
    full = parameter(f"{prefix}.{name}")
    if name == "id_number":
        label = case.country.id_label or "Identity number"
        return Field(full, requirement, label, hint="000000000 passes, 111111111 does not.")
    if name == "address.state":
        return Field(full, requirement, case.country.state_label, autocomplete="address-level1")
    words = name.replace(".", " ").replace("_", " ").capitalize()
    label, type_, autocomplete, hint = _PERSON.get(name, (words, "text", "off", ""))
    return Field(full, requirement, label, type_, autocomplete, hint)


def _company(case: Case, due: set[str]) -> Step:
    address = [
        Field(
            f"company[address][{part}]",
            f"company.address.{part}",
            case.country.state_label if part == "state" else _PERSON[f"address.{part}"][0],
        )
        for part in case.country.address
    ]
    fields = [
        Field("company[name]", "company.name", "Registered name", autocomplete="organization"),
        Field("company[tax_id]", "company.tax_id", case.country.tax_label),
        Field("company[phone]", "company.phone", "Phone", "tel", "tel"),
        *address,
        Field(
            "company[owners_provided]", "relationship.owner",
            "Nobody else owns 25% or more", "checkbox",
        ),
    ]  # fmt: skip
    if case.country.directors:
        words = "The representative is the only director"
        directors = "relationship.director"
        fields.append(Field("company[directors_provided]", directors, words, "checkbox"))
    papers = (
        ("company.verification.document", _DOCUMENTS),
        ("documents.proof_of_registration.files", _PAPERS),
    )
    for requirement, options in papers:
        if requirement in due:
            fields.append(_paper(requirement, options))
    intro = "As it stands in the company register."
    scenarios = (("at_once", "Verified at once"), ("moment", "Verified after a moment"))
    return Step("company", "Your company", intro, tuple(fields), scenarios)


def _paper(requirement: str, options: tuple[tuple[str, str], ...]) -> Field:
    """A document of the company."""
    is_file = requirement.endswith(".files")
    name = parameter(requirement) + ("[0]" if is_file else "[front]")
    label = "Proof of registration" if is_file else "Company document"
    hint = "Choose a test document; nothing is uploaded."
    return Field(name, requirement, label, "select", hint=hint, options=options)


def _profile(case: Case, due: set[str]) -> Step:
    wanted = set(requirements.upfront(case))
    fields = (
        Field(
            "business_profile[mcc]", "business_profile.mcc", "What you sell", "select",
            options=_TRADES, required="business_profile.mcc" in wanted,
        ),
        Field(
            "business_profile[url]", "business_profile.url", "Website", "url", "url",
            "Or describe what you sell below.", required=False,
        ),
        Field(
            "business_profile[product_description]", "business_profile.product_description",
            "What customers get", "textarea",
            required="business_profile.product_description" in wanted,
        ),
        Field(
            "business_profile[support_phone]", "business_profile.support_phone",
            "Phone number for customers", "tel", "tel",
            required="business_profile.support_phone" in wanted,
        ),
        Field("business_profile[name]", "business_profile.name", "Shop name", required=False),
        *(
            Field(parameter(requirement), requirement, label)
            for requirement, label in _DESCRIPTORS
            if requirement in due
        ),
    )  # fmt: skip
    intro = "What customers see on their statements and receipts."
    scenarios = (("at_once", "A good website"), ("website", "A website that cannot be reached"))
    return Step("profile", "Business details", intro, fields, scenarios)


def bank(case: Case) -> Step:
    """Where payouts go; the Express dashboard shows the same fields."""
    form = case.country.bank
    fields = [
        Field(
            "external_account[account_holder_name]", "external_account.account_holder_name",
            "Account holder", autocomplete="name", required=False,
        ),
        Field("external_account[account_number]", "external_account", form.account_label),
    ]  # fmt: skip
    if form.routing_label:
        name = "external_account[routing_number]"
        fields.insert(1, Field(name, "external_account.routing_number", form.routing_label))
    intro = f"Where payouts in {case.country.currency.upper()} go."
    return Step("bank", "Bank account", intro, tuple(fields), _BANK_SCENARIOS)
