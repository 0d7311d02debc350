"""What Stripe's checks say about the data of an account: decided by the documented test values.

A subject (a person, the company, the business profile) is examined once everything that is due
up front was given. The outcome comes at once for the values that Stripe documents as immediate,
otherwise a moment later; until then the account is waiting for verification. Data that changes is
examined again.

https://docs.stripe.com/connect/testing-verification
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import documents
from .updates import reach

MOMENT = 3
"""Seconds until the outcome of an ordinary check; Stripe takes seconds to days."""

_MATCH, _MATCH_AT_ONCE, _LISTED = (1901, 1, 1), (1902, 1, 1), (1900, 1, 1)
_EVERYTHING = ("charges", "payouts")


@dataclass(frozen=True)
class Problem:
    """One thing that did not hold: the requirement it makes due, Stripe's code, a sentence."""

    requirement: str
    code: str
    reason: str
    blocks: tuple[str, ...] = _EVERYTHING


@dataclass(frozen=True)
class Outcome:
    """What an examination found.

    `listed`: the name is on a list, and only Stripe can clear it. `endless`: the check does not
    end by itself. `paused`: the account is paused as inactive. `risky`: Stripe looks closer.
    """

    problems: list[Problem] = field(default_factory=list)
    at_once: bool = False
    listed: bool = False
    endless: bool = False
    paused: bool = False
    risky: bool = False


_URLS = {
    "disallowed": ("invalid_url_denylisted", "The website is of a business that is not allowed."),
    "geoblocked": (
        "invalid_url_website_inaccessible_geoblocked",
        "The website cannot be reached from every country.",
    ),
    "problem": ("invalid_url_website_other", "The website could not be verified."),
    "missing": ("invalid_url_website_incomplete", "The website lacks required information."),
    "mismatch": (
        "invalid_url_website_business_information_mismatch",
        "The website does not match what the account says about the business.",
    ),
    "passwordprotected": (
        "invalid_url_website_inaccessible_password_protected",
        "The website asks for a password.",
    ),
    "underconstruction": (
        "invalid_url_website_incomplete_under_construction",
        "The website is under construction.",
    ),
    "inaccessible": ("invalid_url_website_inaccessible", "The website cannot be reached."),
}
_NAMES = {
    "disallowed_dba": (
        "invalid_business_profile_name_denylisted",
        "The business name is not allowed.",
    ),
    "invalid_dba": ("invalid_business_profile_name", "The business name could not be verified."),
}
_TAX_IDS = {
    "222221000": (
        "documents.proof_of_registration.files",
        "verification_requires_additional_proof_of_registration",
        "The company was not found in the register. Provide proof of its registration.",
    ),
    "111111111": (
        "company.tax_id",
        "verification_failed_tax_id_match",
        "The tax number does not belong to a company of this name.",
    ),
    "111111112": (
        "company.tax_id",
        "verification_failed_tax_id_not_issued",
        "The tax number was never issued.",
    ),
    "222221001": (
        "relationship.owner",
        "verification_missing_owners",
        "The owners are not those of the company register.",
    ),
    "222221003": (
        "relationship.owner",
        "verification_missing_owners",
        "Owners of the company are missing.",
    ),
    "222221002": (
        "relationship.director",
        "verification_directors_mismatch",
        "The directors are not those of the company register.",
    ),
    "222221004": (
        "relationship.director",
        "verification_missing_directors",
        "Directors of the company are missing.",
    ),
}
_PENDING_TAX_ID = "222221005"
_REGISTERED = 2
"""How many people of a role the registers behind those numbers know. Stripe tells which number
finds people missing, not what settles it; here naming as many as the register does settles it."""

_RISKY = "_high_risk"
_DESCRIPTORS = {
    ("settings.payments.statement_descriptor", "mismatch"): (
        "invalid_statement_descriptor_business_mismatch",
        "The statement descriptor does not look like the name of the business.",
    ),
    ("settings.payments.statement_descriptor", "disallowed"): (
        "invalid_statement_descriptor_denylisted",
        "The statement descriptor is not allowed.",
    ),
    ("settings.card_payments.statement_descriptor_prefix", "mismatch"): (
        "invalid_statement_descriptor_prefix_mismatch",
        "The prefix of the statement descriptor does not look like the name of the business.",
    ),
    ("settings.card_payments.statement_descriptor_prefix", "disallowed"): (
        "invalid_statement_descriptor_prefix_denylisted",
        "The prefix of the statement descriptor is not allowed.",
    ),
}
_OWNERSHIP = "bank_account_ownership_verification"
_UNPROVEN_BANK = "999999992"
_COMPANY_NAMES = {
    "disallowed_name": ("invalid_company_name_denylisted", "The company's name is not allowed."),
    "match_name_only": (
        "verification_failed_keyed_match",
        "Only the company's name could be verified.",
    ),
}
_DIRECTORS = {
    "mismatch_director": "verification_directors_mismatch",
    "missing_director": "verification_missing_directors",
    "extraneous_director": "verification_extraneous_directors",
}
_OWNERS = {
    "mismatch_owner": "verification_missing_owners",
    "extraneous_owner": "verification_missing_owners",
}


def examine_person(person: dict[str, Any], prefix: str) -> Outcome:
    """Check a person; `prefix` names them in requirements (`individual` or `person_…`)."""
    front = _document(person)
    if front == documents.IDENTITY_BAD:
        return Outcome([_bad_document(prefix)])
    problems = [*_role_problems(person), *_bad_papers(person, f"{prefix}.documents")]
    # A good test document outweighs the test numbers. Any uploaded file counts as a good one.
    if front:
        return Outcome(problems)
    dob = person.get("dob") or {}
    born = (dob.get("year"), dob.get("month"), dob.get("day"))
    id_number = person.get("_id_number")
    problems += _address_problems(person, prefix)
    roles = person.get("relationship") or {}
    if not any(born) and not (roles.get("owner") or roles.get("representative")):
        return Outcome(problems)  # a director of whom only the name is asked
    if born not in {_MATCH, _MATCH_AT_ONCE, _LISTED} or id_number == "111111111":
        reason = "The name, date of birth and number could not be verified. Provide a document."
        document = f"{prefix}.verification.document"
        problems.append(Problem(document, "verification_failed_keyed_identity", reason))
    elif person.get("_ssn_last_4") == "1111" and not id_number:
        reason = "The last four digits could not be verified. Provide the whole number."
        number = f"{prefix}.id_number"
        problems.append(Problem(number, "verification_failed_id_number_match", reason))
    at_once = born == _MATCH_AT_ONCE or id_number == "222222222"
    return Outcome(problems, at_once=at_once, listed=born == _LISTED)


def _document(subject: dict[str, Any]) -> str | None:
    """What the front of a person's or company's document is worth: a test token, or None."""
    front = reach(subject, "verification.document.front")
    worth: str | None = reach(subject, "verification.document._front") or front
    return worth


def _bad_document(prefix: str) -> Problem:
    return Problem(
        f"{prefix}.verification.document",
        "verification_document_failed_test_mode",
        "The document could not be verified (a test document that always fails).",
    )


def _bad_papers(subject: dict[str, Any], prefix: str) -> list[Problem]:
    """The papers of a `documents` hash that stand for a failure."""
    return [
        Problem(f"{prefix}.{kind}.files", *documents.RELATION_BAD[token])
        for kind, files in sorted(subject.get("_papers", {}).items())
        for token in files
        if token in documents.RELATION_BAD
    ]


def _address_problems(person: dict[str, Any], prefix: str) -> list[Problem]:
    if reach(person, "address.line1") not in {"address_no_match", "address_line1_no_match"}:
        return []
    return [
        Problem(
            f"{prefix}.address.line1",
            "verification_failed_address_match",
            "The address could not be verified.",
        )
    ]


def _role_problems(person: dict[str, Any]) -> list[Problem]:
    """Owners and directors whose first name asks for it do not match the register."""
    name = person.get("first_name") or ""
    roles = person.get("relationship") or {}
    if roles.get("director") and name in _DIRECTORS:
        reason = "The directors are not those of the company register."
        return [Problem("relationship.director", _DIRECTORS[name], reason)]
    if roles.get("owner") and name in _OWNERS:
        reason = "The owners are not those of the company register."
        return [Problem("relationship.owner", _OWNERS[name], reason)]
    return []


def examine_company(company: dict[str, Any]) -> Outcome:
    """Check a company by its tax number, name, address and documents.

    A document (or, for a company that is in no register, proof of registration) outweighs the
    number.
    """
    front = _document(company)
    if front == documents.IDENTITY_BAD:
        return Outcome([_bad_document("company")])
    problems = []
    tax_id = company.get("_tax_id") or ""
    proven = bool(front or company.get("_papers", {}).get("proof_of_registration"))
    if tax_id in _TAX_IDS and not proven and company.get("_listed", 0) < _REGISTERED:
        problems.append(Problem(*_TAX_IDS[tax_id]))
    if company.get("name") in _COMPANY_NAMES:
        problems.append(Problem("company.name", *_COMPANY_NAMES[company["name"]]))
    line1 = reach(company, "address.line1")
    if line1 in {"address_no_match", "address_line1_no_match"}:
        problems.append(
            Problem(
                "company.address.line1",
                "verification_failed_address_match",
                "The company's address could not be verified.",
                ("payouts",) if line1 == "address_no_match" else _EVERYTHING,
            )
        )
    name = str(company.get("name") or "")
    return Outcome(
        problems,
        at_once=tax_id == "222222222",
        endless=tax_id == _PENDING_TAX_ID and not proven,
        risky=name.endswith(_RISKY),
    )


def listed(company: dict[str, Any], people: list[dict[str, Any]]) -> int:
    """How many of a company's people have the role in which its register finds somebody missing."""
    requirement, *_ = _TAX_IDS.get(company.get("_tax_id") or "", ("",))
    return sum(bool(reach(person, requirement)) for person in people)


def examine_profile(profile: dict[str, Any]) -> Outcome:
    """Check the business profile and the statement descriptors; the outcome is known at once."""
    problems = []
    host = urlsplit(profile.get("url") or "").hostname or ""
    kind, _, rest = host.partition(".")
    if rest == "stripe.com" and kind in _URLS:
        problems.append(Problem("business_profile.url", *_URLS[kind]))
    name = profile.get("name")
    if name in _NAMES:
        problems.append(Problem("business_profile.name", *_NAMES[name]))
    if profile.get("product_description") == "require_url" and not profile.get("url"):
        reason = "The business has a website; its address is required."
        problems.append(
            Problem("business_profile.url", "invalid_url_web_presence_detected", reason)
        )
    for (requirement, word), told in _DESCRIPTORS.items():
        if str(reach(profile, f"_{requirement}") or "").lower() == word:
            problems.append(Problem(requirement, *told))
    return Outcome(
        problems,
        at_once=True,
        paused=host == "inactivity.stripe.com",
        risky=str(name or "").endswith(_RISKY),
    )


def examine_papers(held: dict[str, Any]) -> Outcome:
    """Check the account's own papers, and whether a US bank account is the seller's.

    Who owns the bank account matters for payouts only. That the requirement is named after the
    paper that settles it is documented; its error code is not, so the general one is sent.
    """
    problems = _bad_papers(held, "documents")
    if held["unproven"] and not held["_papers"].get(_OWNERSHIP):
        problems.append(
            Problem(
                f"documents.{_OWNERSHIP}.files",
                "verification_failed_other",
                "The bank account could not be tied to the seller. Provide a statement of it.",
                ("payouts",),
            )
        )
    return Outcome(problems, at_once=True)


def is_unproven(bank: dict[str, Any]) -> bool:
    """Whether Stripe cannot tell by itself who owns this bank account (a US test number)."""
    return bank.get("country") == "US" and str(bank.get("_number", "")).endswith(_UNPROVEN_BANK)
