"""Behind a server that is trusted, whoever calls is who that server says, and nobody else."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from marketplace.cli import run
from marketplace.config import Settings
from tests.ports import free_port
from tests.stopping import stop


def _who(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode()]


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    server = run.listen(_who, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{settings.port}/"
    finally:
        stop(server)
        thread.join(60)


@pytest.mark.parametrize(
    ("trusted", "caller"),
    [(None, "127.0.0.1"), ("127.0.0.1", "203.0.113.9"), ("192.0.2.1", "127.0.0.1")],
)
def test_only_the_server_in_front_says_who_calls(trusted: str | None, caller: str) -> None:
    settings = Settings.from_environ({"TRUSTED_PROXY": trusted or "", "PORT": str(free_port())})
    with _served(settings) as url:
        spoofed = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        assert requests.get(url, headers=spoofed, timeout=60).text == caller
