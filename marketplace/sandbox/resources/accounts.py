"""Accounts (v1): the platform's own, and the connected accounts of its sellers.

The configuration (`controller`, or a legacy `type`) is chosen once, when the account is created.
Where Stripe collects requirements, the seller's data belong to Stripe's form from the first
account link on: the platform can no longer write them and reads less of them.

https://docs.stripe.com/api/accounts https://docs.stripe.com/connect/accounts
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from marketplace.sandbox import (
    agreements,
    configuration,
    connected,
    countries,
    documents,
    events,
    payout_targets,
    schema,
    shapes,
    standing,
    store,
    texts,
    versions,
    walls,
)
from marketplace.sandbox.configuration import Configuration
from marketplace.sandbox.connected import current, refresh_status
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.payout_days import keep_days, run_soon
from marketplace.sandbox.render import Listing
from marketplace.sandbox.resources import capabilities, external_accounts, persons
from marketplace.sandbox.routing import kind, route, view
from marketplace.sandbox.updates import filled, merge

_LISTED_BY = tuple(f"_lists.{name}" for name in ("closed", "customer", "merchant", "recipient"))
kind("account", "acct_", length=16, indexed=_LISTED_BY)

_BASICS = ("card_payments", "transfers")
_GUARDED = ("business_type", "company", "individual", "external_account", "account_token")
_COMPANY_SECRETS = {"tax_id": "tax_id_provided", "vat_id": "vat_id_provided"}

__all__ = ["current", "ensure_platform", "has_capability", "refresh_status"]


def ensure_platform(ctx: Context) -> None:
    """Make the platform's own account when its key is seen for the first time.

    It is a finished US account. Its payouts are manual: Stripe starts platforms with daily ones,
    and tells those that transfer later to switch them off, because money that was paid out can
    no longer be transferred.
    """
    if store.exists(ctx.db, ctx.platform):
        return
    own = ctx.acting_as(ctx.platform)
    country = countries.get("US")
    account = {
        "id": ctx.platform,
        "object": "account",
        "created": ctx.now,
        **shapes.account(country, Configuration(), "standard"),
        "business_type": "company",
        "capabilities": dict.fromkeys(_BASICS, "active"),
        "charges_enabled": True,
        "controller": {"type": "account"},
        "details_submitted": True,
        "email": "platform@example.com",
        "payouts_enabled": True,
        "requirements": standing.nothing_due(),
    }
    account["_requested"] = dict.fromkeys(_BASICS, ctx.now)
    account["business_profile"]["name"] = "Sandbox platform"
    account["settings"]["dashboard"]["display_name"] = "Sandbox platform"
    account["settings"]["payments"]["statement_descriptor"] = "SANDBOX PLATFORM"
    account["settings"]["payouts"]["schedule"]["interval"] = "manual"
    connected.keep_platform(ctx, account)
    bank = external_accounts.attach(own, "btok_us", tell=False)
    bank["status"] = "validated"
    own.save(bank)


def has_capability(account: dict[str, Any], name: str) -> bool:
    """Whether this capability is active."""
    return bool(account["capabilities"].get(name) == "active")


@view("account")
def show(ctx: Context, account: dict[str, Any]) -> dict[str, Any]:
    """With its external accounts and, for an individual, the person."""
    inside = ctx.acting_as(account["id"])
    guarded = connected.is_guarded(account)
    account.pop("livemode", None)
    account["future_requirements"] = account.get("_future") or standing.nothing_due()
    account["external_accounts"] = {
        "object": "list",
        "data": [ctx.show(one) for one in payout_targets.attached(inside)],
        "has_more": False,
        "url": f"/v1/accounts/{account['id']}/external_accounts",
    }
    person = ctx.find(account["_person"], "person")
    if person is not None and account["business_type"] in {None, "individual"}:
        account["individual"] = persons.shown(account, person)
    company = account.pop("company")
    if company is not None:
        account["company"] = {"name": company["name"]} if guarded else company
    return account


@route("POST", "/v1/accounts", "AccountCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a connected account."""
    if not ctx.is_platform:
        message = "Only a platform can create accounts; leave the Stripe-Account header out."
        raise Refused(message, code="platform_account_required")
    choice, legacy = configuration.chosen(params, ctx.version)
    walls.check(ctx, v2=False, losses=choice.losses)
    country = countries.get(params.get("country") or current(ctx)["country"])
    wanted = params.get("capabilities")
    if choice.dashboard == "none" and not wanted:
        raise Refused(
            "You must request capabilities when `controller[stripe_dashboard][type]=none` (or"
            " `type=custom`).",
            code="parameter_missing",
            param="capabilities",
        )
    account = ctx.new("account", **shapes.account(country, choice, legacy))
    account["_country_open"] = "country" not in params and not wanted
    if not wanted and choice.dashboard == "express":
        # Express accounts take what the platform's settings say; a new platform's say both.
        params["capabilities"] = {name: {"requested": True} for name in _BASICS}
    apply(ctx, account, params)
    # The answer alone tells of a creation: v1 has no `account.created` event.
    return refresh_status(ctx, account, tell=False)


@route("GET", "/v1/account", "AccountRetrieveCurrentParams")
def retrieve_current(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account that the key (or the `Stripe-Account` header) names."""
    del params
    return current(ctx)


@route("GET", "/v1/accounts/{account}", "AccountRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Retrieve an account."""
    del params
    return connected.reachable(ctx, account)


@route("GET", "/v1/accounts", "AccountListParams")
def list_accounts(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the platform's connected accounts, newest first."""
    return ctx.list("account", params)


@route("POST", "/v1/accounts/{account}", "AccountUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Change a connected account."""
    found = connected.reachable(ctx, account)
    if found["controller"]["type"] == "account":
        raise Refused(
            "You cannot change your own account with the API; use its dashboard.", status=403
        )
    if connected.is_guarded(found):
        for name in _GUARDED:
            if name in params:
                raise Refused(
                    f"You cannot change `{name}` any more: Stripe collects this account's"
                    " requirements and its holder has begun onboarding. Create an account link"
                    " instead.",
                    status=403,
                    param=name,
                )
    before = ctx.show(found)
    apply(ctx, found, params)
    return refresh_status(ctx, found, before)


@route("DELETE", "/v1/accounts/{account}", "AccountDeleteParams")
def delete(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Delete a connected account; in test mode that is always possible."""
    del params
    found = connected.reachable(ctx, account)
    if found["controller"]["type"] == "account":
        raise Refused("You cannot delete your own account with the API.", status=403)
    inside = ctx.acting_as(account)
    gone = ctx.delete(found)
    # Documented for accounts with a full dashboard; here every account that leaves says goodbye,
    # so that a platform can see it also when somebody else deleted it.
    application = {"id": f"ca_{ctx.platform[5:]}", "object": "application", "name": "Sandbox"}
    events.emit(inside, "account.application.deauthorized", application)
    return gone


@route("POST", "/v1/accounts/{account}/reject")
def reject(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Stop an account for good; only where the platform bears the losses.

    The parameters are checked here and not on the wire, because callers of a version before endive
    may still give the one reason `fraud`, which was split in four.
    """
    if ctx.version < versions.ENDIVE and params.get("reason") == "fraud":
        params = {**params, "reason": "fraud_other"}
    params = schema.of("AccountRejectParams").read(params, "")
    found = connected.reachable(ctx, account)
    if configuration.of(found).losses != "application":
        message = "You can only reject accounts for whose losses your platform is liable."
        raise Refused(message, status=403)
    before = ctx.show(found)
    reason = params["reason"]
    short = "fraud" if reason.startswith("fraud_") else reason
    found["_rejected"] = {
        "fraud": "platform_fraud",
        "terms_of_service": "platform_terms_of_service",
    }.get(short, "platform_other")
    found["_pays_out"] = params.get("payouts_action") == "none"
    return refresh_status(ctx, found, before)


@route("POST", "/v1/accounts/{account}/unreject", "AccountUnrejectParams")
def unreject(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Undo the platform's own rejection."""
    del params
    found = connected.reachable(ctx, account)
    if found["_rejected"] is None:
        raise Refused("This account is not rejected.")
    before = ctx.show(found)
    found["_rejected"] = None
    return refresh_status(ctx, found, before)


def apply(ctx: Context, account: dict[str, Any], params: dict[str, Any]) -> None:
    """Write the parameters of a create or update onto the account (not yet saved).

    Also used by the hosted form. Raises `Refused` (400) for values that cannot be.
    """
    params = {**_secret_token(ctx, params), **params}
    _check(account, params)
    agreements.check(ctx, account, params)
    for name in ("business_type", "email"):
        if name in params:
            account[name] = params[name] or None
    for name in ("business_profile", "groups", "tos_acceptance"):
        if name in params:
            account[name] = merge(account[name], params[name])
    if "default_currency" in params:
        account["default_currency"] = params["default_currency"].lower()
    account["metadata"] = merged(account["metadata"], params.get("metadata"))
    _settings(ctx, account, params.get("settings", {}))
    _company(ctx, account, params.get("company"))
    if "documents" in params:
        inside = ctx.acting_as(account["id"])
        papers = documents.papers(inside, params["documents"], "documents")
        account["_papers"] = {**account.get("_papers", {}), **papers}
    if "individual" in params:
        persons.put_individual(ctx, account, params["individual"])
    capabilities.request(ctx, account, params.get("capabilities", {}))
    if params.get("external_account"):
        inside = ctx.acting_as(account["id"])
        external_accounts.attach(inside, params["external_account"], replace=True)


def _secret_token(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    token = params.pop("account_token", None)
    if token is None:
        return {}
    found = ctx.find(token, "token")
    if found is None or found["type"] != "account":
        raise Refused(f"No such token: '{token}'", code="resource_missing", param="account_token")
    told = dict(found["_raw"])
    if told.pop("tos_shown_and_accepted", False):
        told["tos_acceptance"] = {"date": ctx.now, "ip": "127.0.0.1"}
    return told


def _check(account: dict[str, Any], params: dict[str, Any]) -> None:
    profile = params.get("business_profile", {})
    for name in ("url", "support_url"):
        if filled(profile.get(name)) and not is_web_address(profile[name]):
            raise Refused("Not a valid URL", code="url_invalid", param=f"business_profile[{name}]")
    if filled(profile.get("mcc")) and not re.fullmatch(r"\d{4}", profile["mcc"]):
        raise Refused("Invalid merchant category code.", param="business_profile[mcc]")
    for value, param in (
        (params.get("email"), "email"),
        (profile.get("support_email"), "business_profile[support_email]"),
    ):
        texts.check_email(value, param)
    accepted = params.get("tos_acceptance", {}).get("date")
    if accepted and not configuration.of(account).platform_collects:
        raise Refused(
            "You cannot accept the Terms of Service on behalf of accounts whose requirements"
            " Stripe collects.",
            param="tos_acceptance",
        )
    kind_ = params.get("business_type", account["business_type"])
    if "individual" in params and kind_ not in {None, "individual"}:
        raise Refused(
            f"The `individual` hash cannot be given when `business_type` is `{kind_}`.",
            param="individual",
        )


def is_web_address(text: str) -> bool:
    """Whether this is an http or https address of a named host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in (parts.hostname or "")


def _company(ctx: Context, account: dict[str, Any], values: dict[str, Any] | None) -> None:
    if values is None:
        return
    values = documents.identity(ctx.acting_as(account["id"]), dict(values), "company")
    company = account["company"] or shapes.company()
    for name, flag in _COMPANY_SECRETS.items():
        if name in values:
            company[f"_{name}"] = values.pop(name) or None
            company[flag] = company[f"_{name}"] is not None
    if "registration_number" in values:
        company["_registration_number"] = values.pop("registration_number")
    account["company"] = merge(company, values)


def _settings(ctx: Context, account: dict[str, Any], values: dict[str, Any]) -> None:
    documents.branding(ctx.acting_as(account["id"]), values.get("branding", {}))
    schedule = values.get("payouts", {}).get("schedule")
    account["settings"] = merge(account["settings"], values)
    if schedule is None:
        return
    known = account["settings"]["payouts"]["schedule"]
    least = countries.delay_days(account["country"])
    if schedule.get("delay_days") == "minimum":
        known["delay_days"] = least
    elif int(schedule.get("delay_days", least)) < least:
        raise Refused(
            f"You cannot set `delay_days` below this account's minimum of {least} days.",
            param="settings[payouts][schedule][delay_days]",
        )
    known["delay_days"] = int(known["delay_days"])
    keep_days(known, schedule)
    if account["payouts_enabled"]:
        run_soon(ctx.acting_as(account["id"]))
