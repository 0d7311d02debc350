"""What a file link shows: the file itself, to anybody who has the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import store, uploads
from marketplace.sandbox.resources import file_links
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server


@page("GET", "/links/{secret}")
def show(server: Server, request: Request, secret: str) -> Response:
    """The file; an expired or unknown link answers 404."""
    del request
    with server.sandbox.store.transaction() as db:
        links = store.select(db, "file_link", None, where={"_secret": secret}, limit=1)
        found = store.get(db, links[0]["file"]) if links else None
    if found is None:
        return Response("There is no such file link.", 404)
    with server.sandbox.session(found[1]) as ctx:
        if file_links.is_expired(ctx, links[0]):
            return Response("This file link has expired.", 404)
        body = uploads.content(ctx.db, found[0]["id"])
    response = Response(body, mimetype=uploads.mimetype(found[0]["type"]))
    # Somebody else's file must not run anything here: no script, no frame, no form.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
