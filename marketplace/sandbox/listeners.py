"""Who listens with the Stripe CLI, and what each of them has not heard yet.

`stripe listen` asks for a session and then keeps a websocket open. Every event of the platform is
written down as a letter for each of its sessions, in the transaction of the change it tells of,
and stays until the CLI says that it came: a dropped socket or a killed sandbox loses nothing, and
what was under way may come twice. Times here are real, not the sandbox's, because they are about
programs that are running or gone.

The session's secret signs what is forwarded. It is the platform's, made once, so that
`stripe listen --print-secret` says the same today and tomorrow.

https://docs.stripe.com/cli/listen
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import ids, store

if TYPE_CHECKING:
    from .context import Context

LATEST_VERSION = "2026-10-28.endive"
"""What `stripe listen --latest` asks for: the newest version that the sandbox knows."""

SNAPSHOTS, THIN, LOGS = "webhooks", "v2_events", "request_logs"
FEATURES = (SNAPSHOTS, THIN, LOGS)

_PORT = "listeners:port"
_PATIENCE = 300
"""Seconds that a session outlives its socket; the CLI dials again every ten."""
_FIRST_PATIENCE = 60
_BATCH = 100


@dataclass(frozen=True)
class Listener:
    """One session of the CLI: `features` it asked for, `filters` of its request log."""

    id: str
    platform: str
    secret: str
    features: tuple[str, ...]
    filters: dict[str, list[str]]


@dataclass(frozen=True)
class Letter:
    """One event for one listener; `version` is set on the copy for `--latest`."""

    id: int
    event: str
    feature: str
    version: str | None
    payload: str


def welcome(ctx: Context, features: list[str], filters: dict[str, list[str]]) -> Listener:
    """Open a session for the platform that asks."""
    listener = Listener(
        ids.new("cliws_"), ctx.platform, secret(ctx.db, ctx.platform), tuple(features), filters
    )
    ctx.db.execute(
        "INSERT INTO listeners VALUES (?, ?, ?, ?, ?)",
        (
            listener.id,
            listener.platform,
            json.dumps(features),
            json.dumps(filters),
            int(time.time()) - _PATIENCE + _FIRST_PATIENCE,
        ),
    )
    return listener


def secret(db: sqlite3.Connection, platform: str) -> str:
    """The signing secret of a platform's sessions (`whsec_…`)."""
    name = f"listeners:secret:{platform}"
    return str(store.note(db, name) or store.note(db, name, f"whsec_{secrets.token_hex(32)}"))


def port(db: sqlite3.Connection, value: int | None = None) -> int:
    """The port of the websocket, kept so that whoever dials again after a restart finds it."""
    return int(store.note(db, _PORT, value) or 0)


def find(db: sqlite3.Connection, identifier: str) -> Listener | None:
    """The session behind a websocket id, or None when it is unknown or forgotten."""
    row = db.execute(
        "SELECT platform, features, filters FROM listeners WHERE id = ?", (identifier,)
    ).fetchone()
    if row is None:
        return None
    return Listener(
        identifier, row[0], secret(db, row[0]), tuple(json.loads(row[1])), json.loads(row[2])
    )


def keep(ctx: Context, event: dict[str, Any]) -> int:
    """Write an event down for every session that wants its kind; answers how many letters.

    A thin event is told as it is given (`thin.notice`), a snapshot as it is shown.
    """
    rows = ctx.once("listeners", lambda: _of_platform(ctx.db, ctx.platform))
    if not rows:
        return 0
    thin = event["object"] == "v2.core.event"
    feature = THIN if thin else SNAPSHOTS
    copies: list[tuple[str | None, str]] = [(None, json.dumps(event))]
    if not thin:
        shown = ctx.show(event)
        shown["pending_webhooks"] += 1
        copies = [
            (None, json.dumps(shown, indent=2)),
            (LATEST_VERSION, json.dumps({**shown, "api_version": LATEST_VERSION}, indent=2)),
        ]
    letters = [
        (listener, event["id"], feature, version, payload)
        for listener, features in rows
        if feature in json.loads(features)
        for version, payload in copies
    ]
    ctx.db.executemany(
        "INSERT INTO letters (listener, event, feature, version, payload) VALUES (?, ?, ?, ?, ?)",
        letters,
    )
    return len(letters)


def _of_platform(db: sqlite3.Connection, platform: str) -> list[tuple[str, str]]:
    query = "SELECT id, features FROM listeners WHERE platform = ?"
    return db.execute(query, (platform,)).fetchall()


def waiting(db: sqlite3.Connection, listener: str, after: int) -> list[Letter]:
    """The next letters of a listener whose number is above `after`, in order."""
    rows = db.execute(
        "SELECT id, event, feature, version, payload FROM letters"
        " WHERE listener = ? AND id > ? ORDER BY id LIMIT ?",
        (listener, after, _BATCH),
    ).fetchall()
    return [Letter(*row) for row in rows]


def heard(db: sqlite3.Connection, listener: str, event: str, letter: int | None) -> None:
    """A letter came. Of thin events the CLI names only the event."""
    db.execute(
        "DELETE FROM letters WHERE listener = ? AND event = ? AND (id = ? OR (? IS NULL AND"
        " feature = ?))",
        (listener, event, letter, letter, THIN),
    )


def forget_the_gone(db: sqlite3.Connection, connected: list[str], now: int) -> None:
    """Keep the sessions of open sockets; drop those that nobody came back to.

    `now`: real unix seconds.
    """
    db.executemany("UPDATE listeners SET seen = ? WHERE id = ?", [(now, one) for one in connected])
    db.execute("DELETE FROM listeners WHERE seen < ?", (now - _PATIENCE,))
    db.execute("DELETE FROM letters WHERE listener NOT IN (SELECT id FROM listeners)")


def expect_all(db: sqlite3.Connection) -> None:
    """The sandbox starts: sessions from before have their patience anew."""
    db.execute("UPDATE listeners SET seen = ?", (int(time.time()),))
