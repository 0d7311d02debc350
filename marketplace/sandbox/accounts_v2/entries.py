"""`requirements.entries`: what is still required, field by field, and what it stands in the way of.

The same state that v1 tells as lists of names. Each entry says who has to act, how urgent it is
and which capabilities suffer. Of an account that nobody has onboarded everything is `past_due`;
once nothing is left the summary is null.

https://docs.stripe.com/connect/handle-verification-updates
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import requirements, standing
from marketplace.sandbox.clock import rfc3339
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.standing import Standing

from .capabilities import PAYOUTS, place
from .fields import requirement

_URGENCY = ("past_due", "currently_due", "eventually_due")
_ALTERNATIVES_SINCE = "2026-10-28"


def future(case: Case, now: Standing) -> dict[str, Any]:
    """`future_requirements`: what was announced, and from when it will be required."""
    at = rfc3339(now.transition) if now.transition else None
    status = "currently_due"
    return {
        "alternatives": None,
        "entries": [_entry(case, now, name, status) for name in sorted(now.announced)],
        "minimum_transition_date": at,
        "summary": {"minimum_deadline": {"status": status, "time": at}} if at else None,
    }


def told(case: Case, now: Standing, configurations: set[str], version: str) -> dict[str, Any]:
    """The `requirements` hash of a v2 account."""
    waiting = [name for name in now.pending_verification if name not in now.eventually_due]
    names = [*sorted(now.eventually_due), *sorted(waiting)] if configurations else []
    rows = [_entry(case, now, name, _urgency(now, name)) for name in names]
    by_field: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        # Two fields of v1 may be one of v2 (the last four digits and the whole number).
        person = (row["reference"] or {}).get("resource") or ""
        known = by_field.setdefault((row["description"], person), row)
        if _only_stripe_acts(row) and known["minimum_deadline"]["status"] == "eventually_due":
            by_field[row["description"], person] = row
    rows = list(by_field.values())
    return {
        "alternatives": _alternatives(names) if version >= _ALTERNATIVES_SINCE else None,
        "entries": rows,
        "summary": _summary(rows, now),
    }


def _only_stripe_acts(row: dict[str, Any]) -> bool:
    return bool(row["awaiting_action_from"] == "stripe")


def _entry(case: Case, now: Standing, name: str, urgency: str) -> dict[str, Any]:
    stripe_acts = name in now.pending_verification
    seasoned = bool(case.account["_activated"])
    return {
        "awaiting_action_from": "stripe" if stripe_acts else "user",
        "description": requirement(name),
        "errors": [
            {"code": error["code"], "description": error["reason"]}
            for error in now.errors
            if error["requirement"] == name
        ],
        "impact": {"restricts_capabilities": _impact(case, name, urgency)},
        "minimum_deadline": {"status": urgency},
        "reference": _reference(name),
        "requested_reasons": [
            {"code": "routine_verification" if seasoned else "routine_onboarding"}
        ],
    }


def _urgency(now: Standing, name: str) -> str:
    if name in now.past_due:
        return "past_due"
    return "currently_due" if name in now.currently_due else "eventually_due"


def _reference(name: str) -> dict[str, Any] | None:
    prefix = name.partition(".")[0]
    if not prefix.startswith("person_"):
        return None
    return {"inquiry": None, "resource": prefix, "type": "person"}


def _impact(case: Case, name: str, urgency: str) -> list[dict[str, Any]]:
    """The capabilities that this requirement stops: all, unless only some ask for it."""
    found = []
    upfront = set(requirements.upfront(case))
    touched = set()
    for stored in requirements.requested(case.account):
        where = place(stored)
        if where is None:
            continue
        touched.add(where[0])
        foreign = name in upfront and name not in requirements.fields(case, stored)
        if not foreign:
            found.append((where[1], where[0]))
    found += [(PAYOUTS, configuration) for configuration in sorted(touched)]
    return [
        {"capability": capability, "configuration": owner, "deadline": {"status": urgency}}
        for capability, owner in found
    ]


def _summary(rows: list[dict[str, Any]], now: Standing) -> dict[str, Any] | None:
    """The most urgent entry that waits for the account holder."""
    found = {row["minimum_deadline"]["status"] for row in rows}
    if not found:
        return None
    first = next(status for status in _URGENCY if status in found)
    due = now.current_deadline if first == "currently_due" else None
    return {"minimum_deadline": {"status": first, "time": rfc3339(due) if due else None}}


def _alternatives(names: list[str]) -> list[dict[str, Any]]:
    """What may be given instead, for the same requirements as in v1."""
    return [
        {
            "original_entries": [
                {"description": requirement(name), "reference": None}
                for name in one["original_fields_due"]
            ],
            "options": [
                {
                    "entries": [
                        {
                            "awaiting_action_from": "user",
                            "description": requirement(name),
                            "errors": [],
                            "reference": None,
                        }
                        for name in one["alternative_fields_due"]
                    ]
                }
            ],
        }
        for one in standing.alternatives(names)
    ]
