"""A request in words: the HTTP line, and the call of the Python SDK that makes it.

The rule that bites: what is shown must be what is sent, so both are written from the parameters
themselves, and never typed a second time.
"""

import json
from collections.abc import Mapping
from typing import Any

from marketplace.guide.requests import Request

INDENT = "    "
FITS = 72


def http(request: Request) -> str:
    """The request line, with the header that says on whose account: "POST /v1/refunds"."""
    line = f"{request.method} {request.path}"
    return f"{line}   Stripe-Account: {request.account}" if request.account else line


def python(request: Request) -> str:
    """The call of the SDK, ready to be pasted."""
    parts = [_literal(name, 1) for name in request.ids]
    options: dict[str, str] = {}
    if request.account:
        options["stripe_account"] = request.account
    if request.method == "POST" and request.idempotent:
        options["idempotency_key"] = "FROM_YOUR_ROW"
    if request.params:
        parts.append(_literal(request.params, 1))
    if options:
        parts.append(("" if request.params else "options=") + _literal(options, 1))
    flat = ", ".join(parts)
    if "\n" not in flat and len(flat) + len(request.sdk) < FITS:
        return f"stripe.{request.sdk}({flat})"
    lines = "".join(f"{INDENT}{part},\n" for part in parts)
    return f"stripe.{request.sdk}(\n{lines})"


def pairs(request: Request) -> list[tuple[str, str]]:
    """The parameters as a v1 form carries them: `("line_items[0][quantity]", "1")`."""
    return list(_flat("", request.params))


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        named = [(f"{prefix}[{key}]" if prefix else str(key), it) for key, it in value.items()]
    elif isinstance(value, list | tuple):
        named = [(f"{prefix}[{number}]", it) for number, it in enumerate(value)]
    else:
        return [(prefix, json.dumps(value) if isinstance(value, bool) else str(value))]
    return [pair for name, it in named for pair in _flat(name, it)]


def _literal(value: Any, depth: int) -> str:  # noqa: ANN401 - whatever a request may carry
    """A value as Python writes it, one entry a line once it holds more than one."""
    if isinstance(value, Mapping):
        entries = [f"{_literal(key, 0)}: {_literal(it, depth + 1)}" for key, it in value.items()]
        brackets = "{}"
    elif isinstance(value, list | tuple):
        entries, brackets = [_literal(it, depth + 1) for it in value], "[]"
    else:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    flat = brackets[0] + ", ".join(entries) + brackets[1]
    if "\n" not in flat and len(flat) + depth * len(INDENT) < FITS:
        return flat
    inner = "".join(f"{INDENT * (depth + 1)}{entry},\n" for entry in entries)
    return f"{brackets[0]}\n{inner}{INDENT * depth}{brackets[1]}"
