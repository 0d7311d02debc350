"""The hosted form's steps: which fields each one has, derived from what the account requires.

Nothing here knows HTTP. Every step has scenarios: sets of Stripe's test values, the first of which
passes at once. The steps about people are those of `onboarding_people`.

https://docs.stripe.com/connect/testing-verification
"""

from __future__ import annotations

from . import banks, countries, onboarding_people, requirements
from .onboarding_form import Field, Step, parameter
from .onboarding_people import LABELS
from .requirements import Case

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
_PAPERS = (
    ("file_relationship_document_success", "Papers that pass"),
    ("file_relationship_document_invalid", "Papers that fail"),
)
_DESCRIPTORS = (
    ("settings.payments.statement_descriptor", "Name on card statements"),
    ("settings.card_payments.statement_descriptor_prefix", "Short name on card statements"),
)
_BUSINESSES = (("individual", "An individual"), ("company", "A company"))
_BANK_SCENARIOS = (
    ("good", "Payouts arrive"),
    *((code, f"Payouts fail: {code.replace('_', ' ')}") for code in banks.PAYOUT_FAILURES.values()),
)


def steps(case: Case, due: set[str]) -> list[Step]:
    """Every step of this account, in order, without the review; `due` adds what was not planned."""
    kind = case.account["business_type"]
    found = [_business(case)]
    if kind == "individual":
        found.append(onboarding_people.individual(case, due))
    elif kind is not None:
        found += [_company(case, due), *onboarding_people.behind_company(case, due)]
    found += [_profile(case, due), bank(case)]
    return found


def is_due(step: Step, due: set[str]) -> bool:
    """Whether the step has anything that is still required."""
    if step.name == onboarding_people.REPRESENTATIVE and "relationship.representative" in due:
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


def _company(case: Case, due: set[str]) -> Step:
    address = [
        Field(
            f"company[address][{part}]",
            f"company.address.{part}",
            case.country.state_label if part == "state" else LABELS[f"address.{part}"][0],
        )
        for part in case.country.address
    ]
    fields = [
        Field("company[name]", "company.name", "Registered name", autocomplete="organization"),
        Field("company[tax_id]", "company.tax_id", case.country.tax_label),
        Field("company[phone]", "company.phone", "Phone", "tel", "tel"),
        *address,
    ]
    papers = (
        ("company.verification.document", onboarding_people.DOCUMENTS),
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
