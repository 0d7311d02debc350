"""Metadata: the caller's own keys on an object, merged on update.

An empty value unsets its key, an empty string in place of the hash unsets all of them.
https://docs.stripe.com/api/metadata
"""

from __future__ import annotations

from .errors import Refused

_MOST_KEYS = 50
_KEY_LONGEST = 40
_VALUE_LONGEST = 500


def merged(old: dict[str, str] | None, new: dict[str, str] | str | None) -> dict[str, str]:
    """What an object's metadata are after `new` was sent; raises `Refused` beyond the limits.

    On creation `old` is None. `new` may be None (nothing was sent).
    """
    if new is None:
        return dict(old or {})
    if not isinstance(new, dict):
        return {}
    for key, value in new.items():
        if len(key) > _KEY_LONGEST:
            message = f"Metadata keys have at most {_KEY_LONGEST} characters."
            raise Refused(message, param="metadata")
        if len(value) > _VALUE_LONGEST:
            message = f"Metadata values have at most {_VALUE_LONGEST} characters."
            raise Refused(message, param=f"metadata[{key}]")
    kept = {key: value for key, value in {**(old or {}), **new}.items() if value != ""}
    if len(kept) > _MOST_KEYS:
        message = f"Metadata have at most {_MOST_KEYS} keys."
        raise Refused(message, param="metadata")
    return kept
