"""A running sandbox for each test, and the proof after each that no cent was lost in it.

The fixtures reach every test through `tests/conftest.py`.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from stripe._api_requestor import _APIRequestor

from marketplace.sandbox import ids
from marketplace.sandbox.program import Sandbox
from marketplace.sandbox.server import Server, serve


@dataclass
class Running:
    """A sandbox on a loopback port of its own, in this process."""

    url: str
    server: Server
    http: requests.Session
    key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}")

    @property
    def sandbox(self) -> Sandbox:
        """The program behind the server."""
        return self.server.sandbox

    @property
    def platform(self) -> str:
        """The account behind the key."""
        return ids.platform_of_key(self.key)

    def client(self, key: str | None = None) -> stripe.StripeClient:
        """The SDK, as the platform of this test (or of `key`); it never retries by itself."""
        return stripe.StripeClient(
            key or self.key,
            base_addresses={"api": self.url, "files": self.url, "connect": self.url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(session=self.http, timeout=60),
        )

    def advance(self, seconds: int) -> None:
        """Push the clock; what falls due happens before this returns."""
        answer = self.http.post(f"{self.url}/_sandbox/clock", data={"advance": seconds}, timeout=60)
        assert answer.status_code == 200, answer.text

    def settle(self) -> None:
        """Wait until no webhook is due any more."""
        answer = self.http.post(f"{self.url}/_sandbox/settle", timeout=60)
        assert answer.json()["settled"], "deliveries are still due after 30 seconds"

    def sheet(self) -> dict[str, Any]:
        """Who holds what, and what is wrong with the book."""
        sheet: dict[str, Any] = self.http.get(
            f"{self.url}/_sandbox/balance_sheet", timeout=60
        ).json()
        return sheet


@pytest.fixture
def quiet_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would turn the sandbox's `Stripe-Notice` header into a warning, hence a failure."""
    monkeypatch.setenv("STRIPE_SUPPRESS_NOTICES", "true")
    # Some environments make the SDK ignore that variable; tests must not depend on where they run.
    for name, _ in _APIRequestor.AI_AGENTS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start_sandbox(quiet_notices: None) -> Iterator[Callable[[Path | str], Running]]:
    """Start a sandbox on a state file; each one is stopped, and its book checked, at the end.

    Its clock stands still unless a test pushes it: what Stripe does after three seconds is not
    done sooner for a test that took four, and no midnight passes in the middle of one.
    """
    del quiet_notices
    started: list[tuple[Running, Any, threading.Thread]] = []
    moment = time.time()

    def start(path: Path | str) -> Running:
        sandbox = Sandbox(path, "", lambda: moment)
        server = Server(sandbox)
        http = serve(server, "127.0.0.1", 0)
        sandbox.base_url = f"http://127.0.0.1:{http.effective_port}"
        thread = threading.Thread(target=http.run, name="sandbox", daemon=True)
        thread.start()
        sandbox.start()
        running = Running(sandbox.base_url, server, requests.Session())
        started.append((running, http, thread))
        return running

    yield start
    for running, http, thread in started:
        faults = running.sandbox.faults()
        running.http.close()
        http.stop()
        thread.join(60)
        running.sandbox.stop()
        assert faults == []


@pytest.fixture
def sandbox(start_sandbox: Callable[[Path | str], Running]) -> Running:
    """A fresh sandbox that forgets everything after the test."""
    return start_sandbox(":memory:")
