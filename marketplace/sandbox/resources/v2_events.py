"""Thin events, read: `/v2/core/events`. They are listed for thirty days.

https://docs.stripe.com/api/v2/core/events
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import thin, wire_v2
from marketplace.sandbox.accounts_v2 import moments
from marketplace.sandbox.clock import DAY
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Invalid
from marketplace.sandbox.routing import route

_LISTED = 30 * DAY
_MOST_TYPES = 20


@route("GET", "/v2/core/events/{event}", "v2.core.EventRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], event: str) -> dict[str, Any]:
    """Retrieve an event, with its data."""
    del params
    return ctx.get(thin.EVENT, event)


@route("GET", "/v2/core/events", "v2.core.EventListParams")
def list_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """List events, newest first: of one object (`object_id`), of some `types`."""
    created = {
        bound: moments.seconds(text, f"created[{bound}]")
        for bound, text in (params.get("created") or {}).items()
    }
    created["gte"] = max(created.get("gte", 0), ctx.now - _LISTED)
    types = params.get("types")
    if types is not None and len(types) > _MOST_TYPES:
        message = f"At most {_MOST_TYPES} types can be asked for at once."
        raise Invalid(message, param="types")
    where = {"_about": params["object_id"]} if "object_id" in params else {}
    if types:
        where["type"] = types
    return wire_v2.page(ctx, thin.EVENT, params, ctx.show, created=created, **where)
