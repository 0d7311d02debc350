"""Which name of Accounts v2 is which name of v1: the dictionary between the two views.

Each pair is (v2, v1), as dotted paths of plain values. Reading goes through it from right to
left, writing from left to right, and the names of requirements and of refused parameters are
translated with it too.

https://docs.stripe.com/api/v2/core/accounts/object https://docs.stripe.com/api/accounts/object
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.updates import reach

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
JAPANESE_ADDRESS = (*ADDRESS, "town")
_SCRIPTS = ("kana", "kanji")


def _same(v2: str, v1: str, names: tuple[str, ...] | str) -> tuple[tuple[str, str], ...]:
    words = names.split() if isinstance(names, str) else names
    return tuple((f"{v2}.{name}", f"{v1}.{name}") for name in words)


MERCHANT = (
    ("mcc", "business_profile.mcc"),
    *_same("branding", "settings.branding", "icon logo primary_color secondary_color"),
    *_same(
        "card_payments.decline_on",
        "settings.card_payments.decline_on",
        "avs_failure cvc_failure",
    ),
    ("bacs_debit_payments.display_name", "settings.bacs_debit_payments.display_name"),
    ("sepa_debit_payments.creditor_id", "settings.sepa_debit_payments.creditor_id"),
    ("statement_descriptor.descriptor", "settings.payments.statement_descriptor"),
    ("statement_descriptor.prefix", "settings.card_payments.statement_descriptor_prefix"),
    *(
        (
            f"script_statement_descriptor.{script}.descriptor",
            f"settings.payments.statement_descriptor_{script}",
        )
        for script in _SCRIPTS
    ),
    *(
        (
            f"script_statement_descriptor.{script}.prefix",
            f"settings.card_payments.statement_descriptor_prefix_{script}",
        )
        for script in _SCRIPTS
    ),
    *(
        (f"support.{name}", f"business_profile.support_{name}")
        for name in "email phone url".split()
    ),
    *_same("support.address", "business_profile.support_address", ADDRESS),
)
BUSINESS = (
    ("registered_name", "company.name"),
    ("phone", "company.phone"),
    ("structure", "company.structure"),
    *_same("address", "company.address", ADDRESS),
    *_same("registration_date", "company.registration_date", "day month year"),
    *(
        pair
        for script in _SCRIPTS
        for pair in _same(
            f"script_addresses.{script}", f"company.address_{script}", JAPANESE_ADDRESS
        )
    ),
    *((f"script_names.{s}.registered_name", f"company.name_{s}") for s in _SCRIPTS),
    *(
        (f"documents.primary_verification.front_back.{s}", f"company.verification.document.{s}")
        for s in ("back", "front")
    ),
    ("estimated_worker_count", "business_profile.estimated_worker_count"),
    ("annual_revenue.amount.value", "business_profile.annual_revenue.amount"),
    ("annual_revenue.amount.currency", "business_profile.annual_revenue.currency"),
    ("annual_revenue.fiscal_year_end", "business_profile.annual_revenue.fiscal_year_end"),
    (
        "monthly_estimated_revenue.amount.value",
        "business_profile.monthly_estimated_revenue.amount",
    ),
    (
        "monthly_estimated_revenue.amount.currency",
        "business_profile.monthly_estimated_revenue.currency",
    ),
)
PERSON = (
    ("given_name", "first_name"),
    ("surname", "last_name"),
    ("email", "email"),
    ("phone", "phone"),
    ("legal_gender", "gender"),
    ("political_exposure", "political_exposure"),
    *_same("address", "address", ADDRESS),
    *_same("date_of_birth", "dob", "day month year"),
    *_same(
        "relationship",
        "relationship",
        "authorizer director executive legal_guardian owner percent_ownership representative title",
    ),
    *(
        pair
        for script in _SCRIPTS
        for pair in _same(f"script_addresses.{script}", f"address_{script}", JAPANESE_ADDRESS)
    ),
    *(
        pair
        for script in _SCRIPTS
        for pair in (
            (f"script_names.{script}.given_name", f"first_name_{script}"),
            (f"script_names.{script}.surname", f"last_name_{script}"),
        )
    ),
    *(
        (f"documents.primary_verification.front_back.{s}", f"verification.document.{s}")
        for s in ("back", "front")
    ),
    *(
        (
            f"documents.secondary_verification.front_back.{s}",
            f"verification.additional_document.{s}",
        )
        for s in ("back", "front")
    ),
)
_PERSONS_PROVIDED = tuple(
    (f"identity.attestations.persons_provided.{name}", f"company.{name}_provided")
    for name in ("directors", "executives", "owners")
)
ACCOUNT = (
    ("contact_email", "email"),
    ("display_name", "settings.dashboard.display_name"),
    ("defaults.currency", "default_currency"),
    ("defaults.profile.business_url", "business_profile.url"),
    ("defaults.profile.doing_business_as", "business_profile.name"),
    ("defaults.profile.product_description", "business_profile.product_description"),
    ("identity.entity_type", "business_type"),
    *((f"configuration.merchant.{v2}", v1) for v2, v1 in MERCHANT),
    *((f"identity.business_details.{v2}", v1) for v2, v1 in BUSINESS),
    *_PERSONS_PROVIDED,
    (
        "identity.attestations.persons_provided.ownership_exemption_reason",
        "company.ownership_exemption_reason",
    ),
)
# Moments: text in v2, unix seconds in v1. v1 has no representative_declaration by that name.
SIGNED = (
    ("identity.attestations.terms_of_service.account", "tos_acceptance"),
    ("identity.attestations.directorship_declaration", "company.directorship_declaration"),
    ("identity.attestations.ownership_declaration", "company.ownership_declaration"),
    ("identity.attestations.representative_declaration", "company.representative_declaration"),
)

_TO_V2 = {
    **{v1: v2 for v2, v1 in ACCOUNT},
    **{f"{v1}.{part}": f"{v2}.{part}" for v2, v1 in SIGNED for part in ("date", "ip")},
    "company.tax_id": "identity.business_details.id_numbers",
    "company.verification.document": "identity.business_details.documents.primary_verification",
}
_PERSON_TO_V2 = {
    **{v1: v2 for v2, v1 in PERSON},
    "id_number": "id_numbers",
    "ssn_last_4": "id_numbers",
    "verification.document": "documents.primary_verification",
    "verification.additional_document": "documents.secondary_verification",
}


def requirement(name: str) -> str:
    """The description that v2 gives to a requirement of v1.

    Seen in Stripe's answers for accounts and individuals; for the persons of a company the words
    are a guess: those of an individual, with the person named in `reference`.
    """
    prefix, _, rest = name.partition(".")
    if prefix == "individual":
        return f"identity.individual.{_PERSON_TO_V2.get(rest, rest)}"
    if prefix.startswith("person_"):
        return f"person.{_PERSON_TO_V2.get(rest, rest)}"
    return _TO_V2.get(name, name)


def parameter(param: str) -> str:
    """A refused parameter of v1 (`business_profile[url]`) in the words of v2, dotted."""
    return requirement(param.replace("[", ".").replace("]", ""))


def picked(source: dict[str, Any], pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What a v2 request says, as a v1 hash: only what is there; None (unset) becomes ""."""
    told: dict[str, Any] = {}
    for v2, v1 in pairs:
        holder, _, name = v2.rpartition(".")
        inside = reach(source, holder) if holder else source
        if isinstance(inside, dict) and name in inside:
            value = inside[name]
            put(told, v1, "" if value is None else value)
    return told


def laid_out(source: dict[str, Any], pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A stored v1 object as v2 prints it: every name, hashes that are wholly empty as null."""
    told: dict[str, Any] = {}
    for v2, v1 in pairs:
        put(told, v2, reach(source, v1))
    return {name: _or_null(value) for name, value in told.items()}


def _or_null(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _or_null(item) for name, item in value.items()}
    return inner if any(item is not None for item in inner.values()) else None


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Set `a.b.c`, making the hashes on the way."""
    *steps, last = path.split(".")
    for step in steps:
        target = target.setdefault(step, {})
    target[last] = value
