"""When an account is paid out by itself: the days that `settings.payouts.schedule` names.

https://docs.stripe.com/connect/manage-payout-schedule
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .clock import DAY, midnight
from .errors import Refused

if TYPE_CHECKING:
    from .context import Context

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SATURDAY = 5
_HORIZON = 62
_LAST_DAY = 31
# interval -> the one day, the several days; whichever was given last counts
_NAMES = {
    "weekly": ("weekly_anchor", "weekly_payout_days"),
    "monthly": ("monthly_anchor", "monthly_payout_days"),
}
_PARAM = "settings[payouts][schedule]"


def keep_days(schedule: dict[str, Any], given: dict[str, Any]) -> None:
    """Keep of a changed schedule what its interval needs; `given` is what was just sent.

    Anchors belong to one interval, those of the others go. Raises `Refused` (400) for a day that
    no month has, and for a weekly or monthly schedule that names no day.
    """
    names = _NAMES.get(schedule["interval"], ())
    for name in [name for pair in _NAMES.values() for name in pair]:
        replaced = any(other in given for other in names if other != name) and name not in given
        if name not in names or replaced:
            schedule.pop(name, None)
    days = [*schedule.get("monthly_payout_days", []), schedule.get("monthly_anchor", 1)]
    if any(not 1 <= day <= _LAST_DAY for day in days):
        name = next(name for name in names if name in schedule)
        message = f"Invalid {name}: days of the month are numbers from 1 to {_LAST_DAY}."
        raise Refused(message, code="parameter_invalid_integer", param=f"{_PARAM}[{name}]")
    if names and not any(schedule.get(name) for name in names):
        raise Refused(
            f"`{names[0]}` or `{names[1]}` is required when `interval` is"
            f" `{schedule['interval']}`.",
            code="parameter_missing",
            param=f"{_PARAM}[{names[0]}]",
        )


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
