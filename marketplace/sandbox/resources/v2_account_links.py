"""Account links of v2: the same single-use address of the hosted form, asked for in other words.

https://docs.stripe.com/api/v2/core/account-links
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import schema, thin, versions
from marketplace.sandbox.accounts_v2 import reading
from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import account_links, v2_accounts
from marketplace.sandbox.routing import route


@route("POST", "/v2/core/account_links")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a link for one of the platform's accounts.

    The parameters are checked here and not on the wire, because `use_case.….configurations` is
    accepted from callers of a version before endive, and ignored: the form asks for everything.
    """
    if ctx.version < versions.ENDIVE and isinstance(params.get("use_case"), dict):
        for case in params["use_case"].values():
            if isinstance(case, dict):
                case.pop("configurations", None)
    params = schema.of("v2.core.AccountLinkCreateParams").read(params, "")
    account = v2_accounts.open_one(ctx, params["account"])
    if reading.own(account).get("undecided"):
        raise Refused(
            "This account has nothing to onboard for yet: give it a merchant or recipient"
            " configuration first.",
            param="account",
        )
    kind = params["use_case"]["type"]
    wanted = params["use_case"].get(kind)
    if wanted is None:
        param = f"use_case.{kind}"
        raise Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)
    link = account_links.start(
        ctx,
        {
            "account": account["id"],
            "type": kind,
            "refresh_url": wanted["refresh_url"],
            # Where nobody waits for the seller, they go where a used link goes.
            "return_url": wanted.get("return_url") or wanted["refresh_url"],
            "collection_options": wanted.get("collection_options") or {},
        },
    )
    link["use_case"] = kind
    ctx.save(link)
    return {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": rfc3339(link["created"]),
        "expires_at": rfc3339(link["expires_at"]),
        "livemode": False,
        "url": link["url"],
        "use_case": _use_case(kind, wanted),
    }


def _use_case(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    options = wanted.get("collection_options")
    told = {
        "collection_options": {
            "fields": options.get("fields", "currently_due"),
            "future_requirements": options.get("future_requirements", "omit"),
        }
        if options is not None
        else None,
        "refresh_url": wanted["refresh_url"],
        "return_url": wanted.get("return_url"),
    }
    return {"type": kind, "account_onboarding": None, "account_update": None, kind: told}


def returned(ctx: Context, account: dict[str, Any], use_case: str) -> None:
    """Tell that somebody came back from a v2 link, whether they finished or not."""
    thin.tell(
        ctx.acting_as(ctx.platform),
        "v2.core.account_link.returned",
        data={
            "account_id": account["id"],
            "configurations": reading.applied(account),
            "use_case": use_case,
        },
    )
