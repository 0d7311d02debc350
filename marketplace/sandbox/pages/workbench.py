"""The workbench at `/_sandbox/`: what was asked, what happened, and what time it is.

It shows every platform of this sandbox, because whoever can open it holds the machine. Its forms
work without JavaScript; the server refuses any form sent by a page of another site.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import book, store, thin
from marketplace.sandbox.pages import paper
from marketplace.sandbox.redact import redacted
from marketplace.sandbox.routing import page
from marketplace.sandbox.wire import Call

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_SHORT = 8
_LONG = 100
_FIRST_FAILURE = 400
_EVENTS = ("event", thin.EVENT)
_STEPS = (
    (3_600, "+1 hour"),
    (86_400, "+1 day"),
    (2 * 86_400, "+2 days"),
    (7 * 86_400, "+7 days"),
    (30 * 86_400, "+30 days"),
)


def _page(server: Server, template: str, **values: Any) -> Response:
    return paper.page(
        template, now=server.sandbox.clock.now(), ahead=server.sandbox.clock.offset, **values
    )


def _absent(server: Server, what: str) -> Response:
    return _page(server, "workbench_absent.html", what=what, status=HTTPStatus.NOT_FOUND)


@page("GET", "/_sandbox/")
def overview(server: Server, request: Request) -> Response:
    """The clock, the latest requests and events, and whether the book balances."""
    with server.sandbox.store.transaction() as db:
        events = _events(db, _SHORT)
        faults = book.faults(db)
    return _page(
        server,
        "workbench.html",
        calls=list(islice(reversed(server.calls), _SHORT)),
        events=events,
        faults=faults,
        steps=_STEPS,
        fault=request.args.get("fault"),
        base_url=server.sandbox.base_url,
    )


@page("GET", "/_sandbox/requests")
def requests(server: Server, request: Request) -> Response:
    """The latest requests, newest first; `failing` keeps those that were refused."""
    failing = "failing" in request.args
    calls: Iterable[Call] = reversed(server.calls)
    if failing:
        calls = (call for call in calls if call.status >= _FIRST_FAILURE)
    return _page(
        server, "workbench_requests.html", calls=list(islice(calls, _LONG)), failing=failing
    )


@page("GET", "/_sandbox/requests/{request_id}")
def request_shown(server: Server, request: Request, request_id: str) -> Response:
    """One request: its parameters and its answer, without secrets."""
    del request
    call = next((c for c in reversed(server.calls) if c.request_id == request_id), None)
    if call is None:
        return _absent(server, "request (only the latest are kept, and only until a restart)")
    return _page(
        server,
        "workbench_request.html",
        call=call,
        params=_json(call.params),
        answer=_json(json.loads(call.answer)),
        header=call.header,
    )


def _json(value: Any) -> str:
    return json.dumps(redacted(value), indent=2, ensure_ascii=False)


def _events(
    db: Any, limit: int, *, undelivered: bool = False, before: str | None = None
) -> list[dict[str, Any]]:
    """The latest events of all accounts with the state of their deliveries, newest first."""
    sql = (
        "SELECT body, (SELECT COUNT(*) FROM deliveries d WHERE d.event = o.id) AS wanted,"
        " (SELECT COUNT(*) FROM deliveries d WHERE d.event = o.id AND d.state = 'done') AS done"
        # The plus sign keeps the index on `kind` out: walking back from the newest row and
        # stopping early is cheaper than sorting every event there is.
        " FROM objects o WHERE +kind IN ('event', 'v2.core.event') AND deleted = 0"
        " AND (? IS NULL OR seq < (SELECT seq FROM objects WHERE id = ?))"
        " AND (? = 0 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.event = o.id"
        " AND d.state != 'done')) ORDER BY seq DESC LIMIT ?"
    )
    rows = db.execute(sql, (before, before, int(undelivered), limit)).fetchall()
    return [{**json.loads(body), "wanted": wanted, "done": done} for body, wanted, done in rows]


@page("GET", "/_sandbox/events")
def events(server: Server, request: Request) -> Response:
    """Events, newest first; `undelivered` keeps those that an endpoint has not accepted."""
    undelivered = "undelivered" in request.args
    with server.sandbox.store.transaction() as db:
        found = _events(db, _LONG, undelivered=undelivered, before=request.args.get("before"))
    return _page(
        server,
        "workbench_events.html",
        events=found,
        undelivered=undelivered,
        older=found[-1]["id"] if len(found) == _LONG else None,
    )


@page("GET", "/_sandbox/events/{event}")
def event_shown(server: Server, request: Request, event: str) -> Response:
    """One event and what became of its deliveries."""
    with server.sandbox.store.transaction() as db:
        found = store.get(db, event)
        deliveries = _deliveries(db, event)
    if found is None or found[0]["object"] not in _EVENTS:
        return _absent(server, "event")
    return _page(
        server,
        "workbench_event.html",
        event=found[0],
        cause=(found[0].get("request") or (found[0].get("reason") or {}).get("request") or {}),
        body=_json(_told(found[0], deliveries)),
        deliveries=deliveries,
        resent=request.args.get("resent"),
    )


def _told(event: dict[str, Any], deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    """The event as its receivers see it; of a thin one, with the data that they have to fetch."""
    if event["object"] == thin.EVENT:
        return {**thin.notice(event), "data": event.get("data")}
    return {**event, "pending_webhooks": _pending(deliveries)}


def _pending(deliveries: list[dict[str, Any]]) -> int:
    return sum(delivery["state"] != "done" for delivery in deliveries)


def _deliveries(db: Any, event: str) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT endpoint, state, attempts, status, answer, at, due FROM deliveries"
        " WHERE event = ? ORDER BY id",
        (event,),
    ).fetchall()
    names = ("endpoint", "state", "attempts", "status", "answer", "at", "due")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for delivery in found:
        endpoint = store.get(db, delivery["endpoint"])
        delivery["url"] = endpoint[0].get("url") or endpoint[0]["_url"] if endpoint else "(deleted)"
    return found


@page("POST", "/_sandbox/events/{event}/resend")
def resend(server: Server, request: Request, event: str) -> Response:
    """Deliver an event again, to one endpoint (`endpoint`) or to all that wanted it."""
    with server.sandbox.store.transaction() as db:
        found = store.get(db, event)
    if found is None or found[0]["object"] not in _EVENTS:
        return _absent(server, "event")
    count = server.sandbox.courier.resend(event, request.form.get("endpoint") or None)
    server.sandbox.courier.settle(2.0)
    return paper.see_other(f"/_sandbox/events/{event}?resent={count}")
