"""How an update changes what is stored: hashes merge key by key, an empty string unsets.

A v1 request names only what should change. Arrays are replaced as a whole.
https://docs.stripe.com/api (request bodies)
"""

from __future__ import annotations

from typing import Any


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`old` with the keys of `new`, hash by hash; `""` becomes None. Neither is changed."""
    result = dict(old)
    for key, value in new.items():
        if isinstance(value, dict):
            inner = result.get(key)
            result[key] = merge(inner if isinstance(inner, dict) else {}, value)
        else:
            result[key] = None if value == "" else value
    return result


def filled(value: Any) -> bool:
    """Whether something was really given: not None, not empty."""
    return value is not None and value != "" and value not in ({}, [])


def reach(obj: dict[str, Any] | None, path: str) -> Any:
    """The value at `a.b.c`, or None."""
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
