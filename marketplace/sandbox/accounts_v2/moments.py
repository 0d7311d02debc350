"""Signatures: who agreed, when and from where. v2 writes moments as text, v1 as unix seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.errors import Invalid


def seconds(text: str, param: str) -> int:
    """`2026-11-21T10:00:00.000Z` as unix seconds; raises `Invalid` for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        message = "Invalid timestamp: write RFC 3339, such as 2026-11-21T10:00:00.000Z."
        raise Invalid(message, param=param) from problem
    if moment.tzinfo is None:
        message = "Invalid timestamp: it needs a time zone, such as the Z for UTC."
        raise Invalid(message, param=param)
    return int(moment.timestamp())


def stored(signed: dict[str, Any], param: str, now: int) -> dict[str, Any]:
    """A signature of v2 as v1 keeps it. A token says only that the terms were shown and accepted.

    `now` is when a token's acceptance counts.
    """
    if "shown_and_accepted" in signed:
        return {"date": now, "ip": "127.0.0.1"} if signed["shown_and_accepted"] else {}
    told = {name: signed[name] for name in ("ip", "user_agent") if signed.get(name) is not None}
    if signed.get("date") is not None:
        told["date"] = seconds(signed["date"], f"{param}.date")
    return told


def told(signed: dict[str, Any]) -> dict[str, Any]:
    """A signature of v1 as v2 prints it."""
    date = signed.get("date")
    return {
        "date": rfc3339(date) if date else None,
        "ip": signed.get("ip"),
        "user_agent": signed.get("user_agent"),
    }
