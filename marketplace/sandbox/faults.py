"""Faults on order: a Stripe that is slow, busy, broken or silent, and a post that loses letters.

A fault is a rule: which requests (method, path, account) or which events (type) it meets, how
often (`count`, and `probability` drawn from a seeded generator), and what goes wrong. The rule
that bites: after a timeout nobody knows whether Stripe did the work, so there is one timeout
before it and one after it. Rules live in memory and end with the process or with a reset.

While no rule is set, a request and a delivery pay for one look at an empty list.

https://docs.stripe.com/error-low-level https://docs.stripe.com/rate-limits
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected

from . import ids
from .errors import Refused

if TYPE_CHECKING:
    from .wire import Answer, Call

REQUESTS = {
    "429": "Too many requests: refused, nothing is done.",
    "500": "An error at Stripe: nothing is done.",
    "500_kept": "An error at Stripe half-way: nothing is done, and the idempotency key keeps it.",
    "503": "Stripe is not available: nothing is done.",
    "timeout": "No answer for `ms`, then the line goes dead; nothing is done.",
    "timeout_after": "The work is done; no answer for `ms`, then the line goes dead.",
    "slow": "The work is done, `ms` late.",
    "garbage": "The work is done; the answer is no JSON.",
    "dropped": "The work is done; the connection breaks in the middle of the answer.",
}
EVENTS = {
    "duplicated": "The event is delivered twice.",
    "delayed": "The event comes `seconds` late, by the sandbox's clock.",
    "reordered": "The event comes after those that were made after it.",
    "lost": "The event is never delivered; it can only be listed.",
}
_WAITS = {"timeout": 30_000, "timeout_after": 30_000, "slow": 2_000}
_LONGEST_MS = 120_000
_LONGEST_DELAY = 30 * 86_400
_MOST_RULES = 100
_REMEMBERED = 10_000
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_REFUSALS = {
    "429": ("Request rate limit exceeded.", "invalid_request_error", "rate_limit"),
    "500": ("An unknown error occurred.", "api_error", None),
    "500_kept": ("An unknown error occurred.", "api_error", None),
    "503": ("Stripe is temporarily unavailable.", "api_error", None),
}


_KEPT = "500_kept"


def _refusal(fault: Fault) -> Refused:
    message, kind, code = _REFUSALS[fault.kind]
    sentence = f"{message} (A fault that was set in this sandbox.)"
    return Refused(sentence, status=int(fault.kind[:3]), kind=kind, code=code)


class Silence(ClientDisconnected):
    """The connection ends without an answer; waitress takes it as a caller who went away."""


@dataclass
class Fault:
    """One rule. `left`: how often it still strikes, None for always."""

    kind: str
    method: str = "*"
    path: str = "*"
    account: str = ""
    type: str = "*"
    left: int | None = 1
    probability: float = 1.0
    ms: int = 0
    seconds: int = 60
    should_retry: str = ""
    struck: int = 0
    id: str = field(default_factory=lambda: ids.new("fault_", 12))
    chance: random.Random = field(default_factory=random.Random, repr=False)

    @property
    def on_events(self) -> bool:
        """Whether it meets deliveries and not requests."""
        return self.kind in EVENTS

    def told(self) -> dict[str, Any]:
        """The rule as JSON; only what concerns its kind."""
        common = {"id": self.id, "kind": self.kind, "account": self.account or None}
        often = {"left": self.left, "probability": self.probability, "struck": self.struck}
        if self.on_events:
            return {**common, "type": self.type, "seconds": self.seconds, **often}
        return {**common, "method": self.method, "path": self.path, "ms": self.ms, **often}

    def strikes(self) -> bool:
        """Draw, and count a hit."""
        if self.left == 0 or self.chance.random() >= self.probability:
            return False
        self.left = None if self.left is None else self.left - 1
        self.struck += 1
        return True


def read(values: Mapping[str, Any]) -> Fault:
    """A rule from a form or JSON; raises `ValueError` with a sentence for people.

    `kind` is required. For requests: `method`, `path` (with `*`), `account`, `ms`, `should_retry`
    (sent as the `Stripe-Should-Retry` header). For events: `type` (with `*`), `account`,
    `seconds`. For both: `count` (1 unless told, `always` for no end), `probability`, `seed`.
    """
    kind = str(values.get("kind", ""))
    if kind not in REQUESTS | EVENTS:
        message = f"'kind' must be one of {', '.join([*REQUESTS, *EVENTS])}."
        raise ValueError(message)
    often = str(values.get("count") or 1)
    probability = float(values.get("probability") or 1)
    if not 0 < probability <= 1:
        message = "'probability' is more than 0 and at most 1."
        raise ValueError(message)
    return Fault(
        kind=kind,
        method=str(values.get("method") or "*").upper(),
        path=str(values.get("path") or "*"),
        account=str(values.get("account") or ""),
        type=str(values.get("type") or "*"),
        left=None if often == "always" else _whole("count", often, 1, 1_000_000),
        probability=probability,
        ms=_whole("ms", values.get("ms") or _WAITS.get(kind, 0), 0, _LONGEST_MS),
        seconds=_whole("seconds", values.get("seconds") or 60, 1, _LONGEST_DELAY),
        should_retry=str(values.get("should_retry") or ""),
        chance=random.Random(str(values.get("seed") or 0)),  # noqa: S311 - repeatable on purpose
    )


def _whole(name: str, value: Any, least: int, most: int) -> int:
    number = int(str(value))
    if not least <= number <= most:
        message = f"'{name}' is between {least} and {most}."
        raise ValueError(message)
    return number


class Faults:
    """The rules that are set, and what they do to requests and deliveries."""

    def __init__(self) -> None:
        """No rule."""
        self.rules: list[Fault] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._met: dict[int, None] = {}

    def add(self, fault: Fault) -> Fault:
        """Set a rule; raises `ValueError` when there are too many."""
        with self._lock:
            if len(self.rules) >= _MOST_RULES:
                message = f"There are {_MOST_RULES} faults already; clear some."
                raise ValueError(message)
            self.rules = [*self.rules, fault]
        return fault

    def clear(self, identifier: str | None = None) -> int:
        """Drop one rule, or all and let go of whoever waits for an answer; answers how many."""
        with self._lock:
            kept = [rule for rule in self.rules if identifier is not None and rule.id != identifier]
            gone = len(self.rules) - len(kept)
            self.rules = kept
            if identifier is None:
                self._met.clear()
                self._released.set()
                self._released = threading.Event()
        return gone

    def before(self, call: Call) -> None:
        """What happens to a request before its work; raises `Refused` when there will be none."""
        call.calm = self._released
        fault = self._strike(
            lambda rule: (
                not rule.on_events
                and rule.method in {"*", call.method}
                and fnmatchcase(call.path, rule.path)
                and rule.account in {"", call.header("stripe-account") or ""}
            )
        )
        call.fault = fault
        if fault is None:
            return
        if fault.kind in _REFUSALS and fault.kind != _KEPT:
            raise _refusal(fault)
        if fault.kind in {"slow", "timeout"}:
            _nap(call)
        if fault.kind == "timeout":
            raise Refused("Nobody hears this: the line is dead.", status=504, kind="api_error")

    def midway(self, call: Call) -> None:
        """What happens to a request once its work has begun; raises `Refused`.

        Stripe remembers an answer under its idempotency key from here on, errors included.
        """
        if call.fault is not None and call.fault.kind == _KEPT:
            raise _refusal(call.fault)

    def after(self, call: Call, answer: Answer) -> None:
        """What happens to the answer on its way; raises `Silence` when it does not arrive."""
        fault = call.fault
        if fault is None:
            return
        if fault.should_retry:
            answer.headers["Stripe-Should-Retry"] = fault.should_retry
        if fault.kind == "429":
            answer.headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        elif fault.kind == "garbage":
            answer.headers["Content-Type"] = "text/html"
            answer.body = _GARBAGE
        elif fault.kind == "dropped":
            answer.headers["Content-Length"] = str(len(answer.body))
            answer.body = answer.body[: len(answer.body) // 2]
        elif fault.kind == "timeout_after":
            _nap(call)
        if fault.kind.startswith("timeout"):
            raise Silence

    def on_the_way(self, event: dict[str, Any], delivery: int) -> Fault | None:
        """The fault that this delivery meets; it meets at most one in its life."""
        if delivery in self._met:
            return None
        fault = self._strike(
            lambda rule: (
                rule.on_events
                and fnmatchcase(event["type"], rule.type)
                and rule.account in {"", event.get("account", "")}
            )
        )
        if fault is not None:
            with self._lock:
                self._met[delivery] = None
                while len(self._met) > _REMEMBERED:
                    del self._met[next(iter(self._met))]
        return fault

    def _strike(self, matches: Any) -> Fault | None:
        """The first rule that matches and strikes; a rule that is used up leaves the list."""
        for rule in self.rules:
            if matches(rule):
                with self._lock:
                    hit = rule.strikes()
                    if rule.left == 0:
                        self.rules = [other for other in self.rules if other is not rule]
                if hit:
                    return rule
        return None


def _nap(call: Call) -> None:
    """Wait as long as the fault says, unless all faults are cleared meanwhile."""
    if call.fault is not None and call.calm is not None:
        call.calm.wait(call.fault.ms / 1000)
