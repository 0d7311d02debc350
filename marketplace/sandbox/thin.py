"""Thin events: small notices that name a change and leave the reading to the receiver.

A thin event carries no copy of the object: it says what kind of change happened to which object,
and the receiver asks the API. They go to event destinations with `event_payload=thin`. Every
`v2.…` type is thin; types of v1 have thin counterparts called `v1.<type>`. One destination takes
thin or snapshot types, never both.

The rule that bites: `v2.core.account…` events about connected accounts reach the platform's *own*
scope (`@self`), while v1's `account.updated` for the same account arrives in the scope of
connected accounts (`@accounts`).

https://docs.stripe.com/event-destinations https://docs.stripe.com/api/v2/core/events
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import listeners
from .clock import rfc3339
from .routing import kind, view

if TYPE_CHECKING:
    from .context import Context

EVENT, DESTINATION = "v2.core.event", "v2.core.event_destination"
kind(EVENT, "evt_test_", indexed=("type", "_about"), words="event")
kind(DESTINATION, "ed_test_", words="event destination")

# Where objects of v1 are read, when it is not simply their name in the plural.
_PLACES = {
    "account": "accounts",
    "balance": "balance",
    "balance_settings": "balance_settings",
    "checkout.session": "checkout/sessions",
    "payment_method": "payment_methods",
}
_INSIDE_ACCOUNTS = {
    "bank_account": "external_accounts",
    "capability": "capabilities",
    "card": "external_accounts",
    "person": "persons",
}
_SINGLETONS = frozenset({"balance", "balance_settings"})


def tell(
    ctx: Context,
    type_: str,
    *,
    about: dict[str, str] | None = None,
    data: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Keep a thin event of the acting account and hand it to the destinations that want it.

    `about` is the related object (`id`, `type`, `url`), `changes` what its fields were and are
    (`before`, `after`), `snapshot` the id of the v1 event that says the same.
    """
    event = ctx.new(
        EVENT,
        type=type_,
        context=None if ctx.is_platform else ctx.account,
        changes=changes,
        reason=_reason(ctx),
        _about=(about or {}).get("id"),
        **({"snapshot_event": snapshot} if snapshot else {}),
        **({"related_object": about} if about else {}),
        **({"data": data} if data else {}),
    )
    send(ctx, event["id"], matching(ctx, type_, "thin"))
    listeners.keep(ctx, notice(event))
    ctx.spread.append(event["id"])
    return event


def send(ctx: Context, event: str, destinations: list[dict[str, Any]]) -> None:
    """Leave an event for the courier to carry to these endpoints or destinations."""
    for destination in destinations:
        ctx.db.execute(
            "INSERT INTO deliveries (event, endpoint, due, state) VALUES (?, ?, ?, 'waiting')",
            (event, destination["id"], ctx.now),
        )
        ctx.parcels.append(destination["id"])


def matching(ctx: Context, type_: str, payload: str) -> list[dict[str, Any]]:
    """The platform's enabled destinations that want this type from the acting account."""
    scope = "@self" if ctx.is_platform else "@accounts"
    return [
        one
        for one in ctx.registered(DESTINATION)
        if one["status"] == "enabled"
        and one["event_payload"] == payload
        and scope in one["events_from"]
        and ("*" in one["enabled_events"] or type_ in one["enabled_events"])
    ]


def follow(ctx: Context, event: dict[str, Any]) -> None:
    """What else hears of a v1 event of the acting account: destinations, and v2's view of persons.

    The `v1.…` counterpart is made only where somebody wants it.
    """
    type_, obj = event["type"], event["data"]["object"]
    send(ctx, event["id"], matching(ctx, type_, "snapshot"))
    if matching(ctx, f"v1.{type_}", "thin"):
        tell(ctx, f"v1.{type_}", about=_related(ctx, obj), snapshot=event["id"])
    if obj.get("object") == "person" and type_.startswith("person."):
        change = type_.removeprefix("person.")
        about = {
            "id": obj["id"],
            "type": "v2.core.account_person",
            "url": f"/v2/core/accounts/{obj['account']}/persons/{obj['id']}",
        }
        own = ctx.acting_as(ctx.platform)
        tell(
            own,
            f"v2.core.account_person.{change}",
            about=about,
            data={"account_id": obj["account"]},
        )


def _related(ctx: Context, obj: dict[str, Any]) -> dict[str, str] | None:
    name = str(obj.get("object", ""))
    if not name:
        return None
    if name in _INSIDE_ACCOUNTS and (holder := obj.get("account") or ctx.account):
        url = f"/v1/accounts/{holder}/{_INSIDE_ACCOUNTS[name]}/{obj['id']}"
    else:
        url = f"/v1/{_PLACES.get(name, name + 's')}"
        if name not in _SINGLETONS:
            url += f"/{obj.get('id', '')}"
    return {"id": str(obj.get("id", "")), "type": name, "url": url}


def _reason(ctx: Context) -> dict[str, Any] | None:
    """The request behind the event; none when the clock did it."""
    if ctx.request_id is None:
        return None
    request = {"id": ctx.request_id, "idempotency_key": ctx.idempotency_key or ""}
    return {"type": "request", "request": request}


def notice(event: dict[str, Any]) -> dict[str, Any]:
    """What is delivered: the event without its data and its changes, which are to be fetched."""
    names = "id object type livemode context reason related_object snapshot_event".split()
    told = {name: event[name] for name in names if name in event}
    return {**told, "created": rfc3339(event["created"])}


@view(EVENT)
def show_event(ctx: Context, event: dict[str, Any]) -> dict[str, Any]:
    """The event as the API answers it, with its data."""
    del ctx
    return {"snapshot_event": None, **event, "created": rfc3339(event["created"])}
