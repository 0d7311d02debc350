"""When our own forms were last compared with what Stripe requires.

Stripe asks platforms with forms of their own to look at them again at least every six months,
because laws and card networks change what has to be asked. Unknown requirements are asked for
all the same, so the forms do not break meanwhile; but words, choices and limits grow old. The rule
that bites: nobody else remembers. Whoever has compared them writes the day here.
https://docs.stripe.com/connect/api-onboarding
"""

from datetime import UTC, datetime

from marketplace import clock

# The names and texts in `questions`, `choices` and `places` were compared with the requirements
# of API version 2026-10-28.endive on this day.
REVIEWED = datetime(2026, 11, 21, tzinfo=UTC)
MONTHS = 6


def due_on() -> datetime:
    """The day, UTC, on which the forms want to be looked at again."""
    months = REVIEWED.month - 1 + MONTHS
    return REVIEWED.replace(year=REVIEWED.year + months // 12, month=months % 12 + 1)


def is_due() -> bool:
    """Whether that day has come."""
    return clock.now() >= due_on()
