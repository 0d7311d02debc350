"""Login links: a single-use address of the Express dashboard.

Only accounts with an Express dashboard have them, and only once the seller has finished
onboarding.

https://docs.stripe.com/api/accounts/login_link https://docs.stripe.com/connect/express-dashboard
"""

from __future__ import annotations

import secrets
from typing import Any

from marketplace.sandbox import configuration, connected
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import kind, route

kind("login_link", "llink_")


@route("POST", "/v1/accounts/{account}/login_links", "AccountLoginLinkCreateParams")
def create(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Create a login link for an Express account."""
    del params
    found = connected.reachable(ctx, account)
    if configuration.of(found).dashboard != "express":
        raise Refused("Login links can only be created for accounts with an Express Dashboard.")
    if not found["details_submitted"]:
        raise Refused(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    secret = secrets.token_urlsafe(18)
    made = ctx.new(
        "login_link",
        id=f"llink_{secret}",
        account=account,
        url=f"{ctx.base_url}/express/{account}/{secret}",
        used=False,
    )
    return {name: made[name] for name in ("object", "created", "url")}
