"""News of an account in the words of Accounts v2: which part changed, one thin event for each.

The account remembers what was told last (`_told`): a digest of every part and the status of every
capability. Comparing with it needs no copy of the account from before the change, so it does not
matter which road the change came by: v1, v2, the hosted form, the clock.

https://docs.stripe.com/event-destinations#thin-events
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from marketplace.sandbox import thin
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.standing import Standing

from . import reading

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


def news(case: Case, now: Standing) -> list[tuple[str, dict[str, Any] | None]]:
    """What is new since it was last told: (type of event, its data). Remembers it as told."""
    account = case.account
    seen = reading.whole(case, now, _VERSION)
    told = _digests(seen)
    before: dict[str, str] | None = account.get("_told")
    account["_told"] = told
    _enlist(account, seen)
    if before is None:
        return [(f"{_PREFIX}.created", None)]
    found: list[tuple[str, dict[str, Any] | None]] = []
    for name in sorted(told.keys() | before.keys()):
        if told.get(name) == before.get(name):
            continue
        where, _, capability = name.partition(":")
        if capability:
            type_ = f"{_PREFIX}[configuration.{where}].capability_status_updated"
            found.append((type_, {"updated_capability": capability}))
        elif name == "closed":
            found.append((f"{_PREFIX}.closed", None))
        elif name == "itself":
            found.append((f"{_PREFIX}.updated", None))
        else:
            found.append((f"{_PREFIX}[{name}].updated", None))
    return found


def enlist(case: Case, now: Standing) -> None:
    """Give an account that was made before there were lists of v2 its place in them."""
    _enlist(case.account, reading.whole(case, now, _VERSION))


def _enlist(account: dict[str, Any], seen: dict[str, Any]) -> None:
    """Links for the lists of v2, which filter by them."""
    account["_lists"] = {
        "closed": str(seen["closed"]).lower(),
        **dict.fromkeys(seen["applied_configurations"], "applied"),
    }


def spread(
    ctx: Context, account: dict[str, Any], told: list[tuple[str, dict[str, Any] | None]]
) -> None:
    """Raise the events. They belong to the platform: v2 tells of its accounts in its own name."""
    about = {
        "id": account["id"],
        "type": "v2.core.account",
        "url": f"/v2/core/accounts/{account['id']}",
    }
    own = ctx.acting_as(ctx.platform)
    for type_, data in told:
        thin.tell(own, type_, about=about, data=data)


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
