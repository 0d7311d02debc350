"""The table of kept events: each once, each held by one worker, none forgotten."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import orm

from marketplace import clock
from marketplace.database import phase
from marketplace.errors import NotFound
from marketplace.lifecycles import InboxState
from marketplace.models import InboxEvent, Scope
from marketplace.webhooks import envelope, inbox
from tests.webhooks import letters

Sessions = orm.sessionmaker[orm.Session]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def kept(sessions: Sessions, scope: Scope = Scope.PLATFORM, **changes: object) -> int:
    letter = envelope.read(letters.text(letters.event() | changes))
    with sessions() as session, phase(session):
        return inbox.keep(session, letter, scope)


def claimed(sessions: Sessions, row_id: int | None = None) -> inbox.Claim | None:
    with sessions() as session, phase(session):
        return inbox.claim(session, row_id)


def finish(
    sessions: Sessions, ticket: inbox.Claim | None, state: InboxState, reason: str | None = None
) -> bool:
    assert ticket is not None
    with sessions() as session, phase(session):
        return inbox.finish(session, ticket, state, reason)


def swept(sessions: Sessions) -> int:
    with sessions() as session, phase(session):
        return inbox.sweep(session)


def row(sessions: Sessions, row_id: int) -> InboxEvent:
    with sessions() as session:
        return inbox.get(session, row_id)


def at_once(count: int, act: Callable[[], None]) -> None:
    """Let `count` threads do the same thing at the same moment."""
    gate = threading.Barrier(count)
    faults: list[BaseException] = []

    def run() -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - told to the test below
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_the_same_event_sixteen_times_at_once_is_one_row(sessions: Sessions) -> None:
    letter = envelope.read(letters.text(letters.event()))

    def deliver() -> None:
        with sessions() as session, phase(session):
            inbox.keep(session, letter, Scope.PLATFORM)

    at_once(16, deliver)
    with sessions() as session:
        (only,) = inbox.latest(session)
    assert only.deliveries == 16
    assert only.state is InboxState.NEW


def test_one_event_may_come_in_both_scopes(sessions: Sessions) -> None:
    first = kept(sessions, id="evt_both")
    second = kept(sessions, Scope.CONNECT, id="evt_both", account="acct_tilda")
    assert first != second
    with sessions() as session:
        assert [one.scope for one in inbox.by_event_id(session, "evt_both")] == [
            Scope.PLATFORM,
            Scope.CONNECT,
        ]


def test_a_live_event_is_kept_and_never_worked_on(sessions: Sessions) -> None:
    live = kept(sessions, livemode=True)
    assert claimed(sessions) is None
    assert row(sessions, live).state is InboxState.IGNORED
    assert "test mode" in (row(sessions, live).reason_ignored or "")


def test_events_are_taken_in_the_order_in_which_they_came(sessions: Sessions) -> None:
    first, second = kept(sessions), kept(sessions)
    taken = [claimed(sessions), claimed(sessions), claimed(sessions)]
    assert [one.id if one else None for one in taken] == [first, second, None]


def test_of_many_workers_exactly_one_gets_a_row(sessions: Sessions) -> None:
    rows = {kept(sessions) for _ in range(12)}
    taken: list[int] = []

    def work() -> None:
        while (ticket := claimed(sessions)) is not None:
            taken.append(ticket.id)

    at_once(6, work)
    assert sorted(taken) == sorted(rows)


def test_a_row_asked_for_by_name_is_given_once(sessions: Sessions) -> None:
    wanted = kept(sessions)
    assert claimed(sessions, wanted) is not None
    assert claimed(sessions, wanted) is None


def test_a_killed_worker_holds_its_row_until_the_lease_is_over(sessions: Sessions) -> None:
    with clock.reading(lambda: NOON):
        kept(sessions)
        assert claimed(sessions)
    with clock.reading(lambda: NOON + inbox.LEASE - timedelta(seconds=1)):
        assert swept(sessions) == 0
        assert claimed(sessions) is None
    with clock.reading(lambda: NOON + inbox.LEASE + timedelta(seconds=1)):
        assert swept(sessions) == 1
        again = claimed(sessions)
    assert again is not None
    assert again.attempts == 2


def test_a_worker_that_lost_its_lease_changes_nothing_any_more(sessions: Sessions) -> None:
    with clock.reading(lambda: NOON):
        kept(sessions)
        slow = claimed(sessions)
    with clock.reading(lambda: NOON + inbox.LEASE + timedelta(seconds=1)):
        swept(sessions)
        quick = claimed(sessions)
        assert finish(sessions, quick, InboxState.DONE)
        assert not finish(sessions, slow, InboxState.FAILED, "too late")
    assert quick is not None
    assert row(sessions, quick.id).state is InboxState.DONE


def test_a_slow_worker_that_is_alive_keeps_its_row(sessions: Sessions) -> None:
    with clock.reading(lambda: NOON):
        kept(sessions)
        slow = claimed(sessions)
    assert slow is not None
    with (
        clock.reading(lambda: NOON + timedelta(seconds=25)),
        sessions() as session,
        phase(session),
    ):
        inbox.renew(session, [slow])
    with clock.reading(lambda: NOON + timedelta(seconds=45)):
        assert swept(sessions) == 0
        assert finish(sessions, slow, InboxState.DONE)


def test_a_failure_waits_longer_each_time_and_then_is_dead(sessions: Sessions) -> None:
    now = NOON
    with clock.reading(lambda: now):
        name = kept(sessions)
        for wait in inbox.BACKOFF:
            finish(sessions, claimed(sessions), InboxState.FAILED, "Stripe did not answer.")
            assert row(sessions, name).state is InboxState.FAILED
            now += wait - timedelta(milliseconds=1)
            assert swept(sessions) == 0
            now += timedelta(milliseconds=2)
            assert swept(sessions) == 1
        finish(sessions, claimed(sessions), InboxState.FAILED, "Stripe did not answer.")
        assert row(sessions, name).state is InboxState.DEAD
        now += timedelta(days=30)
        assert swept(sessions) == 0
    assert row(sessions, name).last_error == "Stripe did not answer."


def test_a_dead_event_comes_back_to_life_with_all_its_attempts(sessions: Sessions) -> None:
    name = kept(sessions)
    finish(sessions, claimed(sessions), InboxState.DEAD, "no use")
    with sessions() as session, phase(session):
        inbox.replay(session, name)
    again = claimed(sessions)
    assert again is not None
    assert again.attempts == 1


def test_a_replayed_event_is_looked_up_anew_not_as_of_when_it_first_came(
    sessions: Sessions,
) -> None:
    with clock.reading(lambda: NOON):
        name = kept(sessions)
        first = claimed(sessions)
        finish(sessions, first, InboxState.DONE)
    with clock.reading(lambda: NOON + timedelta(hours=1)):
        with sessions() as session, phase(session):
            inbox.replay(session, name)
        again = claimed(sessions)
    assert first is not None
    assert again is not None
    assert (first.due_at, again.due_at) == (NOON, NOON + timedelta(hours=1))


def test_a_replay_asked_for_twice_leaves_a_running_event_alone(sessions: Sessions) -> None:
    name = kept(sessions)
    finish(sessions, claimed(sessions), InboxState.DONE)
    with sessions() as session, phase(session):
        inbox.replay(session, name)
    running = claimed(sessions)
    with sessions() as session, phase(session):
        assert inbox.replay(session, name).state is InboxState.RUNNING
    assert finish(sessions, running, InboxState.DONE)


def test_all_failed_events_are_replayed_and_no_other(sessions: Sessions) -> None:
    for state in (InboxState.FAILED, InboxState.FAILED, InboxState.DONE):
        kept(sessions)
        finish(sessions, claimed(sessions), state)
    with sessions() as session, phase(session):
        assert inbox.replay_all(session, InboxState.FAILED) == 2
    with sessions() as session:
        counts = inbox.counts(session)
    assert (counts[InboxState.NEW], counts[InboxState.DONE]) == (2, 1)


def test_nobody_replays_an_event_that_does_not_exist(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(NotFound), phase(session):
        inbox.replay(session, 404)


def test_the_list_goes_back_page_by_page(sessions: Sessions) -> None:
    rows = [kept(sessions) for _ in range(5)]
    with sessions() as session:
        first = inbox.latest(session, limit=3)
        rest = inbox.latest(session, limit=3, before=first[-1].id)
    assert [one.id for one in first + rest] == rows[::-1]


def test_an_endpoint_that_never_heard_anything_says_so(sessions: Sessions) -> None:
    kept(sessions)
    with sessions() as session:
        heard = {one.scope: one for one in inbox.heard(session)}
    assert heard[Scope.PLATFORM].count == 1
    assert heard[Scope.PLATFORM].last is not None
    assert heard[Scope.CONNECT].last is None
