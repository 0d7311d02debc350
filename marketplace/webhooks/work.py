"""The engine: takes kept events one by one, has each looked up, and writes what became of it.

`process` is the one function that handles an event. The engine's threads call it by default; a
task queue could call it just as well, because the inbox table and not the queue is the truth. The
rule that bites: killed programs leave rows that say "running", so every engine sweeps leases that
ran out, its own and those of programs that are gone, and prolongs those of its own slow workers.
"""

import logging
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm

from marketplace.database import phase
from marketplace.errors import MarketplaceError, StripeError
from marketplace.lifecycles import InboxState
from marketplace.webhooks import inbox, routes
from marketplace.webhooks.inbox import Claim

IDLE_SECONDS = 0.5
CHORE_SECONDS = 60.0
STOP_SECONDS = 10.0
LONGEST_ERROR = 300
log = logging.getLogger("marketplace.work")

Handle = Callable[[orm.Session, sdk.StripeClient, Claim], routes.Outcome]
Chore = Callable[[orm.Session, sdk.StripeClient], object]
_SECRET = re.compile(r"\b(?:sk|rk|pk|whsec|acct_link|ek)_\w+|https?://\S+", re.ASCII)


def process(
    sessions: orm.sessionmaker[orm.Session],
    stripe: sdk.StripeClient,
    row_id: int | None = None,
    handle: Handle = routes.handle,
    holding: Callable[[Claim], None] = lambda _claim: None,
) -> InboxState | None:
    """Handle one event: the one with `row_id`, or the oldest that is due.

    Returns what became of it, or None when there was nothing to take. Raises only what the
    database raises; what goes wrong with the event is written beside it. `holding` is told the
    claim before the work starts.
    """
    with sessions() as session:
        with phase(session):
            claim = inbox.claim(session, row_id)
        if claim is None:
            return None
        holding(claim)
        outcome = _attempt(session, stripe, claim, handle)
    with sessions() as session, phase(session):
        if not inbox.finish(session, claim, outcome.state, outcome.reason):
            log.warning("event %s: another worker has taken over", claim.event_id)
    return outcome.state


def _attempt(
    session: orm.Session, stripe: sdk.StripeClient, claim: Claim, handle: Handle
) -> routes.Outcome:
    try:
        return handle(session, stripe, claim)
    except StripeError as error:
        log.warning("event %s (%s): %s", claim.event_id, claim.type, error.for_operator())
        return routes.Outcome(InboxState.FAILED, clean(error.for_operator()))
    except MarketplaceError as error:
        log.warning("event %s (%s): %s", claim.event_id, claim.type, clean(str(error)))
        return routes.Outcome(InboxState.FAILED, clean(f"{type(error).__name__}: {error}"))
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not stop the other events
        log.error("event %s (%s) failed: %s", claim.event_id, claim.type, _trail(error))  # noqa: TRY400
        return routes.Outcome(InboxState.FAILED, _told(error))


def clean(text: str) -> str:
    """Return `text` without what must not be kept: keys, signing secrets and addresses."""
    return _SECRET.sub("•••", text)[:LONGEST_ERROR]


def _told(error: BaseException) -> str:
    # A database error repeats the row's values; only the driver's own words are kept.
    said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return clean(f"{type(error).__name__}: {said}")


def _trail(error: BaseException) -> str:
    """Where it happened, without the lines' values that an exception's text may repeat."""
    steps = traceback.extract_tb(error.__traceback__)
    places = " > ".join(f"{step.filename}:{step.lineno} {step.name}" for step in steps)
    return f"{_told(error)} at {places}"


class Engine:
    """Threads that work on the inbox. Several, in several programs, may run at once.

    `chores` are done at the start and then once a minute: what a crash left behind and no event
    will ever tell of.
    """

    def __init__(
        self,
        sessions: orm.sessionmaker[orm.Session],
        stripe: sdk.StripeClient,
        *,
        threads: int = 1,
        handle: Handle = routes.handle,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._sessions, self._stripe, self._handle = sessions, stripe, handle
        self._chores = chores
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._tidy = threading.Event()
        self._held: dict[int, Claim] = {}
        works = [self._work] * threads + [self._keep_house, self._do_chores]
        self._threads = [threading.Thread(target=run, daemon=True) for run in works]

    def start(self) -> None:
        """Start the threads; an engine is started once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the events under way and stop; what is left stays new for the next start."""
        self._stopping.set()
        self._bell.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)

    def kick(self) -> None:
        """There is something new; do not wait for the next look."""
        self._bell.set()

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until no event is new, running or due; False when the time is up. For tests.

        The chores of the start are waited for too, so the engine must have been started.
        """
        end = time.monotonic() + seconds
        self.kick()
        self._tidy.wait(seconds)
        while time.monotonic() < end:
            with self._sessions() as session:
                if not inbox.waiting(session):
                    return True
            time.sleep(0.01)
        return False

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self._next():
                self._bell.wait(IDLE_SECONDS)
                self._bell.clear()

    def _next(self) -> bool:
        """Handle one event; False when there was none, or the database is in trouble."""
        try:
            state = process(self._sessions, self._stripe, handle=self._handle, holding=self._hold)
        except Exception as error:  # noqa: BLE001 - the next look may find the database well again
            log.error("the inbox could not be worked on: %s", _trail(error))  # noqa: TRY400
            return False
        finally:
            self._held.pop(threading.get_ident(), None)
        return state is not None

    def _hold(self, claim: Claim) -> None:
        self._held[threading.get_ident()] = claim

    def _do_chores(self) -> None:
        while not self._stopping.is_set():
            for chore in self._chores:
                try:
                    with self._sessions() as session:
                        chore(session, self._stripe)
                except Exception as error:  # noqa: BLE001 - the next round may find it well again
                    log.error("a chore was left undone: %s", _trail(error))  # noqa: TRY400
            self._tidy.set()
            self._stopping.wait(CHORE_SECONDS)

    def _keep_house(self) -> None:
        while not self._stopping.wait(IDLE_SECONDS):
            try:
                with self._sessions() as session, phase(session):
                    inbox.renew(session, list(self._held.values()))
                    if inbox.sweep(session):
                        self._bell.set()
            except Exception as error:  # noqa: BLE001 - as above
                log.error("the inbox could not be swept: %s", _trail(error))  # noqa: TRY400
