"""Lists a page at a time, by key: `?before=<id>` shows what is older than that row.

The rule that bites: the key comes from the address bar, and a number of forty digits is more than
a database takes; whatever is no plausible id shows the first page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from flask import request, url_for

ROWS = 20
FILTERS = ("state", "status")
BIGGEST_ID = 2**31 - 1

_ID = re.compile("[0-9]{1,10}", re.ASCII)


class HasId(Protocol):
    """Any row of ours."""

    @property
    def id(self) -> int:
        """Its number."""
        ...


R = TypeVar("R", bound=HasId)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """The rows to show, and the addresses of the first and the next page, where there are any."""

    rows: Sequence[R]
    newer: str | None
    older: str | None


def before() -> int | None:
    """The id below which this request wants rows; None for the first page."""
    text = request.args.get("before", "")
    return int(text) if _ID.fullmatch(text) and int(text) <= BIGGEST_ID else None


def page(found: Sequence[R], rows: int = ROWS) -> Page[R]:
    """Cut `found`, which was asked for with one row more than `rows`, into a page."""
    shown = found[:rows]
    # Only our own filters: `url_for` also takes names like _scheme, not for others to set.
    kept = {name: text for name, text in request.args.items() if name in FILTERS}
    here = request.endpoint or ""
    places = {**kept, **(request.view_args or {})}
    return Page(
        rows=shown,
        newer=url_for(here, **places) if before() is not None else None,
        older=url_for(here, **places, before=shown[-1].id) if len(found) > rows else None,
    )
