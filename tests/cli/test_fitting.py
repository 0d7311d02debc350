"""A database and a key that do not belong together are told apart before anybody is served."""

import pytest
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import platform
from marketplace.cli import fitting
from marketplace.config import SANDBOX_PUBLISHABLE_KEY, Settings
from marketplace.errors import ConfigError
from tests import builders
from tests.running import Running

REAL = {"STRIPE_SECRET_KEY": "sk_test_of_somebody", "SECRET_KEY": "c" * 40}


def test_a_database_stays_with_the_account_that_used_it_first(
    session: orm.Session, sandbox: Running, settings: Settings
) -> None:
    for _ in range(2):
        fitting.check(settings, session, sandbox.client())
    assert platform.settings(session).stripe_id == sandbox.platform
    other = sandbox.client("sk_test_of_another_account")
    with pytest.raises(ConfigError) as refused:
        fitting.check(Settings.from_environ(REAL), session, other)
    (line,) = refused.value.faults
    assert sandbox.platform in line
    assert str(other.v1.accounts.retrieve_current().id) in line
    assert platform.settings(session).stripe_id == sandbox.platform


def test_the_people_of_the_sandbox_are_not_taken_into_test_mode(
    session: orm.Session, sandbox: Running, settings: Settings
) -> None:
    builders.person(session, "Nadia", email="nadia@demo.example")
    fitting.check(settings, session, sandbox.client())
    platform.settings(session).stripe_id = None
    session.commit()
    with pytest.raises(ConfigError, match="the people of the local sandbox"):
        fitting.check(Settings.from_environ(REAL), session, sandbox.client())


def test_what_stripe_cannot_tell_now_stops_nobody_and_a_missing_key_is_said(
    session: orm.Session, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    away = StripeClient(
        "sk_test_12345678", base_addresses={"api": f"http://127.0.0.1:{closed_port}"}
    )
    fitting.check(Settings.from_environ(REAL), session, away)
    assert platform.settings(session).stripe_id is None
    assert "STRIPE_PUBLISHABLE_KEY is not set" in caplog.text
    assert "the platform's own account" in caplog.text
    caplog.clear()
    whole = REAL | {"STRIPE_PUBLISHABLE_KEY": SANDBOX_PUBLISHABLE_KEY}
    fitting.check(Settings.from_environ(whole), session, away)
    assert "PUBLISHABLE" not in caplog.text
