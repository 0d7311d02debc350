"""The forms in the words of Accounts v1: an Account and its Persons.

Pure: what Stripe answers becomes a `Dossier`, answers become parameters. The names of fields are
those of v1 already, so a name nobody knows lands where it belongs by itself.
https://docs.stripe.com/api/accounts/update https://docs.stripe.com/api/persons/create
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marketplace import clock
from marketplace.accounts import v1
from marketplace.design import AccountsApi
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.dossier import ROLES, Dossier, Person, flat, nested

# What an account says of itself that is an answer to somebody's question.
_TOLD = ("business_type", "business_profile", "company", "individual", "settings", "tos_acceptance")
_PROVIDED = "_provided"
# These end like the others and are answers themselves.
_ATTESTED = frozenset({"owners_provided", "directors_provided", "executives_provided"})
MARK = "form"


def read(account: Mapping[str, Any], people: Iterable[Mapping[str, Any]]) -> Dossier:
    """The dossier of an account and its persons, both as plain data."""
    state = v1.state(account)
    told = dict(flat({name: account.get(name) for name in _TOLD}))
    values, given = _sorted(told)
    asked = account.get("requirements") or {}
    return Dossier(
        api=AccountsApi.V1,
        country=str(account.get("country") or "").upper(),
        currency=account.get("default_currency") or "usd",
        requirements=state.requirements,
        problems=state.problems,
        values=values,
        given=given,
        people=tuple(person(one) for one in people),
        banks=state.banks,
        instead=_instead(asked.get("alternatives") or ()),
    )


def person(found: Mapping[str, Any]) -> Person:
    """One of the people of an account."""
    values, given = _sorted(dict(flat(found)))
    roles = (role for role in ROLES if (found.get("relationship") or {}).get(role))
    return Person(
        stripe_id=found["id"],
        roles=frozenset(roles),
        values=values,
        given=given,
        mark=(found.get("metadata") or {}).get(MARK, ""),
    )


def account_params(answers: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """The request that changes an account. https://docs.stripe.com/api/accounts/update"""
    return nested(_signed(answers, signature))


def person_params(answers: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """The request that adds or changes a person; the names are without the person's id."""
    return nested(_signed(answers, signature))


def terms_params(signature: Signature, agreement: str) -> dict[str, Any]:
    """The request that agrees to Stripe's terms in the seller's name.

    https://docs.stripe.com/connect/updating-accounts#tos-acceptance
    """
    told = _stamp(signature)
    return {"tos_acceptance": {**told, "service_agreement": agreement} if agreement else told}


def _signed(answers: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for code, value in answers.items():
        if code.endswith("_declaration"):
            told |= {f"{code}.{name}": it for name, it in _stamp(signature).items()}
        elif code.endswith(".files"):
            told[code] = [value]
        else:
            told[code] = value
    return told


def _stamp(signature: Signature) -> dict[str, Any]:
    return {
        "date": clock.to_unix(signature.date),
        "ip": signature.ip,
        "user_agent": signature.user_agent,
    }


def _sorted(told: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
    """What is told, and what is only said to have been given: numbers and documents."""
    values: dict[str, str] = {}
    given = set()
    for name, value in told.items():
        last = name.rpartition(".")[2]
        if last.endswith(_PROVIDED) and last not in _ATTESTED:
            given.add(name.removesuffix(_PROVIDED))
        elif name.endswith(("document.front", "document.back")):
            given.add(name)
        else:
            signed = name.endswith("_declaration.date")
            values[name.removesuffix(".date") if signed else name] = "yes" if signed else value
    return values, frozenset(given)


def _instead(alternatives: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    return dict(_pairs(alternatives))


def _pairs(alternatives: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for it in alternatives:
        for original in it.get("original_fields_due") or ():
            yield original, tuple(it.get("alternative_fields_due") or ())
