"""The panel of faults and incidents, for people and for tests: `/_sandbox/faults`.

`GET` lists what is set, `POST` (form or JSON) sets a fault or lets an incident happen, `DELETE`
or `POST /_sandbox/faults/clear` takes faults away. Browsers see a page, programs JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import faults, incidents, walls
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.pages import paper
from marketplace.sandbox.pages.control import told
from marketplace.sandbox.resources import payouts
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_HERE = "/_sandbox/faults"


@page("GET", _HERE)
def shown(server: Server, request: Request) -> Response:
    """What is set and how often it struck."""
    if not _is_browser(request):
        return told({"faults": [rule.told() for rule in server.sandbox.trouble.rules]})
    return _panel(server, done=request.args.get("done"))


@page("POST", _HERE)
def order(server: Server, request: Request) -> Response:
    """Set a fault, or let an incident happen, by `kind`."""
    values = request.get_json(silent=True) if request.is_json else request.form
    try:
        answer = _ordered(server, values)
    except Refused as refusal:
        return _said_no(server, request, str(refusal), values)
    except (KeyError, TypeError, ValueError) as problem:
        return _said_no(server, request, str(problem), values)
    if _is_browser(request):
        return paper.see_other(f"{_HERE}?done={answer.get('kind', '')}")
    return told(answer)


@page("POST", _HERE + "/clear")
@page("DELETE", _HERE)
def clear(server: Server, request: Request) -> Response:
    """Take one fault away (`id`) or all; requests that hang are let go."""
    gone = server.sandbox.trouble.clear(request.values.get("id") or None)
    return paper.see_other(_HERE) if _is_browser(request) else told({"cleared": gone})


@page("DELETE", _HERE + "/{fault}")
def clear_one(server: Server, request: Request, fault: str) -> Response:
    """Take one fault away."""
    del request
    return told({"cleared": server.sandbox.trouble.clear(fault)})


def _ordered(server: Server, values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        message = "Send a form or a JSON object."
        raise TypeError(message)
    kind = str(values.get("kind", ""))
    if kind in incidents.ON_ACCOUNTS | incidents.ON_CHARGES:
        return {"kind": kind, "happened": incidents.happen(server.sandbox, values)}
    return server.sandbox.trouble.add(faults.read(values)).told()


def _said_no(server: Server, request: Request, words: str, values: Any) -> Response:
    if not _is_browser(request):
        return told({"error": words}, HTTPStatus.BAD_REQUEST)
    return _panel(server, problem=words, values=values, status=HTTPStatus.BAD_REQUEST)


def _panel(server: Server, *, status: int = 200, **more: Any) -> Response:
    clock = server.sandbox.clock
    with server.sandbox.store.transaction() as db:
        standing = walls.standing(db, walls.EVERYBODY)
    values = {"done": None, "problem": None, "values": {}, **more}
    return paper.page(
        "workbench_faults.html",
        status,
        now=clock.now(),
        ahead=clock.offset,
        rules=server.sandbox.trouble.rules,
        requests=faults.REQUESTS,
        events=faults.EVENTS,
        on_accounts=incidents.ON_ACCOUNTS,
        on_charges=incidents.ON_CHARGES,
        codes=payouts.FAILURES,
        walls=[(name, words, standing[name]) for name, words in walls.NAMES.items()],
        **values,
    )


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")
