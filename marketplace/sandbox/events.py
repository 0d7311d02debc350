"""Events: what happened, told to whoever registered for it.

An event is written in the transaction of the change it tells of. It belongs to the account where
the object lives; a platform hears of its own account's events at ordinary endpoints and of its
connected accounts' events, which carry `account`, at endpoints registered with `connect=true`.

https://docs.stripe.com/api/events https://docs.stripe.com/connect/webhooks
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from . import listeners, schema, store, thin
from .context import DEFAULT_VERSION, limit_asked
from .errors import Invalid
from .routing import kind, route, view

if TYPE_CHECKING:
    from .context import Context
    from .render import Listing

kind("event", "evt_", indexed=("type",))

DAYS_LISTED = 30
_MOST_TYPES = 20


def emit(
    ctx: Context,
    type_: str,
    obj: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Tell that `obj` changed, in the name of the acting account.

    `before` is the object as `ctx.show` gave it before the change; the difference becomes
    `previous_attributes`.
    """
    shown = ctx.show(obj)
    data: dict[str, Any] = {"object": shown}
    if before is not None:
        data["previous_attributes"] = difference(before, shown)
    event = ctx.new(
        "event",
        api_version=ctx_version(ctx),
        data=data,
        request={"id": ctx.request_id, "idempotency_key": ctx.idempotency_key},
        type=type_,
        pending_webhooks=0,
        **({} if ctx.is_platform else {"account": ctx.account, "context": ctx.account}),
    )
    thin.send(ctx, event["id"], matching(ctx, type_))
    listeners.keep(ctx, event)
    ctx.spread.append(event["id"])
    thin.follow(ctx, event)
    return event


def ctx_version(ctx: Context) -> str:
    """Events are made with the account's default version; an endpoint may ask for its own."""
    name = f"version:{ctx.platform}"
    return str(ctx.once(name, lambda: store.note(ctx.db, name)) or DEFAULT_VERSION)


def matching(ctx: Context, type_: str) -> list[dict[str, Any]]:
    """The platform's enabled endpoints that want this type from this account."""
    return [
        endpoint
        for endpoint in ctx.registered("webhook_endpoint")
        if endpoint["status"] == "enabled"
        and endpoint["_connect"] is not ctx.is_platform
        and ("*" in endpoint["enabled_events"] or type_ in endpoint["enabled_events"])
    ]


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The old values of what changed, nested hashes reduced to their changed keys."""
    changed: dict[str, Any] = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            changed[key] = difference(old, new)
        else:
            changed[key] = old
    return changed


@view("event")
def show_event(ctx: Context, event: dict[str, Any]) -> dict[str, Any]:
    """`pending_webhooks` counts the deliveries that have not succeeded yet."""
    (waiting,) = ctx.db.execute(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND state != 'done'", (event["id"],)
    ).fetchone()
    return {**event, "pending_webhooks": waiting}


@route("GET", "/v1/events/{event}", "EventRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], event: str) -> dict[str, Any]:
    """Retrieve an event."""
    del params
    return ctx.get("event", event, param="id")


@route("GET", "/v1/events", "EventListParams")
def list_events(ctx: Context, params: dict[str, Any]) -> Listing:
    """List events of the last 30 days, newest first."""
    created = params.get("created")
    if isinstance(created, int):
        created = {"gte": created, "lte": created}
    created = dict(created or {})
    created["gte"] = max(created.get("gte", 0), ctx.now - DAYS_LISTED * 86_400)
    page = {**params, "created": created}
    wanted = _wanted(page)
    if wanted is None and "delivery_success" not in params:
        return ctx.list("event", page, "type")
    return _filtered(ctx, page, wanted)


def _wanted(params: dict[str, Any]) -> frozenset[str] | None:
    """The types of `types[]`, or of the group that `type` names (`customer.*`)."""
    one, several = params.get("type"), params.get("types")
    if one is not None and several is not None:
        message = "Give either type or types, not both."
        raise Invalid(message, code="parameters_exclusive", param="types")
    if several is not None and len(several) > _MOST_TYPES:
        message = f"At most {_MOST_TYPES} types can be listed at once."
        raise Invalid(message, param="types")
    if one is not None and "*" in one:
        return frozenset(fnmatch.filter(schema.snapshot_events(), params.pop("type")))
    return None if several is None else frozenset(several)


def _filtered(ctx: Context, params: dict[str, Any], wanted: frozenset[str] | None) -> Listing:
    """Several types and `delivery_success` are checked row by row, batch after batch."""
    limit = limit_asked(params)
    success = params.get("delivery_success")
    backwards = "ending_before" in params
    cursor = dict(params)
    kept: list[dict[str, Any]] = []
    while True:
        batch = ctx.list("event", {**cursor, "limit": 100}, "type")
        rows = batch.rows[::-1] if backwards else batch.rows
        for event in rows:
            if wanted is not None and event["type"] not in wanted:
                continue
            if success is not None and _delivered(ctx, event["id"]) is not success:
                continue
            kept.append(event)
        if len(kept) > limit or not batch.has_more:
            break
        cursor["ending_before" if backwards else "starting_after"] = rows[-1]["id"]
    batch.has_more = len(kept) > limit
    batch.rows = kept[:limit][::-1] if backwards else kept[:limit]
    return batch


def _delivered(ctx: Context, event: str) -> bool:
    """Whether every delivery of the event got a 2xx."""
    (waiting,) = ctx.db.execute(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND state != 'done'", (event,)
    ).fetchone()
    return bool(waiting == 0)
