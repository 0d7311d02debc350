"""What a resource may do: read, write, list, tell the world, and leave work for the clock.

One `Context` lives as long as one transaction. It knows who asks (`platform`), for which account
(`account`: the platform itself or the connected account of the `Stripe-Account` header), under
which API version and request id. A fresh context for another party of the same transaction comes
from `acting_as`.
"""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import ids, store
from .clock import Clock
from .errors import Invalid, empty, missing
from .render import Listing, show
from .routing import kinds

DEFAULT_VERSION = "2026-08-26.dahlia"
_LIST_MAX = 100


@dataclass
class Context:
    """The hands of a resource, for one transaction."""

    db: sqlite3.Connection
    clock: Clock
    platform: str
    account: str
    base_url: str
    version: str = DEFAULT_VERSION
    request_id: str | None = None
    idempotency_key: str | None = None
    path: str = ""
    spread: list[str] = field(default_factory=list)
    """Ids of the events raised in this transaction, in order; shared with `acting_as`."""
    parcels: list[str] = field(default_factory=list)
    """The endpoints that something is to be carried to; shared likewise."""
    _asked: dict[str, Any] = field(default_factory=dict)
    """What `once` has looked up; shared likewise."""

    @property
    def now(self) -> int:
        """Unix seconds."""
        return self.clock.now()

    @property
    def is_platform(self) -> bool:
        """Whether the request acts on the platform itself."""
        return self.account == self.platform

    def acting_as(self, account: str) -> Context:
        """The same transaction in the name of another account."""
        other = copy.copy(self)
        other.account = account
        return other

    def new(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Create and keep an object of the acting account; `id` may be given."""
        declared = kinds[kind]
        obj: dict[str, Any] = {
            "id": fields.pop("id", None) or ids.new(declared.prefix, declared.length),
            "object": kind,
            "created": self.now,
            "livemode": False,
        }
        obj.update(fields)
        self.save(obj)
        return obj

    def save(self, obj: dict[str, Any], owner: str | None = None) -> None:
        """Keep the object as it is now. The owner of an existing object does not change."""
        store.put(self.db, obj, owner or self.account, kinds[obj["object"]].indexed)
        self._forget(obj)

    def find(self, identifier: str | None, kind: str | None = None) -> dict[str, Any] | None:
        """Any object by id, whoever owns it; None when there is none (or of another kind)."""
        found = store.get(self.db, identifier) if identifier else None
        if found is None or (kind is not None and found[0]["object"] != kind):
            return None
        return found[0]

    def owner(self, identifier: str) -> str:
        """The account that an object belongs to."""
        found = store.get(self.db, identifier)
        if found is None:
            raise missing("object", identifier)
        return found[1]

    def get(self, kind: str, identifier: str, *, param: str | None = None) -> dict[str, Any]:
        """An object of the acting account, or Stripe's 404 `resource_missing`."""
        found = store.get(self.db, identifier)
        if found is None or found[0]["object"] != kind or found[1] != self.account:
            raise missing(kinds[kind].words, identifier, param or kind.rpartition(".")[2])
        return found[0]

    def delete(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Delete an object; answers what Stripe shows of it."""
        store.delete(self.db, obj["id"])
        self._forget(obj)
        return {"id": obj["id"], "object": obj["object"], "deleted": True}

    def every(self, kind: str, limit: int = 1000, **where: Any) -> list[dict[str, Any]]:
        """Objects of the acting account with these links, newest first (no paging)."""
        return store.select(self.db, kind, self.account, where=where, limit=limit)

    def registered(self, kind: str) -> list[dict[str, Any]]:
        """The platform's endpoints or destinations, oldest first; to be read only."""
        rows: list[dict[str, Any]] = self.once(
            kind, lambda: store.select(self.db, kind, self.platform, limit=_LIST_MAX)[::-1]
        )
        return rows

    def once(self, name: str, look: Callable[[], Any]) -> Any:
        """What `look` answers, to be read only: one payment asks thrice who listens.

        It is asked again when an object is saved whose kind or id is `name`.
        """
        if name not in self._asked:
            self._asked[name] = look()
        return self._asked[name]

    def _forget(self, obj: dict[str, Any]) -> None:
        self._asked.pop(obj["object"], None)
        self._asked.pop(obj["id"], None)

    def page(self, rows: list[dict[str, Any]], params: dict[str, Any], words: str) -> Listing:
        """A page as of `list`, of rows that lie nowhere; `words` is how Stripe calls them."""
        limit, (after, before) = limit_asked(params), _cursors(params)
        names = [row["id"] for row in rows]
        for name, cursor in (("starting_after", after), ("ending_before", before)):
            if cursor and cursor not in names:
                raise missing(words, cursor, name)
        if before:
            rows = rows[: names.index(before)]
            return Listing(rows[-limit:], len(rows) > limit, self.path)
        rows = rows[names.index(after) + 1 :] if after else rows
        return Listing(rows[:limit], len(rows) > limit, self.path)

    def list(
        self,
        kind: str,
        params: dict[str, Any],
        *filters: str,
        owner: str | None = "",
        **where: Any,
    ) -> Listing:
        """A page of the acting account's objects, as `limit`, `starting_after`, … ask.

        `filters` names the parameters that are also declared links; `where` adds fixed ones.
        `owner=None` lists whoever owns them, an account id lists that account's.
        """
        limit = limit_asked(params)
        where.update({name: params[name] for name in filters if name in params})
        after, before = self._cursors(kind, params, self.account if owner == "" else owner)
        created = params.get("created")
        if isinstance(created, int):
            created = {"gte": created, "lte": created}
        rows = store.select(
            self.db,
            kind,
            self.account if owner == "" else owner,
            where=where,
            after=after,
            before=before,
            created=created,
            limit=limit + 1,
        )
        more = len(rows) > limit
        if more:
            rows = rows[1:] if before else rows[:limit]
        return Listing(rows, more, self.path)

    def _cursors(
        self, kind: str, params: dict[str, Any], owner: str | None
    ) -> tuple[str | None, str | None]:
        """Where the page begins or ends; a cursor must be an object of the list's owner."""
        after, before = _cursors(params)
        for name, cursor in (("starting_after", after), ("ending_before", before)):
            if cursor:
                found = store.get(self.db, cursor)
                if found is None or found[0]["object"] != kind or owner not in {None, found[1]}:
                    raise missing(kinds[kind].words, cursor, name)
        return after, before

    def show(self, obj: dict[str, Any]) -> dict[str, Any]:
        """The object as Stripe would print it now."""
        return show(self, obj)

    def later(
        self,
        due: int,
        name: str,
        *,
        once: str | None = None,
        account: str | None = None,
        **args: Any,
    ) -> None:
        """Leave work for the clock. `once` names it, so that asking twice does it once."""
        self.db.execute(
            "INSERT INTO tasks (due, name, account, platform, once, arguments)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (once) DO NOTHING",
            (due, name, account or self.account, self.platform, once, json.dumps(args)),
        )


def limit_asked(params: dict[str, Any]) -> int:
    """How many rows a page has at most; raises `Invalid` for fewer than 1 and more than 100."""
    limit: int = params.get("limit", 10)
    if not 1 <= limit <= _LIST_MAX:
        message = f"This value must be between 1 and {_LIST_MAX} (inclusive)."
        raise Invalid(message, param="limit", code="parameter_invalid_integer")
    return limit


def _cursors(params: dict[str, Any]) -> tuple[str | None, str | None]:
    """Where the page begins or ends."""
    after, before = params.get("starting_after"), params.get("ending_before")
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor == "":
            raise empty(name)
    if after and before:
        message = "Give either starting_after or ending_before, not both."
        raise Invalid(message, code="parameters_exclusive", param="ending_before")
    return after, before
