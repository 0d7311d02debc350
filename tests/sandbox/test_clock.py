"""Time that can be pushed, and what it sets off."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.sandbox.clock import DAY, business_days, midnight, seconds_of
from marketplace.sandbox.context import Context
from marketplace.sandbox.routing import tasks

from .conftest import Running

MONDAY = 1_795_392_000  # 23 November 2026, 00:00 UTC


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """A task that notes its name and the time at which it ran, and may leave another."""
    noted: list[tuple[str, int]] = []

    def note(ctx: Context, label: str, then: int = 0) -> None:
        noted.append((label, ctx.now))
        if then:
            ctx.later(ctx.now + then, "test.note", label=f"{label}'s child")

    monkeypatch.setitem(tasks, "test.note", note)
    return noted


def plan(sandbox: Running, due: int, label: str, *, then: int = 0, once: str | None = None) -> None:
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        ctx.later(due, "test.note", once=once, label=label, then=then)


def test_what_falls_due_happens_in_order_each_at_its_own_time(
    sandbox: Running, diary: list[tuple[str, int]]
) -> None:
    start = sandbox.sandbox.clock.now()
    plan(sandbox, start + 300, label="third")
    plan(sandbox, start + 100, label="first", then=100)
    plan(sandbox, start + 100, label="first too")
    plan(sandbox, start + 9_999, label="later")
    sandbox.advance(1_000)
    assert diary == [
        ("first", start + 100),
        ("first too", start + 100),
        ("first's child", start + 200),
        ("third", start + 300),
    ]


def test_what_is_due_already_happens_by_itself(
    sandbox: Running, diary: list[tuple[str, int]]
) -> None:
    plan(sandbox, sandbox.sandbox.clock.now(), label="now")
    end = time.monotonic() + 60
    while not diary and time.monotonic() < end:
        time.sleep(0.01)
    assert [name for name, _ in diary] == ["now"]


def test_asking_twice_for_the_same_thing_does_it_once(
    sandbox: Running, diary: list[tuple[str, int]]
) -> None:
    due = sandbox.sandbox.clock.now() + 60
    plan(sandbox, due, label="once", once="the same thing")
    plan(sandbox, due + 5, label="twice", once="the same thing")
    sandbox.advance(120)
    assert diary == [("once", due)]
    plan(sandbox, due + 100, label="again", once="the same thing")
    sandbox.advance(120)
    assert [name for name, _ in diary] == ["once", "again"]


def test_work_that_fails_is_undone_and_does_not_stop_the_clock(
    sandbox: Running,
    diary: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(ctx: Context) -> None:
        ctx.new("payout", status="paid", arrival_date=0)
        message = "a task that cannot work"
        raise RuntimeError(message)

    monkeypatch.setitem(tasks, "test.broken", broken)
    now = sandbox.sandbox.clock.now()
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        ctx.later(now + 10, "test.broken")
    plan(sandbox, now + 20, label="after")
    sandbox.advance(60)
    assert [name for name, _ in diary] == ["after"]
    assert sandbox.client().v1.payouts.list().data == []
    assert "test.broken failed" in caplog.text


def test_a_pushed_clock_stays_pushed_after_a_restart(
    start_sandbox: Callable[[Path | str], Running], tmp_path: Path
) -> None:
    began = int(time.time())
    first = start_sandbox(tmp_path / "state.sqlite3")
    first.advance(30 * DAY)
    again = start_sandbox(tmp_path / "state.sqlite3")
    assert again.sandbox.clock.now() >= began + 30 * DAY


@pytest.mark.parametrize(
    "data",
    [
        {"advance": "-5"},
        {"advance": "soon"},
        {"advance": "99999999d"},
        {"advance": ""},
        {"to": "1"},
        {"to": "2d"},
        {},
    ],
)
def test_the_clock_takes_no_nonsense_and_never_goes_back(
    sandbox: Running, data: dict[str, str]
) -> None:
    before = sandbox.sandbox.clock.offset
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/clock", data=data, timeout=60)
    assert answer.status_code == 400, answer.text
    assert sandbox.sandbox.clock.offset == before


def test_the_clock_can_be_set_to_a_moment_and_by_a_duration(sandbox: Running) -> None:
    target = sandbox.sandbox.clock.now() + 5_000
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/clock", json={"to": target}, timeout=60)
    assert 0 <= answer.json()["now"] - target <= 2
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/clock", data={"advance": "2d"}, timeout=60)
    assert 0 <= answer.json()["now"] - target - 2 * DAY <= 2


def test_durations_are_read_as_people_write_them() -> None:
    assert [seconds_of(text) for text in ("90", "90s", "15m", "3h", "2d", "1w", " 2 d ")] == [
        90,
        90,
        900,
        10_800,
        172_800,
        604_800,
        172_800,
    ]


def test_business_days_leave_out_the_weekend() -> None:
    thursday = MONDAY - 4 * DAY
    assert business_days(thursday + 5_000, 1) == thursday + DAY
    assert business_days(thursday + 5_000, 2) == MONDAY
    assert business_days(thursday + 2 * DAY, 1) == MONDAY
    assert midnight(MONDAY + 5) == MONDAY


def test_a_reset_forgets_everything_and_returns_to_real_time(sandbox: Running) -> None:
    client = sandbox.client()
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})
    sandbox.advance(DAY)
    assert sandbox.http.post(f"{sandbox.url}/_sandbox/reset", timeout=60).json() == {"reset": True}
    assert client.v1.webhook_endpoints.list().data == []
    assert sandbox.sandbox.clock.offset == 0
