"""Deliveries that come together are kept together, and no bad one spoils the good ones."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace.models import InboxEvent, Scope
from marketplace.webhooks import envelope
from marketplace.webhooks.envelope import Envelope
from marketplace.webhooks.letterbox import Letterbox
from tests.webhooks import letters

Sessions = orm.sessionmaker[orm.Session]


def letter() -> Envelope:
    return envelope.read(letters.text(letters.event()))


def engine_of(sessions: Sessions) -> sa.Engine:
    engine = sessions.kw["bind"]
    assert isinstance(engine, sa.Engine)
    return engine


def put_in(box: Letterbox, post: Sequence[Envelope]) -> list[str]:
    """All of them at the moment at which the line moves on; the names of those refused."""
    refused = []

    def put(one: Envelope) -> None:
        try:
            box.keep(one, Scope.PLATFORM)
        except sa.exc.SQLAlchemyError:
            refused.append(one.event_id)

    threads = [threading.Thread(target=put, args=(one,)) for one in post]
    end = time.monotonic() + 60
    with box._line:
        for thread in threads:
            thread.start()
        while len(box._waiting) < len(post) and time.monotonic() < end:
            time.sleep(0.001)
    for thread in threads:
        thread.join(60)
    return refused


def kept(sessions: Sessions) -> Counter[str]:
    with sessions() as session:
        rows = session.execute(sa.select(InboxEvent.event_id, InboxEvent.deliveries))
        return Counter({row.event_id: row.deliveries for row in rows})


def test_eight_that_wait_are_written_at_once(sessions: Sessions) -> None:
    engine = engine_of(sessions)
    commits: list[sa.Connection] = []
    sa.event.listen(engine, "commit", commits.append)
    post = [letter() for _ in range(8)]
    assert put_in(Letterbox(engine), post) == []
    assert len(commits) == 1
    assert kept(sessions) == Counter({one.event_id: 1 for one in post})


def test_the_same_event_eight_times_is_one_row_that_counts(sessions: Sessions) -> None:
    one = letter()
    assert put_in(Letterbox(engine_of(sessions)), [one] * 8) == []
    assert kept(sessions) == Counter({one.event_id: 8})


def test_what_the_database_refuses_takes_nobody_with_it(sessions: Sessions) -> None:
    good = [letter() for _ in range(3)]
    bad = replace(letter(), type=None)  # type: ignore[arg-type]
    box = Letterbox(engine_of(sessions))
    assert put_in(box, [good[0], bad, *good[1:]]) == [bad.event_id]
    assert kept(sessions) == Counter({one.event_id: 1 for one in good})
    # And the line is not blocked for whoever comes next.
    later = letter()
    box.keep(later, Scope.PLATFORM)
    assert kept(sessions)[later.event_id] == 1
