"""Events that come twice, late, or in the wrong order; and a program that dies in between."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from marketplace import config
from marketplace.cli.browser import Browser
from marketplace.lifecycles import InboxState, OrderStatus
from marketplace.models import InboxEvent, Order, Transfer
from marketplace.sandbox import hands
from tests.journeys.conftest import Town


def _deliver(town: Town, event: dict[str, Any], scope: str = "/webhooks/stripe") -> int:
    secrets = town.settings.webhook_secrets
    if scope.endswith("connect"):
        secrets = town.settings.connect_webhook_secrets
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, secrets[0])
    answer = requests.post(
        town.site + scope, data=body, headers={"Stripe-Signature": signature}, timeout=10
    )
    return answer.status_code


def _sold(town: Town) -> list[dict[str, Any]]:
    """One paid order; returns every event of the platform, oldest first."""
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    town.pay(town.order(town.browser("Ben"), "Woven rug"))
    town.settle()
    events = town.wiring.stripe.v1.events.list({"limit": 100}).to_dict()["data"]
    return list(reversed(events))


def test_every_event_twice_and_backwards_changes_nothing(town: Town) -> None:
    events = _sold(town)
    with town.database() as session:
        before = session.query(Order).one()
        transfers = session.query(Transfer).count()
    assert len(events) >= 5
    for event in (*reversed(events), *events):
        assert _deliver(town, event) == 200
    town.settle()
    with town.database() as session:
        after = session.query(Order).one()
        assert (after.status, after.paid_at) == (OrderStatus.PAID, before.paid_at)
        assert session.query(Transfer).count() == transfers == 1
        for row in session.query(InboxEvent).filter(InboxEvent.type.like("checkout%")):
            assert row.state is InboxState.DONE
            assert row.deliveries >= 2


def test_an_event_that_comes_late_finds_the_order_as_it_is_now(town: Town) -> None:
    events = _sold(town)
    created = [event for event in events if event["type"] == "payment_intent.succeeded"]
    nadia = town.browser("Nadia")
    nadia.open("/sell/orders").follow("Order 1").press("Mark as sent")
    late = {**created[0], "id": "evt_sentagainwithanotherid"}
    assert _deliver(town, late) == 200
    town.settle()
    with town.database() as session:
        assert session.query(Order).one().status is OrderStatus.FULFILLED


def test_a_seller_s_event_at_the_wrong_door_says_which_door_is_right(town: Town) -> None:
    town.open_shop("Nadia", "Nadia weaves")
    account = town.seller("Nadia weaves").stripe_id
    events = town.wiring.stripe.v1.events.list(
        {"limit": 1, "type": "account.updated"}, options={"stripe_account": account}
    ).to_dict()["data"]
    assert _deliver(town, events[0], "/webhooks/stripe") == 200
    town.settle()
    with town.database() as session:
        row = session.query(InboxEvent).filter_by(event_id=events[0]["id"], scope="platform").one()
    assert row.state is InboxState.IGNORED
    assert "/webhooks/stripe/connect" in (row.reason_ignored or "")


class Program:
    """`marketplace run` as a process that can be killed."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        ports = [_free_port(), _free_port()]
        self.site, self.stripe = (f"http://127.0.0.1:{port}" for port in ports)
        environ = {name: text for name, text in os.environ.items() if name not in config.NAMES}
        self.environ = {
            **environ,
            "DATA_DIR": str(folder),
            "PORT": str(ports[0]),
            "SANDBOX_PORT": str(ports[1]),
            **more,
        }
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "marketplace.cli", "run"],
                env=self.environ,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.site}/healthz", timeout=1).ok:
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """kill -9 of the marketplace; its sandbox goes too, as when a laptop loses power."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()
        for line in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (line / "cmdline").read_bytes().split(b"\0")
                if b"marketplace.sandbox" in words and str(self.folder).encode() in words:
                    os.kill(int(line.name), signal.SIGKILL)

    def stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            self.child.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(browser: Browser, path: str, words: str) -> None:
    end = time.monotonic() + 30
    while words not in browser.open(path).text:
        assert time.monotonic() < end, browser.text
        time.sleep(0.1)


@pytest.fixture
def program(tmp_path: Path) -> Any:
    running = Program(tmp_path)
    running.start()
    yield running
    running.stop()


def test_killed_after_the_payment_it_finds_out_after_the_start(program: Program) -> None:
    ben = Browser(program.site)
    ben.open("/sign-in").press("Ben")
    ben.open("/").follow("Beeswax pair").press("Put into the basket")
    ben.open("/basket").follow("Check out").press("Order and pay")
    assert ben.away
    checkout = ben.away
    assert program.child is not None
    program.child.kill()
    program.child.wait()
    back = hands.pay(checkout)  # the sandbox outlives its parent here, as Stripe would
    program.kill()
    program.start()
    _await(ben, back, "Your order is paid")
    sheet = requests.get(f"{program.stripe}/_sandbox/balance_sheet", timeout=10).json()
    assert sheet["faults"] == []
