"""News of an account in the words of Accounts v2: which part changed, one thin event for each.

The account remembers what was told last (`_told`): a digest of every part and the status of every
capability. Comparing with it needs no copy of the account from before the change, so it does not
matter which road the change came by: v1, v2, the hosted form, the clock. The words themselves lie
in a table of their own and are read only when something is new: for `changes`, which says what the
fields were and what they are now.

https://docs.stripe.com/event-destinations#thin-events
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from marketplace.sandbox import thin
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.standing import Standing
from marketplace.sandbox.updates import reach

from . import reading
from .fields import put

if TYPE_CHECKING:
    from marketplace.sandbox.context import Context

_PREFIX = "v2.core.account"
_PARTS = ("identity", "defaults", "requirements", "future_requirements")
_ITSELF = (
    "applied_configurations",
    "contact_email",
    "contact_phone",
    "dashboard",
    "display_name",
    "metadata",
)
# The newest shape is compared; what a caller of an older version sees differs in words only.
_VERSION = "9999-12-31"


class News(NamedTuple):
    """One event to come."""

    type: str
    data: dict[str, Any] | None
    changes: dict[str, Any] | None


def news(ctx: Context, case: Case, now: Standing) -> list[News]:
    """What is new since it was last told. Remembers it as told."""
    account = case.account
    seen = reading.whole(case, now, _VERSION)
    told = _digests(seen)
    before: dict[str, str] | None = account.get("_told")
    account["_told"] = told
    _enlist(account, seen)
    if told == before:
        return []
    known = _replace(ctx, account["id"], seen)
    if before is None:
        _, after = _difference({}, seen)
        return [News(f"{_PREFIX}.created", None, {"before": None, "after": after})]
    names = sorted(told.keys() | before.keys())
    return [
        News(*_event(name), _changes(name, known, seen))
        for name in names
        if told.get(name) != before.get(name)
    ]


def _event(name: str) -> tuple[str, dict[str, Any] | None]:
    """How the change of a part is called: (type of event, its data)."""
    where, _, capability = name.partition(":")
    if capability:
        type_ = f"{_PREFIX}[configuration.{where}].capability_status_updated"
        return type_, {"updated_capability": capability}
    if name == "closed":
        return f"{_PREFIX}.closed", None
    return f"{_PREFIX}.updated" if name == "itself" else f"{_PREFIX}[{name}].updated", None


def _changes(
    name: str, known: dict[str, Any] | None, seen: dict[str, Any]
) -> dict[str, Any] | None:
    """What was other in a part; None when an older sandbox did not write down what it was.

    https://docs.stripe.com/changelog/clover/2025-11-17/thin-events-changes
    """
    if known is None:
        return None
    where, _, capability = name.partition(":")
    paths = _ITSELF if name == "itself" else (name,)
    if capability:
        paths = (f"configuration.{where}.capabilities.{capability}",)
    before, after = _difference(_cut(known, paths), _cut(seen, paths))
    return {"before": before, "after": after}


def _cut(seen: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """Only these fields, each where it belongs."""
    part: dict[str, Any] = {}
    for path in paths:
        put(part, path, reach(seen, path))
    return part


def _difference(
    before: dict[str, Any], after: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, as they were and as they are; lists are told as a whole."""
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            old, new = _difference(old, new)
        if old != new:
            was[name], now[name] = old, new
    return was, now


def _replace(ctx: Context, account: str, seen: dict[str, Any]) -> dict[str, Any] | None:
    """Write down what is told now; answers what was told before."""
    row = ctx.db.execute("SELECT view FROM told WHERE account = ?", (account,)).fetchone()
    ctx.db.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (account, json.dumps(seen)))
    return json.loads(row[0]) if row else None


def enlist(case: Case, now: Standing) -> None:
    """Give an account that was made before there were lists of v2 its place in them."""
    _enlist(case.account, reading.whole(case, now, _VERSION))


def _enlist(account: dict[str, Any], seen: dict[str, Any]) -> None:
    """Links for the lists of v2, which filter by them."""
    account["_lists"] = {
        "closed": str(seen["closed"]).lower(),
        **dict.fromkeys(seen["applied_configurations"], "applied"),
    }


def spread(ctx: Context, account: dict[str, Any], told: list[News]) -> None:
    """Raise the events. They belong to the platform: v2 tells of its accounts in its own name."""
    about = {
        "id": account["id"],
        "type": "v2.core.account",
        "url": f"/v2/core/accounts/{account['id']}",
    }
    own = ctx.acting_as(ctx.platform)
    for one in told:
        thin.tell(own, one.type, about=about, data=one.data, changes=one.changes)


def _digests(seen: dict[str, Any]) -> dict[str, str]:
    found = {name: _digest(seen[name]) for name in _PARTS}
    found["itself"] = _digest([seen[name] for name in _ITSELF])
    if seen["closed"]:
        found["closed"] = "closed"
    for name, configuration in seen["configuration"].items():
        if configuration is None:
            continue
        rest = {key: value for key, value in configuration.items() if key != "capabilities"}
        requested = {}
        for capability, status in _statuses(configuration["capabilities"]):
            requested[capability] = True
            found[f"{name}:{capability}"] = status
        found[f"configuration.{name}"] = _digest([rest, requested])
    return found


def _statuses(capabilities: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in capabilities.items():
        if not isinstance(value, dict):
            continue
        if "status" in value:
            found.append((path + name, value["status"]))
        else:
            found += _statuses(value, f"{path}{name}.")
    return found


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
