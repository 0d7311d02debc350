"""The switches of the walls: `GET` and `POST /_sandbox/walls`, form or JSON.

    curl -d connect_not_signed_up=true http://127.0.0.1:12111/_sandbox/walls

`key` (or `platform`) names the platform; without it the walls stand for everybody. The page of
faults has a form for that, which leads back there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from marketplace.sandbox import ids, walls
from marketplace.sandbox.pages import paper
from marketplace.sandbox.pages.control import told
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_TRUE, _FALSE = {"true", "1", "on", "yes"}, {"false", "0", "off", "no", ""}


@page("GET", "/_sandbox/walls")
def shown(server: Server, request: Request) -> Response:
    """Which walls stand."""
    platform = _platform(request.args)
    with server.sandbox.store.transaction() as db:
        return told({"platform": platform, "walls": walls.standing(db, platform)})


@page("POST", "/_sandbox/walls")
def switch(server: Server, request: Request) -> Response:
    """Put walls up or take them down."""
    values = request.get_json() if request.is_json else request.form
    if not isinstance(values, Mapping):
        raise BadRequest(f"Name walls: {', '.join(walls.NAMES)}.")
    unknown = values.keys() - {*walls.NAMES, "key", "platform"}
    if unknown:
        raise BadRequest(f"There is no wall {min(unknown)!r}; {', '.join(walls.NAMES)}.")
    changes = {name: _truth(values[name]) for name in walls.NAMES if name in values}
    platform = _platform(values)
    with server.sandbox.store.transaction() as db:
        answer = {"platform": platform, "walls": walls.put_up(db, platform, changes)}
    is_browser = "text/html" in request.headers.get("Accept", "")
    return paper.see_other("/_sandbox/faults?done=walls") if is_browser else told(answer)


def _platform(values: Mapping[str, Any]) -> str:
    key = values.get("key")
    if key:
        return ids.platform_of_key(str(key))
    return str(values.get("platform") or walls.EVERYBODY)


def _truth(value: Any) -> bool:
    text = str(value).lower()
    if text not in _TRUE | _FALSE:
        raise BadRequest("Say true or false.")
    return text in _TRUE
