"""Account and person tokens of v2: personal data that travel once, from the browser to Stripe.

A token lasts ten minutes and is used once. Some platforms (in France, for instance) may send an
account's identity in no other way; the sandbox leaves the choice to the caller.

https://docs.stripe.com/api/v2/core/account_tokens https://docs.stripe.com/connect/account-tokens
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import kind, route, view
from marketplace.sandbox.updates import merge

_LIFETIME = 600
"""Seconds; Stripe does not say how long one lasts."""

_ACCOUNT, _PERSON = "v2.core.account_token", "v2.core.account_person_token"
kind(_ACCOUNT, "accttok_", words="account token")
kind(_PERSON, "perstok_", words="person token")
_KINDS = {"account": _ACCOUNT, "person": _PERSON}


@view(_ACCOUNT)
@view(_PERSON)
def show(ctx: Context, token: dict[str, Any]) -> dict[str, Any]:
    """The token, without what is in it."""
    del ctx
    return {
        **token,
        "created": rfc3339(token["created"]),
        "expires_at": rfc3339(token["expires_at"]),
    }


def spent(
    ctx: Context, params: dict[str, Any], what: str, account: str | None = None
) -> dict[str, Any]:
    """The parameters with those behind `account_token` or `person_token`, which is used up.

    Raises `Refused` for a token that is unknown, used, expired or another account's, and for
    identity given beside it.
    """
    name = f"{what}_token"
    params = dict(params)
    identifier = params.pop(name, None)
    if identifier is None:
        return params
    token = ctx.find(identifier, _KINDS[what])
    if token is None or ctx.owner(identifier) != ctx.account:
        code = "v1_token_invalid_in_v2" if identifier.startswith(("ct_", "cpt_")) else None
        raise Refused(f"No such token: '{identifier}'", code=code or f"invalid_{name}", param=name)
    if token["used"]:
        raise Refused("This token was used already.", code="token_already_used", param=name)
    if token["expires_at"] <= ctx.now:
        raise Refused("This token has expired.", code="token_expired", param=name)
    if token["_of"] not in {None, account}:
        code = "incorrect_account_for_person_token"
        raise Refused("This token was made for another account.", code=code, param=name)
    twice = _said_twice(token["_raw"], params)
    if twice:
        raise Refused(
            f"`{twice}` cannot be given beside a token that has it.",
            code=f"param_alongside_{name}",
            param=twice,
        )
    token["used"] = True
    ctx.save(token)
    return merge(params, token["_raw"])


def _said_twice(token: dict[str, Any], params: dict[str, Any], path: str = "") -> str | None:
    """The first value that both give. A country beside a token's identity is none."""
    for name in sorted(token.keys() & params.keys()):
        inner, outer = token[name], params[name]
        if not isinstance(inner, dict) or not isinstance(outer, dict):
            return path + name
        found = _said_twice(inner, outer, f"{path}{name}.")
        if found is not None:
            return found
    return None


@route("POST", "/v2/core/account_tokens", "v2.core.AccountTokenCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an account token."""
    return _made(ctx, _ACCOUNT, params, None)


@route("GET", "/v2/core/account_tokens/{token}", "v2.core.AccountTokenRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], token: str) -> dict[str, Any]:
    """Retrieve an account token; nobody sees what is in it."""
    del params
    return ctx.get(_ACCOUNT, token)


@route(
    "POST",
    "/v2/core/accounts/{account}/person_tokens",
    "v2.core.accounts.PersonTokenCreateParams",
)
def create_for_person(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Create a person token for one account."""
    return _made(ctx, _PERSON, params, account)


@route(
    "GET",
    "/v2/core/accounts/{account}/person_tokens/{token}",
    "v2.core.accounts.PersonTokenRetrieveParams",
)
def retrieve_for_person(
    ctx: Context, params: dict[str, Any], account: str, token: str
) -> dict[str, Any]:
    """Retrieve a person token."""
    del params, account
    return ctx.get(_PERSON, token)


def _made(ctx: Context, kind_: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
    expires = ctx.now + _LIFETIME
    return ctx.new(kind_, expires_at=expires, used=False, _raw=params, _of=account)
