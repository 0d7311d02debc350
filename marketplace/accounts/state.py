"""Where a seller stands with Stripe, whichever Accounts API said so.

Stripe keeps lists of what it still wants to know (`requirements`), of what it has capabilities for,
and of what it switched off. The rule that bites: `charges_enabled` is not "onboarded". New
questions come at any time, with or without a deadline, so the state is read again after every
event, and it is one of five: nothing due, due, past due, in review, restricted.
https://docs.stripe.com/connect/handling-api-verification
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from marketplace.accounts import words
from marketplace.lifecycles import SellerState

# Switched off for a reason that no answer of the seller lifts by itself.
CLOSED = frozenset({"platform_paused", "other", "action_required.requested_capabilities", "closed"})
REVIEW = frozenset({"under_review", "listed", "requirements.pending_verification"})


class Due(StrEnum):
    """How urgent a requirement is."""

    PAST = "past"
    NOW = "now"
    CHECKING = "checking"
    LATER = "later"


class Actor(StrEnum):
    """Whose turn it is."""

    SELLER = "seller"
    STRIPE = "stripe"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing Stripe wants to know, by its name there (`individual.dob.day`)."""

    code: str
    due: Due


@dataclass(frozen=True, slots=True)
class Problem:
    """Why Stripe did not take an answer. `requirement` is the name of what has to be given anew."""

    requirement: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Requirements that Stripe would take in place of others: `codes` or `instead_of`."""

    codes: tuple[str, ...]
    instead_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bank:
    """Where payouts go: a bank account or a debit card."""

    stripe_id: str
    bank_name: str | None
    last4: str
    currency: str
    country: str
    status: str
    is_default: bool

    @classmethod
    def read(cls, bank: Mapping[str, Any], currency: str) -> Self:
        """Read an external account of Stripe's; `currency` is the account's own.

        https://docs.stripe.com/api/external_account_bank_accounts/object
        """
        return cls(
            stripe_id=bank["id"],
            bank_name=bank.get("bank_name") or bank.get("brand"),
            last4=bank["last4"],
            currency=bank.get("currency") or currency,
            country=bank.get("country") or "",
            status=bank.get("status") or "",  # a debit card has none
            is_default=bool(bank.get("default_for_currency")),
        )


@dataclass(frozen=True, slots=True)
class AccountState:
    """What an account's object says, in our words. `deadline` is UTC-aware."""

    stripe_id: str
    state: SellerState
    details_submitted: bool
    charges_enabled: bool
    payouts_enabled: bool
    capabilities: Mapping[str, str]
    requirements: tuple[Requirement, ...]
    problems: tuple[Problem, ...]
    deadline: datetime | None
    disabled_reason: str | None
    banks: tuple[Bank, ...]
    metadata: Mapping[str, str]
    alternatives: tuple[Alternative, ...] = ()

    @property
    def transfers_active(self) -> bool:
        """Whether money can be transferred to it."""
        return self.capabilities.get("transfers") == "active"

    def requirements_as_json(self) -> dict[str, Any]:
        """What a Seller row keeps; `tasks` reads it back."""
        return {
            "items": [{"code": item.code, "due": item.due.value} for item in self.requirements],
            "problems": [
                {"requirement": it.requirement, "code": it.code, "reason": it.reason}
                for it in self.problems
            ],
            "alternatives": [
                {"codes": [*it.codes], "instead_of": [*it.instead_of]} for it in self.alternatives
            ],
        }


@dataclass(frozen=True, slots=True)
class Task:
    """Requirements that are one thing for a person: day, month and year are one birthday."""

    text: str
    due: Due
    actor: Actor
    problems: tuple[str, ...]
    codes: tuple[str, ...]
    instead: tuple[tuple[str, ...], ...] = ()


def standing(
    *,
    submitted: bool,
    working: bool,
    reviewing: bool,
    dues: Collection[Due],
    disabled_reason: str | None,
) -> SellerState:
    """The one of the five states that these facts amount to.

    `working` means that every capability asked for is active and payouts are on; `reviewing` that a
    capability or an answer is being checked. A fresh account may be "past due" at once, before the
    seller saw a single question: nothing was switched off that had been on, so that is only due.
    """
    reason = disabled_reason or ""
    if reason in CLOSED or reason.startswith("rejected."):
        return SellerState.RESTRICTED
    if submitted and (Due.PAST in dues or reason == "requirements.past_due"):
        return SellerState.PAST_DUE
    if not submitted or Due.NOW in dues or Due.PAST in dues:
        return SellerState.DUE
    if working:
        return SellerState.NOTHING_DUE
    if reviewing or reason in REVIEW:
        return SellerState.IN_REVIEW
    return SellerState.RESTRICTED


def tasks(kept: Mapping[str, Any]) -> tuple[Task, ...]:
    """What a seller's row keeps of its requirements, for people: most urgent first, joined."""
    problems = kept.get("problems", [])
    joined: dict[tuple[str, Due], list[str]] = {}
    for item in kept.get("items", []):
        text = words.requirement(item["code"])
        joined.setdefault((text, Due(item["due"])), []).append(item["code"])
    order = list(Due)
    return tuple(
        Task(
            text=text,
            due=due,
            actor=Actor.STRIPE if due is Due.CHECKING else Actor.SELLER,
            problems=_problems_of(codes, problems),
            codes=tuple(codes),
            instead=_instead_of(codes, kept.get("alternatives", [])),
        )
        for (text, due), codes in sorted(joined.items(), key=lambda pair: order.index(pair[0][1]))
    )


def _instead_of(
    codes: list[str], alternatives: list[dict[str, list[str]]]
) -> tuple[tuple[str, ...], ...]:
    """What Stripe would take instead, way by way; several things may be one way."""
    found = [
        tuple(dict.fromkeys(words.requirement(code) for code in way["codes"]))
        for way in alternatives
        if way["codes"] and set(codes) & set(way["instead_of"])
    ]
    return tuple(dict.fromkeys(found))


def whose_turn(state: SellerState, disabled_reason: str | None) -> Actor:
    """Who has to act next on an account in this state."""
    if state is SellerState.RESTRICTED:
        ours = (disabled_reason or "").startswith(("rejected.platform_", "platform_paused"))
        missing = disabled_reason == "action_required.requested_capabilities"
        return Actor.PLATFORM if ours or missing else Actor.STRIPE
    if state is SellerState.IN_REVIEW:
        return Actor.STRIPE
    return Actor.SELLER


def _problems_of(codes: list[str], problems: list[dict[str, str]]) -> tuple[str, ...]:
    found = [
        words.problem(it["code"], it["reason"]) for it in problems if it["requirement"] in codes
    ]
    return tuple(dict.fromkeys(found))
