"""Stripe asks that our own forms be looked at every six months, and the operator is reminded."""

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import orm

from marketplace import clock
from marketplace.models import Role
from marketplace.onboarding.api import review
from tests import builders
from tests.browsing import signed_in
from tests.web.test_platform import text

REMINDER = "compare our own onboarding forms"


def test_the_day_is_six_months_after_the_last_review() -> None:
    reviewed = datetime(2026, 11, 21, tzinfo=UTC)
    assert reviewed == review.REVIEWED
    assert review.due_on() == datetime(2027, 5, 21, tzinfo=UTC)


def test_the_operator_is_reminded_when_the_day_has_come(app: Flask, session: orm.Session) -> None:
    olivia = builders.person(session, "Olivia", role=Role.OPERATOR)
    early = review.due_on() - timedelta(minutes=1)
    with clock.reading(lambda: early):
        today = text(signed_in(app, session, olivia), "")
    assert REMINDER not in today
    assert "next by May 21, 2027" in today
    late = review.due_on() + timedelta(minutes=1)
    with clock.reading(lambda: late):
        # Nobody stays signed in for half a year.
        told = text(signed_in(app, session, olivia), "")
    assert REMINDER in told
    assert "it was due on May 21, 2027" in told
