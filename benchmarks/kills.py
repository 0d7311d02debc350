"""Kill -9 at random moments under load, and look for what was forgotten.

`python benchmarks/kills.py [kills] [seed]` runs the sandbox as a process of its own on one state
file. Clients charge, transfer, refund and pay out; the process is killed at a random moment and
started again. After each start the books must balance; in the end everything that was answered
with 200 must be there, and every event must have reached the endpoint.
"""

import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from stripe._encode import _api_encode

ROOT = Path(__file__).resolve().parent.parent
HEADERS = {"Authorization": "Bearer sk_test_kills", "Stripe-Version": "2026-08-26.dahlia"}
CLIENTS = 3
READY_SECONDS = 30
SELLER = {
    "type": "custom",
    "country": "US",
    "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
    "business_type": "individual",
    "business_profile": {"mcc": "5947", "url": "https://accessible.stripe.com"},
    "individual": {
        "first_name": "Jenny",
        "last_name": "Rosen",
        "dob": {"day": 1, "month": 1, "year": 1902},
        "address": {
            "line1": "address_full_match",
            "city": "San Francisco",
            "postal_code": "94103",
            "state": "CA",
        },
        "email": "jenny@example.com",
        "phone": "0000000000",
        "ssn_last_4": "0000",
    },
    "external_account": "btok_us",
    "tos_acceptance": {"date": 1_700_000_000, "ip": "127.0.0.1"},
}
"""Somebody whose checks are over at once."""


class Quiet(ThreadingHTTPServer):
    """A receiver whose callers die in the middle of a sentence."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing: the caller was killed."""


@dataclass
class Trial:
    """What was promised, what was heard, and how long the starts took."""

    folder: Path
    port: int
    kept: dict[str, str] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    starts: list[float] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the sandbox is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the sandbox and wait until it answers."""
        command = [sys.executable, "-m", "marketplace.sandbox", "--port", str(self.port)]
        began = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--data", str(self.folder)], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        while time.perf_counter() - began < READY_SECONDS:
            with suppress(requests.RequestException):
                if requests.get(f"{self.url}/healthz", timeout=1).ok:
                    self.starts.append(time.perf_counter() - began)
                    return child
            time.sleep(0.01)
        child.kill()
        sys.exit("the sandbox does not answer")

    def ask(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        """A request that must succeed."""
        form = list(_api_encode(params))
        answer = requests.post(f"{self.url}{path}", data=form, headers=HEADERS, timeout=30)
        if not answer.ok:
            sys.exit(answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def load(self, name: str, stop: threading.Event) -> None:
        """Ask for things until told to stop; remember what was answered with 200."""
        chance = random.Random(name)  # noqa: S311 - repeatable on purpose
        turn = 0
        with requests.Session() as http:
            while not stop.is_set():
                turn += 1
                path, body = chance.choice(self._requests())
                key = f"{name}-{turn}"
                headers = {**HEADERS, "Idempotency-Key": key}
                with suppress(requests.RequestException):
                    url = f"{self.url}/v1/{path}"
                    answer = http.post(url, data=body, headers=headers, timeout=5)
                    if answer.status_code == requests.codes.ok:
                        self.kept[answer.json()["id"]] = path

    def _requests(self) -> list[tuple[str, dict[str, str]]]:
        charge = {
            "amount": "2000",
            "currency": "usd",
            "confirm": "true",
            "payment_method": "pm_card_bypassPending",
            "payment_method_types[0]": "card",
        }
        seller = random.choice(self.accounts)  # noqa: S311 - no secret
        sent = {"amount": "100", "currency": "usd", "destination": seller}
        return [
            ("payment_intents", charge),
            ("payment_intents", {**charge, "transfer_data[destination]": seller}),
            ("transfers", sent),
            ("payouts", {"amount": "100", "currency": "usd"}),
            ("customers", {"name": "Ada"}),
        ]


def main() -> None:
    """Kill, and report."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chance = random.Random(sys.argv[2] if len(sys.argv) > 2 else "7")  # noqa: S311, PLR2004
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), _free_port())
        receiver = _receiver(trial)
        child = trial.start()
        _prepare(trial, receiver.server_address[1])
        for kill in range(kills):
            _kill_under_load(trial, child, f"{kill}", chance.random() * 0.4)
            child = trial.start()
            if faults := _faults(trial):
                sys.exit(f"after kill {kill + 1}: {faults}")
        _report(trial, kills)
        child.send_signal(signal.SIGTERM)
        child.wait(10)
        receiver.shutdown()


def _prepare(trial: Trial, port: int) -> None:
    trial.accounts += [trial.ask("/v1/accounts", SELLER)["id"] for _ in range(2)]
    hooks = {
        "url": f"http://127.0.0.1:{port}/hooks",
        "enabled_events": ["payment_intent.succeeded"],
    }
    trial.ask("/v1/webhook_endpoints", hooks)


def _kill_under_load(
    trial: Trial, child: "subprocess.Popen[bytes]", name: str, seconds: float
) -> None:
    stop = threading.Event()
    clients = [
        threading.Thread(target=trial.load, args=(f"{name}-{number}", stop))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(seconds)
    child.kill()
    child.wait()
    stop.set()
    for client in clients:
        client.join()


def _faults(trial: Trial) -> list[str]:
    sheet = requests.get(f"{trial.url}/_sandbox/balance_sheet", timeout=60).json()
    faults: list[str] = sheet["faults"]
    return faults


def _report(trial: Trial, kills: int) -> None:
    with requests.Session() as http:
        lost = [
            identifier
            for identifier, path in trial.kept.items()
            if not http.get(f"{trial.url}/v1/{path}/{identifier}", headers=HEADERS, timeout=30).ok
        ]
    requests.post(f"{trial.url}/_sandbox/clock", data={"advance": "1d"}, timeout=120)
    requests.post(f"{trial.url}/_sandbox/settle", timeout=120)
    silent = {i for i in trial.kept if i.startswith("pi_")} - trial.heard
    starts = sorted(trial.starts)
    print(
        f"{kills} kills, {len(trial.kept)} answers of 200: {len(lost)} forgotten,"
        f" {len(silent)} without their event; faults of the book: {_faults(trial) or 'none'};"
        f" start p50 {starts[len(starts) // 2]:.2f} s, longest {starts[-1]:.2f} s"
    )
    if lost or silent:
        sys.exit(1)


def _receiver(trial: Trial) -> Quiet:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) == length:
                trial.heard.add(json.loads(body)["data"]["object"]["id"])
                self.send_response(200)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
