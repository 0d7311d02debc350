"""The sandbox's time: real time plus an offset that people and tests can push forward.

Everything that happens by itself (funds settle, links expire, payouts arrive, webhooks are
retried) is a row in `tasks` or `deliveries` with a due time. While the clock is pushed forward
each task runs at its own due time, in order, so what it writes carries the right timestamps.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

DAY = 86_400
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhdw]?)\Z")


class Clock:
    """Unix seconds, as Stripe counts them."""

    def __init__(self, offset: int = 0, real: Callable[[], float] = time.time) -> None:
        """`offset`: seconds ahead of real time, which `real` tells."""
        self.offset = offset
        self.real = real
        self.held: int | None = None

    def now(self) -> int:
        """The sandbox's present."""
        return self.held if self.held is not None else int(self.real()) + self.offset

    def hold(self, at: int | None) -> None:
        """Stand still at `at` while due work runs; None lets time flow again."""
        self.held = at

    def move_to(self, at: int) -> None:
        """Make `at` the present."""
        self.offset = at - int(self.real())
        self.held = None


def seconds_of(text: str) -> int:
    """`2d`, `3h`, `15m`, `1w` or plain seconds, as a number; raises `ValueError` otherwise."""
    match = _DURATION.match(text.strip())
    if match is None:
        message = f"{text[:40]!r} is no duration; write 90, 15m, 3h, 2d or 1w"
        raise ValueError(message)
    return int(match[1]) * _UNITS[match[2]]


def midnight(at: int) -> int:
    """The start of the UTC day that contains `at`."""
    return at - at % DAY


def business_days(at: int, days: int) -> int:
    """Midnight UTC, `days` business days (Monday to Friday) after the day of `at`.

    Bank holidays differ by country and are left out; Stripe's calendar counts them.
    """
    day = datetime.fromtimestamp(midnight(at), UTC)
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:  # noqa: PLR2004 - Monday is 0, Saturday is 5
            days -= 1
    return int(day.timestamp())


def rfc3339(at: int) -> str:
    """The way Accounts v2 writes times: `2026-11-21T10:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
