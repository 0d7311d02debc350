"""Account links: a single-use address at which the seller gives Stripe what is still required.

A link lasts five minutes and one visit. A used or expired one sends the browser to `refresh_url`,
where the platform makes another. From the first link on, the data of accounts whose requirements
Stripe collects are closed to the platform.

https://docs.stripe.com/api/account_links https://docs.stripe.com/connect/hosted-onboarding
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from marketplace.sandbox import configuration, connected
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import kind, route

kind("account_link", "alink_")

LIFETIME = 300
"""Seconds. Stripe says "short"; five minutes is what is generally observed."""

_NAMES = {"express": "Express", "full": "Standard"}


@route("POST", "/v1/account_links", "AccountLinkCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a link for one of the platform's connected accounts."""
    made = start(ctx, params)
    return {name: made[name] for name in ("object", "created", "expires_at", "url")}


def start(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The link that these parameters ask for, in either API; raises `Refused` (400)."""
    account = connected.reachable(ctx, params["account"])
    if account["controller"]["type"] == "account":
        raise Refused("You cannot create an account link for your own account.", param="account")
    choice = configuration.of(account)
    if params["type"] == "account_update" and not choice.platform_collects:
        name = _NAMES.get(choice.dashboard)
        whose = f"{name} accounts" if name else "accounts whose requirements Stripe collects"
        raise Refused(
            f"You cannot create account_update type Account Links for {whose}. Valid types for"
            f" {whose} are [account_onboarding].",
            param="type",
        )
    for name in ("refresh_url", "return_url"):
        _check_url(params.get(name), name)
    options = params.get("collection_options", {})
    return open_link(
        ctx,
        account,
        purpose=params["type"],
        fields=options.get("fields") or params.get("collect") or "currently_due",
        future=options.get("future_requirements", "omit"),
        refresh_url=params["refresh_url"],
        return_url=params["return_url"],
    )


def open_link(ctx: Context, account: dict[str, Any], **wanted: str) -> dict[str, Any]:
    """A fresh link; `wanted` has `purpose`, `fields`, both addresses, maybe `future`."""
    account["_linked"] = True
    ctx.save(account)
    secret = secrets.token_urlsafe(18)
    return ctx.new(
        "account_link",
        id=f"alink_{secret}",
        account=account["id"],
        expires_at=ctx.now + LIFETIME,
        url=f"{ctx.base_url}/setup/{account['id']}/{secret}",
        used=False,
        **wanted,
    )


def _check_url(url: str | None, name: str) -> None:
    if not url:
        raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("Not a valid URL", code="url_invalid", param=name)
