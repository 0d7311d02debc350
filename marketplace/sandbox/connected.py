"""Connected accounts: who may reach one, and how a change becomes events.

Whatever changes an account (the API, the hosted form, a person, a bank, the clock) ends in
`refresh_status`: what is due and what is enabled is worked out again, the account is saved, and
`account.updated` and `capability.updated` tell of it in the account's own name.

https://docs.stripe.com/connect/webhooks
"""

from __future__ import annotations

from typing import Any

from . import configuration, events, payout_targets, requirements, standing
from .accounts_v2 import telling
from .context import Context
from .errors import Refused, missing
from .payout_days import run_soon
from .requirements import Case
from .routing import task

_PLATFORM_OWNER = "stripe"
_MOST_PEOPLE = 50


def current(ctx: Context) -> dict[str, Any]:
    """The acting account's own object (the platform's, or that of the `Stripe-Account` header)."""
    found = ctx.find(ctx.account, "account")
    if found is None:
        raise missing("account", ctx.account, "account")
    return found


def reachable(ctx: Context, identifier: str) -> dict[str, Any]:
    """An account that the caller may speak of: one of the platform's, or the caller's own.

    Raises 403 `account_invalid` for anybody else's, as Stripe does, whether it exists or not.
    """
    found = ctx.find(identifier, "account")
    mine = identifier == ctx.account
    if found is None or not (mine or (ctx.is_platform and ctx.owner(identifier) == ctx.platform)):
        raise Refused(
            f"The provided key does not have access to account '{identifier}' (or that account"
            " does not exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return found


def keep_platform(ctx: Context, account: dict[str, Any]) -> None:
    """Save the platform's own account, which nobody's list of accounts contains."""
    ctx.save(account, owner=_PLATFORM_OWNER)


def is_somebodys(account: dict[str, Any]) -> bool:
    """Whether it is a platform's connected account and not a platform itself."""
    return bool(account["controller"]["type"] == "application")


def case(ctx: Context, account: dict[str, Any]) -> Case:
    """The account with its people and its banks."""
    inside = ctx.acting_as(account["id"])
    banks = payout_targets.attached(inside)
    return Case(account, inside.every("person", _MOST_PEOPLE), banks)


is_guarded = configuration.is_guarded


def refresh_status(
    ctx: Context,
    account: dict[str, Any],
    before: dict[str, Any] | None = None,
    *,
    tell: bool = True,
) -> dict[str, Any]:
    """Work out what is due and enabled, save the account and tell what changed.

    `before`: the account as `ctx.show` gave it before the change; taken from the store when left
    out, which is right as long as no person or bank was saved meanwhile. `tell=False` raises no
    event. Answers the account.
    """
    if account["controller"]["type"] == "account":
        keep_platform(ctx, account)
        return account
    stored = ctx.find(account["id"], "account")
    if before is None and stored is not None:
        before = ctx.show(stored)
    payouts_before = bool(stored and stored["payouts_enabled"])
    _arrive(account, ctx.now)
    known = case(ctx, account)
    waiting = standing.review(known, ctx.now)
    result = standing.assess(known, ctx.now)
    news = _apply(known, result)
    thin_news = telling.news(ctx, known, result)
    inside = ctx.acting_as(account["id"])
    ctx.save(account)
    telling.spread(ctx, account, thin_news)
    for due in (waiting, result.current_deadline, result.transition):
        if due is not None:
            inside.later(due, "accounts.refresh", once=f"accounts.refresh:{account['id']}:{due}")
    if tell:
        for one in news:
            events.emit(inside, "capability.updated", one)
        if ctx.show(account) != before:
            events.emit(inside, "account.updated", account, before=before)
    if account["payouts_enabled"] and not payouts_before:
        run_soon(inside)
    return account


def _arrive(account: dict[str, Any], now: int) -> None:
    """What was announced for a moment that has come is demanded from now on."""
    announced: dict[str, int] = account.get("_announced", {})
    arrived = [name for name, at in announced.items() if at <= now]
    if arrived:
        account["_demanded"] = sorted({*account["_demanded"], *arrived})
        account["_announced"] = {k: at for k, at in announced.items() if k not in arrived}


def announce(ctx: Context, account: dict[str, Any], name: str, at: int) -> None:
    """Say that a requirement will be due from `at` (unix seconds) on.

    https://docs.stripe.com/connect/handle-verification-updates
    """
    account["_announced"] = {**account.get("_announced", {}), name: at}
    refresh_status(ctx, account)


def _apply(known: Case, result: standing.Standing) -> list[dict[str, Any]]:
    """Write the outcome onto the account; answers the capabilities that have news."""
    account = known.account
    old = dict(account["capabilities"])
    account["capabilities"] = dict(sorted(result.capabilities.items()))
    account["requirements"] = result.told()
    account["_future"] = result.told_future()
    account["_deadlines"] = result.deadlines
    account["charges_enabled"] = result.charges_enabled
    account["payouts_enabled"] = result.payouts_enabled
    active = [name for name, status in result.capabilities.items() if status == "active"]
    account["_activated"] = sorted({*account["_activated"], *active})
    account["_demanded"] = [name for name in account["_demanded"] if not known.has(name)]
    account["_blocked"] = account["_blocked"] if account["_demanded"] else None
    if standing.submitted(account) and set(requirements.missing(known)) <= {"external_account"}:
        account["details_submitted"] = True
    news = []
    for name, status in account["capabilities"].items():
        shown = capability(known, result, name)
        lacking = shown["requirements"]["currently_due"]
        if old.get(name) != status or set(lacking) - set(account["_capability_due"].get(name, [])):
            news.append(shown)
        account["_capability_due"][name] = lacking
    return news


def capability(known: Case, result: standing.Standing, name: str) -> dict[str, Any]:
    """The Capability object of an account. https://docs.stripe.com/api/capabilities"""
    account = known.account
    status = result.capabilities.get(name, "unrequested")
    needs = {*requirements.fields(known, name), *result.currently_due}
    foreign = set(requirements.upfront(known)) - set(requirements.fields(known, name))
    told = result.told(needs - foreign) if status != "unrequested" else standing.nothing_due()
    lacking = "paused.inactivity" if standing.is_paused(account) else "requirements.fields_needed"
    told["disabled_reason"] = {
        "inactive": "rejected.other" if account["_rejected"] else lacking,
        "pending": "pending.review",
    }.get(status)
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "future_requirements": result.told_future()
        if status != "unrequested"
        else standing.nothing_due(),
        "requested": name in account["_requested"],
        "requested_at": account["_requested"].get(name),
        "requirements": told,
        "status": status,
    }


@task("accounts.refresh")
def refresh_later(ctx: Context) -> None:
    """A check has its outcome, or a deadline has passed."""
    account = ctx.find(ctx.account, "account")
    if account is not None:
        refresh_status(ctx, account)


def demand(ctx: Context, account: dict[str, Any], blocked: str | None) -> None:
    """Make due what was only eventually due, as the trigger cards do.

    `blocked`: None (a deadline runs), or "charges" or "payouts" (stopped at once).
    """
    account["_demanded"] = [
        name for name in account["requirements"]["eventually_due"] if name != "external_account"
    ]
    account["_blocked"] = blocked
    refresh_status(ctx, account)
