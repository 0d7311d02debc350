"""The shop and its Stripe as processes of their own, and a wire between them that can be cut.

A crash is only real when the kernel ends the program. So the shop runs as a process, and the wire
kills it with signal 9 at the worst moment: Stripe has done its work and has answered, and the shop
has not heard it yet.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from marketplace import config
from marketplace.cli.browser import Browser
from tests.ports import free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_SECONDS = 100
WORDS_SECONDS = 150
"""Longer than two rounds of chores: what the first did not see, the second does."""


def environment(**settings: str) -> dict[str, str]:
    """What a program is told: these settings, and none that happen to be set here.

    It runs where everything is to go through a proxy, and that one is down: what is on this
    machine must be reached all the same.
    """
    kept = {name: text for name, text in os.environ.items() if name not in config.NAMES}
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        kept[name] = "http://127.0.0.1:9"
    for name in ("NO_PROXY", "no_proxy"):
        kept.pop(name, None)
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


@dataclass
class Program:
    """One process; `log` is what it said on both outputs."""

    command: list[str]
    folder: Path
    url: str
    settings: dict[str, str]
    child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{Path(self.command[1]).name}-{self.settings.get('PORT', '')}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                env=environment(**self.settings),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        await_ready(self.url, self.child, self.log)

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            assert self.child.wait(60) == 0, self.log.read_text()


def await_ready(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a program answers at /healthz."""
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and child.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/healthz", timeout=1).ok:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


class Server(ThreadingHTTPServer):
    """Threads for callers that are killed in the middle of a sentence."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@dataclass
class Wire:
    """Everything the shop says to Stripe goes through here.

    `cut` is asked once for each request after Stripe answered it; when it says yes, the answer is
    thrown away and the line goes dead.
    """

    stripe: str
    cut: Callable[[str, str], bool] = field(default=lambda _method, _path: False)
    port: int = 0

    @contextlib.contextmanager
    def strung(self) -> Iterator["Wire"]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                wire.carry(self)

            do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_: object) -> None:
                pass

        server = Server(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(60)

    def carry(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass one request on, and its answer back."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name: text for name, text in handler.headers.items() if name != "Host"}
        answer = requests.request(
            handler.command, self.stripe + handler.path, data=body, headers=headers, timeout=60
        )
        if self.cut(handler.command, handler.path.partition("?")[0]):
            handler.close_connection = True
            return
        handler.send_response_only(answer.status_code)
        for name, text in answer.headers.items():
            if name.lower() not in {"content-encoding", "transfer-encoding", "connection"}:
                handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(answer.content)


@dataclass
class Street:
    """A shop, a Stripe that survives it, and the wire between them."""

    shop: Program
    stripe: Program
    wire: Wire
    before: dict[str, int] = field(default_factory=dict)
    """How much of what there was when a test began."""

    @property
    def database(self) -> Path:
        return self.shop.folder / "marketplace.sqlite3"

    def kill_after(self, method: str, path: str) -> None:
        """From now on: when Stripe has answered this request, the shop is killed first."""

        def cut(called: str, where: str) -> bool:
            if (called, where) != (method, path):
                return False
            self.wire.cut = lambda _method, _path: False
            self.shop.kill()
            return True

        self.wire.cut = cut


@contextlib.contextmanager
def street(folder: Path) -> Iterator[Street]:
    """Both programs, started; stopped at the end."""
    ports = [free_port(), free_port()]
    stripe = Program(
        [sys.executable, "-m", "marketplace.sandbox", "--port", str(ports[1]), "--data", "."],
        folder,
        f"http://127.0.0.1:{ports[1]}",
        {},
    )
    with Wire(stripe.url).strung() as wire:
        shop = Program(
            [sys.executable, str(HERE / "shop_alone.py")],
            folder,
            f"http://127.0.0.1:{ports[0]}",
            {"PORT": str(ports[0]), "SANDBOX_PORT": str(wire.port)},
        )
        with contextlib.ExitStack() as stack:
            for program in (stripe, shop):
                stack.callback(program.stop)
                program.start()
            yield Street(shop, stripe, wire)


def await_words(browser: Browser, path: str, words: str) -> None:
    """Look at a page until it says these words."""
    end = time.monotonic() + WORDS_SECONDS
    while words not in browser.open(path).text:
        assert time.monotonic() < end, browser.text
        time.sleep(0.1)
