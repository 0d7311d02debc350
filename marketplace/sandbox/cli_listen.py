"""The websocket that `stripe listen` and `stripe logs tail` keep open.

It has a loopback port of its own, which the answer to `POST /v1/stripecli/sessions` names; the
`Websocket-Id` header is the credential. What is sent comes out of `listeners`, in order, signed at
the moment of sending, because receivers refuse signatures older than five minutes. After a
reconnect everything that was not acknowledged is sent again.

https://docs.stripe.com/cli/listen
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from . import cli_logs, listeners
from .courier import signature
from .listeners import Letter, Listener
from .store import Store

log = logging.getLogger("sandbox.listen")
_PROTOCOL = Subprotocol("stripecli-devproxy-v1")
_IDLE = 0.5
_LOOK_ROUND = 30.0
_LARGEST = 8 * 1024 * 1024
_LOGS_KEPT = 1000
_CONVERSATION = "wc_"


class Line:
    """One open socket: a thread that sends, and the socket's own that hears."""

    def __init__(self, kept: Store, listener: Listener, socket: ServerConnection) -> None:
        """Nothing is sent before `serve`."""
        self.listener = listener
        self.bell = threading.Event()
        self.logs: deque[str] = deque(maxlen=_LOGS_KEPT)
        self._store = kept
        self._socket = socket
        self._sent = 0
        self._over = threading.Event()

    def serve(self) -> None:
        """Send and hear until the socket closes."""
        sender = threading.Thread(target=self._send_all, name="listener", daemon=True)
        sender.start()
        try:
            for frame in self._socket:
                self._hear(frame)
        except ConnectionClosed:
            log.debug("%s hung up", self.listener.id)
        finally:
            self._over.set()
            self.bell.set()
            sender.join(2)

    def is_of(self, socket: ServerConnection) -> bool:
        """Whether this is the line behind a socket."""
        return self._socket is socket

    def hang_up(self) -> None:
        """Close; the CLI dials again by itself."""
        self._over.set()
        self.bell.set()
        self._socket.close()

    def _send_all(self) -> None:
        try:
            while not self._over.is_set():
                self._send_letters()
                while self.logs:
                    self._socket.send(self.logs.popleft())
                self.bell.wait(_IDLE)
                self.bell.clear()
        except ConnectionClosed:
            log.debug("%s is gone", self.listener.id)
        except Exception:
            # The socket must not stay open with nobody who sends: the CLI would wait for ever.
            log.exception("sending to %s went wrong", self.listener.id)
            self._socket.close()

    def _send_letters(self) -> None:
        while not self._over.is_set():
            with self._store.transaction() as db:
                letters = listeners.waiting(db, self.listener.id, self._sent)
            if not letters:
                return
            for letter in letters:
                self._socket.send(json.dumps(frame_of(letter, self.listener)))
                self._sent = letter.id

    def _hear(self, frame: str | bytes) -> None:
        """An acknowledgement, or what the program behind the CLI answered."""
        try:
            told = json.loads(frame)
            conversation = str(told.get("webhook_conversation_id") or "")
        except (ValueError, AttributeError, RecursionError):
            return
        if told.get("type") == "event_ack":
            number = conversation.removeprefix(_CONVERSATION)
            letter = int(number) if number.isdecimal() and number.isascii() else None
            with self._store.transaction() as db:
                listeners.heard(db, self.listener.id, str(told.get("event_id")), letter)
        elif told.get("type") == "webhook_response":
            log.info("%s answered %s", told.get("forward_url"), told.get("status"))


def frame_of(letter: Letter, listener: Listener) -> dict[str, Any]:
    """What goes over the wire for a letter; the payload is signed as it is, byte for byte."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(listener.secret, letter.payload.encode(), int(time.time())),
    }
    place = f"we_{listener.id.removeprefix('cliws_')}"
    if letter.feature == listeners.THIN:
        return {
            "type": "v2_event",
            "payload": letter.payload,
            "http_headers": headers,
            "destination_id": place,
        }
    return {
        "type": "webhook_event",
        "event_payload": letter.payload,
        "http_headers": headers,
        "webhook_conversation_id": f"{_CONVERSATION}{letter.id}",
        "webhook_id": place,
        "endpoint": {"api_version": letter.version},
    }


class Hub:
    """All open lines, and the port where new ones come in."""

    def __init__(self, kept: Store) -> None:
        """`kept` holds the sessions and the letters."""
        self._store = kept
        self._lines: dict[str, Line] = {}
        # Those who were told that they are welcome, which is when the CLI says "Ready!".
        self._coming: dict[str, Line] = {}
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Listen on the port of last time, or on any free one."""
        with self._store.transaction() as db:
            listeners.expect_all(db)
            before = listeners.port(db)
        try:
            self._server = self._bind(before)
        except OSError:
            self._server = self._bind(0)
        with self._store.transaction() as db:
            listeners.port(db, self._server.socket.getsockname()[1])
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name="listen", daemon=True),
            threading.Thread(target=self._look_round, name="listen-gone", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _bind(self, port: int) -> Server:
        return serve(
            self._talk,
            "127.0.0.1",
            port,
            process_request=self._admit,
            select_subprotocol=_select,
            compression=None,
            server_header=None,
            max_size=_LARGEST,
            logger=logging.getLogger("sandbox.websocket"),
        )

    def stop(self) -> None:
        """Hang up and close the port; a second time does nothing.

        `shutdown` waits for every handler without a limit, so it waits in a thread of its own: a
        line that does not end must not keep the whole sandbox from stopping.
        """
        self._stopping.set()
        server, self._server = self._server, None
        if server is not None:
            closing = threading.Thread(target=server.shutdown, name="listen-close", daemon=True)
            closing.start()
            self.hang_up()
            closing.join(2)
        for thread in self._threads:
            thread.join(2)

    def hang_up(self) -> None:
        """Close every line."""
        with self._lock:
            lines = list(self._lines.values())
        for line in lines:
            line.hang_up()

    def wake(self) -> None:
        """There may be letters to send."""
        with self._lock:
            for line in self._lines.values():
                line.bell.set()

    def tell(self, asked: cli_logs.Asked) -> None:
        """Tell who tails the request log of an answered request."""
        if not self._lines and not self._coming:
            return
        with self._lock:
            lines = [
                line
                for line in (*self._lines.values(), *self._coming.values())
                if listeners.LOGS in line.listener.features
                and line.listener.platform == asked.platform
                and cli_logs.wanted(line.listener.filters, asked)
            ]
        for line in lines:
            line.logs.append(cli_logs.message(asked))
            line.bell.set()

    def connected(self) -> list[str]:
        """The ids of the sessions whose socket is open."""
        with self._lock:
            return list(self._lines)

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse unknown ids in the words that make the CLI ask for a new session."""
        listener = self._listener(request)
        if listener is not None:
            with self._lock:
                self._coming[listener.id] = Line(self._store, listener, socket)
            return None
        refusal = socket.respond(404, '{"error":{"message":"Unknown WebSocket ID."}}')
        del refusal.headers["Content-Type"]
        refusal.headers["Content-Type"] = "application/json"
        return refusal

    def _listener(self, request: Request | None) -> Listener | None:
        identifier = request.headers.get("Websocket-Id", "") if request else ""
        with self._store.transaction() as db:
            return listeners.find(db, identifier)

    def _talk(self, socket: ServerConnection) -> None:
        listener = self._listener(socket.request)
        if listener is None:
            return
        with self._store.transaction() as db:
            listeners.forget_the_gone(db, [listener.id], int(time.time()))
        with self._lock:
            line = self._coming.pop(listener.id, None)
            if line is None or not line.is_of(socket):
                line = Line(self._store, listener, socket)
            former = self._lines.get(listener.id)
            self._lines[listener.id] = line
        if former is not None:
            former.hang_up()
        try:
            line.serve()
        finally:
            with self._lock:
                if self._lines.get(listener.id) is line:
                    del self._lines[listener.id]

    def _look_round(self) -> None:
        while not self._stopping.wait(_LOOK_ROUND):
            try:
                with self._store.transaction() as db:
                    listeners.forget_the_gone(db, self.connected(), int(time.time()))
            except Exception:
                log.exception("sessions could not be tidied")


def _select(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Agree to the CLI's protocol; one that names none is welcome too."""
    del socket
    return _PROTOCOL if _PROTOCOL in offered else None
