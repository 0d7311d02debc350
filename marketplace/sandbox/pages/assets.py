"""The style sheet (and later the scripts) that the sandbox's pages share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@page("GET", "/_sandbox/static/{name}")
def asset(server: Server, request: Request, name: str) -> Response:
    """A file of the folder, by its exact name."""
    del server, request
    for file in _FOLDER.iterdir():
        if file.name == name and file.suffix in _TYPES:
            response = Response(file.read_bytes(), mimetype=_TYPES[file.suffix])
            response.headers["Cache-Control"] = "max-age=300"
            return response
    return Response("Not found", 404)
