"""Persons as Accounts v2 prints and takes them. The stored person is that of v1.

https://docs.stripe.com/api/v2/core/persons/object
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration
from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.updates import reach

from . import moments
from .fields import PERSON, laid_out, picked

# Lists and documents that v1 keeps under other names, or not at all.
_OWN_WORDS = ("additional_addresses", "additional_names")
_OTHER_DOCUMENTS = ("company_authorization", "passport", "visa")
# Seen even when the holder gives the data to Stripe alone.
_READABLE = ("email", "given_name", "relationship", "surname")
_LAST_FOUR = ("us_ssn_last_4", "us_itin_last_4")
# The number that `id_number` of v1 is, when it was given there.
_USUAL_NUMBER = {
    "US": "us_ssn",
    "BR": "br_cpf",
    "CA": "ca_sin",
    "GB": "gb_nino",
    "IE": "ie_ppsn",
    "MX": "mx_rfc",
    "SG": "sg_nric",
}


def shown(account: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    """A person as `v2.core.account_person`."""
    own = person.get("_v2") or {}
    told = laid_out(person, PERSON)
    told["documents"] = _documents(told["documents"], own.get("documents") or {})
    share = told["relationship"]["percent_ownership"]
    told["relationship"]["percent_ownership"] = None if share is None else str(share)
    told["address"] = _lower_country(told["address"])
    for name in _OWN_WORDS:
        told[name] = own.get(name) or []
    nationality = person.get("nationality")
    told["nationalities"] = [nationality] if nationality else []
    signed = reach(person, "additional_tos_acceptances.account") or {}
    told["additional_terms_of_service"] = (
        {"account": moments.told(signed)} if signed.get("date") else None
    )
    told["id_numbers"] = [{"type": name} for name in _numbers(account, person)]
    if configuration.is_guarded(account):
        told = {
            name: (value if name in _READABLE else [] if isinstance(value, list) else None)
            for name, value in told.items()
        }
    return {
        "id": person["id"],
        "object": "v2.core.account_person",
        "account": account["id"],
        "created": rfc3339(person["created"]),
        "livemode": False,
        "metadata": person["metadata"],
        "updated": rfc3339(person.get("_updated") or person["created"]),
        **told,
    }


def _documents(front_back: dict[str, Any] | None, files: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = dict.fromkeys(_OTHER_DOCUMENTS)
    for name in ("primary_verification", "secondary_verification"):
        given = (front_back or {}).get(name)
        found[name] = {**given, "type": "front_back"} if given and given["front_back"] else None
    found |= files
    return found if any(found.values()) else None


def _lower_country(address: dict[str, Any] | None) -> dict[str, Any] | None:
    """v2 writes countries in small letters."""
    if address is None:
        return None
    return {**address, "country": (address["country"] or "").lower() or None, "town": None}


def _numbers(account: dict[str, Any], person: dict[str, Any]) -> list[str]:
    own = person.get("_v2") or {}
    if person["id_number_provided"]:
        kind = own.get("id_number_type") or _USUAL_NUMBER.get(account["country"])
        return [kind] if kind else []
    return [own.get("last_four_type") or "us_ssn_last_4"] if person["ssn_last_4_provided"] else []


def values(params: dict[str, Any], now: int) -> dict[str, Any]:
    """The parameters of a v2 person (create, update, `identity.individual`) in the words of v1.

    Raises `Refused` (400) for an identity number that cannot be one.
    """
    told = picked(params, PERSON)
    own = {name: params[name] for name in _OWN_WORDS if name in params}
    files = {
        name: given
        for name, given in (params.get("documents") or {}).items()
        if name in _OTHER_DOCUMENTS
    }
    if files:
        own["documents"] = files
    for given in params.get("id_numbers") or []:
        _number(told, own, given)
    if "nationalities" in params:
        told["nationality"] = (params["nationalities"] or [""])[0]
    signed = (params.get("additional_terms_of_service") or {}).get("account")
    if signed:
        stored = moments.stored(signed, "additional_terms_of_service.account", now)
        told["additional_tos_acceptances"] = {"account": stored}
    if country := (told.get("address") or {}).get("country"):
        told["address"]["country"] = country.upper()
    if "metadata" in params:
        told["metadata"] = {k: v or "" for k, v in (params["metadata"] or {}).items()}
    if own:
        told["_v2"] = own
    told["_updated"] = now
    return told


def _number(told: dict[str, Any], own: dict[str, Any], given: dict[str, Any]) -> None:
    kind, value = given["type"], given["value"]
    if not value or not value.replace("-", "").isalnum():
        raise Refused(
            "The ID number is not in the right format for its type.",
            code="id_number_invalid",
            param="id_numbers",
        )
    if kind in _LAST_FOUR:
        told["ssn_last_4"], own["last_four_type"] = value, kind
    else:
        told["id_number"], own["id_number_type"] = value, kind


def check_ownership(params: dict[str, Any], others: list[dict[str, Any]]) -> None:
    """Raise `Refused` (400) when the owners of a company would own more than all of it."""
    told = params.get("relationship") or {}
    share = float(told.get("percent_ownership") or 0)
    held = sum(float(reach(one, "relationship.percent_ownership") or 0) for one in others)
    if share and share + held > 100:  # noqa: PLR2004 - per cent
        raise Refused(
            "The owners of this account would hold more than 100% of it.",
            code="total_person_ownership_exceeded",
            param="relationship.percent_ownership",
        )
