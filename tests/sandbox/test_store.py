"""The sandbox's memory: what was answered is kept, what was not answered never was."""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from marketplace.sandbox import book, store
from marketplace.sandbox.__main__ import main
from marketplace.sandbox.store import Store
from tests.ports import free_port

from .receiver import Receiver

KEY = {"Authorization": "Bearer sk_test_kill"}
KILLS = 10
BODY = {
    "amount": "2000",
    "currency": "usd",
    "confirm": "true",
    "payment_method": "pm_card_bypassPending",
    "payment_method_types[0]": "card",
}
VERSION = {"Stripe-Version": "2026-08-26.dahlia"}


@contextmanager
def process(folder: Path, port: int) -> Iterator[int]:
    """The sandbox as people run it, as a process of its own; answers the process id.

    The fork server has imported everything once, so that a start costs milliseconds, not seconds.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["marketplace.sandbox.__main__"])
    arguments = ["--port", str(port), "--data", str(folder)]
    running = context.Process(target=main, args=(arguments,), daemon=True)
    running.start()
    assert running.pid is not None
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(requests.RequestException):
                if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok:
                    break
            time.sleep(0.02)
        else:
            pytest.fail("the sandbox does not answer")
        yield running.pid
    finally:
        running.kill()
        running.join(60)
        running.close()


def load(url: str, kept: dict[str, str], number: int, stop: threading.Event) -> None:
    """Pay, pay out, and remember what was answered with 200: idempotency key -> object id."""
    with requests.Session() as http:
        turn = 0
        while not stop.is_set():
            turn += 1
            key = f"{number}-{turn}"
            path, body = ("payment_intents", BODY) if turn % 3 else ("payouts", PAYOUT)
            with suppress(requests.RequestException):
                headers = {**KEY, **VERSION, "Idempotency-Key": key}
                answer = http.post(f"{url}/v1/{path}", data=body, headers=headers, timeout=60)
                if answer.status_code == 200:
                    kept[key] = answer.json()["id"]


PAYOUT = {"amount": "100", "currency": "usd"}


def test_a_sandbox_killed_under_load_forgets_nothing_it_answered(
    tmp_path: Path, receiver: Receiver
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    kept: dict[str, str] = {}
    chance = random.Random(7)  # noqa: S311 - when to kill, the same on every run
    with process(tmp_path, port):
        made = requests.post(
            f"{url}/v1/webhook_endpoints",
            data={"url": receiver.url, "enabled_events[0]": "payment_intent.succeeded"},
            headers=KEY,
            timeout=60,
        )
        assert made.status_code == 200
    for kill in range(KILLS):
        stop = threading.Event()
        with process(tmp_path, port) as pid:
            threads = [
                threading.Thread(target=load, args=(url, kept, 10 * kill + n, stop))
                for n in range(3)
            ]
            for thread in threads:
                thread.start()
            enough, end = len(kept) + chance.randint(1, 12), time.monotonic() + 60
            while len(kept) < enough and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(chance.random() / 50)  # somewhere in the midst of what comes next
            os.kill(pid, signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join(60)
    assert len(kept) >= KILLS
    with process(tmp_path, port):
        sheet = requests.get(f"{url}/_sandbox/balance_sheet", timeout=60).json()
        assert sheet["faults"] == []
        for identifier in kept.values():
            path = "payment_intents" if identifier.startswith("pi_") else "payouts"
            found = requests.get(f"{url}/v1/{path}/{identifier}", headers=KEY, timeout=60)
            assert found.status_code == 200, found.text
        key, identifier = next((k, i) for k, i in kept.items() if i.startswith("pi_"))
        headers = {**KEY, **VERSION, "Idempotency-Key": key}
        again = requests.post(f"{url}/v1/payment_intents", data=BODY, headers=headers, timeout=60)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == identifier
        requests.post(f"{url}/_sandbox/clock", data={"advance": "2d"}, timeout=60)
        assert requests.post(f"{url}/_sandbox/settle", timeout=60).json()["settled"]
        told = {heard.event["data"]["object"]["id"] for heard in receiver.heard}
        assert {i for i in kept.values() if i.startswith("pi_")} <= told


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "state.sqlite3")
    yield opened
    opened.close()


def thing(number: int, **fields: object) -> dict[str, object]:
    return {"id": f"thing_{number}", "object": "thing", "created": number, **fields}


def test_a_transaction_that_fails_leaves_nothing(kept: Store) -> None:
    with pytest.raises(RuntimeError), kept.transaction() as db:
        store.put(db, thing(1), "acct_a", ())
        raise RuntimeError
    with kept.transaction() as db:
        assert store.get(db, "thing_1") is None


def test_a_transaction_inside_another_is_part_of_it(kept: Store) -> None:
    with suppress(RuntimeError), kept.transaction() as db:
        with kept.transaction() as same:
            store.put(same, thing(1), "acct_a", ())
            assert same is db
        raise RuntimeError
    with kept.transaction() as db:
        assert store.get(db, "thing_1") is None


def test_objects_are_found_by_link_and_links_follow_changes(kept: Store) -> None:
    with kept.transaction() as db:
        for number in range(6):
            store.put(db, thing(number, state="odd" if number % 2 else "even"), "a", ("state",))
        store.put(db, thing(1, state="even"), "a", ("state",))
        found = store.select(db, "thing", "a", where={"state": "even"})
        assert [row["id"] for row in found] == ["thing_4", "thing_2", "thing_1", "thing_0"]
        assert store.select(db, "thing", "b", where={"state": "even"}) == []


def test_links_may_be_asked_for_by_range(kept: Store) -> None:
    with kept.transaction() as db:
        for number in range(1, 12):
            store.put(db, thing(number, due=number), "a", ("due",))
        found = store.select(db, "thing", "a", where={"due": {"gt": 2, "lte": 10}}, limit=50)
        assert [row["due"] for row in found] == [10, 9, 8, 7, 6, 5, 4, 3]


def test_lists_are_read_from_an_index_however_many_objects_there_are(kept: Store) -> None:
    queries: list[str] = []
    with kept.transaction() as db:
        db.set_trace_callback(queries.append)
        store.select(db, "thing", "a", after="thing_1", limit=10)
        store.select(db, "thing", "a", where={"state": "odd", "due": 4}, limit=10)
        store.select(db, "thing", "a", created={"gte": 5}, limit=10)
        db.set_trace_callback(None)
        for query in queries:
            plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}"))
            assert "SCAN" not in plan, plan


def test_a_posting_that_does_not_balance_is_refused(kept: Store) -> None:
    with kept.transaction() as db:
        with pytest.raises(ValueError, match="does not balance"):
            book.post(db, "p", 0, [book.Line("a", "available", "usd", 5)])
        with pytest.raises(ValueError, match="does not balance"):
            lines = [book.Line("a", "available", "usd", 5), book.Line("b", "", "eur", -5)]
            book.post(db, "p", 0, lines)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE balances SET amount = amount + 1 WHERE party = 'acct_a'", "from its postings"),
        ("DELETE FROM book WHERE party = 'world:cards'", "as a whole is off"),
        ("UPDATE balances SET party = 'clearing' WHERE party = 'world:cards'", "left over"),
        ("UPDATE objects SET body = json_set(body, '$.net', 1)", "its balance transactions"),
        ("DELETE FROM settling", "pending without a date"),
    ],
)
def test_every_kind_of_damage_to_the_book_is_noticed(
    kept: Store, damage: str, sentence: str
) -> None:
    with kept.transaction() as db:
        entry = {"id": "txn_1", "object": "balance_transaction", "net": 5, "currency": "usd"}
        store.put(db, entry, "acct_a", ())
        lines = [book.Line("acct_a", "pending", "usd", 5), book.Line(book.CARDS, "", "usd", -5)]
        book.post(db, "txn_1", 0, lines)
        book.settle_later(db, "acct_a", "usd", 99, 5)
        assert book.faults(db) == []
        db.execute(damage)
        assert any(sentence in fault for fault in book.faults(db))


def test_the_state_is_an_ordinary_file_that_another_program_can_read(tmp_path: Path) -> None:
    opened = Store(tmp_path / "state.sqlite3")
    with opened.transaction() as db:
        store.put(db, thing(1, words="schön"), "acct_a", ())
    other = sqlite3.connect(tmp_path / "state.sqlite3")
    try:
        (body,) = other.execute("SELECT body FROM objects").fetchone()
    finally:
        other.close()
        opened.close()
    assert json.loads(body)["words"] == "schön"
