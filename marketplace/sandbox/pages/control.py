"""The control surface for tests and people: clock, balance sheet, reset, health."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from marketplace.sandbox import book
from marketplace.sandbox.clock import DAY, seconds_of
from marketplace.sandbox.pages.paper import see_other
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_FURTHEST = 3_660 * DAY


def told(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value, indent=2), status, mimetype="application/json")


@page("GET", "/healthz")
def healthz(server: Server, request: Request) -> Response:
    """Ready when the store answers."""
    del request
    with server.sandbox.store.transaction() as db:
        db.execute("SELECT 1").fetchone()
    return told({"status": "ok", "program": "marketplace.sandbox"})


@page("GET", "/_sandbox/clock")
def clock(server: Server, request: Request) -> Response:
    """The sandbox's present, in unix seconds."""
    del request
    present = server.sandbox.clock
    return told({"now": present.now(), "ahead_of_real_time": present.offset})


@page("POST", "/_sandbox/clock")
def move_clock(server: Server, request: Request) -> Response:
    """`advance` (seconds, or `2d`) or `to` (unix seconds), form or JSON; never backwards."""
    values = request.get_json() if request.is_json else request.form
    from_a_page = "text/html" in request.headers.get("Accept", "")
    try:
        target = _target(values, server.sandbox.clock.now())
    except (TypeError, ValueError) as problem:
        if from_a_page:
            return see_other("/_sandbox/?fault=clock#clock")
        raise BadRequest(str(problem)) from problem
    ran = server.sandbox.advance_to(target)
    if from_a_page:
        return see_other("/_sandbox/#clock")
    return told({"now": server.sandbox.clock.now(), "tasks_run": ran})


def _target(values: Any, now: int) -> int:
    """The moment asked for, in unix seconds; raises `ValueError`."""
    if not isinstance(values, Mapping) or not values.keys() & {"to", "advance"}:
        message = "Give 'advance' (seconds, or 2d, 3h, 15m) or 'to' (unix seconds)."
        raise ValueError(message)
    target = int(values["to"]) if "to" in values else now + seconds_of(str(values["advance"]))
    if not now <= target <= now + _FURTHEST:
        message = "The sandbox's clock moves forward only, and at most ten years at a time."
        raise ValueError(message)
    return target


@page("POST", "/_sandbox/settle")
def settle(server: Server, request: Request) -> Response:
    """Wait until no delivery is due any more (30 s at most)."""
    del request
    return told({"settled": server.sandbox.courier.settle(30.0)})


@page("GET", "/_sandbox/balance_sheet")
def balance_sheet(server: Server, request: Request) -> Response:
    """Who holds what, and what is wrong with the book (an empty list when all is well)."""
    del request
    with server.sandbox.store.transaction() as db:
        rows = db.execute(
            "SELECT party, bucket, currency, amount FROM balances WHERE amount != 0"
            " ORDER BY party, bucket, currency"
        ).fetchall()
        wrong = book.faults(db)
    parties: dict[str, dict[str, dict[str, int]]] = {}
    for party, bucket, currency, amount in rows:
        parties.setdefault(party, {}).setdefault(bucket, {})[currency] = amount
    return told({"balances": parties, "faults": wrong})


@page("POST", "/_sandbox/reset")
def reset(server: Server, request: Request) -> Response:
    """Forget everything."""
    server.sandbox.reset()
    server.calls.clear()
    if "text/html" in request.headers.get("Accept", ""):
        return see_other("/_sandbox/")
    return told({"reset": True})
