"""Capabilities: what an account may do (take cards, receive transfers), asked for one by one.

A requested capability becomes active once everything that it needs is given and verified.
`card_payments` can only be requested together with `transfers`.

https://docs.stripe.com/connect/account-capabilities https://docs.stripe.com/api/capabilities
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import connected, schema, standing
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import route
from marketplace.sandbox.updates import reach

_BASE = "/v1/accounts/{account}/capabilities"
_USUAL = ("card_payments", "transfers")


def request(ctx: Context, account: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> None:
    """Request or give up capabilities on the account (not yet saved).

    Raises `Refused` (400) for a combination that Stripe does not allow.
    """
    if not wanted:
        return
    asked: dict[str, int] = dict(account["_requested"])
    for name, setting in wanted.items():
        if setting.get("requested") is True:
            asked.setdefault(name, ctx.now)
        elif setting.get("requested") is False:
            asked.pop(name, None)
    recipient = reach(account, "tos_acceptance.service_agreement") == "recipient"
    if recipient and set(asked) - {"transfers", "crypto_transfers"}:
        raise Refused(
            "Accounts under the recipient service agreement can only request `transfers`.",
            param="capabilities",
        )
    if "card_payments" in asked and "transfers" not in asked:
        # That it is refused is documented; the sentence is this sandbox's own.
        raise Refused(
            "The `card_payments` capability can only be requested together with `transfers`.",
            param="capabilities[card_payments]",
        )
    account["_requested"] = asked
    account["_activated"] = [name for name in account["_activated"] if name in asked]


def _known() -> set[str]:
    """Every capability that the API knows, read from its request parameters."""
    names = schema.of("AccountCreateParams").fields["capabilities"]
    return set(names.fields) if isinstance(names, schema.Shape) else set()


def _shown(ctx: Context, account: dict[str, Any], name: str) -> dict[str, Any]:
    known = connected.case(ctx, account)
    return connected.capability(known, standing.assess(known, ctx.now), name)


@route("GET", _BASE + "/{capability}", "AccountCapabilityRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str, capability: str) -> dict[str, Any]:
    """Retrieve a capability."""
    del params
    found = connected.reachable(ctx, account)
    if capability not in _known():
        raise missing("capability", capability, "capability")
    return _shown(ctx, found, capability)


@route("POST", _BASE + "/{capability}", "AccountCapabilityUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str, capability: str) -> dict[str, Any]:
    """Request a capability, or give it up."""
    found = connected.reachable(ctx, account)
    if capability not in _known():
        raise missing("capability", capability, "capability")
    before = ctx.show(found)
    if "requested" in params:
        request(ctx, found, {capability: params})
    connected.refresh_status(ctx, found, before)
    return _shown(ctx, found, capability)


@route("GET", _BASE, "AccountCapabilityListParams")
def list_capabilities(ctx: Context, params: dict[str, Any], account: str) -> Listing:
    """The requested capabilities and the usual ones; the list has one page."""
    del params
    found = connected.reachable(ctx, account)
    known = connected.case(ctx, found)
    result = standing.assess(known, ctx.now)
    names = sorted({*_USUAL, *found["_requested"]})
    rows = [connected.capability(known, result, name) for name in names]
    return Listing(rows, has_more=False, url=ctx.path)
