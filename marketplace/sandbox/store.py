"""The sandbox's memory: one SQLite file, one writer, one transaction per request.

What a request changed, the events that tell of it, the deliveries that carry them, the clock's
tasks and the answer kept under the idempotency key are committed together. A process killed at
any moment has therefore done a request wholly or not at all, and what it answered with 200 is on
disk (the write-ahead log survives the process; `synchronous=NORMAL` may lose the last commits
only when the machine itself loses power).

Objects are kept as JSON beside the few columns that queries need; `links` is the index for
"charges of this PaymentIntent" and the like. Every query is by key or by an index, so the cost
of a request does not grow with the number of objects.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  owner TEXT NOT NULL, created INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_time ON objects (kind, owner, deleted, created);
CREATE TABLE IF NOT EXISTS links (
  kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (kind, field, value, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (
  id INTEGER PRIMARY KEY, due INTEGER NOT NULL, name TEXT NOT NULL,
  account TEXT NOT NULL, platform TEXT NOT NULL, once TEXT UNIQUE, arguments TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (due, id);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL,
  due INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  status INTEGER, answer TEXT, at INTEGER);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, id);
CREATE INDEX IF NOT EXISTS deliveries_lane ON deliveries (endpoint, state, due, id);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS answers (
  scope TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
  body BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (scope, key));
CREATE TABLE IF NOT EXISTS book (
  id INTEGER PRIMARY KEY, posting TEXT NOT NULL, at INTEGER NOT NULL,
  party TEXT NOT NULL, bucket TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS balances (
  party TEXT NOT NULL, bucket TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (party, bucket, currency)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settling (
  party TEXT NOT NULL, currency TEXT NOT NULL, due INTEGER NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (party, currency, due)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listeners (
  id TEXT PRIMARY KEY, platform TEXT NOT NULL, features TEXT NOT NULL, filters TEXT NOT NULL,
  seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS listeners_platform ON listeners (platform);
CREATE TABLE IF NOT EXISTS letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, listener TEXT NOT NULL, event TEXT NOT NULL,
  feature TEXT NOT NULL, version TEXT, payload TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS letters_waiting ON letters (listener, id);
CREATE TABLE IF NOT EXISTS told (account TEXT PRIMARY KEY, view TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (file TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
DROP INDEX IF EXISTS objects_listed;
DROP INDEX IF EXISTS objects_created;
DROP INDEX IF EXISTS links_seq;
"""
"""The last lines take away what files of older releases have and nobody asks any more: each index
is another page to write for every object."""


class Store:
    """Opens the file and hands out transactions; `path` may be `:memory:`."""

    def __init__(self, path: Path | str) -> None:
        """Create the tables when they are not there."""
        self.path = str(path)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        # The log is carried over into the file, which waits for the disk, after so many pages: a
        # payment is about 35, and most of them are those of the payment before.
        self._db.execute("PRAGMA wal_autocheckpoint=4000")
        self._db.execute("PRAGMA cache_size=-8000")
        self._db.executescript(_SCHEMA)
        self.depth = 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; one at a time. Nested use joins the outer transaction."""
        with self._lock:
            if self.depth:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            self.depth = 1
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self.depth = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def wipe(self) -> None:
        """Forget everything but who listens (`/_sandbox/reset`): those programs still run."""
        with self.transaction() as db:
            names = db.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            for (name,) in names:
                if name not in {"listeners", "notes"}:
                    db.execute(f"DELETE FROM {name}")  # noqa: S608 - names of the schema above
            db.execute("DELETE FROM notes WHERE name NOT LIKE 'listeners:%'")


_text = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_LINK = "INSERT INTO links (kind, field, value, seq) VALUES (?, ?, ?, ?)"
_UNLINK = "DELETE FROM links WHERE kind = ? AND field = ? AND value = ? AND seq = ?"


def put(db: sqlite3.Connection, obj: dict[str, Any], owner: str, fields: tuple[str, ...]) -> None:
    """Insert or replace an object and the links that its kind declares."""
    body = _text(obj)
    row = db.execute("SELECT seq, body FROM objects WHERE id = ?", (obj["id"],)).fetchone()
    if row is None:
        seq = db.execute(
            "INSERT INTO objects (id, kind, owner, created, body) VALUES (?, ?, ?, ?, ?)",
            (obj["id"], obj["object"], owner, obj.get("created") or 0, body),
        ).lastrowid
        before = set()
    else:
        seq = row[0]
        before = _links(json.loads(row[1]), fields) if fields else set()
        db.execute("UPDATE objects SET body = ? WHERE seq = ?", (body, seq))
    after = _links(obj, fields)
    # Most changes leave the links alone.
    for sql, changed in ((_UNLINK, before - after), (_LINK, after - before)):
        if changed:
            db.executemany(sql, [(obj["object"], *link, seq) for link in changed])


def _links(obj: dict[str, Any], fields: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(field, str(value)) for field in fields if (value := reach(obj, field)) is not None}


def link_anew(db: sqlite3.Connection, kind: str, fields: tuple[str, ...]) -> None:
    """Replace the links of all objects of a kind, whose declaration has changed."""
    db.execute("DELETE FROM links WHERE kind = ?", (kind,))
    for seq, body in db.execute("SELECT seq, body FROM objects WHERE kind = ?", (kind,)).fetchall():
        links = _links(json.loads(body), fields)
        db.executemany(_LINK, [(kind, *link, seq) for link in links])


def reach(obj: dict[str, Any], field: str) -> Any:
    """`a.b` inside an object, or None."""
    value: Any = obj
    for step in field.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def get(db: sqlite3.Connection, identifier: str) -> tuple[dict[str, Any], str] | None:
    """An object and its owner; deleted ones are not found."""
    row = db.execute(
        "SELECT body, owner FROM objects WHERE id = ? AND deleted = 0", (identifier,)
    ).fetchone()
    return (json.loads(row[0]), row[1]) if row else None


def exists(db: sqlite3.Connection, identifier: str) -> bool:
    """Whether there is an object of this id, which costs less than to read it."""
    query = "SELECT 1 FROM objects WHERE id = ? AND deleted = 0"
    return db.execute(query, (identifier,)).fetchone() is not None


def is_taken(db: sqlite3.Connection, identifier: str) -> bool:
    """Whether there is or was an object of this id."""
    return db.execute("SELECT 1 FROM objects WHERE id = ?", (identifier,)).fetchone() is not None


def buried(db: sqlite3.Connection, identifier: str) -> tuple[dict[str, Any], str] | None:
    """What Stripe still tells of a deleted object, and whose it was."""
    row = db.execute(
        "SELECT kind, owner FROM objects WHERE id = ? AND deleted = 1", (identifier,)
    ).fetchone()
    return ({"id": identifier, "object": row[0], "deleted": True}, row[1]) if row else None


def delete(db: sqlite3.Connection, identifier: str) -> None:
    """Hide an object; its id stays taken."""
    db.execute("UPDATE objects SET deleted = 1 WHERE id = ?", (identifier,))


def select(
    db: sqlite3.Connection,
    kind: str,
    owner: str | None,
    *,
    where: dict[str, Any] | None = None,
    after: str | None = None,
    before: str | None = None,
    created: dict[str, int] | None = None,
    limit: int = 10,
) -> list[dict[str, Any]]:
    """Newest first. `after`/`before` are ids (exclusive); `where` uses declared links.

    A value of `where` is text, a list of texts (any of them), or a range of numbers
    (`{"gte": 1, "lt": 9}`).

    `before` answers the page that ends just before that id, still newest first.
    """
    sql = ["SELECT o.body FROM objects o"]
    values: list[Any] = []
    for number, (field, value) in enumerate((where or {}).items()):
        sql.append(
            f"JOIN links l{number} ON l{number}.seq = o.seq AND l{number}.kind = ?"
            f" AND l{number}.field = ? AND {_matches(f'l{number}.value', value)}"
        )
        values += [kind, field, *_values(value)]
    sql.append("WHERE o.kind = ? AND o.deleted = 0")
    values.append(kind)
    if owner is not None:
        sql.append("AND o.owner = ?")
        values.append(owner)
    for bound, operator in _OPERATORS.items():
        if created and bound in created:
            sql.append(f"AND o.created {operator} ?")
            values.append(created[bound])
    # The index of links is in the order of `seq`, that of all objects in the order of time; an
    # object that was made later has the greater number too.
    order = ("o.seq",) if where else ("o.created", "o.seq")
    for cursor, operator in ((after, "<"), (before, ">")):
        if cursor is not None:
            # The operator is one of the two above, never anybody's input.
            here = ", ".join(order)
            sql.append(f"AND ({here}) {operator} (SELECT {here} FROM objects o WHERE id = ?)")  # noqa: S608
            values.append(cursor)
    direction = "ASC" if before else "DESC"
    sql.append(f"ORDER BY {', '.join(f'{column} {direction}' for column in order)} LIMIT ?")
    values.append(limit)
    rows = [json.loads(row[0]) for row in db.execute(" ".join(sql), values)]
    return rows[::-1] if before else rows


_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [str(value)]


def _matches(column: str, value: Any) -> str:
    """The condition for one link; only operators of our own reach the text of the query."""
    if isinstance(value, list):
        return f"{column} IN ({','.join('?' * len(value))})"
    if not isinstance(value, dict):
        return f"{column} = ?"
    bounds = [f"CAST({column} AS INTEGER) {_OPERATORS[bound]} ?" for bound in value]
    return " AND ".join(bounds) or "1"


def note(db: sqlite3.Connection, name: str, value: Any = None) -> Any:
    """Read a small setting, or write it when a value is given."""
    if value is not None:
        db.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
            (name, json.dumps(value)),
        )
        return value
    row = db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
    return json.loads(row[0]) if row else None
