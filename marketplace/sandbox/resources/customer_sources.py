"""A customer's sources: cards and US bank accounts as they were kept before PaymentMethods.

New programs attach PaymentMethods; the Stripe CLI still triggers `customer.source.created`. A card
kept here can pay like a PaymentMethod, by its id `card_…`. The rule that bites: a bank account
pays only after its two small deposits were told back (32 and 45 in test mode).

https://docs.stripe.com/api/cards https://docs.stripe.com/api/customer_bank_accounts
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import cards, payout_targets
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, route

from . import tokens

_BASE = "/v1/customers/{customer}/sources"
_DEPOSITS = [32, 45]
_EDITABLE = (
    "account_holder_name account_holder_type address_city address_country address_line1"
    " address_line2 address_state address_zip exp_month exp_year name"
).split()
_KINDS = ("card", "bank_account")


@route("POST", _BASE, "CustomerPaymentSourceCreateParams")
def create(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Keep what a token stands for; the first source becomes the default."""
    return keep(ctx, customer, params["source"], merged(None, params.get("metadata")))


def keep(ctx: Context, customer: str, token: str, metadata: dict[str, str]) -> dict[str, Any]:
    """A new source of a customer of the acting account; tells of it. Raises `Refused`."""
    holder = ctx.get("customer", customer)
    made = _made(ctx, token, customer)
    made["metadata"] = metadata
    ctx.save(made)
    if holder["default_source"] is None:
        ctx.save({**holder, "default_source": made["id"]})
    emit(ctx, "customer.source.created", made)
    return made


def _made(ctx: Context, token: str, customer: str) -> dict[str, Any]:
    """The card or bank account behind a token, which is used up by it."""
    card = cards.named(token)
    if card is not None:
        raw: dict[str, Any] = {"object": "card", "number": card.number, "exp_month": "12"}
        raw["exp_year"] = str(1972 + ctx.now // (365 * 86_400))
    else:
        raw = _raw(ctx, token)
    if raw["object"] == "bank_account":
        fields = payout_targets.bank_account(raw)
        for name in ("available_payout_methods", "_payout_failure"):
            del fields[name]
        return ctx.new("bank_account", customer=customer, **fields)
    shown = tokens.card(ctx, raw)
    known = cards.of("".join(sign for sign in raw["number"] if sign.isdigit()))
    if known.decline and not known.attaches and not known.challenge:
        raise cards.refused(known.decline, decline_code=known.decline_code)
    del shown["id"], shown["object"], shown["networks"]
    return ctx.new("card", customer=customer, **shown, _number=known.number)


def _raw(ctx: Context, token: str) -> dict[str, Any]:
    """The numbers that a token of the acting account, or a ready-made one, stands for."""
    ready = payout_targets.ready_made(token)
    if ready is not None:
        return {**ready, "exp_month": "12", "exp_year": "2034"}
    found = ctx.find(token, "token")
    if found is None or found["type"] not in _KINDS or ctx.owner(token) != ctx.account:
        raise missing("token", token, "source")
    if found["used"]:
        raise Refused(
            f"You cannot use a Stripe token more than once: {token}.",
            code="token_already_used",
            param="source",
        )
    ctx.save({**found, "used": True})
    raw: dict[str, Any] = found["_raw"]
    return raw


def _get(ctx: Context, customer: str, identifier: str) -> dict[str, Any]:
    ctx.get("customer", customer)
    found = ctx.find(identifier)
    if found is None or found["object"] not in _KINDS or found["customer"] != customer:
        raise missing("source", identifier, "id")
    return found


@route("GET", _BASE + "/{source}", "CustomerPaymentSourceRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], customer: str, source: str) -> dict[str, Any]:
    """Retrieve a source."""
    del params
    return _get(ctx, customer, source)


@route("POST", _BASE + "/{source}", "CustomerPaymentSourceUpdateParams")
def update(ctx: Context, params: dict[str, Any], customer: str, source: str) -> dict[str, Any]:
    """Change the holder, the expiry or the metadata."""
    found = _get(ctx, customer, source)
    before = ctx.show(found)
    for name in _EDITABLE:
        if name in params and name in found:
            found[name] = int(params[name]) if name.startswith("exp_") else params[name] or None
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "customer.source.updated", found, before=before)
    return found


@route("POST", _BASE + "/{source}/verify", "CustomerPaymentSourceVerifyParams")
def verify(ctx: Context, params: dict[str, Any], customer: str, source: str) -> dict[str, Any]:
    """Tell the two deposits back; a bank account with wrong ones stays `new`."""
    found = _get(ctx, customer, source)
    if found["object"] != "bank_account" or found["status"] == "verified":
        message = "This source needs no verification."
        raise Refused(message, code="bank_account_verification_failed")
    if sorted(params.get("amounts") or []) != _DEPOSITS:
        message = "The amounts provided do not match the amounts that were sent."
        raise Refused(message, code="bank_account_verification_failed", param="amounts")
    before = ctx.show(found)
    found["status"] = "verified"
    ctx.save(found)
    emit(ctx, "customer.source.updated", found, before=before)
    return found


@route("DELETE", _BASE + "/{source}", "CustomerPaymentSourceDeleteParams")
def delete(ctx: Context, params: dict[str, Any], customer: str, source: str) -> dict[str, Any]:
    """Delete a source; the newest that is left becomes the default."""
    del params
    found = _get(ctx, customer, source)
    emit(ctx, "customer.source.deleted", found)
    gone = ctx.delete(found)
    holder = ctx.get("customer", customer)
    if holder["default_source"] == source:
        left = _of(ctx, customer)
        ctx.save({**holder, "default_source": left[0]["id"] if left else None})
    return gone


@include("customer", "sources")
def sources(ctx: Context, customer: dict[str, Any]) -> dict[str, Any]:
    """A customer's sources, where they are asked for."""
    url = f"/v1/customers/{customer['id']}/sources"
    return sublist(ctx, _of(ctx, customer["id"]), url)


def _of(ctx: Context, customer: str) -> list[dict[str, Any]]:
    found = [one for kind in _KINDS for one in ctx.every(kind, customer=customer)]
    return sorted(found, key=lambda one: one["created"], reverse=True)


@route("GET", _BASE, "CustomerPaymentSourceListParams")
def list_sources(ctx: Context, params: dict[str, Any], customer: str) -> Listing:
    """List sources, newest first; `object` keeps one type."""
    ctx.get("customer", customer)
    wanted = params.get("object")
    if wanted in _KINDS:
        return ctx.list(wanted, params, customer=customer)
    return ctx.page(_of(ctx, customer), params, "source")
