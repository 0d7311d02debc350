"""What time it is, always in UTC and always with the zone attached.

Stripe sends Unix seconds in v1 and RFC 3339 in v2; we keep datetimes. The rule that bites: a
naive datetime means a different moment on every machine, so none is ever made, and the database
column type refuses one. Tests stop or move the clock with `reading`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _system


def now() -> datetime:
    """Return this moment, UTC-aware."""
    return _read()


def from_unix(seconds: int) -> datetime:
    """Return the moment that Stripe's v1 API writes as `seconds` (`created`, `available_on`)."""
    return datetime.fromtimestamp(seconds, UTC)


def to_unix(moment: datetime) -> int:
    """Return the whole Unix second of `moment`, which must carry its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is no moment")
    return int(moment.timestamp())


def from_rfc3339(text: str) -> datetime:
    """Return the moment that Stripe's v2 API writes as `text`."""
    return datetime.fromisoformat(text).astimezone(UTC)


@contextmanager
def reading(source: Callable[[], datetime]) -> Iterator[None]:
    """Let every `now()` of this process answer `source()` until the block ends. For tests."""
    global _read  # noqa: PLW0603 - one clock on the wall, seen by every thread
    before, _read = _read, source
    try:
        yield
    finally:
        _read = before
