"""What was asked of Stripe, for the inspector page and for tests that count calls.

The last calls are kept in memory. The rule that bites: parameters carry names, birthdays and bank
numbers, so only harmless ones (amounts, currencies, types, our own ids) keep their value.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from marketplace import clock

KEPT = 200
HIDDEN = "•••"
_SHOWN = frozenset(
    "amount application_fee_amount country currency destination enabled limit mode quantity "
    "requested type unit_amount payer payments".split()
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request on the wire; a retry is a call of its own. `status` is 0 without an answer."""

    method: str
    path: str
    account: str | None
    parameters: Mapping[str, str]
    idempotency_key: str | None
    status: int
    milliseconds: int
    request_id: str | None
    at: datetime = field(default_factory=clock.now)


class Trace:
    """A ring of the latest calls, safe to use from every thread."""

    def __init__(self, kept: int = KEPT) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Remember a call; the oldest is forgotten when the ring is full."""
        with self._lock:
            self._calls.append(call)

    def calls(self) -> list[Call]:
        """The calls that are remembered, oldest first."""
        with self._lock:
            return list(self._calls)

    @contextmanager
    def recording(self) -> Iterator[list[Call]]:
        """Give a list that holds, after the block, the calls made during it (by any thread)."""
        before = len(self.calls())
        made: list[Call] = []
        last = self.calls()[-1] if before else None
        yield made
        after = self.calls()
        start = next((i + 1 for i, call in enumerate(after) if call is last), 0)
        made.extend(after[start:])


def shown(url: str, body: object) -> dict[str, str]:
    """The parameters of a request with every value hidden that might be about a person."""
    text = body if isinstance(body, str) else ""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    # v2 sends JSON: read as a form, the answer before an "=" would become a name, and be shown.
    pairs += _of_json(text) if text.startswith("{") else parse_qsl(text, keep_blank_values=True)
    return {name: value if _last(name) in _SHOWN else HIDDEN for name, value in pairs}


def _of_json(text: str) -> list[tuple[str, str]]:
    """The leaves of a JSON body, named as the form encoding of v1 would name them."""
    return list(_leaves(json.loads(text)))


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}[{name}]" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    else:
        yield path, str(value)


def _last(name: str) -> str:
    """The innermost key: `transfer_data[destination]` is about a destination."""
    return name.replace("]", "").rsplit("[", 1)[-1]
