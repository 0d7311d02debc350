"""Event destinations: where events go, in either style. `/v2/core/event_destinations`.

`event_payload` decides between whole snapshots (v1's events) and thin notices; `events_from`
between the platform's own account (`@self`, the default) and its connected accounts
(`@accounts`). The signing secret is told once: to the request that creates the destination and
asks to include it.

https://docs.stripe.com/api/v2/core/event-destinations
"""

from __future__ import annotations

import secrets
from typing import Any

from marketplace.sandbox import schema, thin, wire_v2
from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.context import DEFAULT_VERSION, Context
from marketplace.sandbox.courier import is_loopback
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.routing import route, view

_BASE = "/v2/core/event_destinations"
_ONE = _BASE + "/{destination}"
_MOST = 16
_SCOPES = frozenset({"@self", "@accounts"})
_URL, _SECRET = "webhook_endpoint.url", "webhook_endpoint.signing_secret"


@view(thin.DESTINATION)
def show(ctx: Context, destination: dict[str, Any]) -> dict[str, Any]:
    """Without address and secret; `_included` says which to add."""
    del ctx
    wanted = destination.get("_included", [])
    return {
        **destination,
        "created": rfc3339(destination["created"]),
        "updated": rfc3339(destination["updated"]),
        "webhook_endpoint": {
            "signing_secret": destination["_secret"] if _SECRET in wanted else None,
            "url": destination["_url"] if _URL in wanted else None,
        },
    }


@route("POST", _BASE, "v2.core.EventDestinationCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a destination; its answer alone can carry the secret."""
    if params["type"] != "webhook_endpoint":
        raise Refused(
            "The local sandbox delivers to webhook endpoints only, not to a cloud's event bus.",
            param="type",
        )
    address = params.get("webhook_endpoint")
    if address is None:
        param = "webhook_endpoint"
        raise Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)
    sources = params.get("events_from") or ["@self"]
    if unknown := sorted(set(sources) - _SCOPES):
        message = f"The sandbox knows no source {unknown[0]!r}; say @self or @accounts."
        raise Refused(message, param="events_from")
    if len(ctx.every(thin.DESTINATION, _MOST)) >= _MOST:
        raise Refused(f"You have reached the maximum of {_MOST} test event destinations.")
    payload = params["event_payload"]
    _check_types(params["enabled_events"], payload)
    _check_version(params, payload)
    made = ctx.new(
        thin.DESTINATION,
        amazon_eventbridge=None,
        azure_event_grid=None,
        description=params.get("description") or "",
        enabled_events=params["enabled_events"],
        event_payload=payload,
        events_from=sources,
        metadata=merged(None, params.get("metadata")),
        name=params["name"],
        snapshot_api_version=params.get("snapshot_api_version", DEFAULT_VERSION)
        if payload == "snapshot"
        else None,
        status="enabled",
        status_details=None,
        type="webhook_endpoint",
        updated=ctx.now,
        _url=_checked(address["url"]),
        _secret=f"whsec_{secrets.token_hex(16)}",
    )
    return {**made, "_included": params.get("include", [])}


def _checked(url: str) -> str:
    if not is_loopback(url):
        raise Refused(
            "Invalid URL: the local sandbox delivers to loopback addresses only"
            " (http://127.0.0.1:…).",
            code="url_invalid",
            param=_URL,
        )
    return url


def _check_types(types: list[str], payload: str) -> None:
    """A destination takes thin or snapshot types, and only those that exist."""
    if not types:
        raise Refused("Name at least one event.", param="enabled_events")
    for type_ in types:
        is_known = (
            schema.is_thin_event(type_) if payload == "thin" else type_ in schema.snapshot_events()
        )
        if type_ != "*" and not is_known:
            raise Refused(
                f"'{type_}' is no event that a destination with {payload} payloads can receive.",
                param="enabled_events",
            )


def _check_version(params: dict[str, Any], payload: str) -> None:
    if payload == "thin" and "snapshot_api_version" in params:
        raise Refused(
            "Thin events have no API version; leave `snapshot_api_version` out.",
            param="snapshot_api_version",
        )


@route("GET", _ONE, "v2.core.EventDestinationRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Retrieve a destination."""
    return _answer(_get(ctx, destination), params)


@route("POST", _ONE, "v2.core.EventDestinationUpdateParams")
def update(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Change name, address or events."""
    found = _get(ctx, destination)
    if "enabled_events" in params:
        _check_types(params["enabled_events"], found["event_payload"])
    for name in ("description", "enabled_events", "name"):
        if name in params:
            found[name] = params[name] or ""
    if "webhook_endpoint" in params:
        found["_url"] = _checked(params["webhook_endpoint"]["url"])
    if "metadata" in params:
        changes = {key: value or "" for key, value in (params["metadata"] or {}).items()}
        found["metadata"] = merged(found["metadata"], changes)
    return _answer(_saved(ctx, found), params)


@route("GET", _BASE, "v2.core.EventDestinationListParams")
def list_destinations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """List destinations, newest first."""
    return wire_v2.page(ctx, thin.DESTINATION, params, lambda one: ctx.show(_answer(one, params)))


@route("DELETE", _ONE, "v2.core.EventDestinationDeleteParams")
def delete(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Delete a destination; nothing is delivered to it any more."""
    del params
    gone = ctx.delete(_get(ctx, destination))
    return {"id": gone["id"], "object": gone["object"], "deleted": True}


@route("POST", _ONE + "/disable", "v2.core.EventDestinationDisableParams")
def disable(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Deliver nothing until it is enabled again."""
    found = _get(ctx, destination)
    found["status"] = "disabled"
    found["status_details"] = {"disabled": {"reason": "user"}}
    return _answer(_saved(ctx, found), params)


@route("POST", _ONE + "/enable", "v2.core.EventDestinationEnableParams")
def enable(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Deliver again, from now on."""
    found = _get(ctx, destination)
    found["status"], found["status_details"] = "enabled", None
    return _answer(_saved(ctx, found), params)


@route("POST", _ONE + "/ping", "v2.core.EventDestinationPingParams")
def ping(ctx: Context, params: dict[str, Any], destination: str) -> dict[str, Any]:
    """Send a `v2.core.event_destination.ping`, whatever the destination listens to."""
    del params
    found = _get(ctx, destination)
    about = {"id": found["id"], "type": thin.DESTINATION, "url": f"{_BASE}/{found['id']}"}
    event = thin.tell(ctx, "v2.core.event_destination.ping", about=about)
    heard = thin.matching(ctx, event["type"], "thin")
    if found["id"] not in {one["id"] for one in heard}:
        thin.send(ctx, event["id"], [found])
    return event


def _get(ctx: Context, identifier: str) -> dict[str, Any]:
    return ctx.get(thin.DESTINATION, identifier)


def _saved(ctx: Context, found: dict[str, Any]) -> dict[str, Any]:
    found["updated"] = ctx.now
    ctx.save(found)
    return found


def _answer(found: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """With what the request may include: the address, never the secret again."""
    wanted = [name for name in params.get("include", []) if name == _URL]
    return {**found, "_included": wanted}
