"""The inbox: every verified event, kept once, with how far we came.

Its Stripe object is the Event, its table InboxEvent. A row is new, then running while a worker
holds its lease, then done, ignored, failed (tried again by itself) or dead (waits for a person).
The rule that bites: a worker may be killed between any two lines, and a slow one may come back
after its lease ran out and another took over. So a row is claimed by one atomic UPDATE, and the
number of the attempt is the ticket without which no outcome is written.
https://docs.stripe.com/webhooks#handle-duplicate-events
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import clock, lifecycles
from marketplace.errors import NotFound
from marketplace.lifecycles import InboxState
from marketplace.models import InboxEvent, Scope
from marketplace.webhooks.envelope import Envelope

PATHS = {
    Scope.PLATFORM: "/webhooks/stripe",
    Scope.CONNECT: "/webhooks/stripe/connect",
    Scope.THIN: "/webhooks/stripe/thin",
}
SETTINGS = {
    Scope.PLATFORM: "STRIPE_WEBHOOK_SECRET",
    Scope.CONNECT: "STRIPE_CONNECT_WEBHOOK_SECRET",
    Scope.THIN: "STRIPE_THIN_WEBHOOK_SECRET",
}
LEASE = timedelta(seconds=30)
# After the first failure, the second, and so on; what fails once more after the last is dead.
BACKOFF = tuple(
    timedelta(seconds=seconds) for seconds in (1, 5, 30, 300, 1_800, 7_200, 21_600, 43_200)
)
PAGE = 25
FINISHED = (InboxState.DONE, InboxState.IGNORED, InboxState.FAILED, InboxState.DEAD)
LIVE_REASON = "It is a live event, and this marketplace runs in test mode."
LONGEST_REASON = 2_000
_TABLE = cast("sa.Table", InboxEvent.__table__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that a worker holds, and the ticket (`attempts`) that proves it.

    `due_at` is when the work fell due: when the event came, or was replayed, or is tried again.
    """

    id: int
    attempts: int
    event_id: str
    scope: Scope
    account: str | None
    type: str
    body: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """When an endpoint last heard anything, and how much is kept from it."""

    scope: Scope
    count: int
    last: datetime | None


def keep(session: orm.Session, envelope: Envelope, scope: Scope) -> int:
    """Keep an event once; a second delivery only counts up. Returns the row's id.

    A live event is kept and ignored: one production address may hear both modes.
    """
    statement = _insert_or_count(session.get_bind().dialect.name).returning(_TABLE.c.id)
    return int(session.connection().execute(statement, _row(envelope, scope)).scalar_one())


def keep_all(connection: sa.Connection, letters: Sequence[tuple[Envelope, Scope]]) -> None:
    """Keep events as `keep` does, many at once."""
    # In the same order everywhere: two programs that keep the same two must not wait in a circle.
    rows = sorted(
        (_row(envelope, scope) for envelope, scope in letters),
        key=lambda row: (row["event_id"], row["scope"]),
    )
    connection.execute(_insert_or_count(connection.dialect.name), rows)


def _row(envelope: Envelope, scope: Scope) -> dict[str, Any]:
    now = clock.now()
    ignored = LIVE_REASON if envelope.livemode else None
    return {
        "event_id": envelope.event_id,
        "scope": scope,
        "account": envelope.account,
        "type": envelope.type,
        "api_version": envelope.api_version,
        "livemode": envelope.livemode,
        "created": envelope.created,
        "received_at": now,
        "body": envelope.body,
        "state": InboxState.IGNORED if ignored else InboxState.NEW,
        "reason_ignored": ignored,
        "attempts": 0,
        "deliveries": 1,
        "next_try_at": None if ignored else now,
        "handled_at": now if ignored else None,
    }


@lru_cache(maxsize=2)
def _insert_or_count(dialect: str) -> sqlite.Insert | postgresql.Insert:
    # Core, built once: this is the one statement between Stripe and its 200, and making it anew
    # for every event would cost as much as everything else together.
    insert = sqlite.insert(_TABLE) if dialect == "sqlite" else postgresql.insert(_TABLE)
    return insert.on_conflict_do_update(
        index_elements=["event_id", "scope"],
        set_={"deliveries": _TABLE.c.deliveries + 1},
    )


def claim(session: orm.Session, row_id: int | None = None) -> Claim | None:
    """Take the oldest event that is due, or the one with `row_id` if it is; None if there is none.

    One UPDATE decides, so of many workers exactly one gets a row. The caller commits.
    """
    now = clock.now()
    if row_id is None:
        due = (
            sa.select(InboxEvent.id)
            .where(InboxEvent.state == InboxState.NEW, InboxEvent.next_try_at <= now)
            .order_by(InboxEvent.next_try_at, InboxEvent.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        wanted = sa.and_(InboxEvent.id == due, InboxEvent.state == InboxState.NEW)
    else:
        wanted = sa.and_(
            InboxEvent.id == row_id,
            sa.or_(
                InboxEvent.state.in_((InboxState.NEW, InboxState.FAILED)),
                sa.and_(InboxEvent.state == InboxState.RUNNING, InboxEvent.lease_until < now),
            ),
        )
    row = session.execute(
        sa.update(InboxEvent)
        .where(wanted)
        .values(
            state=InboxState.RUNNING,
            lease_until=now + LEASE,
            attempts=InboxEvent.attempts + 1,
        )
        .returning(
            InboxEvent.id,
            InboxEvent.attempts,
            InboxEvent.event_id,
            InboxEvent.scope,
            InboxEvent.account,
            InboxEvent.type,
            InboxEvent.body,
            InboxEvent.next_try_at,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Claim(*cast("tuple[Any, ...]", row))


def renew(session: orm.Session, held: Sequence[Claim]) -> None:
    """Prolong the leases of rows whose worker is alive and still busy with a slow call."""
    for ticket in held:
        _where_held(session, ticket, {"lease_until": clock.now() + LEASE})


def finish(
    session: orm.Session, ticket: Claim, state: InboxState, reason: str | None = None
) -> bool:
    """Write the outcome of an attempt; False when the lease was lost and another has the row.

    A failure is due again after the next step of BACKOFF; after the last one it is dead.
    """
    if state is InboxState.FAILED and ticket.attempts > len(BACKOFF):
        state = InboxState.DEAD
    lifecycles.move(InboxState, InboxState.RUNNING, state)
    now, failed = clock.now(), state is InboxState.FAILED
    values: dict[str, Any] = {
        "state": state,
        "lease_until": None,
        "next_try_at": now + BACKOFF[ticket.attempts - 1] if failed else None,
        "handled_at": None if failed else now,
        "reason_ignored": reason if state is InboxState.IGNORED else None,
        "last_error": None,
    }
    if state in (InboxState.FAILED, InboxState.DEAD):
        values["last_error"] = (reason or "It failed without a word.")[:LONGEST_REASON]
    return _where_held(session, ticket, values)


def sweep(session: orm.Session) -> int:
    """Make new again what is due: failures whose wait is over, and leases that ran out.

    Returns how many. A lease runs out when its worker was killed; nobody else would notice.
    """
    now = clock.now()
    due = (
        sa.and_(InboxEvent.state == InboxState.FAILED, InboxEvent.next_try_at <= now),
        sa.and_(InboxEvent.state == InboxState.RUNNING, InboxEvent.lease_until < now),
    )
    return sum(
        _count(session, condition, {"state": InboxState.NEW, "next_try_at": now})
        for condition in due
    )


def replay(session: orm.Session, row_id: int) -> InboxEvent:
    """Make one event new again, whatever became of it, with all its attempts before it.

    One that is new or running stays as it is, so asking twice replays once. Raises NotFound.
    """
    _again(session, InboxEvent.id == row_id)
    row = session.get(InboxEvent, row_id, populate_existing=True)
    if row is None:
        raise NotFound("There is no such event.")
    return row


def replay_all(session: orm.Session, state: InboxState) -> int:
    """Make every event of `state` (failed, dead, ignored, done) new again. Returns how many."""
    return _again(session, InboxEvent.state == state)


def get(session: orm.Session, row_id: int) -> InboxEvent:
    """Return one event. Raises NotFound."""
    row = session.get(InboxEvent, row_id)
    if row is None:
        raise NotFound("There is no such event.")
    return row


def by_event_id(session: orm.Session, event_id: str) -> list[InboxEvent]:
    """Return the rows of one Stripe event: none, one, or one for each scope it came in."""
    statement = sa.select(InboxEvent).where(InboxEvent.event_id == event_id)
    return list(session.scalars(statement.order_by(InboxEvent.id)))


def latest(
    session: orm.Session,
    *,
    state: InboxState | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[InboxEvent]:
    """Return events, newest first, below the id `before`. Their bodies are not loaded."""
    statement = sa.select(InboxEvent).options(orm.defer(InboxEvent.body, raiseload=True))
    if state is not None:
        statement = statement.where(InboxEvent.state == state)
    if before is not None:
        statement = statement.where(InboxEvent.id < before)
    return list(session.scalars(statement.order_by(InboxEvent.id.desc()).limit(limit)))


def counts(session: orm.Session) -> Mapping[InboxState, int]:
    """How many events are in each state; zero where there are none."""
    statement = sa.select(InboxEvent.state, sa.func.count()).group_by(InboxEvent.state)
    found = {state: count for (state, count) in session.execute(statement)}  # noqa: C416 - rows are no pairs to mypy
    return {state: found.get(state, 0) for state in InboxState}


def heard(session: orm.Session) -> list[Heard]:
    """What each endpoint last heard: an endpoint that never hears is set up wrongly."""
    statement = sa.select(
        InboxEvent.scope, sa.func.count(), sa.func.max(InboxEvent.received_at)
    ).group_by(InboxEvent.scope)
    found = {scope: Heard(scope, count, last) for scope, count, last in session.execute(statement)}
    return [found.get(scope, Heard(scope, 0, None)) for scope in Scope]


def waiting(session: orm.Session) -> int:
    """How many events are new, running, or due to be tried again now."""
    busy = InboxEvent.state.in_((InboxState.NEW, InboxState.RUNNING))
    due = sa.and_(InboxEvent.state == InboxState.FAILED, InboxEvent.next_try_at <= clock.now())
    statement = sa.select(sa.func.count()).select_from(InboxEvent).where(sa.or_(busy, due))
    return session.scalar(statement) or 0


def _again(session: orm.Session, condition: sa.ColumnElement[bool]) -> int:
    return _count(
        session,
        sa.and_(condition, InboxEvent.state.in_(FINISHED)),
        {
            "state": InboxState.NEW,
            "next_try_at": clock.now(),
            "attempts": 0,
            "lease_until": None,
            "last_error": None,
            "reason_ignored": None,
            "handled_at": None,
        },
    )


def _where_held(session: orm.Session, ticket: Claim, values: Mapping[str, Any]) -> bool:
    held = sa.and_(
        InboxEvent.id == ticket.id,
        InboxEvent.state == InboxState.RUNNING,
        InboxEvent.attempts == ticket.attempts,
    )
    return _count(session, held, values) == 1


def _count(
    session: orm.Session, condition: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    statement = (
        sa.update(InboxEvent)
        .where(condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("sa.CursorResult[Any]", session.execute(statement)).rowcount
