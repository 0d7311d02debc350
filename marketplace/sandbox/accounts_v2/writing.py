"""What a v2 request changes on an account: its words become the facts that v1 keeps.

Most of it goes through the same door as a v1 request (`resources.accounts.apply`), so that both
are checked alike. Configurations and capabilities have rules of their own here: a merchant needs
no `transfers`, a dashboard and responsibilities are chosen when the account first becomes a
merchant or recipient, and never again.

https://docs.stripe.com/api/v2/core/accounts/create
https://docs.stripe.com/api/v2/core/accounts/update
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration, countries, shapes
from marketplace.sandbox.configuration import Configuration
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import accounts
from marketplace.sandbox.updates import merge, reach

from . import capabilities, choices, fields, moments, people, reading
from .fields import ACCOUNT, SIGNED, picked, put

_WITH_MONEY = ("merchant", "recipient")
# Recipient-only accounts were refused here for other people; the list is one author's, and
# Stripe's depends on the platform too.
_RECIPIENTS_NEED_CARDS = frozenset({"AU", "CA", "DE", "GB", "SG"})
_TRANSFERS = f"configuration.recipient.capabilities.{capabilities.TRANSFERS}"
_CARDS = "configuration.merchant.capabilities.card_payments"
_BUSINESS_ONLY_HERE = ("additional_addresses",)


def open_account(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new account of the platform, with what the request says; not yet refreshed."""
    wants_money = any(_is_wanted(params, name) for name in _WITH_MONEY)
    country = reach(params, "identity.country")
    if wants_money and not country:
        raise Refused(
            "`identity.country` is required for an account that is a merchant or a recipient.",
            code="identity_country_required",
            param="identity.country",
        )
    if wants_money and not params.get("contact_email"):
        raise _missing("contact_email")
    found = countries.get(country or accounts.current(ctx)["country"])
    account = ctx.new("account", **shapes.account(found, Configuration(), "none"))
    account["type"] = "none"
    account["_v2"] = {"applied": {}, "undecided": True, "country_unknown": not country}
    change(ctx, account, params)
    return account


def change(ctx: Context, account: dict[str, Any], params: dict[str, Any]) -> None:
    """Write a create or an update onto the account; the caller refreshes it.

    Raises `Refused` (400) for what cannot be, in the words of v2.
    """
    params = {name: value for name, value in params.items() if name != "include"}
    ours = {"applied": {}, **reading.own(account)}
    account["_v2"] = {**ours, "applied": dict(ours["applied"])}
    _settle_country(account, reach(params, "identity.country"))
    _settle_choices(ctx, account, params)
    try:
        accounts.apply(ctx, account, _as_v1(account, params, ctx.now))
    except Refused as refusal:
        if "param" in refusal.error:
            refusal.error["param"] = fields.parameter(refusal.error["param"])
        raise
    _sign(account, params, ctx.now)
    _keep_own_words(account, params)
    for name in reading.CONFIGURATIONS:
        part = reach(params, f"configuration.{name}")
        if part is not None:
            _configure(ctx, account, name, part)
    _check_together(ctx, account)


def _is_wanted(params: dict[str, Any], name: str) -> bool:
    return reach(params, f"configuration.{name}") is not None


def _missing(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def _settle_country(account: dict[str, Any], code: str | None) -> None:
    """The country may be said once."""
    if not code or (
        code.upper() == account["country"] and not account["_v2"].get("country_unknown")
    ):
        return
    if not account["_v2"].get("country_unknown"):
        raise Refused(
            "The country of an account cannot be changed; create another account.",
            code="account_country_invalid_address",
            param="identity.country",
        )
    country = countries.get(code)
    account["country"], account["default_currency"] = country.code, country.currency
    account["settings"]["payouts"]["schedule"]["delay_days"] = country.delay_days
    account["_v2"]["country_unknown"] = False


def _settle_choices(ctx: Context, account: dict[str, Any], params: dict[str, Any]) -> None:
    """Dashboard and responsibilities: chosen once, and needed by merchants and recipients."""
    dashboard = params.get("dashboard")
    asked = reach(params, "defaults.responsibilities")
    if not account["_v2"].get("undecided"):
        _check_unchanged(account, dashboard, asked)
        return
    if not dashboard and not asked:
        if any(_is_wanted(params, name) for name in _WITH_MONEY):
            raise _missing("dashboard")
        return
    if not dashboard:
        raise _missing("dashboard")
    if not asked:
        raise _missing("defaults.responsibilities")
    choice = choices.asked(dashboard, asked, ctx.version)
    account["controller"] = configuration.controller(choice)
    account["settings"]["payouts"]["debit_negative_balances"] = not choice.platform_collects
    account["_v2"]["undecided"] = False


def _check_unchanged(
    account: dict[str, Any], dashboard: str | None, asked: dict[str, str] | None
) -> None:
    # That neither can be changed is documented; the sentences are this sandbox's own.
    choice = configuration.of(account)
    if dashboard and dashboard != choice.dashboard:
        raise Refused("The dashboard of an account cannot be changed.", param="dashboard")
    known = choices.responsibilities(choice, chosen=True)
    if asked and any(asked[name] != known[name] for name in asked):
        raise Refused(
            "The responsibilities of an account cannot be changed.",
            param="defaults.responsibilities",
        )


def _as_v1(account: dict[str, Any], params: dict[str, Any], now: int) -> dict[str, Any]:
    """The request as the parameters of a v1 update."""
    told = picked(params, ACCOUNT)
    person = reach(params, "identity.individual")
    if person is not None:
        told["individual"] = people.values(person, now)
    if account["business_type"] is None and person is not None:
        told.setdefault("business_type", "individual")
    for v2 in ("company", "business_profile"):
        for name in ("address", "support_address"):
            if country := reach(told, f"{v2}.{name}.country"):
                told[v2][name]["country"] = country.upper()
    for number in reach(params, "identity.business_details.id_numbers") or []:
        put(told, "company.tax_id", number["value"])
    if "metadata" in params:
        told["metadata"] = {k: v or "" for k, v in (params["metadata"] or {}).items()}
    return told


def _sign(account: dict[str, Any], params: dict[str, Any], now: int) -> None:
    """Signatures: the Terms of Service (only where the platform collects) and declarations."""
    for v2, v1 in SIGNED:
        signed = reach(params, v2)
        if not signed:
            continue
        if v1 == "tos_acceptance" and not configuration.of(account).platform_collects:
            raise Refused(
                "The Terms of Service can only be accepted for accounts whose requirements your"
                " platform collects.",
                code="invalid_tos_acceptance",
                param=v2,
            )
        stored = moments.stored(signed, v2, now)
        holder, _, name = v1.rpartition(".")
        if holder:
            target = account[holder] = account[holder] or shapes.company()
        else:
            target = account
        target[name] = merge(target.get(name) or {}, stored)


def _keep_own_words(account: dict[str, Any], params: dict[str, Any]) -> None:
    """Keep what v1 has no word for."""
    ours = account["_v2"]
    if "contact_phone" in params:
        ours["contact_phone"] = params["contact_phone"]
    if (locales := reach(params, "defaults.locales")) is not None:
        ours["locales"] = locales
    business = reach(params, "identity.business_details") or {}
    own = {name: business[name] for name in _BUSINESS_ONLY_HERE if name in business}
    if business.get("id_numbers"):
        own["id_numbers"] = [
            {name: value for name, value in one.items() if name != "value"}
            for one in business["id_numbers"]
        ]
    documents = business.get("documents") or {}
    files = {name: one for name, one in documents.items() if name != "primary_verification"}
    if files:
        own["documents"] = {**(reach(ours, "business.documents") or {}), **files}
    if own:
        ours["business"] = {**(ours.get("business") or {}), **own}
    konbini = reach(params, "configuration.merchant.konbini_payments")
    if konbini:
        ours["merchant"] = {"konbini_payments": konbini}


def _configure(ctx: Context, account: dict[str, Any], name: str, part: dict[str, Any]) -> None:
    """Apply a configuration, request its capabilities, or take it away."""
    applied = part.get("applied", True) is not False
    account["_v2"]["applied"][name] = applied
    if name == "customer":
        told = {key: value for key, value in part.items() if key != "applied"}
        account["_v2"]["customer"] = merge(account["_v2"].get("customer") or {}, told)
        return
    for capability, wanted in capabilities.leaves(part.get("capabilities")).items():
        _request(ctx, account, name, capability, wanted=wanted)
    if not applied:
        _drop_all(account, name)


def _request(
    ctx: Context, account: dict[str, Any], configuration_: str, name: str, *, wanted: bool | None
) -> None:
    stored = capabilities.stored_name(configuration_, name)
    if stored is None:
        asked = set(account["_v2"].get("recipient_requested") or [])
        asked = asked | {name} if wanted else asked - {name}
        account["_v2"]["recipient_requested"] = sorted(asked)
    elif wanted:
        account["_requested"].setdefault(stored, ctx.now)
    elif wanted is False:
        account["_requested"].pop(stored, None)
        account["_activated"] = [one for one in account["_activated"] if one != stored]


def _drop_all(account: dict[str, Any], configuration_: str) -> None:
    for stored in list(account["_requested"]):
        place = capabilities.place(stored)
        if place is not None and place[0] == configuration_:
            del account["_requested"][stored]
    account["_activated"] = [one for one in account["_activated"] if one in account["_requested"]]
    if configuration_ == "recipient":
        account["_v2"]["recipient_requested"] = []


def _check_together(ctx: Context, account: dict[str, Any]) -> None:
    """Capabilities that need each other, and the agreement of recipients abroad."""
    asked = account["_requested"]
    alone = "transfers" in asked and "card_payments" not in asked
    if alone and account["country"] in _RECIPIENTS_NEED_CARDS:
        raise Refused(
            f"The capability `{_TRANSFERS}` is not available without `{_CARDS}`.",
            code="capability_not_available_without_other_capability",
            param=_TRANSFERS,
        )
    # v2 has no word for the service agreement. That a recipient in another country than the
    # platform's is under the recipient agreement is the reading taken here.
    signed = account["tos_acceptance"]
    if signed.get("date") or account["_submitted"]:
        return
    abroad = account["country"] != accounts.current(ctx)["country"]
    if set(asked) == {"transfers"} and abroad:
        signed["service_agreement"] = "recipient"
    else:
        signed.pop("service_agreement", None)


def close(account: dict[str, Any]) -> None:
    """Take every configuration away for good; the caller refreshes the account."""
    ours = {"applied": {}, **reading.own(account)}
    account["_v2"] = {**ours, "applied": dict(ours["applied"])}
    for name in reading.applied(account):
        account["_v2"]["applied"][name] = False
    account["_requested"], account["_activated"] = {}, []
    account["_v2"] |= {"closed": True, "recipient_requested": []}
    account["settings"]["payouts"]["schedule"] = {
        "delay_days": account["settings"]["payouts"]["schedule"]["delay_days"],
        "interval": "manual",
    }
