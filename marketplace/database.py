"""One database, two dialects: SQLite by default, PostgreSQL by DATABASE_URL.

Work with Stripe is cut into atomic phases: what we mean to do is committed, then Stripe is called
with a key made from that row, then the outcome is committed. `phase` is one such piece; concepts
flush and never commit. The rule that bites: no transaction may stay open across a call to Stripe,
because on SQLite a writer holds everybody else up, the webhook that answers the call included.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import alembic.command
import alembic.config
import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext

from marketplace import clock

ROOT = Path(__file__).resolve().parent.parent
BUSY_SECONDS = 15
POOL_SIZE = 10
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "WITH")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T", bound="Base")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment, kept in UTC and given back with its zone, on databases that forget zones too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a moment without a zone; turn every other into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone is no moment")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(orm.DeclarativeBase):
    """Every table: named constraints, moments in UTC, JSON for what Stripe nests."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: sa.JSON,
        list[Any]: sa.JSON,
    }


class Stamped:
    """When a row was made and last changed, by our clock."""

    created_at: orm.Mapped[datetime] = orm.mapped_column(default=clock.now, sort_order=98)
    updated_at: orm.Mapped[datetime] = orm.mapped_column(
        default=clock.now, onupdate=clock.now, sort_order=99
    )


def choice(kind: type[E]) -> sa.Enum:
    """A column that stores the value of a StrEnum as text and refuses every other."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=False,  # a new member is a line of Python, not a migration
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def connect(url: str) -> sa.Engine:
    """Make the engine for a SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`)."""
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_size=POOL_SIZE, pool_pre_ping=True)
    engine = sa.create_engine(
        url, pool_size=POOL_SIZE, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "before_cursor_execute", _lock_before_writing)
    event.listen(engine, "savepoint", _lock_before_savepoint)
    return engine


def sessions(engine: sa.Engine) -> orm.sessionmaker[orm.Session]:
    """Make the factory of sessions. What was loaded stays readable after a commit."""
    return orm.sessionmaker(engine, expire_on_commit=False)


@contextmanager
def phase(session: orm.Session) -> Iterator[None]:
    """One atomic phase: commits when the block ends well, rolls back when it raises.

    Whatever was read before is let go of first; on SQLite the phase holds the write lock from its
    first line, so what it reads stays true until it commits. Re-read with `lock` what a decision
    hangs on. Raises RuntimeError inside another phase: two would not be atomic together.
    """
    if session.info.get("in_phase"):
        raise RuntimeError("a phase inside a phase would commit half of the outer one")
    if session.in_transaction():
        session.commit()
    session.info["in_phase"] = True
    try:
        session.connection(execution_options={"marketplace_write": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_phase"] = False


def lock(session: orm.Session, row: T) -> T:
    """Re-read `row` and keep others from changing it until the phase ends. Returns the row."""
    # Only its own table: PostgreSQL cannot lock what an eager load joins beside it. And not its
    # key: who inserts what belongs to it need not wait, and cannot wait in a circle.
    session.refresh(row, with_for_update={"of": type(row), "key_share": True})
    return row


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`; does nothing when it is there already."""
    alembic.command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision` ("base" for nothing at all)."""
    alembic.command.downgrade(alembic_config(url), revision)


def alembic_config(url: str) -> alembic.config.Config:
    """Alembic's settings from pyproject.toml, pointed at `url`."""
    config = alembic.config.Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # Python's sqlite3 starts transactions behind our back; we start them ourselves, in _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = bool(connection.get_execution_options().get("marketplace_write"))
    connection.info["writing"] = writing
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _lock_before_writing(
    connection: sa.Connection,
    cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    _context: ExecutionContext | None,
    _many: bool,  # noqa: FBT001
) -> None:
    """Take the write lock before the first write of a transaction that began by reading.

    SQLite refuses at once, without waiting, to turn an old snapshot into a writer. So the snapshot
    is let go of and the transaction begins again as a writer, which waits its turn: what was read
    before may be stale, exactly as in PostgreSQL's READ COMMITTED. Nothing was written yet, so
    nothing is lost.
    """
    if statement.lstrip().upper().startswith(WRITES) and not connection.info.get("writing"):
        _restart_as_writer(connection, cursor)


def _lock_before_savepoint(connection: sa.Connection, _name: str | None) -> None:
    if not connection.info.get("writing"):
        cursor = connection.connection.cursor()
        _restart_as_writer(connection, cursor)
        cursor.close()


def _restart_as_writer(connection: sa.Connection, cursor: DBAPICursor | sqlite3.Cursor) -> None:
    cursor.execute("ROLLBACK")
    cursor.execute("BEGIN IMMEDIATE")
    connection.info["writing"] = True
