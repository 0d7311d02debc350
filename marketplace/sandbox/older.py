"""State files of an older sandbox: what they lack is added when they are opened.

Lists find objects by links (`store`), and a release may declare new ones. The file remembers which
links its objects have; a kind whose links differ is linked anew, once, before anybody is answered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import connected, standing, store
from .accounts_v2 import telling
from .context import Context
from .routing import kinds

if TYPE_CHECKING:
    from .program import Sandbox

_NOTE = "links"


def catch_up(sandbox: Sandbox) -> int:
    """Link the objects of kinds whose links have changed; answers how many objects there were."""
    declared = {name: list(kind.indexed) for name, kind in kinds.items()}
    with sandbox.store.transaction() as db:
        known = store.note(db, _NOTE) or {}
        changed = [name for name, fields in declared.items() if known.get(name) != fields]
        old = db.execute("SELECT 1 FROM objects LIMIT 1").fetchone()
        count = sum(_link(sandbox, name) for name in changed) if old else 0
        if changed:
            store.note(db, _NOTE, declared)
    return count


def _link(sandbox: Sandbox, kind: str) -> int:
    with sandbox.store.transaction() as db:
        rows = db.execute(
            "SELECT body, owner FROM objects WHERE kind = ? AND deleted = 0", (kind,)
        ).fetchall()
        for body, owner in rows if kind == "account" else ():
            obj = json.loads(body)
            if "_lists" not in obj and connected.is_somebodys(obj):
                ctx = Context(db, sandbox.clock, owner, owner, sandbox.base_url)
                case = connected.case(ctx, obj)
                telling.enlist(case, standing.assess(case, ctx.now))
                store.put(db, obj, owner, ())
        store.link_anew(db, kind, kinds[kind].indexed)
    return len(rows)
