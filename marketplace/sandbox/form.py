"""Form bodies as Stripe reads them: `a[b][0][c]=x`, `a[]=x` and plain `a=x`.

The result is nested dictionaries of strings. Whether `{"0": …, "1": …}` is a list or a hash
with numeric keys (metadata may have those) cannot be told here: the schema knows and decides.

https://docs.stripe.com/api (request bodies are form-encoded)
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from .errors import Invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_DEPTH = 12
_FIELDS = 4000


def decode(text: str) -> dict[str, Any]:
    """Decode a query string or form body; raises `Invalid` for keys that make no sense."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except (ValueError, UnicodeDecodeError) as problem:
        message = "The request's parameters could not be decoded."
        raise Invalid(message) from problem
    return nest(pairs)


def nest(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Build nested dictionaries from `a[b][0]`-style keys."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if not match:
            raise Invalid(f"Invalid parameter name: {key}", param=key)
        steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(steps) > _DEPTH:
            raise Invalid(f"The parameter {key[:80]} is nested too deeply.", param=key[:80])
        _put(root, steps, value, key)
    return root


def _put(node: dict[str, Any], steps: list[str], value: str, key: str) -> None:
    for position, step in enumerate(steps[:-1]):
        name = step or _open_element(node, steps[position + 1])
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise Invalid(f"The parameter {key} is given both as a value and a hash.", param=key)
        node = child
    last = steps[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise Invalid(f"The parameter {key} is given both as a value and a hash.", param=key)
    node[last] = value


def _open_element(node: dict[str, Any], field: str) -> str:
    """For `a[][b]`: the element being filled, or a new one when it has that field already."""
    last = str(len(node) - 1)
    element = node.get(last)
    if isinstance(element, dict) and field and field not in element:
        return last
    return str(len(node))
