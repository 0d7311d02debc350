"""Sending an event again: what `stripe events resend` asks for.

The endpoint is not in the public reference; its shape is what the Stripe CLI sends: either
`webhook_endpoint=we_…`, or `for_stripecli=true` for whoever listens, and `account=acct_…` when
the event belongs to a connected account.
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import listeners, store
from marketplace.sandbox.context import Context
from marketplace.sandbox.courier import deliver_again
from marketplace.sandbox.errors import Invalid, missing
from marketplace.sandbox.routing import route

_KNOWN = frozenset({"account", "for_stripecli", "webhook_endpoint"})


@route("POST", "/v1/events/{event}/retry")
def retry(ctx: Context, params: dict[str, Any], event: str) -> dict[str, Any]:
    """Deliver an event again; answers the event.

    To one endpoint, to whoever listens with the CLI, or else to every endpoint that had it.
    """
    unknown = sorted(params.keys() - _KNOWN)
    if unknown:
        message = f"Received unknown parameter: {unknown[0]}"
        raise Invalid(message, code="parameter_unknown", param=unknown[0])
    found = _event_of(ctx, params.get("account", ctx.account), event)
    endpoint = params.get("webhook_endpoint")
    if endpoint is not None:
        ctx.acting_as(ctx.platform).get("webhook_endpoint", endpoint)
    if endpoint is None and params.get("for_stripecli") == "true":
        listeners.keep(ctx, found)
    else:
        deliver_again(ctx.db, ctx.now, event, endpoint)
        ctx.parcels.append(endpoint or "")
    ctx.spread.append(event)  # so that whoever carries it is woken once this is committed
    return found


def _event_of(ctx: Context, account: str, event: str) -> dict[str, Any]:
    """The event, if it belongs to the platform or to one of its connected accounts."""
    owner = store.get(ctx.db, account)
    if account != ctx.platform and (owner is None or owner[1] != ctx.platform):
        raise missing("account", account, "account")
    return ctx.acting_as(account).get("event", event, param="id")
