"""Webhook delivery: signed, at least once, with retries on the sandbox's clock.

Stripe promises no order and no exactly-once; neither does the courier, though on a quiet
machine events arrive in the order in which they were made. Any 2xx is a success; everything
else, redirects included, is a failure and tried again; an endpoint has one delivery under way at
a time, and a failed one does not hold up those behind it. In a sandbox Stripe tries three times
over a few hours; the exact schedule is not published, so `_RETRIES` is a guess that suits
somebody who restarts a program under test.

Only loopback addresses are ever contacted.

https://docs.stripe.com/webhooks (delivery and signatures)
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from . import store, thin
from .clock import Clock
from .faults import Fault, Faults
from .render import strip
from .store import Store

log = logging.getLogger("sandbox.courier")
_RETRIES = (30, 1_800, 10_800)
_TIMEOUT = 10.0
_THREADS = 4
_IDLE = 0.5
_KEPT = 2000


def signature(secret: str, payload: bytes, at: int) -> str:
    """The value of the `Stripe-Signature` header."""
    signed = str(at).encode() + b"." + payload
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def is_loopback(url: str) -> bool:
    """Whether the address cannot leave this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def deliver_again(db: sqlite3.Connection, now: int, event: str, endpoint: str | None = None) -> int:
    """Mark an event's deliveries as due, for one endpoint or for all; answers how many."""
    if endpoint is not None:
        # It may have been registered after the event happened.
        db.execute(
            "INSERT INTO deliveries (event, endpoint, due, state) SELECT ?, ?, 0, 'done'"
            " WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE event = ? AND endpoint = ?)",
            (event, endpoint, event, endpoint),
        )
    cursor = db.execute(
        "UPDATE deliveries SET state = 'waiting', due = ? WHERE event = ?"
        " AND (? IS NULL OR endpoint = ?)",
        (now, event, endpoint, endpoint),
    )
    return cursor.rowcount


class Courier:
    """Carries events to endpoints, outside every transaction."""

    def __init__(self, kept: Store, clock: Clock, trouble: Faults) -> None:
        """`kept` holds the deliveries; `clock` says when a retry is due."""
        self._store = kept
        self._clock = clock
        self._trouble = trouble
        self._jobs: queue.Queue[str | None] = queue.Queue()
        self._busy: set[str] = set()
        self._lock = threading.Condition()
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the dispatcher; carriers are started when there is something to carry."""
        self._hire(self._dispatch)

    def _hire(self, work: Callable[[], None]) -> None:
        name = f"courier-{len(self._threads)}"
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()

    def stop(self) -> None:
        """Finish what is under way and stop."""
        self._stopping.set()
        self._bell.set()
        for _ in range(_THREADS):
            self._jobs.put(None)
        for thread in self._threads:  # the dispatcher first: it may just have hired one
            thread.join(2)

    def wake(self) -> None:
        """There is something to deliver."""
        self._bell.set()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is due any more; False when the time is up."""
        self.wake()
        end = time.monotonic() + seconds
        with self._lock:
            while self._due() or self._busy:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._lock.wait(min(left, 0.05))
        return True

    def await_event(self, events: list[str], seconds: float) -> bool:
        """Wait until these events were tried once at every endpoint that wants them.

        What a fault holds back until later is not waited for.
        """
        end = time.monotonic() + seconds
        marks = ",".join("?" * len(events))
        while time.monotonic() < end:
            with self._store.transaction() as db:
                (left,) = db.execute(
                    f"SELECT COUNT(*) FROM deliveries WHERE event IN ({marks}) AND attempts = 0"  # noqa: S608
                    " AND state = 'waiting' AND due <= ?",
                    (*events, self._clock.now()),
                ).fetchone()
            if not left:
                return True
            with self._lock:
                self._lock.wait(0.05)
        return False

    def resend(self, event: str, endpoint: str | None = None) -> int:
        """Deliver an event again, to one endpoint or to all that had it; answers how many."""
        with self._store.transaction() as db:
            count = deliver_again(db, self._clock.now(), event, endpoint)
        self.wake()
        return count

    def _due(self) -> list[str]:
        """The endpoints that something waits for."""
        with self._store.transaction() as db:
            rows = db.execute(
                "SELECT endpoint FROM deliveries WHERE state = 'waiting' AND due <= ?"
                " GROUP BY endpoint ORDER BY MIN(id)",
                (self._clock.now(),),
            ).fetchall()
        return [row[0] for row in rows]

    def _next(self, endpoint: str) -> tuple[int, str, int] | None:
        """The endpoint's oldest due delivery: its number, its event, the attempts so far."""
        with self._store.transaction() as db:
            row: tuple[int, str, int] | None = db.execute(
                "SELECT id, event, attempts FROM deliveries WHERE endpoint = ?"
                " AND state = 'waiting' AND due <= ? ORDER BY due, id LIMIT 1",
                (endpoint, self._clock.now()),
            ).fetchone()
        return row

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            self._bell.wait(_IDLE)
            self._bell.clear()
            try:
                with self._lock:
                    fresh = [endpoint for endpoint in self._due() if endpoint not in self._busy]
                    self._busy.update(fresh)
            except Exception:
                log.exception("the courier stumbled")
                continue
            for endpoint in fresh:
                if len(self._threads) <= _THREADS:
                    self._hire(self._carry)
                self._jobs.put(endpoint)

    def _carry(self) -> None:
        while (endpoint := self._jobs.get()) is not None:
            try:
                while not self._stopping.is_set() and (found := self._next(endpoint)) is not None:
                    self._deliver(endpoint, *found)
                    with self._lock:
                        self._lock.notify_all()
            except Exception:
                log.exception("a delivery went wrong")
            with self._lock:
                self._busy.discard(endpoint)
                self._lock.notify_all()
            self._bell.set()  # something may have come in after the last look

    def _deliver(self, endpoint_id: str, delivery: int, event_id: str, attempts: int) -> None:
        with self._store.transaction() as db:
            event = store.get(db, event_id)
            endpoint = store.get(db, endpoint_id)
        if event is None or endpoint is None or endpoint[0]["status"] != "enabled":
            self._finish(delivery, "gone", attempts, None, "the endpoint is gone or disabled")
            return
        fault = self._trouble.on_the_way(event[0], delivery) if self._trouble.rules else None
        if fault is not None and self._held_up(fault, delivery, event[0], endpoint[0]):
            return
        status, answer = self._send(event[0], endpoint[0])
        attempts += 1
        if status is not None and 200 <= status < 300:  # noqa: PLR2004 - "any 2xx"
            state = "done"
        else:
            state = "waiting" if attempts <= len(_RETRIES) else "failed"
        self._finish(delivery, state, attempts, status, answer)

    def _held_up(
        self, fault: Fault, delivery: int, event: dict[str, Any], endpoint: dict[str, Any]
    ) -> bool:
        """Do what the fault asks; answers whether the delivery is over for now."""
        if fault.kind == "duplicated":
            self._send(event, endpoint)
            return False
        if fault.kind == "lost":
            self._finish(delivery, "failed", 0, None, "lost on the way, as a fault asked for")
            return True
        # A second is enough to come after everything that is due now.
        wait = fault.seconds if fault.kind == "delayed" else 1
        with self._store.transaction() as db:
            due = self._clock.now() + wait
            db.execute("UPDATE deliveries SET due = ? WHERE id = ?", (due, delivery))
        return True

    def _finish(
        self, delivery: int, state: str, attempts: int, status: int | None, answer: str
    ) -> None:
        wait = _RETRIES[min(max(attempts, 1), len(_RETRIES)) - 1] if state == "waiting" else 0
        with self._store.transaction() as db:
            now = self._clock.now()
            db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, status = ?, answer = ?, at = ?,"
                " due = ? WHERE id = ?",
                (state, attempts, status, answer[:_KEPT], now, now + wait, delivery),
            )

    def _send(self, event: dict[str, Any], endpoint: dict[str, Any]) -> tuple[int | None, str]:
        """POST the event; answers the status (None when nobody answered) and what was said."""
        url = endpoint.get("url") or endpoint["_url"]  # an event destination tells its own rarely
        if not is_loopback(url):
            return None, "the sandbox delivers to loopback addresses only"
        if event["object"] == thin.EVENT:
            shown = thin.notice(event)
        else:
            shown = {**strip(event), "pending_webhooks": 1}
            version = endpoint.get("api_version") or endpoint.get("snapshot_api_version")
            shown["api_version"] = version or shown["api_version"]
        payload = json.dumps(shown, indent=2).encode()
        # The signature carries real time, not the sandbox's: the receiver compares it with its
        # own clock and refuses what is older than five minutes.
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(endpoint["_secret"], payload, int(time.time())),
        }
        parts = urlsplit(url)
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = make(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        try:
            connection.request("POST", target, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(_KEPT).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as problem:
            return None, f"nobody answered: {problem}"
        finally:
            connection.close()
