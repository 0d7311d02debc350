"""How an update changes what is stored: hashes merge, an empty string unsets, metadata is special.

Stripe's v1 API sends only what should change. A hash is merged key by key, `""` means "unset",
and metadata keys disappear when they are set to an empty value.

https://docs.stripe.com/api/metadata
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


def metadata(old: dict[str, str] | None, new: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: an empty value unsets its key, an empty string unsets all."""
    if not isinstance(new, dict):
        return {}
    return {key: value for key, value in {**(old or {}), **new}.items() if value != ""}


def filled(value: Any) -> bool:
    """Whether something was really given: not None, not empty."""
    return value is not None and value != "" and value not in ({}, [])


def reach(obj: dict[str, Any] | None, path: str) -> Any:
    """The value at `a.b.c`, or None."""
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
