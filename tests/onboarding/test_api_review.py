"""Stripe asks that our own forms be looked at every six months, and the operator is reminded."""

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import clock
from marketplace.onboarding.api import review
from tests.web.test_platform import sign_in, text

REMINDER = "compare our own onboarding forms"


def test_the_day_is_six_months_after_the_last_review() -> None:
    reviewed = datetime(2026, 11, 21, tzinfo=UTC)
    assert reviewed == review.REVIEWED
    assert review.due_on() == datetime(2027, 5, 21, tzinfo=UTC)


def test_the_operator_is_reminded_when_the_day_has_come(
    client: FlaskClient, session: orm.Session
) -> None:
    sign_in(client, session)
    assert REMINDER not in text(client, "")
    assert "next by May 21, 2027" in text(client, "")
    late = review.due_on() + timedelta(minutes=1)
    with clock.reading(lambda: late):
        sign_in(client, session)  # nobody stays signed in for half a year
        told = text(client, "")
    assert REMINDER in told
    assert "it was due on May 21, 2027" in told
