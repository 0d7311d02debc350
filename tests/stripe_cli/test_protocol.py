"""The websocket itself, as the CLI sees it: who may connect, and what is sent until it is heard."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from stripe import WebhookSignature
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from marketplace.sandbox import cli_listen, listeners
from tests.ports import free_port
from tests.running import Running

PROTOCOL = Subprotocol("stripecli-devproxy-v1")


def session(sandbox: Running, *features: str, **more: str) -> dict[str, Any]:
    answer = requests.post(
        f"{sandbox.url}/v1/stripecli/sessions",
        data={"websocket_features[]": features or ("webhooks",), "device_name": "desk", **more},
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=60,
    )
    body: dict[str, Any] = answer.json()
    return {"status": answer.status_code, **body}


@contextmanager
def dialled(found: dict[str, Any]) -> Iterator[ClientConnection]:
    url = f"{found['websocket_url']}?websocket_feature={found['websocket_authorized_feature']}"
    with connect(
        url,
        additional_headers={"Websocket-Id": found["websocket_id"]},
        subprotocols=[PROTOCOL],
        compression=None,
    ) as socket:
        yield socket


def letter(socket: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return told


def acknowledge(socket: ClientConnection, told: dict[str, Any]) -> None:
    names = ("webhook_conversation_id", "webhook_id")
    event = json.loads(told["event_payload"])["id"]
    frame = {"type": "event_ack", "event_id": event, **{name: told[name] for name in names}}
    socket.send(json.dumps(frame))


def await_waiting(sandbox: Running, found: dict[str, Any], count: int) -> None:
    """Wait until so many letters wait to be acknowledged: a pong may come before that is done."""
    end = time.monotonic() + 60
    left = -1
    while left != count and time.monotonic() < end:
        time.sleep(0.002)
        with sandbox.sandbox.store.transaction() as db:
            left = len(listeners.waiting(db, found["websocket_id"], 0))
    assert left == count


def test_what_was_not_acknowledged_comes_again(sandbox: Running) -> None:
    found = session(sandbox)
    with dialled(found) as socket:
        assert socket.subprotocol == PROTOCOL
        for name in ("Maya", "Noor"):
            sandbox.client().v1.customers.create({"name": name})
        letters = [letter(socket) for _ in range(4)]
        for told in letters[:2]:
            acknowledge(socket, told)
        await_waiting(sandbox, found, 2)

    with dialled(found) as socket:
        again = [letter(socket), letter(socket)]
    assert [told["webhook_conversation_id"] for told in again] == [
        told["webhook_conversation_id"] for told in letters[2:]
    ]
    assert {json.loads(told["event_payload"])["data"]["object"]["name"] for told in again} == {
        "Noor"
    }


def test_a_letter_is_signed_with_the_secret_of_the_session(sandbox: Running) -> None:
    found = session(sandbox)
    with dialled(found) as socket:
        sandbox.client().v1.customers.create({"name": "Maya"})
        told = letter(socket)

    headers = told["http_headers"]
    assert WebhookSignature.verify_header(
        told["event_payload"], headers["Stripe-Signature"], found["secret"], 300
    )
    assert headers["User-Agent"].startswith("Stripe/1.0")
    assert told["endpoint"] == {"api_version": None}


def test_an_unknown_id_is_told_so_in_the_words_that_the_cli_knows(sandbox: Running) -> None:
    found = {**session(sandbox), "websocket_id": "cliws_nobody"}
    with pytest.raises(InvalidStatus) as refused, dialled(found):
        pass

    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body or b"") == {
        "error": {"message": "Unknown WebSocket ID."}
    }


def test_dialling_twice_hangs_the_first_up(sandbox: Running) -> None:
    found = session(sandbox)
    with dialled(found) as first, dialled(found) as second:
        assert list(first) == []
        sandbox.client().v1.customers.create({"name": "Maya"})
        assert letter(second)["type"] == "webhook_event"


def test_who_was_let_in_misses_no_request_of_the_log(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, may_talk = sandbox.sandbox.hub, threading.Event()
    found, look = session(sandbox, "request_logs"), hub._listener

    def slowly(request: Request | None) -> listeners.Listener | None:
        if hub._coming:  # the handshake is over, and the thread behind it slow to begin
            assert may_talk.wait(60)
        return look(request)

    monkeypatch.setattr(hub, "_listener", slowly)
    with dialled(found) as socket:
        sandbox.client().v1.balance.retrieve()
        may_talk.set()
        assert letter(socket)["type"] == "request_log_event"


def test_nonsense_from_the_other_side_is_passed_over(sandbox: Running) -> None:
    found = session(sandbox)
    with dialled(found) as socket:
        odd = {"type": "event_ack", "event_id": None, "webhook_conversation_id": "wc_\u0661"}
        for frame in ("", "[]", "null", "[" * 5000, json.dumps(odd), json.dumps({"type": 7})):
            socket.send(frame)
        sandbox.client().v1.customers.create({"name": "Maya"})
        assert letter(socket)["type"] == "webhook_event"


def test_snapshots_are_not_for_who_listens_to_thin_events_only(sandbox: Running) -> None:
    found = session(sandbox, "v2_events")
    with dialled(found) as socket:
        sandbox.client().v1.customers.create({"name": "Maya"})
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)


def test_a_thin_event_is_acknowledged_by_its_name(sandbox: Running) -> None:
    found = session(sandbox, "webhooks", "v2_events")
    event = {"id": "evt_thin", "object": "v2.core.event", "type": "v2.core.account.created"}
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        listeners.keep(ctx, event)
    with dialled(found) as socket:
        assert letter(socket)["type"] == "v2_event"
        socket.send(json.dumps({"type": "event_ack", "event_id": "evt_thin"}))
        await_waiting(sandbox, found, 0)

    with dialled(found) as socket, pytest.raises(TimeoutError):
        socket.recv(timeout=0.3)


@pytest.mark.parametrize(
    ("features", "more"), [(("mind_reading",), {}), (("request_logs",), {"filters": "[]"})]
)
def test_a_session_for_what_nobody_offers_is_refused(
    sandbox: Running, features: tuple[str, ...], more: dict[str, str]
) -> None:
    refused = session(sandbox, *features, **more)

    assert refused["status"] == 400
    assert refused["error"]["param"] in {"websocket_features", "filters"}


def test_who_is_gone_for_long_is_forgotten(sandbox: Running) -> None:
    found, other = session(sandbox), session(sandbox)
    sandbox.client().v1.customers.create({"name": "Maya"})
    later = int(time.time()) + 301
    with sandbox.sandbox.store.transaction() as db:
        listeners.forget_the_gone(db, [other["websocket_id"]], later)

        assert listeners.find(db, found["websocket_id"]) is None
        assert listeners.waiting(db, found["websocket_id"], 0) == []
        assert len(listeners.waiting(db, other["websocket_id"], 0)) == 2


def test_the_port_is_the_same_after_a_restart(
    start_sandbox: Callable[[Path | str], Running], tmp_path: Path
) -> None:
    running = start_sandbox(tmp_path / "state.sqlite3")
    running.sandbox.hub.stop()
    with running.sandbox.store.transaction() as db:
        before = listeners.port(db, free_port())
    again = cli_listen.Hub(running.sandbox.store)
    again.start()
    try:
        assert f":{before}/" in session(running)["websocket_url"]
    finally:
        again.stop()


def test_another_program_on_the_port_is_not_in_the_way(
    start_sandbox: Callable[[Path | str], Running], tmp_path: Path
) -> None:
    running = start_sandbox(tmp_path / "state.sqlite3")
    before = session(running)["websocket_url"]
    another = cli_listen.Hub(running.sandbox.store)
    another.start()
    try:
        assert session(running)["websocket_url"] != before
    finally:
        another.stop()
