"""The same key twice does a thing once."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import Route, router

from .conftest import Running

PARAMS = {"url": "http://127.0.0.1:1/", "enabled_events[0]": "payout.paid"}


def post(
    sandbox: Running, key: str | None, params: dict[str, str] = PARAMS, **headers: str
) -> requests.Response:
    headers["Authorization"] = f"Bearer {sandbox.key}"
    if key is not None:
        headers["Idempotency-Key"] = key
    path = headers.pop("path", "/v1/webhook_endpoints")
    if "account" in headers:
        headers["Stripe-Account"] = headers.pop("account")
    return requests.post(sandbox.url + path, data=params, headers=headers, timeout=60)


def count(sandbox: Running) -> int:
    return len(sandbox.client().v1.webhook_endpoints.list().data)


def test_the_second_request_gets_the_first_answer_and_does_nothing(sandbox: Running) -> None:
    first, second = post(sandbox, "key-1"), post(sandbox, "key-1")
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Request-Id"] != first.headers["Request-Id"]
    assert count(sandbox) == 1


def test_the_order_in_which_parameters_are_written_does_not_matter(sandbox: Running) -> None:
    first = post(sandbox, "key-1")
    second = post(sandbox, "key-1", dict(reversed(PARAMS.items())))
    assert first.json()["id"] == second.json()["id"]


@pytest.mark.parametrize("change", [{"description": "x"}, {"enabled_events[0]": "payout.failed"}])
def test_other_parameters_under_the_same_key_are_refused(
    sandbox: Running, change: dict[str, str]
) -> None:
    post(sandbox, "key-1")
    answer = post(sandbox, "key-1", {**PARAMS, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"
    assert "'key-1'" in answer.json()["error"]["message"]
    assert count(sandbox) == 1


def test_the_sdk_knows_that_refusal(sandbox: Running) -> None:
    client = sandbox.client()
    make = client.v1.webhook_endpoints.create
    make({"url": PARAMS["url"], "enabled_events": ["*"]}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        make({"url": PARAMS["url"], "enabled_events": ["payout.paid"]}, {"idempotency_key": "k"})


def test_another_path_under_the_same_key_is_refused(sandbox: Running) -> None:
    made = post(sandbox, "key-1").json()["id"]
    assert post(sandbox, "key-1", path=f"/v1/webhook_endpoints/{made}").status_code == 400


def test_without_a_key_every_request_counts(sandbox: Running) -> None:
    post(sandbox, None)
    post(sandbox, None)
    assert count(sandbox) == 2


def test_a_key_belongs_to_one_platform(sandbox: Running) -> None:
    post(sandbox, "key-1")
    sandbox.key = "sk_test_another"
    assert "Idempotent-Replayed" not in post(sandbox, "key-1").headers
    assert count(sandbox) == 1


def test_a_key_belongs_to_one_account(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"})
    post(sandbox, "key-1")
    answer = post(sandbox, "key-1", account=seller.id)
    assert "Idempotent-Replayed" not in answer.headers


def test_parameters_that_were_never_valid_do_not_use_the_key_up(sandbox: Running) -> None:
    assert post(sandbox, "key-1", {"url": "http://127.0.0.1:1/"}).status_code == 400
    assert post(sandbox, "key-1").status_code == 200


def test_a_refusal_after_the_work_began_is_remembered(sandbox: Running) -> None:
    path = "/v1/webhook_endpoints/we_none"
    assert post(sandbox, "key-1", {}, path=path).status_code == 404
    again = post(sandbox, "key-1", {}, path=path)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (404, "true")


def test_a_key_has_a_longest_length(sandbox: Running) -> None:
    assert post(sandbox, "k" * 255).status_code == 200
    assert post(sandbox, "k" * 256).status_code == 400


def test_a_get_ignores_the_key(sandbox: Running) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}", "Idempotency-Key": "key-1"}
    for _ in range(2):
        answer = requests.get(f"{sandbox.url}/v1/balance", headers=headers, timeout=60)
        assert "Idempotent-Replayed" not in answer.headers


@pytest.fixture
def slow_door() -> Iterator[tuple[threading.Event, threading.Event]]:
    """An endpoint that answers only when it is told to: (it has begun, it may go on)."""
    begun, go_on = threading.Event(), threading.Event()

    def handler(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
        del ctx, params
        begun.set()
        assert go_on.wait(60)
        return {"object": "slow"}

    router.add(Route("POST", "/v1/slow_for_a_test", None, handler))
    yield begun, go_on
    router.remove("POST", "/v1/slow_for_a_test")


def test_the_same_key_at_the_same_time_is_a_conflict(
    sandbox: Running, slow_door: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = slow_door
    path = "/v1/slow_for_a_test"
    answers: list[requests.Response] = []
    first = threading.Thread(
        target=lambda: answers.append(post(sandbox, "key-1", {}, path=path)), daemon=True
    )
    first.start()
    assert begun.wait(60)
    conflict = post(sandbox, "key-1", {}, path=path)
    go_on.set()
    first.join(60)
    assert conflict.status_code == 409
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert answers[0].status_code == 200
    assert post(sandbox, "key-1", {}, path=path).headers["Idempotent-Replayed"] == "true"


def test_a_refusal_leaves_nothing_of_the_work_before_it(sandbox: Running) -> None:
    def handler(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
        del params
        ctx.new("payout", status="paid")
        message = "on second thoughts"
        raise Refused(message)

    router.add(Route("POST", "/v1/regret_for_a_test", None, handler))
    try:
        answer = post(sandbox, "key-1", {}, path="/v1/regret_for_a_test")
    finally:
        router.remove("POST", "/v1/regret_for_a_test")
    assert answer.status_code == 400
    assert sandbox.client().v1.payouts.list().data == []
