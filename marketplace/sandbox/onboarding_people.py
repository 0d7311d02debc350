"""The hosted form's pages about people: the individual, or everybody behind a company.

A company has a page for its representative, one for every other person of whom something is due,
and one that asks whether anybody is missing. The rule that bites: who owns a quarter or more, and
in many countries who directs, must be named, until the company says that nobody is left out.

https://docs.stripe.com/connect/required-verification-information
"""

from __future__ import annotations

from typing import Any

from . import requirements
from .onboarding_form import Field, Step, parameter
from .requirements import Case
from .updates import reach

REPRESENTATIVE, GATHERING = "representative", "people"
ROLE = "another[role]"
"""The field that adds somebody."""

LEAVES = "remove"
"""The field that takes somebody off the list."""

BIRTHDAY = "1 January 1901 passes after a moment, 1902 at once; any other date needs a document."
"""Said below the date of birth."""

DOCUMENTS = (
    ("file_identity_document_success", "A passport that passes"),
    ("file_identity_document_failure", "A passport that fails"),
)
# requirement without its first word -> label, input type, autocomplete, hint
LABELS: dict[str, tuple[str, str, str, str]] = {
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
_GATHERINGS = (("nobody", "Nobody else"), ("another", "One more owner"))


def individual(case: Case, due: set[str]) -> Step:
    """The one person of an individual's account."""
    payments = set(case.account["_requested"]) != {"transfers"}
    names = requirements.identity(case.country, payments=payments)
    intro = "Stripe must know who you are before it pays you."
    fields = _fields(case, "individual", "individual", names, due)
    return Step("identity", "About you", intro, fields, _SCENARIOS)


def behind_company(case: Case, due: set[str]) -> list[Step]:
    """The pages of a company's people, those of the representative first."""
    found = [_representative(case, due)]
    found += [
        _other(case, person, due)
        for person in reversed(case.people)  # who was added last comes last
        if not reach(person, "relationship.representative")
    ]
    if case.account["business_type"] == "company":
        found.append(_gathering(case))
    return found


def representative(case: Case) -> dict[str, Any] | None:
    """The person who speaks for a company."""
    for person in case.people:
        if reach(person, "relationship.representative"):
            return person
    return None


def _representative(case: Case, due: set[str]) -> Step:
    person = representative(case)
    mark = person["id"] if person else "person"
    names = requirements.identity(case.country, payments=True)
    title = Field(
        "person[relationship][title]", f"{mark}.relationship.title", "Job title", required=False
    )
    return Step(
        REPRESENTATIVE, "Representative", "Who speaks for the company?",
        (*_fields(case, "person", mark, names, due), title, *_roles(case)), _SCENARIOS,
        person=person["id"] if person else "",
    )  # fmt: skip


def _other(case: Case, person: dict[str, Any], due: set[str]) -> Step:
    mark = person["id"]
    names = [name.partition(".")[2] for name in requirements.of_person(case, person)]
    fields = _fields(case, "person", mark, names, due)
    leaves = Field(
        LEAVES, f"{mark}.remove", "Take this person off the list", "checkbox", required=False
    )
    called = " ".join(filter(None, (person["first_name"], person["last_name"])))
    intro = "An owner or director of the company."
    return Step(
        mark, called or "Another person", intro, (*fields, *_roles(case), leaves), _SCENARIOS,
        person=mark,
    )  # fmt: skip


def _roles(case: Case) -> list[Field]:
    """What a person is besides, where it matters."""
    found = [
        Field(
            "person[relationship][owner]", "relationship.owner",
            "Owns 25% or more of the company", "checkbox", required=False,
        )
    ]  # fmt: skip
    if case.country.directors:
        name, words = "person[relationship][director]", "Is a director of the company"
        found.append(Field(name, "relationship.director", words, "checkbox", required=False))
    return found if case.account["business_type"] == "company" else []


def _gathering(case: Case) -> Step:
    """Everybody, or somebody more?"""
    roles = [("owner", "Owner of 25% or more")]
    boxes = [("owners", "relationship.owner", "Nobody else owns 25% or more")]
    if case.country.directors:
        roles += [("director", "Director"), ("owner director", "Owner and director")]
        boxes.append(("directors", "relationship.director", "There are no other directors"))
    fields = [
        Field(
            f"company[{whose}_provided]", requirement, words, "checkbox",
            required=not case.has(requirement),
        )
        for whose, requirement, words in boxes
    ]  # fmt: skip
    fields += [
        Field(
            ROLE, "another.role", "Add a person", "select", options=tuple(roles), required=False,
            hint="Their details are asked for on a page of their own.",
        ),
        Field("another[first_name]", "another.first_name", "Their first name", required=False),
        Field("another[last_name]", "another.last_name", "Their last name", required=False),
    ]  # fmt: skip
    intro = "Everybody who owns a quarter of the company or more, and everybody who directs it."
    title = "Owners and directors" if case.country.directors else "Owners"
    return Step(GATHERING, title, intro, tuple(fields), _GATHERINGS)


def _fields(
    case: Case, prefix: str, mark: str, names: list[str], due: set[str]
) -> tuple[Field, ...]:
    """The inputs for what identifies a person, and for what a check has asked for since."""
    wanted = [*names, *(n for n in ("id_number", "verification.document") if f"{mark}.{n}" in due)]
    wanted = [name for name in wanted if not name.startswith("relationship.")]
    return tuple(_field(case, prefix, mark, name) for name in dict.fromkeys(wanted))


def _field(case: Case, prefix: str, mark: str, name: str) -> Field:
    requirement = f"{mark}.{name}"
    if name == "verification.document":
        full = f"{prefix}[verification][document][front]"
        label = "Identity document"
        hint = "Choose a test document; nothing is uploaded."
        return Field(full, requirement, label, "select", hint=hint, options=DOCUMENTS)
    full = parameter(f"{prefix}.{name}")
    if name == "id_number":
        label = case.country.id_label or "Identity number"
        return Field(full, requirement, label, hint="000000000 passes, 111111111 does not.")
    if name == "address.state":
        return Field(full, requirement, case.country.state_label, autocomplete="address-level1")
    words = name.replace(".", " ").replace("_", " ").capitalize()
    label, type_, autocomplete, hint = LABELS.get(name, (words, "text", "off", ""))
    return Field(full, requirement, label, type_, autocomplete, hint)
