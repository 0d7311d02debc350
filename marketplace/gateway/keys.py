"""Idempotency keys from our own rows.

Stripe carries out a request once per `Idempotency-Key` and answers the repetition with the first
answer, for at least 24 hours. The rule that bites: the key must exist, committed, before the call,
and must say which row it is for, never how much or when. It is made from a row's random token, not
its number: a new database counts from 1 again while Stripe still remembers the old answers.
https://docs.stripe.com/api/idempotent_requests
"""

import re
from datetime import datetime, timedelta

from marketplace import clock

LONGEST = 255
# Stripe forgets keys after a day at the earliest; until then the same key is safe.
LASTS = timedelta(hours=23)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}", re.ASCII)


def forgotten(since: datetime) -> bool:
    """Whether Stripe may have forgotten a key that was first used at `since`.

    Then what the lost answer was about is looked for, before it is asked for again.
    """
    return clock.now() - since > LASTS


def key(operation: str, token: str, generation: int = 0) -> str:
    """Return the key of `operation` ("account", "payout", …) on the row that has `token`.

    Raise `generation` only after Stripe refused for good (StripeRefused): the refused answer stays
    with the old key. After StripeUnavailable the generation must stay, or it happens twice.
    Raises ValueError for a token that is not random text and for a key longer than Stripe takes.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError("an idempotency key is made from a row's random token")
    made = f"{operation}:{token}:{generation}"
    if len(made) > LONGEST:
        raise ValueError(f"an idempotency key has at most {LONGEST} characters")
    return made
