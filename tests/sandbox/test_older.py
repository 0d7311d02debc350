"""A state file of an older sandbox is opened by a newer one, which lists by more than it knew."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.running import Running


def age(sandbox: Running) -> None:
    """Make the file what it was before prices had types and accounts a place in v2's lists."""
    with sandbox.sandbox.store.transaction() as db:
        for kind, name in (("account", "_lists"), ("price", "")):
            for body, seq in db.execute(
                "SELECT body, seq FROM objects WHERE kind = ?", (kind,)
            ).fetchall():
                kept = {key: value for key, value in json.loads(body).items() if key != name}
                db.execute("UPDATE objects SET body = ? WHERE seq = ?", (json.dumps(kept), seq))
            db.execute("DELETE FROM links WHERE kind = ?", (kind,))
        db.execute("DELETE FROM notes WHERE name = 'links'")
        db.execute("CREATE INDEX links_seq ON links (seq)")


def test_what_an_older_file_lacks_is_added_when_it_is_opened(
    start_sandbox: Callable[[Path | str], Running], tmp_path: Path
) -> None:
    first = start_sandbox(tmp_path / "state.sqlite3")
    client = first.client()
    seller = client.v1.accounts.create({"type": "express"}).id
    price = client.v1.prices.create(
        {"product_data": {"name": "Brie"}, "unit_amount": 700, "currency": "usd"}
    ).id
    age(first)
    assert client.v2.core.accounts.list().data == []

    second = start_sandbox(tmp_path / "state.sqlite3")
    with second.sandbox.store.transaction() as db:
        assert not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'links_seq'").fetchone()
    client = second.client(first.key)
    assert [one.id for one in client.v2.core.accounts.list().data] == [seller]
    assert [one.id for one in client.v1.prices.list({"type": "one_time"}).data] == [price]
    assert client.v1.prices.list({"type": "recurring"}).data == []
