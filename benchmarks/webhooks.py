"""How many signed events a second the endpoint keeps, and how many the engine works off.

`python benchmarks/webhooks.py [events] [connections]` starts the marketplace's server with a new
SQLite file (or DATABASE_URL) on a free port and delivers distinct account events over loopback. The
engine then handles them without a call to Stripe, so the figure is the cost of claim and outcome.
"""

import json
import logging
import multiprocessing
import os
import resource
import socket
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from queue import Empty
from typing import Any

import stripe
from waitress.server import create_server

from marketplace import database
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.lifecycles import InboxState
from marketplace.web import context
from marketplace.webhooks import work
from marketplace.webhooks.routes import Outcome

SECRET = "whsec_of_the_benchmark"  # noqa: S105 - made up here, good for nothing else
ENDPOINT = "/webhooks/stripe/connect"
# About as large as the account.updated of a finished seller.
PADDING = {f"field_{number}": "x" * 40 for number in range(38)}


@dataclass(frozen=True, slots=True)
class Load:
    """What one sender is to do, and the port to do it on."""

    port: int
    first: int
    count: int


def main() -> None:
    """Measure and print."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 8  # noqa: PLR2004
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environ(
            {
                "DATA_DIR": folder,
                "SECRET_KEY": "k" * 40,
                "LOG_LEVEL": "ERROR",
                "STRIPE_CONNECT_WEBHOOK_SECRET": SECRET,
                "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
            }
        )
        database.upgrade(settings.database_url)
        app = create_app(settings)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        server = create_server(app, host="127.0.0.1", port=0, threads=8)
        threading.Thread(target=server.run, daemon=True).start()
        _keep(server.effective_port, events, connections)
        _work_off(context.wiring(app), events)
        context.wiring(app).engine.dispose()


def _keep(port: int, events: int, connections: int) -> None:
    each = events // connections
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    ready = multiprocessing.Barrier(connections + 1)
    senders = [
        multiprocessing.Process(
            target=_send, args=(Load(port, number * each, each), ready, results)
        )
        for number in range(connections)
    ]
    for sender in senders:
        sender.start()
    ready.wait(120)
    cpu = _cpu()
    began = time.perf_counter()
    taken = sorted(seconds for _ in senders for seconds in _result(results))
    passed = time.perf_counter() - began
    for sender in senders:
        sender.join()
    centiles = statistics.quantiles(taken, n=100)
    print(
        f"kept {len(taken)} events, {connections} connections: {len(taken) / passed:.0f}/s, "
        f"p50 {1000 * centiles[49]:.1f} ms, p99 {1000 * centiles[98]:.1f} ms, "
        f"{1000 * (_cpu() - cpu) / len(taken):.2f} ms of server CPU each"
    )


def _result(results: "multiprocessing.Queue[list[float]]") -> list[float]:
    try:
        return results.get(timeout=120)
    except Empty:
        sys.exit("a sender did not finish: an event was refused, or the server is stuck")


def _send(load: Load, ready: Any, results: "multiprocessing.Queue[list[float]]") -> None:  # noqa: ANN401
    # Plain sockets and requests made in advance: http.client would take as long as the server.
    letters = [_request(number) for number in range(load.first, load.first + load.count)]
    taken = []
    with socket.create_connection(("127.0.0.1", load.port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.wait(120)
        for letter in letters:
            began = time.perf_counter()
            line.sendall(letter)
            answer = line.recv(65_536)
            while not answer.endswith(b"kept\n") and answer.startswith(b"HTTP/1.1 200"):
                answer += line.recv(65_536)
            taken.append(time.perf_counter() - began)
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"answered {answer[:100]!r}")
    results.put(taken)


def _request(number: int) -> bytes:
    body, signature = _signed(number)
    return (
        f"POST {ENDPOINT} HTTP/1.1\r\nHost: 127.0.0.1\r\nStripe-Signature: {signature}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _signed(number: int) -> tuple[str, str]:
    body = json.dumps(
        {
            "id": f"evt_{number:024}",
            "object": "event",
            "type": "account.updated",
            "account": "acct_benchmark",
            "api_version": stripe.api_version,
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": {"id": "acct_benchmark", "object": "account", **PADDING}},
        }
    )
    return body, stripe.WebhookSignature.generate_signature_header(body, SECRET)


def _work_off(wiring: context.Wiring, events: int) -> None:
    engine = work.Engine(wiring.sessions, wiring.stripe, handle=_at_once)
    began = time.perf_counter()
    engine.start()
    if not engine.wait_idle(120):
        sys.exit("the engine did not come to rest")
    passed = time.perf_counter() - began
    engine.stop()
    print(f"handled {events} events, 1 thread: {events / passed:.0f}/s")


def _at_once(*_: Any) -> Outcome:  # noqa: ANN401 - takes what every handler takes
    return Outcome(InboxState.DONE)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
