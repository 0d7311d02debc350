"""The table of endpoints. A resource file registers its own; nobody lists them elsewhere.

    @route("POST", "/v1/transfers", "TransferCreateParams")
    def create(ctx, params): …

    @route("GET", "/v1/transfers/{transfer}", "TransferRetrieveParams")
    def retrieve(ctx, params, transfer): …

`kind` says how an object type is stored and `view` how it is shown; `task` names work that the
clock starts later.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """One endpoint: the schema that guards it and the function that answers.

    `until` names parameters that a later API version removed: `{"payment_method_types":
    "2026-09-30.endive"}` accepts the parameter from callers of an older version only.
    """

    method: str
    path: str
    schema: str | None
    handler: Callable[..., Any]
    until: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def spots(self) -> tuple[tuple[int, str], ...]:
        """Where the path has its parameters, and their names."""
        parts = enumerate(self.path.strip("/").split("/"))
        return tuple((at, part[1:-1]) for at, part in parts if part.startswith("{"))


@dataclass(frozen=True)
class Kind:
    """How one object type is stored: id prefix, the fields that lists can filter by."""

    name: str
    prefix: str
    indexed: tuple[str, ...] = ()
    length: int = 24
    words: str = ""


class Router:
    """Finds the route of a method and path; path parameters are written `{name}`."""

    def __init__(self) -> None:
        """Start empty."""
        self._tree: dict[str, Any] = {}

    def add(self, route: Route) -> None:
        """Register; a second route for the same method and path is a mistake."""
        node = self._tree
        for part in route.path.strip("/").split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        methods = node.setdefault("", {})
        if route.method in methods:
            message = f"{route.method} {route.path} is registered twice"
            raise ValueError(message)
        methods[route.method] = route

    def remove(self, method: str, path: str) -> None:
        """Forget a route; for tests that add one of their own."""
        node = self._tree
        for part in path.strip("/").split("/"):
            node = node["{}" if part.startswith("{") else part]
        del node[""][method]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its path parameters, or None."""
        parts = path.strip("/").split("/")
        found = self._walk(self._tree, parts, 0, method)
        if found is None:
            return None
        return found, {name: parts[at] for at, name in found.spots}

    def _walk(self, node: dict[str, Any], parts: list[str], at: int, method: str) -> Route | None:
        if at == len(parts):
            route: Route | None = node.get("", {}).get(method)
            return route
        for step in (parts[at], "{}"):
            if step in node and step != "":
                found = self._walk(node[step], parts, at + 1, method)
                if found is not None:
                    return found
        return None

    def routes(self) -> list[Route]:
        """Every route, for the coverage test and the workbench."""
        found: list[Route] = []
        stack = [self._tree]
        while stack:
            for key, child in stack.pop().items():
                if key == "":
                    found.extend(child.values())
                else:
                    stack.append(child)
        return sorted(found, key=lambda r: (r.path, r.method))


router = Router()
pages = Router()
kinds: dict[str, Kind] = {}
views: dict[str, Callable[..., dict[str, Any]]] = {}
tasks: dict[str, Callable[..., None]] = {}
includes: dict[tuple[str, str], Callable[..., dict[str, Any]]] = {}


def route(
    method: str, path: str, schema: str | None = None, *, until: dict[str, str] | None = None
) -> Callable[[F], F]:
    """Register an API endpoint; the handler gets `(ctx, params, **path_parameters)`."""

    def register(handler: F) -> F:
        router.add(Route(method, path, schema, handler, until or {}))
        return handler

    return register


def page(method: str, path: str) -> Callable[[F], F]:
    """Register a page for people; the handler gets `(sandbox, request, **path_parameters)`."""

    def register(handler: F) -> F:
        pages.add(Route(method, path, None, handler))
        return handler

    return register


def kind(
    name: str,
    prefix: str,
    *,
    indexed: tuple[str, ...] = (),
    length: int = 24,
    words: str | None = None,
) -> Kind:
    """Declare an object type. `words` is how Stripe names it in "No such …" messages."""
    declared = Kind(name, prefix, indexed, length, words or name.replace("_", " "))
    kinds[name] = declared
    return declared


def view(name: str) -> Callable[[F], F]:
    """Register `(ctx, stored) -> shown` for an object type whose fields are partly computed."""

    def register(function: F) -> F:
        views[name] = function
        return function

    return register


def include(name: str, field_name: str) -> Callable[[F], F]:
    """Register `(ctx, shown) -> value` for a field that is there only when it is expanded."""

    def register(function: F) -> F:
        includes[name, field_name] = function
        return function

    return register


def task(name: str) -> Callable[[F], F]:
    """Register work for the clock; the function gets `(ctx, **arguments)`."""

    def register(function: F) -> F:
        tasks[name] = function
        return function

    return register
