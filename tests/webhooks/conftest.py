"""Databases of both kinds for the inbox, and events as Stripe would send them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import database
from marketplace.database import Base
from tests.postgres import running


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated PostgreSQL that lives as long as the test run."""
    with running(tmp_path_factory.mktemp("pg")) as url:
        database.upgrade(url)
        yield url


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
