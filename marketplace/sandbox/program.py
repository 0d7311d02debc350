"""The running sandbox: its store, its clock, its courier, and the thread that lets time pass.

`Sandbox.session(…)` is the one way to do work: a transaction with a `Context`. Whatever events
the transaction raised are delivered after it is committed, never before.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import book, older, store
from .cli_listen import Hub
from .clock import Clock
from .context import DEFAULT_VERSION, Context
from .courier import Courier
from .faults import Faults
from .routing import tasks
from .store import Store

log = logging.getLogger("sandbox")
_TICK = 0.2
_ADVANCE_LIMIT = 200_000


class Sandbox:
    """Everything the server needs, in one place."""

    def __init__(
        self, path: Path | str, base_url: str, real: Callable[[], float] = time.time
    ) -> None:
        """`path`: the state file; `base_url`: where people and the app reach the sandbox.

        `real` tells the time of the world outside, in unix seconds; tests let it stand still.
        """
        self.store = Store(path)
        self.base_url = base_url
        with self.store.transaction() as db:
            self.clock = Clock(store.note(db, "clock") or 0, real)
        self.trouble = Faults()
        self.courier = Courier(self.store, self.clock, self.trouble)
        self.hub = Hub(self.store)
        self._stopping = threading.Event()
        self._advancing = threading.Lock()
        self._ticker = threading.Thread(target=self._tick, name="clock", daemon=True)

    def start(self) -> None:
        """Let time flow and the courier run, once the file is as this release wants it."""
        older.catch_up(self)
        self.courier.start()
        self.hub.start()
        self._ticker.start()

    def stop(self) -> None:
        """Stop the threads and close the file."""
        self._stopping.set()
        self.trouble.clear()
        if self._ticker.is_alive():
            self._ticker.join(2)
        self.courier.stop()
        self.hub.stop()
        self.store.close()

    @contextmanager
    def session(self, platform: str, account: str | None = None, **more: Any) -> Iterator[Context]:
        """A transaction in the name of an account (the platform itself by default)."""
        with self.store.transaction() as db:
            ctx = Context(
                db=db,
                clock=self.clock,
                platform=platform,
                account=account or platform,
                base_url=self.base_url,
                version=more.pop("version", DEFAULT_VERSION),
                **more,
            )
            yield ctx
        # The courier looks around in threads of its own: where nobody is to hear anything, that
        # would take more time than the request.
        if ctx.parcels:
            self.courier.wake()
        if ctx.spread:
            self.hub.wake()

    def wake(self) -> None:
        """There may be events to deliver, to endpoints and to whoever listens."""
        self.courier.wake()
        self.hub.wake()

    def run_due(self) -> int:
        """Run the tasks whose time has come; answers how many."""
        count = 0
        while self._run_next(self.clock.now()):
            count += 1
        return count

    def _run_next(self, until: int) -> bool:
        """Run the earliest task due by `until`, in one transaction with its removal."""
        with self.store.transaction() as db:
            row = db.execute(
                "SELECT id, due, name, account, platform, arguments FROM tasks"
                " WHERE due <= ? ORDER BY due, id LIMIT 1",
                (until,),
            ).fetchone()
            if row is None:
                return False
            identifier, due, name, account, platform, arguments = row
            db.execute("DELETE FROM tasks WHERE id = ?", (identifier,))
            if self.clock.held is not None:
                self.clock.hold(max(due, self.clock.held))
                # Kept with the task's work: a process killed half-way must not wake up in the past.
                store.note(db, "clock", self.clock.held - int(self.clock.real()))
            ctx = Context(db, self.clock, platform, account, self.base_url)
            db.execute("SAVEPOINT task")
            try:
                tasks[name](ctx, **json.loads(arguments))
            except Exception:
                log.exception("the task %s failed and is dropped", name)
                db.execute("ROLLBACK TO task")
            db.execute("RELEASE task")
        return True

    def advance_to(self, target: int, *, wait: float = 20.0) -> int:
        """Push the clock to `target` (unix seconds), running what falls due in order.

        Answers the number of tasks run. Deliveries that fell due are attempted before this
        returns, so a test that moves the clock sees their effect; `wait` bounds that in seconds.
        """
        with self._advancing:
            count = 0
            self.clock.hold(self.clock.now())
            try:
                while count < _ADVANCE_LIMIT and self._run_next(target):
                    count += 1
            finally:
                self.clock.move_to(max(target, self.clock.now()))
            with self.store.transaction() as db:
                store.note(db, "clock", self.clock.offset)
        self.hub.wake()
        self.courier.settle(wait)
        return count

    def _tick(self) -> None:
        while not self._stopping.wait(_TICK):
            if self._advancing.acquire(blocking=False):
                try:
                    if self.run_due():
                        self.wake()
                except Exception:
                    log.exception("the clock stumbled")
                finally:
                    self._advancing.release()

    def faults(self) -> list[str]:
        """What is wrong with the book (nothing, one hopes)."""
        with self.store.transaction() as db:
            return book.faults(db)

    def reset(self) -> None:
        """Forget every object, balance, event and fault; the clock returns to real time."""
        with self._advancing:
            self.store.wipe()
            self.trouble.clear()
            self.clock.offset = 0
            self.clock.held = None


def wait_until(condition: Any, seconds: float) -> bool:
    """Poll until the condition holds; False when the time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
