"""Accounts v2: `/v2/core/accounts`. The same accounts as in v1, in other words.

What an account may do is sorted into configurations (merchant, recipient, customer). Most of the
answer is null unless the request names it in `include`. Where Stripe collects requirements, the
identity is closed to the platform from the first account link on, as in v1.

https://docs.stripe.com/api/v2/core/accounts
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration, connected, standing, walls, wire_v2
from marketplace.sandbox.accounts_v2 import reading, writing
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.resources import v2_tokens
from marketplace.sandbox.routing import route
from marketplace.sandbox.updates import reach

_BASE = "/v2/core/accounts"


def found(ctx: Context, identifier: str) -> dict[str, Any]:
    """An account that the caller may speak of, or v2's 404 `not_found`."""
    try:
        return connected.reachable(ctx, identifier)
    except Refused as refusal:
        raise missing("account", identifier) from refusal


def open_one(ctx: Context, identifier: str) -> dict[str, Any]:
    """An account that may still be changed; raises `Refused` for the own and for closed ones."""
    account = found(ctx, identifier)
    if account["controller"]["type"] == "account":
        raise Refused("You cannot change your own account with the API.", status=403)
    if reading.own(account).get("closed"):
        raise Refused("This account is closed.", code="account_closed")
    return account


def shown(ctx: Context, account: dict[str, Any], include: list[str] | None) -> dict[str, Any]:
    """The account as v2 answers it."""
    if not include:
        return reading.outline(account)
    known = connected.case(ctx, account)
    whole = reading.whole(known, standing.assess(known, ctx.now), ctx.version)
    return reading.included(whole, include)


@route("POST", _BASE, "v2.core.AccountCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an account."""
    if not ctx.is_platform:
        raise Refused(
            "Only a platform can create accounts; leave the Stripe-Account header out.",
            code="platform_account_required",
        )
    walls.check(ctx, v2=True, losses=reach(params, "defaults.responsibilities.losses_collector"))
    params = v2_tokens.spent(ctx, params, "account")
    account = writing.open_account(ctx, params)
    connected.refresh_status(ctx, account, tell=False)
    return shown(ctx, account, params.get("include"))


@route("GET", _BASE + "/{account}", "v2.core.AccountRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Retrieve an account."""
    return shown(ctx, found(ctx, account), params.get("include"))


@route("POST", _BASE + "/{account}", "v2.core.AccountUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Change an account, add a configuration, request a capability."""
    known = open_one(ctx, account)
    params = v2_tokens.spent(ctx, params, "account")
    if "identity" in params and configuration.is_guarded(known):
        raise Refused(
            "You cannot change the identity of this account any more: Stripe collects its"
            " requirements and its holder has begun onboarding. Create an account link instead.",
            status=403,
            param="identity",
        )
    before = ctx.show(known)
    writing.change(ctx, known, params)
    connected.refresh_status(ctx, known, before)
    return shown(ctx, known, params.get("include"))


@route("GET", _BASE, "v2.core.AccountListParams")
def list_accounts(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """List the platform's accounts, newest first; closed ones only when asked for."""
    wanted: dict[str, Any] = {
        f"_lists.{name}": "applied" for name in params.get("applied_configurations", [])
    }
    wanted["_lists.closed"] = str(params.get("closed", False)).lower()
    return wire_v2.page(
        ctx,
        "account",
        params,
        lambda account: shown(ctx, account, None),
        **wanted,
    )


@route("POST", _BASE + "/{account}/close", "v2.core.AccountCloseParams")
def close(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Close an account for good; every configuration it has must be named."""
    known = open_one(ctx, account)
    named, has = set(params.get("applied_configurations", [])), set(reading.applied(known))
    if named != has:
        raise Refused(
            "All configurations of the account must be named to close it: "
            + (", ".join(sorted(has)) or "it has none"),
            param="applied_configurations",
        )
    (held,) = ctx.db.execute(
        "SELECT COUNT(*) FROM balances WHERE party = ? AND amount != 0", (account,)
    ).fetchone()
    if held:
        raise Refused(
            "The account still has a balance. Pay it out or collect it first.",
            code="cannot_delete_account_with_balance",
        )
    before = ctx.show(known)
    writing.close(known)
    connected.refresh_status(ctx, known, before)
    return shown(ctx, known, None)
