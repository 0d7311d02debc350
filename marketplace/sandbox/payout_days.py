"""When an account is paid out by itself: the days that `settings.payouts.schedule` names.

https://docs.stripe.com/connect/manage-payout-schedule
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .clock import DAY, midnight

if TYPE_CHECKING:
    from .context import Context

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SATURDAY = 5
_HORIZON = 62


def run_soon(ctx: Context, at: int | None = None) -> None:
    """Ask for an automatic payout of the acting account.

    Call it when something that held money back has gone: a bank account was replaced, payouts
    were enabled, the schedule changed. `at`: unix seconds; the start of the next day by default.
    """
    due = at or midnight(ctx.now) + DAY
    ctx.later(due, "payouts.automatic", once=f"payouts.automatic:{ctx.account}:{due}")


def next_payout_day(schedule: dict[str, Any], at: int) -> int:
    """The start (UTC, unix seconds) of the first payout day from the day of `at` on.

    `daily` means every business day. A weekly or monthly anchor may fall on any day; the bank
    takes the payout on the next business day anyway.
    """
    day = datetime.fromtimestamp(midnight(at), UTC)
    for _ in range(_HORIZON):
        if _is_payout_day(schedule, day):
            return int(day.timestamp())
        day += timedelta(days=1)
    message = f"the schedule names no day: {schedule}"
    raise ValueError(message)


def _is_payout_day(schedule: dict[str, Any], day: datetime) -> bool:
    if schedule["interval"] == "weekly":
        wanted = schedule.get("weekly_payout_days") or [schedule.get("weekly_anchor", "monday")]
        return _WEEKDAYS[day.weekday()] in wanted
    if schedule["interval"] == "monthly":
        days = schedule.get("monthly_payout_days") or [schedule.get("monthly_anchor", 1)]
        last = calendar.monthrange(day.year, day.month)[1]
        # The 29th to 31st mean the last day of a shorter month.
        return day.day in days or (day.day == last and any(d > last for d in days))
    return day.weekday() < _SATURDAY
