"""What a bank does late: it takes back a top-up that it had paid.

    POST /_sandbox/topups/{tu_…}/reverse   303 for people, JSON for programs

https://docs.stripe.com/connect/top-ups
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from marketplace.sandbox import store
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.pages.control import told
from marketplace.sandbox.resources import topups
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server


@page("POST", "/_sandbox/topups/{topup}/reverse")
def reverse(server: Server, request: Request, topup: str) -> Response:
    """Take a succeeded top-up back; its money leaves the balance again."""
    del request
    with server.sandbox.store.transaction() as db:
        found = store.get(db, topup)
    if found is None or found[0]["object"] != "topup":
        raise NotFound
    try:
        with server.sandbox.session(found[0]["_platform"], found[1]) as ctx:
            current = ctx.get("topup", topup)
            topups.take_back(ctx, current)
            return told(ctx.show(current))
    except Refused as refusal:
        raise BadRequest(str(refusal)) from refusal
