"""`stripe listen` forwards what happens, signed, and loses nothing on the way."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from stripe import Webhook

from marketplace.sandbox import listeners
from marketplace.sandbox.store import Store
from tests.ports import free_port
from tests.running import Running
from tests.sandbox.receiver import Heard, Receiver

from .conftest import PATIENCE, Cli, Spoken

OWN, CONNECT, THIN = "/hooks/own", "/hooks/connect", "/hooks/thin"


def address(receiver: Receiver, path: str) -> str:
    assert receiver.server is not None
    return f"http://127.0.0.1:{receiver.server.server_port}{path}"


def listen(cli: Cli, receiver: Receiver, *more: str) -> tuple[Spoken, str]:
    """Forward everything, own events and sellers' to different paths; answers the secret too."""
    to = ["--forward-to", address(receiver, OWN)]
    to += ["--forward-connect-to", address(receiver, CONNECT)]
    heard = cli.start("listen", "--skip-update", "--all-snapshot", *to, *more)
    return heard, heard.text.partition("signing secret is ")[2].split()[0]


def verified(heard: Heard, secret: str) -> stripe.Event:
    return Webhook.construct_event(heard.payload, heard.signature, secret)  # type: ignore[no-any-return, no-untyped-call, unused-ignore]


def names_of(receiver: Receiver) -> set[str]:
    """The names of the customers that were heard of."""
    return {heard.event["data"]["object"]["name"] for heard in receiver.heard}


def test_events_come_signed_and_sorted_by_whose_they_are(cli: Cli, receiver: Receiver) -> None:
    _, secret = listen(cli, receiver)
    cli.said("trigger", "charge.succeeded")
    cli.said("trigger", "account.updated")

    heard = receiver.wait_for(4)
    told = {(one.path, verified(one, secret).type) for one in heard}
    assert told == {
        (OWN, "payment_intent.created"),
        (OWN, "payment_intent.succeeded"),
        (OWN, "charge.succeeded"),
        (CONNECT, "account.updated"),
    }
    assert secret == cli.said("listen", "--print-secret").strip()


def test_only_the_events_that_were_asked_for_are_forwarded(cli: Cli, receiver: Receiver) -> None:
    to = ("--events", "charge.succeeded", "--forward-to", address(receiver, OWN))
    cli.start("listen", "--skip-update", *to)
    cli.said("trigger", "charge.succeeded")

    receiver.wait_for(1)
    assert receiver.types() == ["charge.succeeded"]


def test_the_newest_version_is_for_those_who_ask(cli: Cli, receiver: Receiver) -> None:
    listen(cli, receiver, "--latest")
    cli.said("trigger", "product.created")

    (heard,) = receiver.wait_for(1)
    assert heard.event["api_version"] == listeners.LATEST_VERSION == stripe.api_version


def test_a_platform_does_not_hear_another(cli: Cli, receiver: Receiver) -> None:
    listen(cli, receiver)
    cli.run("trigger", "product.created", key="sk_test_somebody_else")
    cli.said("trigger", "customer.created")

    receiver.wait_for(1)
    assert receiver.types() == ["customer.created"]


def test_an_event_is_resent_to_those_who_listen_and_to_nobody_else(
    sandbox: Running, cli: Cli, receiver: Receiver
) -> None:
    _, secret = listen(cli, receiver)
    cli.said("trigger", "product.created")
    (first,) = receiver.wait_for(1)
    sandbox.client().v1.webhook_endpoints.create(
        {"url": address(receiver, "/an/endpoint"), "enabled_events": ["*"]}
    )

    cli.said("events", "resend", first.event["id"])

    again = receiver.wait_for(2)[1]
    sandbox.settle()
    assert verified(again, secret).id == first.event["id"]
    assert [heard.path for heard in receiver.heard] == [OWN, OWN]


def test_an_event_of_a_seller_is_resent_by_naming_the_seller(cli: Cli, receiver: Receiver) -> None:
    listen(cli, receiver)
    cli.said("trigger", "account.updated")
    (first,) = receiver.wait_for(1)

    cli.said("events", "resend", first.event["id"], "--account", first.event["account"])

    assert [heard.path for heard in receiver.wait_for(2)] == [CONNECT, CONNECT]


def test_registered_endpoints_say_where_to_forward(
    sandbox: Running, cli: Cli, receiver: Receiver
) -> None:
    for path, connect in (("/registered", False), ("/registered/connect", True)):
        sandbox.client().v1.webhook_endpoints.create(
            {
                # The CLI takes the path only; nobody answers at the address itself.
                "url": f"http://127.0.0.1:9{path}",
                "enabled_events": ["charge.succeeded", "account.updated"],
                "connect": connect,
            }
        )
    to = ("--all-snapshot", "--forward-to", address(receiver, ""))
    cli.start("listen", "--skip-update", "--use-configured-webhooks", *to)
    cli.said("trigger", "charge.succeeded")
    cli.said("trigger", "account.updated")

    heard = receiver.wait_for(2)
    assert {(one.path, one.event["type"]) for one in heard} == {
        ("/registered", "charge.succeeded"),
        ("/registered/connect", "account.updated"),
    }


def test_a_thin_event_is_forwarded_and_verified(
    sandbox: Running, cli: Cli, receiver: Receiver
) -> None:
    to = ("--forward-to", address(receiver, OWN), "--forward-thin-to", address(receiver, THIN))
    events = ("--events", "v2.core.account.created,customer.created")
    spoken = cli.start("listen", "--skip-update", *events, *to)
    secret = spoken.text.partition("signing secret is ")[2].split()[0]
    made = json.loads(cli.said("v2", "core", "accounts", "create", "--display-name", "Maya"))
    cli.said("customers", "create")

    by_path = {heard.path: heard for heard in receiver.wait_for(2)}
    assert by_path[OWN].event["type"] == "customer.created"
    heard = by_path[THIN]
    client = sandbox.client()
    note: Any = client.parse_event_notification(heard.payload, heard.signature, secret)
    assert (note.type, note.related_object.id) == ("v2.core.account.created", made["id"])
    assert client.v2.core.events.retrieve(note.id).type == note.type


def test_a_dropped_socket_loses_nothing(sandbox: Running, cli: Cli, receiver: Receiver) -> None:
    listen(cli, receiver)
    client = sandbox.client()
    for number in range(20):
        client.v1.customers.create({"name": f"Customer {number}"})
        if number in {5, 12}:
            sandbox.sandbox.hub.hang_up()

    wanted = {f"Customer {number}" for number in range(20)}
    end = time.monotonic() + PATIENCE
    # One that was under way when the line went dead may come twice: that is no loss.
    while names_of(receiver) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    assert names_of(receiver) == wanted


def start(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """The sandbox as a program, once it answers."""
    command = [sys.executable, "-m", "marketplace.sandbox"]
    command += ["--port", str(port), "--data", str(folder)]
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok:
                return program
        except requests.RequestException:
            time.sleep(0.02)
    program.kill()
    raise AssertionError("the sandbox did not start")


@pytest.mark.usefixtures("quiet_notices")
def test_a_sandbox_that_is_killed_is_found_again_with_the_same_secret(
    tmp_path: Path, receiver: Receiver
) -> None:
    port = free_port()
    # The websocket's too is one that nobody else is given while the sandbox is down.
    kept = Store(tmp_path / "sandbox.sqlite3")
    with kept.transaction() as db:
        listeners.port(db, free_port())
    kept.close()
    cli = Cli(f"http://127.0.0.1:{port}", tmp_path)
    program = start(port, tmp_path)
    try:
        _, secret = listen(cli, receiver)
        program.send_signal(signal.SIGKILL)
        program.wait()
        program = start(port, tmp_path)
        # The CLI has not dialled again yet: this event waits for it.
        cli.said("trigger", "product.created")

        (heard,) = receiver.wait_for(1, PATIENCE)
        assert verified(heard, secret).type == "product.created"
        assert cli.said("listen", "--print-secret").strip() == secret
    finally:
        cli.stop()
        program.terminate()
        program.wait()


def test_a_reset_does_not_deafen_who_listens(
    sandbox: Running, cli: Cli, receiver: Receiver
) -> None:
    _, secret = listen(cli, receiver)
    requests.post(f"{sandbox.url}/_sandbox/reset", timeout=60)
    cli.said("trigger", "product.created")

    (heard,) = receiver.wait_for(1)
    assert verified(heard, secret).type == "product.created"


def test_events_are_printed_as_json(cli: Cli) -> None:
    spoken = cli.start("listen", "--skip-update", "--all-snapshot", "--format", "json")
    cli.said("trigger", "product.created")

    said = spoken.wait_for("product.created")
    (line,) = [line for line in said.splitlines() if line.startswith("{")]
    assert json.loads(line)["type"] == "product.created"
