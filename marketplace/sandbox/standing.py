"""What an account may do now: capabilities, `charges_enabled`, `payouts_enabled`, and why not.

`review` keeps the outcome of the checks on the account, `assess` concludes from it. A requirement
that is missing before a capability was ever active blocks at once and is `past_due`. One that
turns up later gets a deadline (`current_deadline`) and blocks only after it.

https://docs.stripe.com/connect/handling-api-verification#determine-if-verification-is-needed
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from . import configuration, requirements, verification
from .clock import DAY
from .requirements import Case
from .updates import filled, reach
from .verification import Outcome

DEADLINE = 14 * DAY
"""How long an active account has for a new requirement; Stripe's own periods vary."""

HELD = DAY
"""How long a closer look at a risky business takes here. That a business name can force a high
risk is documented, what follows is not: payouts wait for the review."""

_ENDLESS = 3650 * DAY


@dataclass
class Standing:
    """The `requirements` hash and everything that follows from it."""

    currently_due: list[str] = field(default_factory=list)
    eventually_due: list[str] = field(default_factory=list)
    past_due: list[str] = field(default_factory=list)
    pending_verification: list[str] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    deadlines: dict[str, int] = field(default_factory=dict)
    current_deadline: int | None = None
    disabled_reason: str | None = None
    capabilities: dict[str, str] = field(default_factory=dict)
    charges_enabled: bool = False
    payouts_enabled: bool = False
    announced: list[str] = field(default_factory=list)
    """What will be due from `transition` on, and is not yet."""
    transition: int | None = None

    def told_future(self) -> dict[str, Any]:
        """The `future_requirements` hash; at `transition` it empties into `requirements`."""
        names = sorted(self.announced)
        return {
            "alternatives": [],
            "current_deadline": self.transition,
            "currently_due": names,
            "disabled_reason": None,
            "errors": [],
            "eventually_due": list(names),
            "past_due": [],
            "pending_verification": [],
        }

    def told(self, only: set[str] | None = None) -> dict[str, Any]:
        """The `requirements` hash; `only` keeps the fields that one capability needs."""

        def kept(names: list[str]) -> list[str]:
            return sorted(name for name in names if only is None or name in only)

        due = kept(self.eventually_due)
        return {
            "alternatives": alternatives(due),
            "current_deadline": self.current_deadline,
            "currently_due": kept(self.currently_due),
            "disabled_reason": self.disabled_reason,
            "errors": [e for e in self.errors if only is None or e["requirement"] in only],
            "eventually_due": due,
            "past_due": kept(self.past_due),
            "pending_verification": kept(self.pending_verification),
        }


def alternatives(due: list[str]) -> list[dict[str, list[str]]]:
    """A seller without a website may describe what they sell instead."""
    url, words = "business_profile.url", "business_profile.product_description"
    return [{"alternative_fields_due": [words], "original_fields_due": [url]}] if url in due else []


def nothing_due() -> dict[str, Any]:
    """A `requirements` hash that asks for nothing."""
    return Standing().told()


def review(case: Case, now: int) -> int | None:
    """Examine what is complete and changed; answers when the next outcome is known, if any.

    Nothing about people is examined before the account was submitted: by finishing the hosted
    form, or by accepting the terms where the platform collects.
    """
    account = case.account
    lacking = requirements.missing(case)
    verdicts = account["_verdicts"]
    for subject in _subjects(case):
        complete = not any(name.partition(".")[0] == subject for name in lacking)
        ready = complete and (submitted(account) or subject in {"business_profile", "documents"})
        mark = _fingerprint(case, subject)
        kept = verdicts.get(subject)
        if not ready:
            verdicts.pop(subject, None)
        elif kept is None or kept["of"] != mark:
            outcome = _examine(case, subject)
            due = now if outcome.at_once else now + verification.MOMENT
            if outcome.endless:
                due = now + _ENDLESS
            verdicts[subject] = {
                "of": mark,
                "due": due,
                "listed": outcome.listed,
                "paused": outcome.paused,
                "held_until": now + HELD if outcome.risky else 0,
                "problems": [asdict(problem) for problem in outcome.problems],
            }
    moments = [verdict[name] for verdict in verdicts.values() for name in ("due", "held_until")]
    return min((moment for moment in moments if moment > now), default=None)


def submitted(account: dict[str, Any]) -> bool:
    """Whether the seller is through with onboarding, or the platform accepted for them."""
    if configuration.of(account).platform_collects:
        return filled(reach(account, "tos_acceptance.date"))
    return bool(account["_submitted"])


def _subjects(case: Case) -> list[str]:
    business = case.account["business_type"]
    if business is None:
        return ["business_profile", "documents"]
    if business == "individual":
        return ["individual", "business_profile", "documents"]
    people = [person["id"] for person in case.people]
    return [*people, "company", "business_profile", "documents"]


def _data(case: Case, subject: str) -> dict[str, Any]:
    account = case.account
    papers = account.get("_papers", {})
    if subject == "documents":
        unproven = any(verification.is_unproven(bank) for bank in case.banks)
        return {"_papers": papers, "unproven": unproven}
    if subject == "company":
        company = account["company"] or {}
        found = verification.listed(company, case.people)
        return {**company, "_papers": papers, **({"_listed": found} if found else {})}
    if subject == "business_profile":
        return {**account["business_profile"], "_settings": account["settings"]}
    return case.person(subject) or {}


def _fingerprint(case: Case, subject: str) -> str:
    told = {k: v for k, v in _data(case, subject).items() if k != "metadata"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _examine(case: Case, subject: str) -> Outcome:
    data = _data(case, subject)
    if subject == "company":
        return verification.examine_company(data)
    if subject == "business_profile":
        return verification.examine_profile(data)
    if subject == "documents":
        return verification.examine_papers(data)
    return verification.examine_person(data, subject)


def assess(case: Case, now: int) -> Standing:
    """Conclude what is due and what is enabled; changes nothing."""
    account, standing = case.account, Standing()
    lacking = requirements.missing(case)
    demanded = [name for name in account["_demanded"] if not case.has(name)]
    problems = _problems(account, now)
    waiting = _waiting(case, now)
    wrong = [problem["requirement"] for problem in problems]
    due = list(dict.fromkeys([*lacking, *demanded, *wrong]))
    later = [name for name in requirements.later(case) if not case.has(name)]
    standing.currently_due = due
    standing.eventually_due = list(dict.fromkeys([*due, *later]))
    standing.errors = [
        {key: problem[key] for key in ("code", "reason", "requirement")} for problem in problems
    ]
    standing.pending_verification = waiting
    coming = {name: at for name, at in account.get("_announced", {}).items() if not case.has(name)}
    standing.announced = list(coming)
    standing.transition = min(coming.values(), default=None)
    _date(standing, account, now)
    bars = {p["requirement"] for p in problems if "charges" in p["blocks"]} | set(lacking)
    for name in requirements.requested(account):
        standing.capabilities[name] = _status(case, standing, name, bars)
    _conclude(case, standing, problems, now)
    return standing


def _problems(account: dict[str, Any], now: int) -> list[dict[str, Any]]:
    return [
        problem
        for verdict in account["_verdicts"].values()
        if verdict["due"] <= now
        for problem in verdict["problems"]
    ]


def _waiting(case: Case, now: int) -> list[str]:
    """The fields that are being checked right now."""
    names = []
    for subject, verdict in case.account["_verdicts"].items():
        if verdict["due"] <= now and not verdict["listed"]:
            continue
        if subject == "company":
            names.append("company.tax_id")
        elif subject not in {"business_profile", "documents"}:
            keys = ("verification.document", "id_number", "ssn_last_4", "dob.year")
            found = next(key for key in (*keys, "") if not key or case.has(f"{subject}.{key}"))
            names.append(f"{subject}.{found or 'dob.year'}")
    return names


def _date(standing: Standing, account: dict[str, Any], now: int) -> None:
    """Give every requirement its deadline; keep those that were set before."""
    known: dict[str, int] = account["_deadlines"]
    fresh = now + DEADLINE if account["_activated"] else now
    if account["_blocked"]:
        fresh = now
    standing.deadlines = {name: known.get(name, fresh) for name in standing.currently_due}
    if "external_account" in standing.deadlines:
        # Without a bank that takes payouts they have stopped already.
        standing.deadlines["external_account"] = min(now, standing.deadlines["external_account"])
    standing.past_due = [name for name, due in standing.deadlines.items() if due <= now]
    standing.current_deadline = min(
        (due for due in standing.deadlines.values() if due > now), default=None
    )


def _status(case: Case, standing: Standing, name: str, bars: set[str]) -> str:
    """One capability; `bars` are the requirements whose lack stops charges."""
    account = case.account
    if account["_rejected"] or is_paused(account) or not submitted(account):
        return "inactive"
    if name in account.get("_lost", ()):
        return "inactive"
    was_active = name in account["_activated"]
    # What only other capabilities ask for (or only payouts need) does not touch this one.
    foreign = set(requirements.upfront(case)) - set(requirements.fields(case, name))
    demanded = set() if account["_blocked"] == "payouts" else set(account["_demanded"])
    blocking = standing.past_due if was_active else standing.currently_due
    if any(field in demanded or (field in bars and field not in foreign) for field in blocking):
        return "inactive"
    return "pending" if standing.pending_verification and not was_active else "active"


def is_paused(account: dict[str, Any]) -> bool:
    """Whether the account is paused as inactive (its website asks for it)."""
    return any(verdict.get("paused") for verdict in account["_verdicts"].values())


def _is_held(account: dict[str, Any], now: int) -> bool:
    """Whether Stripe is taking a closer look at a risky business."""
    return any(verdict.get("held_until", 0) > now for verdict in account["_verdicts"].values())


def _conclude(case: Case, standing: Standing, problems: list[dict[str, Any]], now: int) -> None:
    """`charges_enabled` follows from the capabilities, `payouts_enabled` from the bank too."""
    account = case.account
    enabled = "active" in standing.capabilities.values()
    # A platform that rejects an account may leave it the way to its bank.
    may_pay_out = enabled or (account["_rejected"] and account.get("_pays_out", False))
    held = any(
        "payouts" in problem["blocks"] and problem["requirement"] in standing.past_due
        for problem in problems
    )
    demanded = [name for name in account["_demanded"] if name in standing.past_due]
    standing.charges_enabled = enabled
    standing.payouts_enabled = bool(
        may_pay_out
        and case.has("external_account")
        and not held
        and not demanded
        and not _is_held(account, now)
    )
    if standing.charges_enabled and standing.payouts_enabled:
        return
    if account["_rejected"]:
        standing.disabled_reason = f"rejected.{account['_rejected']}"
    elif any(verdict["listed"] for verdict in account["_verdicts"].values()):
        standing.disabled_reason = "listed"
    elif standing.past_due:
        standing.disabled_reason = "requirements.past_due"
    elif _is_held(account, now):
        standing.disabled_reason = "under_review"
    elif is_paused(account) or account.get("_lost"):
        # Paused for inactivity is said by the capabilities; the account's own reasons lack it.
        standing.disabled_reason = "other"
    elif standing.pending_verification:
        standing.disabled_reason = "requirements.pending_verification"
    elif not standing.capabilities:
        standing.disabled_reason = "action_required.requested_capabilities"
