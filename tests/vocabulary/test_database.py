"""The database: phases are atomic, moments keep their zone, writers wait their turn."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError

from marketplace import database
from marketplace.database import Base, phase
from marketplace.models import LoginAttempt, Product, User

Sessions = orm.sessionmaker[orm.Session]


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    engine = database.connect(f"sqlite:///{tmp_path / 'one.sqlite3'}")
    Base.metadata.create_all(engine)
    yield database.sessions(engine)
    engine.dispose()


def person(email: str) -> User:
    return User(email=email, name="Noor", password_hash="-")


def names(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(sa.select(User.email).order_by(User.id)))


def test_a_phase_commits_when_it_ends_well(sessions: Sessions) -> None:
    with sessions() as session, phase(session):
        session.add(person("a@x.example"))
    assert names(sessions) == ["a@x.example"]


def test_a_phase_that_raises_leaves_nothing_behind(sessions: Sessions) -> None:
    with sessions() as session:
        with pytest.raises(ZeroDivisionError), phase(session):
            session.add(person("a@x.example"))
            session.flush()
            raise ZeroDivisionError
        with phase(session):
            session.add(person("b@x.example"))
    assert names(sessions) == ["b@x.example"]


def test_a_phase_inside_a_phase_is_a_mistake(sessions: Sessions) -> None:
    with (
        sessions() as session,
        pytest.raises(RuntimeError, match="inside a phase"),
        phase(session),
        phase(session),
    ):
        session.add(person("a@x.example"))
    assert names(sessions) == []


def test_what_was_loaded_stays_readable_after_the_commit(sessions: Sessions) -> None:
    with sessions() as session:
        with phase(session):
            noor = person("a@x.example")
            session.add(noor)
        assert not session.in_transaction()
        assert noor.name == "Noor"
        assert not session.in_transaction()


def test_a_phase_keeps_other_writers_out_from_its_first_line(sessions: Sessions) -> None:
    with sessions() as session:
        session.add(User(email="stock", name="10", password_hash="-"))
        session.commit()

    def take_one() -> None:
        with sessions() as session, phase(session):
            row = session.scalars(sa.select(User)).one()
            row.name = str(int(row.name) - 1)

    threads = [threading.Thread(target=take_one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert session.scalars(sa.select(User.name)).one() == "0"


def test_a_reader_that_turns_writer_waits_instead_of_failing(sessions: Sessions) -> None:
    with sessions() as reader, sessions() as other:
        assert reader.scalar(sa.select(sa.func.count(User.id))) == 0
        other.add(person("first@x.example"))
        other.commit()
        # Plain SQLite says "database is locked" here, at once: the reader's snapshot is old.
        reader.add(person("second@x.example"))
        reader.commit()
    assert names(sessions) == ["first@x.example", "second@x.example"]


def test_a_savepoint_after_reading_can_be_written_in(sessions: Sessions) -> None:
    with sessions() as reader, sessions() as other:
        reader.scalar(sa.select(sa.func.count(User.id)))
        other.add(person("first@x.example"))
        other.commit()
        with pytest.raises(IntegrityError), reader.begin_nested():
            reader.add(person("first@x.example"))
        reader.add(person("second@x.example"))
        reader.commit()
    assert names(sessions) == ["first@x.example", "second@x.example"]


def test_lock_reads_what_others_have_written_since(sessions: Sessions) -> None:
    with sessions() as mine, sessions() as theirs:
        row = person("a@x.example")
        mine.add(row)
        mine.commit()
        theirs.execute(sa.update(User).values(name="Changed"))
        theirs.commit()
        with phase(mine):
            assert database.lock(mine, row).name == "Changed"


def test_moments_come_back_in_utc_with_their_zone(sessions: Sessions) -> None:
    tokyo = timezone(timedelta(hours=9))
    with sessions() as session:
        session.add(
            LoginAttempt(email_hash="x", at=datetime(2026, 1, 1, 9, tzinfo=tokyo), succeeded=True)
        )
        session.commit()
        found = session.scalars(sa.select(LoginAttempt.at)).one()
    assert found == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(sessions: Sessions) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    with sessions() as session, pytest.raises(StatementError, match="zone"):
        session.add(LoginAttempt(email_hash="x", at=naive, succeeded=True))
        session.flush()


def test_foreign_keys_and_checks_hold_on_sqlite_too(sessions: Sessions) -> None:
    for amount, seller in ((100, 7), (0, 1)):
        with sessions() as session, pytest.raises(IntegrityError):
            session.add(Product(seller_id=seller, title="Lamp", amount=amount, currency="usd"))
            session.flush()


def test_a_word_that_is_no_status_is_refused(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(StatementError):
        session.add(User(email="a", name="b", password_hash="c", role="king"))
        session.flush()


def test_a_relationship_never_loads_by_itself(sessions: Sessions) -> None:
    with sessions() as session:
        noor = person("a@x.example")
        session.add(noor)
        session.commit()
        session.expire_all()
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = noor.seller


def test_every_relationship_is_told_not_to_load_by_itself() -> None:
    for mapper in Base.registry.mappers:
        for relationship in mapper.relationships:
            assert relationship.lazy == "raise", relationship
