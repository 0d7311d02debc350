"""The engine: every kept event is handled, whatever happens to the worker in the middle of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import stripe
from sqlalchemy import orm

from marketplace import clock
from marketplace.database import phase
from marketplace.errors import StripeMisconfigured, StripeUnavailable
from marketplace.lifecycles import InboxState
from marketplace.models import InboxEvent, Scope
from marketplace.webhooks import envelope, inbox, routes, work
from marketplace.webhooks.inbox import Claim
from marketplace.webhooks.routes import Outcome
from tests.webhooks import letters

Sessions = orm.sessionmaker[orm.Session]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DONE = Outcome(InboxState.DONE)


@pytest.fixture
def stripe_client() -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_nobody_answers")


@pytest.fixture
def engine_of(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> Iterator[Callable[..., work.Engine]]:
    """Start engines that are stopped when the test ends."""
    started: list[work.Engine] = []

    def start(handle: work.Handle, threads: int = 1) -> work.Engine:
        engine = work.Engine(sessions, stripe_client, threads=threads, handle=handle)
        engine.start()
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.stop()


def kept(sessions: Sessions, scope: Scope = Scope.PLATFORM, **changes: object) -> int:
    letter = envelope.read(letters.text(letters.event() | changes))
    with sessions() as session, phase(session):
        return inbox.keep(session, letter, scope)


def row(sessions: Sessions, row_id: int) -> InboxEvent:
    with sessions() as session:
        return inbox.get(session, row_id)


def answering(outcome: Outcome | BaseException) -> work.Handle:
    def handle(_session: orm.Session, _stripe: stripe.StripeClient, _claim: Claim) -> Outcome:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return handle


def test_an_event_that_was_looked_up_is_done(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    name = kept(sessions)
    assert work.process(sessions, stripe_client, handle=answering(DONE)) is InboxState.DONE
    assert row(sessions, name).handled_at is not None
    assert work.process(sessions, stripe_client, handle=answering(DONE)) is None


def test_an_ignored_event_keeps_the_reason(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    name = kept(sessions)
    ignored = Outcome(InboxState.IGNORED, "Nothing here depends on it.")
    work.process(sessions, stripe_client, name, answering(ignored))
    assert row(sessions, name).reason_ignored == "Nothing here depends on it."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StripeUnavailable("Gateway timeout", request_id="req_1"), "req_1"),
        (StripeMisconfigured("No such key", code="api_key_expired"), "api_key_expired"),
        (KeyError("amount"), "KeyError: 'amount'"),
        (RecursionError("maximum recursion depth exceeded"), "RecursionError"),
    ],
)
def test_a_failure_is_told_and_tried_again(
    sessions: Sessions, stripe_client: stripe.StripeClient, error: Exception, told: str
) -> None:
    name = kept(sessions)
    with clock.reading(lambda: NOON + timedelta(days=300)):
        work.process(sessions, stripe_client, name, answering(error))
    failed = row(sessions, name)
    assert failed.state is InboxState.FAILED
    assert failed.next_try_at == NOON + timedelta(days=300) + inbox.BACKOFF[0]
    assert told in (failed.last_error or "")
    assert work.process(sessions, stripe_client, name, answering(DONE)) is InboxState.DONE
    assert row(sessions, name).last_error is None


def test_no_secret_reaches_the_log_or_the_table(
    sessions: Sessions, stripe_client: stripe.StripeClient, caplog: pytest.LogCaptureFixture
) -> None:
    words = "sk_test_canary_1 whsec_canary_2 https://connect.stripe.com/setup/e/canary_3"
    name = kept(sessions)
    with caplog.at_level(logging.DEBUG):
        work.process(sessions, stripe_client, name, answering(ValueError(words)))
    assert "canary" not in (row(sessions, name).last_error or "")
    assert "canary" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_database_error_does_not_repeat_the_values_of_the_row(
    sessions: Sessions, stripe_client: stripe.StripeClient, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(session: orm.Session, _stripe: stripe.StripeClient, _claim: Claim) -> Outcome:
        session.execute(sa.text("SELECT * FROM nowhere WHERE email = :email"), {"email": "tilda@"})
        return DONE

    name = kept(sessions)
    work.process(sessions, stripe_client, name, handle)
    assert row(sessions, name).state is InboxState.FAILED
    assert "tilda@" not in (row(sessions, name).last_error or "") + caplog.text


def test_what_a_failed_handler_wrote_is_not_kept(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    def handle(session: orm.Session, _stripe: stripe.StripeClient, claim: Claim) -> Outcome:
        session.execute(
            sa.update(InboxEvent).where(InboxEvent.id == claim.id).values(account="acct_half")
        )
        raise KeyError("amount")

    name = kept(sessions)
    work.process(sessions, stripe_client, name, handle)
    assert row(sessions, name).account is None


def test_a_kicked_engine_does_not_wait_for_its_next_look(
    sessions: Sessions, engine_of: Callable[..., work.Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "IDLE_SECONDS", 3600.0)
    handled = threading.Event()

    def handle(*_: object) -> Outcome:
        handled.set()
        return DONE

    engine = engine_of(handle)
    assert engine.wait_idle(60)
    kept(sessions)
    engine.kick()
    assert handled.wait(60)


def test_an_engine_that_nobody_kicks_looks_by_itself(
    sessions: Sessions, engine_of: Callable[..., work.Engine]
) -> None:
    engine_of(answering(DONE))
    name = kept(sessions)
    until = time.monotonic() + 60
    while row(sessions, name).state is not InboxState.DONE and time.monotonic() < until:
        time.sleep(0.02)
    assert row(sessions, name).state is InboxState.DONE


def test_sixteen_deliveries_at_once_have_one_effect(
    sessions: Sessions, engine_of: Callable[..., work.Engine]
) -> None:
    effects: list[str] = []

    def handle(_session: orm.Session, _stripe: stripe.StripeClient, claim: Claim) -> Outcome:
        effects.append(claim.event_id)
        return DONE

    first, second = engine_of(handle, threads=2), engine_of(handle, threads=2)
    letter = envelope.read(letters.text(letters.event(id="evt_once")))

    def deliver() -> None:
        with sessions() as session, phase(session):
            inbox.keep(session, letter, Scope.PLATFORM)
        first.kick()
        second.kick()

    threads = [threading.Thread(target=deliver) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.wait_idle(60)
    assert effects == ["evt_once"]


def test_two_engines_share_the_work_and_never_a_row(
    sessions: Sessions, engine_of: Callable[..., work.Engine]
) -> None:
    names = sorted(kept(sessions) for _ in range(30))
    handled: list[int] = []

    def handle(_session: orm.Session, _stripe: stripe.StripeClient, claim: Claim) -> Outcome:
        handled.append(claim.id)
        time.sleep(0.002)
        return DONE

    first = engine_of(handle, threads=2)
    engine_of(handle, threads=2)
    assert first.wait_idle(60)
    assert sorted(handled) == names


def test_after_a_kill_the_next_engine_finishes_what_was_begun(
    sessions: Sessions, engine_of: Callable[..., work.Engine]
) -> None:
    name = kept(sessions)
    long_ago = clock.now() - inbox.LEASE - timedelta(seconds=1)
    with sessions() as session, phase(session):
        inbox.claim(session, name)
        # The program is killed here; its lease runs out while nobody looks.
        session.execute(sa.update(InboxEvent).values(lease_until=long_ago))
    engine = engine_of(answering(DONE))
    assert engine.wait_idle(60)
    assert row(sessions, name).state is InboxState.DONE
    assert row(sessions, name).attempts == 2


def test_one_bad_event_does_not_hold_up_the_others(
    sessions: Sessions, engine_of: Callable[..., work.Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BACKOFF", (timedelta(days=1),))  # it is not tried again meanwhile
    bad = kept(sessions, type="account.updated")
    good = kept(sessions)

    def handle(_session: orm.Session, _stripe: stripe.StripeClient, claim: Claim) -> Outcome:
        if claim.type == "account.updated":
            raise StripeUnavailable("down")
        return DONE

    engine = engine_of(handle)
    assert engine.wait_idle(60)
    assert row(sessions, good).state is InboxState.DONE
    assert row(sessions, bad).state is InboxState.FAILED


def test_a_stopped_engine_leaves_the_rest_for_the_next_start(
    sessions: Sessions, engine_of: Callable[..., work.Engine]
) -> None:
    engine = engine_of(answering(DONE))
    engine.stop()
    name = kept(sessions)
    engine.kick()
    time.sleep(0.05)
    assert row(sessions, name).state is InboxState.NEW
    assert engine_of(answering(DONE)).wait_idle(60)
    assert row(sessions, name).state is InboxState.DONE


def test_chores_are_done_at_the_start_even_when_one_of_them_fails(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    done: list[str] = []

    def broken(_session: orm.Session, _stripe: stripe.StripeClient) -> None:
        raise StripeUnavailable("down")

    def sound(_session: orm.Session, _stripe: stripe.StripeClient) -> None:
        done.append("sound")

    engine = work.Engine(sessions, stripe_client, chores=[broken, sound])
    engine.start()
    assert engine.wait_idle(60)
    engine.stop()
    assert done == ["sound"]


# --- which events are followed, and where ---


def claim(type_: str, scope: Scope, account: str | None = None, attempts: int = 1) -> Claim:
    letter = letters.event(type_, about={"id": "po_unknown", "object": "payout"})
    return Claim(
        1, attempts, letter["id"], scope, account, type_, letters.text(letter), clock.now()
    )


def handled(sessions: Sessions, client: stripe.StripeClient, held: Claim) -> Outcome:
    with sessions() as session:
        return routes.handle(session, client, held)


def test_a_type_that_nobody_follows_is_ignored_by_name(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    outcome = handled(sessions, stripe_client, claim("customer.created", Scope.PLATFORM))
    assert outcome == Outcome(InboxState.IGNORED, "Nothing here depends on customer.created.")


def test_a_sellers_event_at_the_platforms_endpoint_says_what_to_correct(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    held = claim("account.updated", Scope.PLATFORM, "acct_tilda")
    outcome = handled(sessions, stripe_client, held)
    assert outcome.state is InboxState.IGNORED
    assert "acct_tilda" in (outcome.reason or "")
    assert "/webhooks/stripe/connect" in (outcome.reason or "")
    assert "STRIPE_CONNECT_WEBHOOK_SECRET" in (outcome.reason or "")


def test_the_platforms_event_at_the_connect_endpoint_says_what_to_correct(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    outcome = handled(sessions, stripe_client, claim("transfer.created", Scope.CONNECT))
    assert outcome.state is InboxState.IGNORED
    assert "STRIPE_WEBHOOK_SECRET" in (outcome.reason or "")


def test_an_event_of_the_wrong_owner_is_ignored(
    sessions: Sessions, stripe_client: stripe.StripeClient
) -> None:
    held = claim("transfer.created", Scope.CONNECT, "acct_tilda")
    outcome = handled(sessions, stripe_client, held)
    assert outcome.reason == "transfer.created is not followed for the connected account."
    held = claim("account.updated", Scope.PLATFORM)
    outcome = handled(sessions, stripe_client, held)
    assert outcome.reason == "account.updated is not followed for the platform's own account."


@pytest.mark.parametrize("type_", routes.types(Scope.CONNECT))
def test_an_account_that_is_nobodys_shop_is_waited_for_and_then_ignored(
    sessions: Sessions, stripe_client: stripe.StripeClient, type_: str
) -> None:
    early = handled(sessions, stripe_client, claim(type_, Scope.CONNECT, "acct_nobody"))
    assert early.state is InboxState.FAILED
    late = claim(type_, Scope.CONNECT, "acct_nobody", attempts=routes.TRIES_WHILE_UNKNOWN)
    assert handled(sessions, stripe_client, late).state is InboxState.IGNORED


def test_each_endpoint_registers_for_what_is_followed_there() -> None:
    own, connected = routes.types(Scope.PLATFORM), routes.types(Scope.CONNECT)
    assert "checkout.session.completed" in own
    assert "checkout.session.completed" in connected  # a direct charge is the seller's own
    assert "transfer.created" not in connected
    assert "account.updated" in connected
    assert "payout.failed" in own
    assert "payout.failed" in connected
    thin = routes.types(Scope.THIN)
    assert all(name.startswith("v2.core.account") for name in thin)
    assert "*" not in own + connected + thin
