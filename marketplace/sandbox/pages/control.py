"""The control surface for tests and people: clock, balance sheet, reset, health."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from marketplace.sandbox import book
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server


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
    """`advance` (seconds) or `to` (unix seconds), form or JSON; never backwards."""
    values = request.get_json() if request.is_json else request.form
    now = server.sandbox.clock.now()
    try:
        target = int(values["to"]) if "to" in values else now + int(values["advance"])
    except (KeyError, TypeError, ValueError) as problem:
        message = "Give 'advance' (seconds) or 'to' (unix seconds), a whole number."
        raise BadRequest(message) from problem
    if target < now:
        message = "The sandbox's clock only moves forward."
        raise BadRequest(message)
    ran = server.sandbox.advance_to(target)
    back = request.headers.get("Referer", "")
    if "text/html" in request.headers.get("Accept", "") and back.startswith(request.host_url):
        return Response("", 303, {"Location": back})
    return told({"now": server.sandbox.clock.now(), "tasks_run": ran})


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
    del request
    server.sandbox.reset()
    server.calls.clear()
    return told({"reset": True})
