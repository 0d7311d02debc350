"""Migrations make the tables that the models describe, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.autogenerate
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from marketplace import clock, database
from marketplace.database import Base
from marketplace.models import InboxEvent, Scope
from tests.postgres import running


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("pg")) as url:
        yield url


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


def test_orders_from_before_parts_become_orders_with_one_part(url: str) -> None:
    """SQLite copies a table to change it, and must not take the rows that hang on it along."""
    database.upgrade(url, "0005")
    engine = database.connect(url)
    old = sa.MetaData()
    old.reflect(engine)
    with engine.begin() as connection:
        for table, values in before_parts().items():
            stamps = {"created_at": clock.now(), "updated_at": clock.now()}
            connection.execute(old.tables[table].insert().values(**values, **stamps))
    database.upgrade(url)
    with engine.connect() as connection:
        part = connection.exec_driver_sql("SELECT order_id, seller_id, amount FROM order_parts")
        assert part.all() == [(7, 1, 1000)]
        held = connection.exec_driver_sql("SELECT held_because FROM orders").scalar()
        assert held == "It does not fit."
        assert connection.exec_driver_sql("SELECT order_id FROM payments").all() == [(7,)]
    database.downgrade(url, "0005")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT seller_id FROM orders").scalar() == 1
        for name in reversed(before_parts()):
            connection.execute(old.tables[name].delete())
    engine.dispose()
    database.downgrade(url, "base")


def before_parts() -> dict[str, dict[str, Any]]:
    """An order that was held in the way of that time, with all that it hangs on."""
    bea = {"email": "bea@example.com", "role": "seller"}
    flags = "details_submitted charges_enabled payouts_enabled transfers_active".split()
    return {
        "users": {"id": 1, "name": "Bea", "password_hash": "x", **bea},
        "sellers": {
            "id": 1,
            "token": "token",
            "user_id": 1,
            "shop_name": "Bea",
            "slug": "bea",
            "country": "US",
            "currency": "usd",
            "email": "bea@example.com",
            "accounts_api": "v1",
            "dashboard": "express",
            "onboarding": "hosted",
            "charge_type": "destination",
            "fee_payer": "platform",
            "loss_owner": "platform",
            "fee_bps": 1000,
            "fee_fixed": 0,
            "account_status": "created",
            "state": "nothing_due",
            "capabilities": {},
            "requirements": {},
            **dict.fromkeys(flags, True),
        },
        "orders": {
            "id": 7,
            "token": "order",
            "seller_id": 1,
            "currency": "usd",
            "amount": 1000,
            "application_fee_amount": 100,
            "charge_type": "destination",
            "status": "processing",
            "form_nonce": "nonce",
            "placed_at": clock.now(),
        },
        "payments": {
            "id": 9,
            "order_id": 7,
            "status": "processing",
            "idempotency_key": "key",
            "failure_code": "held",
            "failure_message": "It does not fit.",
            "amount": 1000,
            "currency": "usd",
            "stock_released": False,
        },
    }
