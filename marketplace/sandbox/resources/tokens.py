"""Tokens: sensitive data, sent once, used once.

Bank and card numbers, and the data of persons and accounts, can travel as a token that the
browser made with the publishable key.

https://docs.stripe.com/api/tokens
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import cards, ids, payout_targets
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import kind, route

kind("token", "tok_")
_PREFIXES = {"bank_account": "btok_", "person": "cpt_", "account": "ct_", "pii": "pii_"}


@route("POST", "/v1/tokens", "TokenCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a token from exactly one kind of data."""
    given = [name for name in (*_PREFIXES, "card") if name in params]
    if len(given) != 1:
        message = f"Give exactly one of card, {', '.join(_PREFIXES)}."
        raise Refused(message, code="parameter_missing" if not given else "parameters_exclusive")
    type_, raw = given[0], params[given[0]]
    if isinstance(raw, str):
        raise Refused("Only card numbers can become a token here, not sources.", param=type_)
    shown = {}
    if type_ == "bank_account":
        raw = {"object": "bank_account", **raw}
        shown = {"bank_account": _bank(raw)}
    elif type_ == "card":
        raw = {"object": "card", **raw}
        shown = {"card": card(ctx, raw)}
    return ctx.new(
        "token",
        id=ids.new(_PREFIXES.get(type_, "tok_")),
        client_ip="127.0.0.1",
        type=type_,
        used=False,
        _raw=raw,
        **shown,
    )


def _bank(raw: dict[str, Any]) -> dict[str, Any]:
    """The bank account as a token shows it: not attached to anything yet."""
    fields = payout_targets.bank_account(raw)
    del fields["available_payout_methods"], fields["metadata"]
    return {"id": ids.new("ba_"), "object": "bank_account", **fields}


def card(ctx: Context, raw: dict[str, Any]) -> dict[str, Any]:
    """A card as a token shows it; raises `Refused` (402) for numbers that cannot be."""
    month, year = _number(raw["exp_month"], "month"), _number(raw["exp_year"], "year")
    known = cards.check(raw["number"], month, year, raw.get("cvc"), ctx.now)
    names = "address_city address_country address_line1 address_line2 address_state address_zip"
    return {
        "id": ids.new("card_"),
        "object": "card",
        **{name: raw.get(name) for name in (*names.split(), "name")},
        "address_line1_check": None,
        "address_zip_check": None,
        "brand": {"visa": "Visa", "mastercard": "MasterCard"}.get(known.brand, known.brand.title()),
        "country": known.country,
        "cvc_check": "unchecked" if raw.get("cvc") else None,
        "dynamic_last4": None,
        "exp_month": month,
        "exp_year": cards.full_year(year),
        "fingerprint": known.fingerprint,
        "funding": known.funding,
        "last4": known.last4,
        "metadata": {},
        "networks": {"preferred": raw.get("networks", {}).get("preferred")},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }


def _number(text: str, part: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise cards.refused(f"invalid_expiry_{part}", f"exp_{part}")
    return int(text)


@route("GET", "/v1/tokens/{token}", "TokenRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], token: str) -> dict[str, Any]:
    """Retrieve a token."""
    del params
    return ctx.get("token", token)
