"""The forms in the words of Accounts v2: `identity`, `configuration`, `defaults`, and persons.

Pure: what Stripe answers becomes a `Dossier` with the names of v1, answers become parameters of
v2. `WORDS` is the dictionary between the two, read in both directions, longest name first; a name
that only one part of is known keeps the rest, so an unknown question still lands inside the right
hash. The rule that bites: v2 writes countries in small letters, moments as text, and numbers as a
list of typed ones.
https://docs.stripe.com/api/v2/core/accounts/update
https://docs.stripe.com/api/v2/core/persons/create
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

from marketplace.accounts import v2
from marketplace.accounts.state import Problem, Requirement
from marketplace.design import AccountsApi
from marketplace.onboarding.api import numbers
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.dossier import ROLES, Dossier, Person, flat, is_person, nested

# What has to be asked for besides that which `accounts.v2` reads.
INCLUDE = [*v2.INCLUDE, "identity"]
MARK = "form"

_DETAILS, _ATTESTED = "identity.business_details", "identity.attestations"
# (v2, v1): names of the account, or beginnings of names.
WORDS = (
    ("contact_email", "email"),
    ("identity.entity_type", "business_type"),
    ("identity.country", "country"),
    ("defaults.profile.business_url", "business_profile.url"),
    ("defaults.profile.doing_business_as", "business_profile.name"),
    ("defaults.profile.product_description", "business_profile.product_description"),
    ("defaults.profile", "business_profile"),
    ("configuration.merchant.mcc", "business_profile.mcc"),
    ("configuration.merchant.support.email", "business_profile.support_email"),
    ("configuration.merchant.support.phone", "business_profile.support_phone"),
    ("configuration.merchant.support.url", "business_profile.support_url"),
    ("configuration.merchant.support.address", "business_profile.support_address"),
    (
        "configuration.merchant.statement_descriptor.descriptor",
        "settings.payments.statement_descriptor",
    ),
    (
        "configuration.merchant.statement_descriptor.prefix",
        "settings.card_payments.statement_descriptor_prefix",
    ),
    (f"{_DETAILS}.annual_revenue.amount.value", "business_profile.annual_revenue.amount"),
    (f"{_DETAILS}.annual_revenue.amount.currency", "business_profile.annual_revenue.currency"),
    (f"{_DETAILS}.annual_revenue", "business_profile.annual_revenue"),
    (f"{_DETAILS}.estimated_worker_count", "business_profile.estimated_worker_count"),
    (
        f"{_DETAILS}.monthly_estimated_revenue.amount.value",
        "business_profile.monthly_estimated_revenue.amount",
    ),
    (
        f"{_DETAILS}.monthly_estimated_revenue.amount.currency",
        "business_profile.monthly_estimated_revenue.currency",
    ),
    (f"{_DETAILS}.registered_name", "company.name"),
    (f"{_DETAILS}.script_names.kana.registered_name", "company.name_kana"),
    (f"{_DETAILS}.script_names.kanji.registered_name", "company.name_kanji"),
    (f"{_DETAILS}.script_addresses.kana", "company.address_kana"),
    (f"{_DETAILS}.script_addresses.kanji", "company.address_kanji"),
    (f"{_DETAILS}.id_numbers", "company.tax_id"),
    (f"{_DETAILS}.documents.primary_verification", "company.verification.document"),
    (f"{_DETAILS}.documents", "documents"),
    (_DETAILS, "company"),
    (f"{_ATTESTED}.persons_provided.owners", "company.owners_provided"),
    (f"{_ATTESTED}.persons_provided.directors", "company.directors_provided"),
    (f"{_ATTESTED}.persons_provided.executives", "company.executives_provided"),
    (
        f"{_ATTESTED}.persons_provided.ownership_exemption_reason",
        "company.ownership_exemption_reason",
    ),
    (f"{_ATTESTED}.ownership_declaration", "company.ownership_declaration"),
    (f"{_ATTESTED}.directorship_declaration", "company.directorship_declaration"),
    (f"{_ATTESTED}.representative_declaration", "company.representative_declaration"),
    (f"{_ATTESTED}.terms_of_service.account", "tos_acceptance"),
    (f"{_ATTESTED}.terms_of_service", "tos_acceptance"),
    ("identity.individual", "individual"),
)
# The same for people, without who it is.
OF_PEOPLE = (
    ("given_name", "first_name"),
    ("surname", "last_name"),
    ("date_of_birth", "dob"),
    ("legal_gender", "gender"),
    ("nationalities", "nationality"),
    ("id_numbers", "id_number"),
    ("additional_names", "full_name_aliases"),
    ("documents.primary_verification", "verification.document"),
    ("documents.secondary_verification", "verification.additional_document"),
    ("script_names.kana.given_name", "first_name_kana"),
    ("script_names.kana.surname", "last_name_kana"),
    ("script_names.kanji.given_name", "first_name_kanji"),
    ("script_names.kanji.surname", "last_name_kanji"),
    ("script_addresses.kana", "address_kana"),
    ("script_addresses.kanji", "address_kanji"),
)
# Papers have no `.files` in the names of v2's requirements.
_PAPERS = "documents."


def in_words_of_v1(code: str) -> str:
    """The name that v1 has for a requirement or a refused parameter of v2."""
    first, _, rest = code.partition(".")
    if is_person(first) and rest:
        return _with_files(f"{first}.{_turned(rest, OF_PEOPLE)}")
    found = _turned(code, WORDS)
    if found.startswith("individual."):
        found = f"individual.{_turned(found.removeprefix('individual.'), OF_PEOPLE)}"
    return _with_files(found)


def in_words_of_v2(code: str) -> str:
    """The parameter of v2 for an answer to a question of v1's name, people's included."""
    if code.startswith("individual."):
        rest = code.removeprefix("individual.")
        return f"identity.individual.{person_word(rest)}"
    return _turned(code, tuple((v1, v2_) for v2_, v1 in WORDS))


def person_word(code: str) -> str:
    """The parameter of a v2 person for a name of v1 without the person's id."""
    return _turned(code, tuple((v1, v2_) for v2_, v1 in OF_PEOPLE))


def _turned(code: str, pairs: Iterable[tuple[str, str]]) -> str:
    """`code` with the longest beginning that the pairs know exchanged for the other's."""
    best = ("", "")
    for mine, other in pairs:
        if (code == mine or code.startswith(f"{mine}.")) and len(mine) > len(best[0]):
            best = (mine, other)
    return best[1] + code.removeprefix(best[0]) if best[0] else code


def _with_files(code: str) -> str:
    head, _, last = code.rpartition(_PAPERS)
    is_paper = bool(last) and "." not in last and f"{head}{_PAPERS}{last}" == code
    return f"{code}.files" if is_paper and "verification.document" not in code else code


def read(
    account: Mapping[str, Any],
    people: Iterable[Mapping[str, Any]],
    banks: Iterable[Mapping[str, Any]] = (),
) -> Dossier:
    """The dossier of an account (with `INCLUDE`), its persons and its banks, all as plain data."""
    state = v2.state(account, banks)
    identity = account.get("identity") or {}
    country = str(identity.get("country") or "").upper()
    names = ("identity", "defaults", "configuration")
    told = dict(flat({name: _slim(account.get(name)) for name in names}))
    values, given = _sorted(
        (in_words_of_v1(name), name, value)
        for name, value in told.items()
        if not name.startswith("identity.individual.relationship")
    )
    numbered = numbers.given(identity.get("business_details") or {}, "company.")
    individual = numbers.given(identity.get("individual") or {}, "individual.")
    return Dossier(
        api=AccountsApi.V2,
        country=country,
        currency=(account.get("defaults") or {}).get("currency") or "usd",
        requirements=_requirements(state.requirements),
        problems=tuple(
            Problem(in_words_of_v1(it.requirement), it.code, it.reason) for it in state.problems
        ),
        values=values,
        given=given | numbered | individual,
        people=tuple(person(one) for one in people),
        banks=state.banks,
        instead=dict(_alternatives((account.get("requirements") or {}).get("alternatives") or ())),
    )


def _requirements(found: Iterable[Requirement]) -> tuple[Requirement, ...]:
    seen: dict[str, Requirement] = {}
    for it in found:
        code = in_words_of_v1(it.code)
        seen.setdefault(code, replace(it, code=code))
    return tuple(seen.values())


def person(found: Mapping[str, Any]) -> Person:
    """One of the people of an account."""
    told = dict(flat(_slim(found)))
    values, given = _sorted(
        (in_words_of_v1(f"person_x.{name}").removeprefix("person_x."), name, value)
        for name, value in told.items()
    )
    relationship = found.get("relationship") or {}
    return Person(
        stripe_id=found["id"],
        roles=frozenset(role for role in ROLES if relationship.get(role)),
        values=values,
        given=given | numbers.given(found, ""),
        mark=(found.get("metadata") or {}).get(MARK, ""),
    )


def _slim(value: Any) -> Any:  # noqa: ANN401 - an answer of Stripe's
    """Without capabilities and responsibilities, which nobody answers, and lists of objects."""
    if not isinstance(value, Mapping):
        return value
    skipped = {"capabilities", "responsibilities", "metadata", "payout_methods", "id_numbers"}
    return {name: _slim(inner) for name, inner in value.items() if name not in skipped}


def _sorted(
    told: Iterable[tuple[str, str, str]],
) -> tuple[dict[str, str], frozenset[str]]:
    values: dict[str, str] = {}
    given = set()
    for name, _, value in told:
        if ".front_back." in name:
            given.add(name.replace(".front_back.", "."))
        elif name.endswith("_declaration.date"):
            values[name.removesuffix(".date")] = "yes"
        elif name.endswith(".country"):
            values[name] = value.upper()
        elif name.endswith(".percent_ownership"):
            values[name] = f"{float(value):g}"  # a decimal in text, with or without its zeros
        else:
            values[name] = value
    return values, frozenset(given)


def _alternatives(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for it in found:
        others = tuple(
            in_words_of_v1(entry["description"])
            for option in it.get("options") or ()
            for entry in option.get("entries") or ()
        )
        for original in it.get("original_entries") or ():
            yield in_words_of_v1(original["description"]), others


def account_params(
    answers: Mapping[str, Any], signature: Signature, country: str = ""
) -> dict[str, Any]:
    """The request that changes an account. https://docs.stripe.com/api/v2/core/accounts/update"""
    told: dict[str, Any] = {}
    own, listed = _without_numbers(answers)
    if company := numbers.of_company(listed, country):
        told["identity.business_details.id_numbers"] = company
    if individual := numbers.of_person(listed, country, "individual."):
        told["identity.individual.id_numbers"] = individual
    for code, value in own.items():
        told |= dict(_one(in_words_of_v2(code), code, value, signature))
    return nested(told)


def person_params(
    answers: Mapping[str, Any], signature: Signature, country: str = ""
) -> dict[str, Any]:
    """The request that adds or changes a person; the names are without the person's id."""
    told: dict[str, Any] = {}
    own, listed = _without_numbers(answers)
    if given := numbers.of_person(listed, country, ""):
        told["id_numbers"] = given
    for code, value in own.items():
        told |= dict(_one(person_word(code), code, value, signature))
    return nested(told)


def terms_params(signature: Signature, agreement: str) -> dict[str, Any]:
    """The request that agrees to Stripe's terms in the seller's name.

    v2 has no word for the service agreement: Stripe concludes it from the configurations.
    https://docs.stripe.com/api/v2/core/accounts/update
    """
    del agreement
    return nested({f"{_ATTESTED}.terms_of_service.account": _stamp(signature)})


def _without_numbers(answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    listed = {code: value for code, value in answers.items() if numbers.is_number(code)}
    return {code: value for code, value in answers.items() if code not in listed}, listed


def _one(
    name: str,
    code: str,
    value: Any,  # noqa: ANN401 - text, numbers, lists
    signature: Signature,
) -> Iterator[tuple[str, Any]]:
    head, _, side = name.rpartition(".")
    if code.endswith("_declaration"):
        yield name, _stamp(signature)
    elif head.endswith(("primary_verification", "secondary_verification")):
        yield f"{head}.type", "front_back"
        yield f"{head}.front_back.{side}", value
    elif code.endswith(".files"):
        yield head, {"type": "files", "files": [value]}
    elif code.endswith("nationality"):
        yield name, [value] if value else []
    elif code.endswith("full_name_aliases"):
        yield name, [{"full_name": one, "purpose": "alias"} for one in value]
    elif code.endswith("maiden_name"):
        yield (
            f"{head}.additional_names" if head else "additional_names",
            [{"surname": value, "purpose": "maiden"}],
        )
    elif code.endswith(("address.country", "_kana.country", "_kanji.country")):
        yield name, str(value).lower()
    elif code.endswith("percent_ownership"):
        yield name, Decimal(value) if value else None
    else:
        # v2 takes null, not an empty text, for what is taken away.
        yield name, None if value == "" else value


def _stamp(signature: Signature) -> dict[str, str]:
    moment = signature.date.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "date": moment.replace("+00:00", "Z"),
        "ip": signature.ip,
        "user_agent": signature.user_agent,
    }
