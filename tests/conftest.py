"""Fixtures that every test may ask for: settings, a migrated database of its own, the app."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import database
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.web import context
from tests import sparing
from tests.running import quiet_notices, sandbox, start_sandbox

__all__ = ["quiet_notices", "sandbox", "start_sandbox"]  # fixtures that live beside what they run

SECRET_KEY = "a-key-for-tests-that-is-long-enough"

ARTIFACTS = Path(
    os.environ.get("ARTIFACTS") or Path(__file__).resolve().parent.parent / "artifacts"
)
DESIGNS = "designs-*.md"

sparing.spare()

# Whoever tests behind a proxy: what is asked for here is on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"

# What hypothesis tries is the same on every run and may take its time, so that it fails for nobody
# by chance. `--hypothesis-profile search` looks further, and elsewhere each time.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile("same")

# These start programs and browsers. Whatever comes last keeps one worker busy while the others have
# nothing left to do, so it had better be short.
LONG = ("browser", "journeys", "cli", "stripe_cli")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first; pytest-randomly has shuffled before."""
    items.sort(key=lambda item: not set(LONG) & set(item.path.parts))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Tables of an earlier run are not this run's."""
    if not hasattr(session.config, "workerinput"):
        for told in ARTIFACTS.glob(DESIGNS):
            told.unlink()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each design took, when the designs were run (tests/journeys)."""
    tables = sorted(ARTIFACTS.glob(DESIGNS))
    if tables:
        terminalreporter.section("every design, to the cent")
    for told in tables:
        terminalreporter.write_line(told.read_text("utf-8"))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table and no row, to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    database.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """The settings of a sandbox marketplace with a database file of its own."""
    shutil.copy(migrated, tmp_path / "marketplace.sqlite3")
    return Settings.from_environ({"DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY})


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The marketplace; its Stripe client points at the sandbox's address."""
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False  # the tests of the tokens switch it on again
    yield app
    context.wiring(app).engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without cookies and without JavaScript."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[orm.Session]:
    """A session on the app's database."""
    with context.wiring(app).sessions() as session:
        yield session


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A loopback port where nobody answers, taken so that nobody else will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
