"""What every test would pay for anew and no test is about: done once, or done cheaply.

An application is made for nearly every test, so what it works out from files that do not change
(templates, the addresses of pages, the text of SQL statements) is kept for the next one. Passwords
are hashed with argon2 as always, but with little memory, and a test's database does not wait for
the disk, which it never outlives.
"""

import gc
import signal
from collections.abc import Callable
from types import CodeType
from typing import Any, cast

import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.util import LRUCache
from werkzeug.routing.rules import Rule

from marketplace import database, people

HASHER = people._HASHER
"""The real one, for the test that looks at what it costs."""


class Compiled(BytecodeCache):
    """Templates that were compiled for an application before this one."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self.kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = (bucket.checksum, bucket.code)


def spare() -> None:
    """Be sparing from now on, in this process and for everything that it starts."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
    Rule.compile = _kept(Rule.compile)  # type: ignore[method-assign, assignment]
    people._HASHER = PasswordHasher(memory_cost=64, time_cost=1, parallelism=1)
    people._NOBODY = people._HASHER.hash("nobody has this password")
    database._prepare_sqlite = _careless(database._prepare_sqlite)
    database.connect = _fluent(database.connect)  # type: ignore[assignment]
    # Each application is thrown away within a second; looking for its cycles every few hundred
    # objects took an eighth of the time.
    gc.set_threshold(200_000, 50, 100)
    # A shell that runs the tests in the background makes them, and the programs they start, deaf
    # to Ctrl-C; some tests are about just that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _kept(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Werkzeug takes each address of each application apart and writes two functions for it."""
    ready: dict[tuple[object, ...], Rule] = {}

    def compiled(rule: Rule) -> None:
        key = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, repr(rule.defaults))
        same = ready.get(key)
        if same is None:
            compile_rule(rule)
            ready[key] = rule
            return
        rule._parts, rule._trace, rule._converters = same._parts, same._trace, same._converters
        rule.arguments = set(same.arguments)
        rule._build = cast("Any", same._build).__func__.__get__(rule)
        rule._build_unknown = cast("Any", same._build_unknown).__func__.__get__(rule)

    return compiled


def _fluent(connect: Callable[[str], sa.Engine]) -> Callable[[str], sa.Engine]:
    """SQLAlchemy writes a statement's SQL once for each engine, a quarter of a short test's time.

    What it wrote is found by statement and dialect, so dialects of one kind are made equal.
    """
    written: LRUCache[Any, Any] = LRUCache(2000)
    kind: Any = SQLiteDialect_pysqlite
    kind.__eq__ = lambda one, other: type(one) is type(other)
    kind.__hash__ = lambda one: hash(type(one))

    def connected(url: str) -> sa.Engine:
        engine = connect(url)
        engine._compiled_cache = written
        return engine

    return connected


def _careless(prepare: Callable[[DBAPIConnection, object], None]) -> Callable[..., None]:
    def prepared(connection: DBAPIConnection, record: object) -> None:
        prepare(connection, record)
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    return prepared
