"""How fast the sandbox is, beside localstripe when that is installed somewhere.

`python benchmarks/sandbox.py [--localstripe PYTHON] [--objects 100000]` starts each as a process
of its own and measures the same loop with plain keep-alive connections: create a customer, read
one; one client and eight. Ours also pays, lists, and grows to many objects to show what stays
flat. PYTHON is the interpreter of a virtual environment with localstripe.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parent.parent
HEADERS = {
    "Authorization": "Bearer sk_test_speed",
    "Content-Type": "application/x-www-form-urlencoded",
    "Stripe-Version": "2026-08-26.dahlia",
}
SECONDS = 4.0
PAYMENT = urlencode(
    {
        "amount": "2000",
        "currency": "usd",
        "confirm": "true",
        "payment_method": "pm_card_visa",
        "payment_method_types[0]": "card",
    }
)
CUSTOMER = urlencode({"name": "Ada", "email": "ada@example.com"})


class Client:
    """One keep-alive connection, with as little work of its own as can be.

    `http.client` takes longer to read an answer's headers than the sandbox takes to write it.
    """

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), 60)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"Host: 127.0.0.1:{port}"
        self.headers = "\r\n".join([host, *(f"{k}: {v}" for k, v in HEADERS.items())])

    def ask(self, method: str, path: str, body: str = "") -> bytes:
        """One request, and the body of the answer; ends the program when it fails."""
        length = f"Content-Length: {len(body)}"
        request = f"{method} {path} HTTP/1.1\r\n{self.headers}\r\n{length}\r\n\r\n{body}"
        self.line.sendall(request.encode())
        told = b""
        while b"\r\n\r\n" not in told:
            told += self._more()
        head, _, text = told.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(maxsplit=1)[0])
        while len(text) < size:
            text += self._more()
        if head.split(maxsplit=2)[1] != b"200":
            sys.exit(f"{method} {path}: {head!r} {text[:300]!r}")
        return text

    def make(self, path: str, body: str) -> str:
        """POST, and the id of what was made."""
        return str(json.loads(self.ask("POST", path, body))["id"])

    def _more(self) -> bytes:
        return self.line.recv(65_536) or sys.exit("the server hung up")


@dataclass(frozen=True, slots=True)
class Server:
    """What is measured, and with how many connections."""

    port: int
    process: psutil.Process
    threads: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far; on a loaded machine they say more than the clock on the wall."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the sandbox.")
    parser.add_argument("--localstripe", help="a Python that has localstripe")
    parser.add_argument("--objects", type=int, default=10_000, help="how many to grow to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "marketplace.sandbox", "--data", folder, "--port"]
        with _running("sandbox", ours) as (port, process):
            _compare(port, process)
            _mixed(port, process)
            _grow(port, process, options.objects)
    if options.localstripe:
        theirs = [options.localstripe, "-m", "localstripe", "--port"]
        with _running("localstripe", theirs) as (port, process):
            _compare(port, process)
            _memory(process)


@contextmanager
def _running(name: str, command: list[str]) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    began = time.perf_counter()
    child = subprocess.Popen(  # noqa: S603 - the programs to be measured
        [*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.005)
        print(f"{name}: answers after {time.perf_counter() - began:.2f} s")
        Client(port).ask("POST", "/v1/customers", CUSTOMER)
        yield port, psutil.Process(child.pid)
    finally:
        child.kill()
        child.wait()


def _compare(port: int, process: psutil.Process) -> None:
    made = Client(port).make("/v1/customers", CUSTOMER)
    for threads in (1, 8):
        server = Server(port, process, threads)
        _rate("create", server, lambda c: c.ask("POST", "/v1/customers", CUSTOMER))
        _rate("retrieve", server, lambda c: c.ask("GET", f"/v1/customers/{made}"))


def _mixed(port: int, process: psutil.Process) -> None:
    """Three reads, a customer and, at every fourth turn, a payment."""
    made = Client(port).make("/v1/payment_intents", PAYMENT)
    server = Server(port, process, 1)
    _rate("pay", server, lambda c: c.ask("POST", "/v1/payment_intents", PAYMENT))
    _rate("list", server, lambda c: c.ask("GET", "/v1/customers?limit=10"))
    turn = iter(range(10**9))

    def mixed(client: Client) -> None:
        number = next(turn) % 16
        if number == 0:
            client.ask("POST", "/v1/payment_intents", PAYMENT)
        elif number % 4 == 0:
            client.ask("POST", "/v1/customers", CUSTOMER)
        else:
            client.ask("GET", f"/v1/payment_intents/{made}")

    _rate("mixed", server, mixed)


def _rate(name: str, server: Server, work: Callable[[Client], object]) -> None:
    taken: list[float] = []
    threads, cpu = server.threads, server.cpu
    end = time.perf_counter() + SECONDS

    def run() -> None:
        client = Client(server.port)
        while (began := time.perf_counter()) < end:
            work(client)
            taken.append(time.perf_counter() - began)

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    centiles = statistics.quantiles(taken, n=100)
    spent = 1000 * (server.cpu - cpu) / len(taken)
    print(
        f"  {name:<9} {threads} client{'s' if threads > 1 else ' '}: {len(taken) / SECONDS:6.0f}/s,"
        f" p50 {1000 * centiles[49]:.2f} ms, p99 {1000 * centiles[98]:.2f} ms,"
        f" {spent:.2f} ms of server CPU"
    )


def _grow(port: int, process: psutil.Process, most: int) -> None:
    """The same three requests with ever more objects around them."""
    client = Client(port)
    size, count = 0, 100
    made = client.make("/v1/customers", CUSTOMER)
    while count <= most:
        while size < count:
            client.ask("POST", "/v1/customers", CUSTOMER)
            size += 1
        times = [
            _typical(lambda: client.ask("POST", "/v1/customers", CUSTOMER)),
            _typical(lambda: client.ask("GET", f"/v1/customers/{made}")),
            _typical(lambda: client.ask("GET", "/v1/customers?limit=10")),
        ]
        told = ", ".join(f"{1000 * seconds:.2f}" for seconds in times)
        print(f"  with {count:>7,} more customers: create, retrieve, list {told} ms (p50)")
        count *= 10
    _memory(process)


def _typical(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(100):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _memory(process: psutil.Process) -> None:
    print(f"  memory: {process.memory_info().rss / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
