"""How Alembic reaches the database, and which tables it compares it with.

`database.upgrade(url)` hands the address in `config.attributes`; on the command line it is
DATABASE_URL. SQLite cannot alter a table in place, so changes there are made on a copy (batch).
"""

import os

import sqlalchemy as sa
from alembic import context

from marketplace import config, database, models

assert models.Order.metadata is database.Base.metadata  # noqa: S101 - the tables are declared


def run() -> None:
    """Run the migrations, each in a transaction of its own."""
    url = context.config.attributes.get("url")
    if url is None:
        url = config.Settings.from_environ(os.environ).database_url
    engine = database.connect(url)
    with engine.connect() as connection:
        _let_tables_be_copied(connection)
        context.configure(
            connection=connection,
            target_metadata=database.Base.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _let_tables_be_copied(connection: sa.Connection) -> None:
    """A table that is copied is dropped in between, and SQLite would take its children along.

    Only this connection, and only outside of a transaction, so it is said to the driver.
    """
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")


run()
