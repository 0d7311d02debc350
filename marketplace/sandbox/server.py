"""The WSGI program: API calls to the wire, people to the pages, tests to the control surface."""

from __future__ import annotations

import functools
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response

from . import pages as _pages
from . import publishable
from . import resources as _resources
from .connections import HttpServer
from .courier import is_loopback
from .program import Sandbox
from .routing import pages
from .wire import NOTICE, Call, Wire

log = logging.getLogger("sandbox.server")
_BODY_LIMIT = 20 * 1024 * 1024
_KEPT = 500
_LAST_PORT = 65_535
_SAFE = frozenset({"GET", "HEAD"})
_REASONS = {status.value: status.phrase for status in HTTPStatus}

__all__ = ["_pages", "_resources"]  # imported because importing registers their routes


class Server:
    """A WSGI application around one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        """`calls` keeps the last requests for the workbench."""
        self.sandbox = sandbox
        self.wire = Wire(sandbox)
        self.calls: deque[Call] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """WSGI."""
        # A page of another site must not reach the sandbox by pointing its own name here.
        if not _is_here(environ.get("HTTP_HOST", "127.0.0.1")):
            response = Response("The sandbox answers on loopback only.", 421)
            return response(environ, start_response)
        path = environ["PATH_INFO"]
        if path.startswith(("/v1/", "/v2/")):
            return self._api(environ, start_response)
        request = Request(environ)
        request.max_content_length = _BODY_LIMIT
        if request.method not in _SAFE and not _from_here(request):
            response = Response("This form was sent by a page of another site.", 403)
        else:
            response = self._page(request, path)
        response.headers["Stripe-Notice"] = NOTICE
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response(environ, start_response)

    def _api(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        method = environ["REQUEST_METHOD"]
        call = Call(
            # `HEAD` is `GET` without the body, which the connection leaves out.
            "GET" if method == "HEAD" else method,
            # WSGI hands on bytes as if they were Latin-1; ids may be anybody's own words.
            environ["PATH_INFO"].encode("latin-1").decode(errors="replace").rstrip("/"),
            environ.get("QUERY_STRING", ""),
            body,
            headers,
        )
        across = publishable.cross_origin(call.method, call.path, headers)
        if across and call.method == "OPTIONS":
            start_response("204 No Content", [*across.items()])
            return []
        answer = self.wire.answer(call)
        self.calls.append(call)
        self.sandbox.hub.tell(call)
        if call.fault is not None:
            self.sandbox.trouble.after(call, answer)
        answer.headers.setdefault("Content-Length", str(len(answer.body)))
        start_response(
            f"{answer.status} {_REASONS.get(answer.status, '')}",
            [*answer.headers.items(), *across.items()],
        )
        return [answer.body]

    def _page(self, request: Request, path: str) -> Response:
        found = pages.find(request.method, path)
        if found is None and request.method == "HEAD":
            found = pages.find("GET", path)
        if found is None:
            return Response("Not found in the sandbox.", 404)
        route, arguments = found
        try:
            response: Response = route.handler(self, request, **arguments)
        except HTTPException as problem:
            return Response(problem.description or problem.name, problem.code or 500)
        except Exception:
            log.exception("%s %s failed", request.method, path)
            return Response("The sandbox itself failed; see its log.", 500)
        return response


@functools.lru_cache(maxsize=64)
def _is_here(host: str) -> bool:
    """Whether a `Host` header names this machine (`127.0.0.1.example.com` does not)."""
    return is_loopback(f"http://{host}")


def _from_here(request: Request) -> bool:
    """Whether a form was sent by a page of the sandbox, or by a program that is no browser.

    `Sec-Fetch-Site` is checked first: another port of this machine is the same *site*, but a
    page there has no business here either. Older browsers send `Origin` alone.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin == request.host_url.rstrip("/")


def serve(server: Server, host: str, port: int) -> HttpServer:
    """An HTTP server, bound but not yet running; `.run()` blocks until it is stopped.

    Raises `ValueError` for an address that is not loopback and `OSError` when it cannot bind.
    """
    if not _is_here(f"[{host}]" if ":" in host else host):
        message = f"the sandbox binds to loopback only, not to {host}"
        raise ValueError(message)
    if not 0 <= port <= _LAST_PORT:
        message = f"there is no port {port}"
        raise ValueError(message)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=1024)
    return HttpServer(server, bound, _BODY_LIMIT)


def not_found(what: str) -> NotFound:
    """A page that does not exist, said in words."""
    return NotFound(f"There is no such {what} in this sandbox.")
