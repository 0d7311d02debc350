"""How stored objects become answers: private fields dropped, computed fields added, `expand[]`.

Stored objects may carry fields that begin with `_` (what the test card should do, write-only
identity data); they never leave the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import store
from .errors import Invalid
from .routing import includes, views

if TYPE_CHECKING:
    from .context import Context

_EXPAND_DEPTH = 4
_SUBLIST = 10
_NESTED = (dict, list)
_NEVER = frozenset({"id", "metadata", "object"})
# These can be expanded, and only some objects of the kind have them.
_MAYBE = frozenset(
    {("refund", "failure_balance_transaction"), ("payment_intent", "payment_record")}
)


@dataclass
class Listing:
    """A page of objects, before rendering."""

    rows: list[dict[str, Any]]
    has_more: bool
    url: str


def show(ctx: Context, obj: dict[str, Any]) -> dict[str, Any]:
    """One object without its private fields, through its view when it has one."""
    # Of a deleted object nothing is left to look at but its name.
    function = None if obj.get("deleted") else views.get(obj.get("object", ""))
    shown: dict[str, Any] = strip(function(ctx, dict(obj)) if function else obj)
    buyer = shown.get("customer")
    if isinstance(buyer, str) and buyer[:5] == "acct_":  # an account of v2 that buys
        shown["customer"] = None
        if "customer_account" in shown:
            shown["customer_account"] = buyer
    return shown


def strip(value: Any) -> Any:
    """Drop every key that begins with `_`, at any depth; shares no hash or array with `value`."""
    # Nearly everything is a leaf, and a call for each would be most of the time that a list takes.
    if isinstance(value, dict):
        return {
            key: strip(item) if isinstance(item, _NESTED) else item
            for key, item in value.items()
            if key[:1] != "_"
        }
    if isinstance(value, list):
        return [strip(item) if isinstance(item, _NESTED) else item for item in value]
    return value


def sublist(ctx: Context, rows: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """A list inside an object: at most ten rows; the rest is at `url`."""
    return {
        "object": "list",
        "url": url,
        "has_more": len(rows) > _SUBLIST,
        "data": [show(ctx, row) for row in rows[:_SUBLIST]],
    }


def answer(ctx: Context, result: Any, expand: list[str]) -> Any:
    """What a handler returned, ready to be serialised."""
    if isinstance(result, Listing):
        shown: Any = {
            "object": "list",
            "url": result.url,
            "has_more": result.has_more,
            "data": [show(ctx, row) for row in result.rows],
        }
    else:
        shown = show(ctx, result)
    for path in expand:
        steps = path.split(".")
        if len(steps) > _EXPAND_DEPTH:
            message = f"You cannot expand more than {_EXPAND_DEPTH} levels of a property."
            raise Invalid(message, param="expand")
        _expand(ctx, shown, steps, path)
    return shown


def _expand(ctx: Context, node: Any, steps: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(ctx, item, steps, path)
        return
    if not isinstance(node, dict):
        return
    name, rest = steps[0], steps[1:]
    included = includes.get((node.get("object", ""), name))
    if included is not None and name not in node:
        node[name] = included(ctx, node)
    if name not in node and (node.get("object", ""), name) in _MAYBE:
        return
    plain = name in node and isinstance(node[name], int) and included is None
    if name not in node or name in _NEVER or plain:
        message = (
            f"This property cannot be expanded ({name}). You may want to try expanding something"
            f" else, or leave out '{path}'."
        )
        raise Invalid(message, param="expand")
    value = node[name]
    if isinstance(value, str):
        node[name] = value = _opened(ctx, value)
    if rest:
        _expand(ctx, value, rest, path)


def _opened(ctx: Context, value: str) -> Any:
    """The object that has this id, as far as the caller may see it."""
    found = store.get(ctx.db, value) or store.buried(ctx.db, value)
    if found is not None and _reachable(ctx, found[1]):
        return show(ctx.acting_as(found[1]), found[0])
    if value[:3] == "ca_":  # the platform's own application, which nobody has stored
        return {"id": value, "object": "application", "name": None}
    return value


def _reachable(ctx: Context, owner: str) -> bool:
    """Whether the owner is the caller's platform or one of its connected accounts.

    A platform may expand what lies on the other side of a transfer; nobody sees another platform.
    """
    if owner in {ctx.platform, ctx.account}:
        return True
    found = store.get(ctx.db, owner)
    return found is not None and found[1] == ctx.platform
