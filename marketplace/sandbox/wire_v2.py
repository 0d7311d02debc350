"""What `/v2` does differently on the wire: arrays in the query, pages, error bodies, repeats.

A v2 request is JSON, its times are RFC 3339, and null unsets. Arrays in a query may be written
`include=a&include=b`, `include[]=a` or `include[0]=a`. An error has a code and a message, and a
`type` only when it is one of a few that clients tell apart. A failed request is not remembered
under its idempotency key: repeating it executes it again.

https://docs.stripe.com/api-v2-overview
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from .errors import Invalid, Refused
from .schema import Listed, Shape

if TYPE_CHECKING:
    from .context import Context

_OK = 200
_PAGE = 20
_DEFAULT_TYPE = "invalid_request_error"
# Codes that v1 and v2 share keep v1's `type` in the body, as Stripe's answers do.
_SHARED = ("parameter_", "email_", "url_", "country_", "resource_", "idempotency_")
# v2 always says a code. Which one it says where v1 says none is not known: these are ours.
_CODES = {400: "invalid_fields", 401: "unauthenticated", 403: "forbidden", 404: "not_found"}


def is_v2(path: str) -> bool:
    """Whether the request belongs to the v2 namespace."""
    return path.startswith("/v2/")


def remembers(status: int) -> bool:
    """Whether an answer is replayed for the same key; failures are executed again."""
    return status == _OK


def arrays(raw: dict[str, Any], query: str, shape: Shape | None) -> dict[str, Any]:
    """The query's parameters with plain repeated names (`include=a&include=b`) as lists."""
    if shape is None or not query:
        return raw
    for name, check in shape.fields.items():
        if isinstance(check, Listed) and isinstance(raw.get(name), str):
            raw[name] = [value for key, value in parse_qsl(query) if key == name]
    return raw


def error(refusal: Refused) -> dict[str, Any]:
    """The error object of a refusal, as v2 writes it."""
    told = refusal.error
    code = told.get("code") or _CODES.get(refusal.status, "internal_error")
    if code == "resource_missing":
        code = "not_found"
    shown: dict[str, Any] = {"code": code, "message": told["message"]}
    if told["type"] != _DEFAULT_TYPE or code.startswith(_SHARED):
        shown["type"] = told["type"]
    if "param" in told:
        shown["param"] = told["param"].replace("[", ".").replace("]", "")
    return shown


def page(
    ctx: Context,
    kind: str,
    params: dict[str, Any],
    show: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    owner: str | None = "",
    created: dict[str, int] | None = None,
    **where: Any,
) -> dict[str, Any]:
    """A page of a v2 list, newest first: `data`, and the address of the next page or null.

    `owner` and `where` are those of `Context.list`; `show` prints one row.
    """
    asked = {"limit": params.get("limit", _PAGE)}
    if "page" in params:
        asked["starting_after"] = _cursor(params["page"])
    if created:
        asked["created"] = created
    found = ctx.list(kind, asked, owner=owner, **where)
    following = None
    if found.has_more:
        told = {**params, "page": _token(found.rows[-1]["id"])}
        following = f"{ctx.path}?{urlencode(list(_flat(told)))}"
    return {
        "data": [show(row) for row in found.rows],
        "next_page_url": following,
        "previous_page_url": None,
    }


def _flat(params: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        if isinstance(value, list):
            pairs += [(name, item) for item in value]
        elif isinstance(value, dict):
            pairs += [(f"{name}[{key}]", item) for key, item in value.items()]
        else:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return pairs


def _token(identifier: str) -> str:
    return "page_" + base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")


def _cursor(token: str) -> str:
    try:
        text = token.removeprefix("page_")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError) as problem:
        message = "Invalid page token. Follow `next_page_url` as it is."
        raise Invalid(message, param="page") from problem
