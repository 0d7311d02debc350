"""A stored account as Accounts v2 prints it.

Most of the object is null until the request names it in `include`: a client that forgets to ask
sees nothing, and an SDK that is asked for `account.identity.country` fails on None. `whole`
answers everything, `included` what one request sees.

https://docs.stripe.com/api/v2/core/accounts/retrieve https://docs.stripe.com/api/include-object
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration
from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.standing import Standing
from marketplace.sandbox.updates import reach

from . import capabilities, choices, entries, moments, people
from .capabilities import PAYOUTS
from .fields import ACCOUNT, BUSINESS, MERCHANT, SIGNED, laid_out, put

CONFIGURATIONS = ("customer", "merchant", "recipient")
INCLUDABLE = (
    *(f"configuration.{name}" for name in CONFIGURATIONS),
    *("defaults", "future_requirements", "identity", "requirements"),
)
_COMPANY_NUMBER = {"US": "us_ein", "GB": "gb_crn", "DE": "de_hrn", "FR": "fr_siren"}


def own(account: dict[str, Any]) -> dict[str, Any]:
    """What was said in v2 only, and v1 has no word for."""
    found: dict[str, Any] = account.get("_v2") or {}
    return found


def applied(account: dict[str, Any]) -> list[str]:
    """The configurations of an account: those that were applied, or that it has capabilities of."""
    said = own(account).get("applied") or {}
    places = {place[0] for name in account["_requested"] if (place := capabilities.place(name))}
    return [name for name in CONFIGURATIONS if said.get(name, name in places)]


def outline(account: dict[str, Any]) -> dict[str, Any]:
    """The account without anything that has to be included; all of that is null."""
    ours = own(account)
    return {
        "id": account["id"],
        "object": "v2.core.account",
        "applied_configurations": applied(account),
        "closed": bool(ours.get("closed")),
        "configuration": None,
        "contact_email": account["email"],
        "contact_phone": ours.get("contact_phone"),
        "created": rfc3339(account["created"]),
        "dashboard": None if ours.get("undecided") else configuration.of(account).dashboard,
        "display_name": reach(account, "settings.dashboard.display_name"),
        "livemode": False,
        "metadata": account["metadata"],
        **dict.fromkeys(("defaults", "future_requirements", "identity", "requirements")),
    }


def whole(case: Case, now: Standing, version: str) -> dict[str, Any]:
    """The account with everything that can be included."""
    account = case.account
    told = laid_out(account, ACCOUNT)
    with_money = set(applied(account)) & {"merchant", "recipient"}
    return {
        **outline(account),
        "configuration": {
            "customer": _customer(account),
            "merchant": _merchant(account, now, version),
            "recipient": _recipient(account, now, version),
        },
        "defaults": {
            "currency": account["default_currency"],
            "locales": own(account).get("locales"),
            "payout_methods": _payout_methods(case),
            "profile": (told["defaults"] or {}).get("profile"),
            "responsibilities": choices.responsibilities(
                configuration.of(account), chosen=not own(account).get("undecided")
            ),
        },
        "future_requirements": entries.future(case, now),
        "identity": _identity(case, told["identity"] or {}),
        "requirements": entries.told(case, now, with_money, version),
    }


def included(account: dict[str, Any], include: list[str]) -> dict[str, Any]:
    """What a request sees that asked for `include`; the rest of the includable is null."""
    told = dict(account)
    parts = {name: told["configuration"][name] for name in CONFIGURATIONS}
    wanted = {name for name in CONFIGURATIONS if f"configuration.{name}" in include}
    told["configuration"] = (
        {name: parts[name] if name in wanted else None for name in CONFIGURATIONS}
        if wanted
        else None
    )
    for name in ("defaults", "future_requirements", "identity", "requirements"):
        if name not in include:
            told[name] = None
    return told


def _requested(account: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """The v1 capabilities that belong to a configuration: (name in v2, name in v1)."""
    found = []
    for stored in account["_requested"]:
        place = capabilities.place(stored)
        if place is not None and place[0] == name:
            found.append((place[1], stored))
    return found


def _merchant(account: dict[str, Any], now: Standing, version: str) -> dict[str, Any] | None:
    asked = _requested(account, "merchant")
    active = "merchant" in applied(account)
    if not active and "merchant" not in own(account).get("applied", {}):
        return None
    told = laid_out(account, MERCHANT)
    told["konbini_payments"] = reach(own(account), "merchant.konbini_payments")
    if told["support"] is not None and told["support"]["address"] is not None:
        told["support"]["address"]["town"] = None
    kinds: dict[str, Any] = dict.fromkeys([*capabilities.merchant_names(), "stripe_balance"])
    for name, stored in asked:
        kinds[name] = capabilities.status(account, now, stored, version)
    if asked:
        kinds["stripe_balance"] = {"payouts": capabilities.payouts(account, now, version)}
    return {"applied": active, "capabilities": kinds, **told}


def _recipient(account: dict[str, Any], now: Standing, version: str) -> dict[str, Any] | None:
    asked = _requested(account, "recipient")
    extra = own(account).get("recipient_requested") or []
    active = "recipient" in applied(account)
    if not active and "recipient" not in own(account).get("applied", {}):
        return None
    kinds: dict[str, Any] = {"bank_accounts": None, "cards": None, "stripe_balance": None}
    for _, stored in asked:
        transfers = capabilities.status(account, now, stored, version)
        put(kinds, "stripe_balance", {"stripe_transfers": transfers})
        put(kinds, PAYOUTS, capabilities.payouts(account, now, version))
    for name in extra:
        # Payouts to other people's banks are not simulated; the status follows the account's.
        if kinds[name.partition(".")[0]] is None and "." in name:
            ways = "ach fedwire fps local rtp sepa swift".split()
            kinds["bank_accounts"] = dict.fromkeys(ways)
        put(kinds, name, capabilities.payouts(account, now, version))
    return {"applied": active, "capabilities": kinds}


def _customer(account: dict[str, Any]) -> dict[str, Any] | None:
    said = own(account).get("applied") or {}
    if "customer" not in said:
        return None
    stored = own(account).get("customer") or {}
    tax = stored.get("automatic_indirect_tax") or {}
    wanted = reach(stored, "capabilities.automatic_indirect_tax.requested")
    country = reach(stored, "shipping.address.country") or _country(account)
    location = {"country": country, "state": reach(stored, "shipping.address.state")}
    located = capabilities.told("active")
    if not country:
        located = capabilities.told("restricted", "requirements_past_due", "provide_info")
    return {
        "applied": said["customer"],
        "automatic_indirect_tax": {
            "exempt": tax.get("exempt") or "none",
            "ip_address": tax.get("ip_address"),
            "location": location if country else None,
            "location_source": _location_source(stored, country),
        },
        "billing": _billing(stored.get("billing")),
        "capabilities": {"automatic_indirect_tax": located if wanted else None},
        "shipping": _shipping(stored.get("shipping")),
        "test_clock": stored.get("test_clock"),
    }


def _location_source(stored: dict[str, Any], country: str | None) -> str | None:
    if reach(stored, "shipping.address.country"):
        return "shipping_address"
    return "identity_address" if country else None


def _billing(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if not stored:
        return None
    invoice = stored.get("invoice") or {}
    rendering = invoice.get("rendering")
    return {
        "default_payment_method": stored.get("default_payment_method"),
        "invoice": {
            "custom_fields": invoice.get("custom_fields") or [],
            **{name: invoice.get(name) for name in ("footer", "next_sequence", "prefix")},
            "rendering": {name: rendering.get(name) for name in ("amount_tax_display", "template")}
            if rendering
            else None,
        },
    }


def _shipping(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if not stored:
        return None
    address = stored.get("address")
    names = "city country line1 line2 postal_code state".split()
    return {
        "address": {name: address.get(name) for name in names} if address else None,
        "name": stored.get("name"),
        "phone": stored.get("phone"),
    }


def _country(account: dict[str, Any]) -> str | None:
    """v2 tells the country in small letters, and only once somebody has said it."""
    if own(account).get("country_unknown"):
        return None
    return str(account["country"]).lower()


def _payout_methods(case: Case) -> dict[str, str] | None:
    """The default bank account or card of each currency."""
    return {one["currency"]: one["id"] for one in case.banks if one["default_for_currency"]} or None


def _identity(case: Case, told: dict[str, Any]) -> dict[str, Any]:
    account = case.account
    guarded = configuration.is_guarded(account)
    person = case.individual if account["business_type"] in {None, "individual"} else None
    attestations: dict[str, Any] = {
        "persons_provided": (told.get("attestations") or {}).get("persons_provided")
    }
    for v2, v1 in SIGNED:
        signed = reach(account, v1) or {}
        held = moments.told(signed) if signed.get("date") else None
        put(attestations, v2.removeprefix("identity.attestations."), held)
    if attestations["terms_of_service"]["account"] is None:
        attestations["terms_of_service"] = None
    return {
        "attestations": attestations if any(attestations.values()) else None,
        "business_details": _business(account, told.get("business_details"), guarded=guarded),
        "country": _country(account),
        "entity_type": account["business_type"],
        "individual": _without_livemode(people.shown(account, person)) if person else None,
    }


def _without_livemode(person: dict[str, Any]) -> dict[str, Any]:
    """A person inside an account has all but this field of one that stands alone."""
    return {name: value for name, value in person.items() if name != "livemode"}


def _business(
    account: dict[str, Any], told: dict[str, Any] | None, *, guarded: bool
) -> dict[str, Any] | None:
    """`identity.business_details`; of guarded accounts only the name."""
    ours = own(account).get("business") or {}
    numbers = _numbers(account)
    if told is None and not ours and not numbers:
        return None
    told = told or laid_out({}, BUSINESS)
    if guarded:
        name = told.get("registered_name")
        return {
            **dict.fromkeys(told),
            "additional_addresses": [],
            "id_numbers": [],
            "registered_name": name,
        }
    if told["address"] is not None:
        country = (told["address"]["country"] or "").lower() or None
        told["address"] = {**told["address"], "country": country, "town": None}
    scans = (told.pop("documents") or {}).get("primary_verification")
    files = {**_no_documents(), **(ours.get("documents") or {})}
    if scans is not None:
        files["primary_verification"] = {**scans, "type": "front_back"}
    return {
        **told,
        "additional_addresses": ours.get("additional_addresses") or [],
        "documents": files if any(files.values()) else None,
        "id_numbers": numbers,
    }


def _no_documents() -> dict[str, Any]:
    files = "bank_account_ownership_verification company_license company_memorandum_of_association"
    more = (
        "company_ministerial_decree company_registration_verification company_tax_id_verification"
    )
    last = "proof_of_address proof_of_registration proof_of_ultimate_beneficial_ownership"
    return dict.fromkeys([*files.split(), *more.split(), *last.split(), "primary_verification"])


def _numbers(account: dict[str, Any]) -> list[dict[str, Any]]:
    """The registration numbers of a business: their kinds, never the numbers."""
    said = reach(own(account), "business.id_numbers") or []
    if said:
        return [{"registrar": one.get("registrar"), "type": one["type"]} for one in said]
    kind = _COMPANY_NUMBER.get(account["country"])
    if kind and (account.get("company") or {}).get("tax_id_provided"):
        return [{"registrar": None, "type": kind}]
    return []
