"""A program that hears webhooks: it keeps what comes in and answers as it is told."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """One request: its headers and its body as it came."""

    path: str
    headers: dict[str, str]
    payload: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body, parsed."""
        event: dict[str, Any] = json.loads(self.payload)
        return event

    @property
    def signature(self) -> str:
        """What the SDK verifies."""
        return self.headers["stripe-signature"]


@dataclass
class Receiver:
    """Answers 200 unless `answers` holds other statuses to give first."""

    answers: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    pause: threading.Event = field(default_factory=threading.Event)
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/hooks?from=stripe"

    def types(self) -> list[str]:
        """The types of the events heard, in order."""
        return [heard.event["type"] for heard in self.heard]

    def wait_for(self, count: int, seconds: float = 60.0) -> list[Heard]:
        """Wait until so many were heard."""
        end = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < end:
            time.sleep(0.005)
        assert len(self.heard) >= count, f"heard only {self.types()}"
        return self.heard

    def start(self) -> None:
        """Listen on a free port of loopback."""
        owner = self
        self.pause.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                payload = self.rfile.read(length)
                if len(payload) < length:
                    return  # the sender died half-way: nothing was heard
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = owner.answers.pop(0) if owner.answers else 200
                owner.heard.append(Heard(self.path, headers, payload))
                owner.pause.wait()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"heard")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening; who calls now hears nothing."""
        self.pause.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
