"""A Stripe that is busy, broken, slow or silent, as the SDK and the programs meet it."""

import threading
import time
from typing import Any

import pytest
import requests
import stripe

from marketplace.sandbox import faults
from tests.running import Running


def fault(sandbox: Running, kind: str, **values: Any) -> dict[str, Any]:
    """Set a fault, or let an incident happen."""
    url = f"{sandbox.url}/_sandbox/faults"
    answer = sandbox.http.post(url, json={"kind": kind, **values}, timeout=60)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def set_now(sandbox: Running) -> list[dict[str, Any]]:
    """The faults that are set."""
    answer = sandbox.http.get(f"{sandbox.url}/_sandbox/faults", timeout=60).json()
    rules: list[dict[str, Any]] = answer["faults"]
    return rules


def customers(sandbox: Running) -> int:
    return len(sandbox.client().v1.customers.list({"limit": 100}).data)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("429", stripe.RateLimitError), ("500", stripe.APIError), ("503", stripe.APIError)],
)
def test_a_refusal_on_order_strikes_once_and_does_nothing(
    sandbox: Running, kind: str, error: type[stripe.StripeError]
) -> None:
    fault(sandbox, kind, method="POST", path="/v1/customers")
    with pytest.raises(error) as caught:
        sandbox.client().v1.customers.create({"name": "Ada"})
    assert caught.value.http_status == int(kind)
    assert set_now(sandbox) == []
    assert customers(sandbox) == 0
    sandbox.client().v1.customers.create({"name": "Ada"})


def test_a_rate_limit_says_which(sandbox: Running) -> None:
    fault(sandbox, "429")
    with pytest.raises(stripe.RateLimitError) as caught:
        sandbox.client().v1.balance.retrieve()
    assert caught.value.error is not None
    assert caught.value.error.code == "rate_limit"
    assert (caught.value.headers or {})["Stripe-Rate-Limited-Reason"] == "global-rate"


@pytest.mark.parametrize(("kind", "made"), [("timeout", 0), ("timeout_after", 1), ("dropped", 1)])
def test_silence_may_hide_work_that_was_done_and_the_key_finds_out(
    sandbox: Running, kind: str, made: int
) -> None:
    fault(sandbox, kind, path="/v1/customers", ms=20)
    with pytest.raises(stripe.APIConnectionError):
        sandbox.client().v1.customers.create({}, {"idempotency_key": "ada"})
    assert customers(sandbox) == made
    again = sandbox.client().v1.customers.create({}, {"idempotency_key": "ada"})
    assert customers(sandbox) == 1
    headers = again.last_response.headers if again.last_response else {}
    assert ("Idempotent-Replayed" in headers) is bool(made)


def test_the_sdk_s_own_retries_bridge_a_fault_that_strikes_twice(sandbox: Running) -> None:
    fault(sandbox, "timeout_after", path="/v1/customers", method="POST", ms=1)
    fault(sandbox, "500", path="/v1/customers", method="POST")
    patient = stripe.StripeClient(
        sandbox.key, base_addresses={"api": sandbox.url}, max_network_retries=2
    )
    patient.v1.customers.create({"name": "Ada"})
    assert customers(sandbox) == 1


def test_garbage_is_no_answer_although_the_work_was_done(sandbox: Running) -> None:
    fault(sandbox, "garbage", method="POST", path="/v1/*")
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        sandbox.client().v1.customers.create({})
    assert customers(sandbox) == 1


def test_a_slow_answer_comes_late(sandbox: Running) -> None:
    fault(sandbox, "slow", path="/v1/balance", ms=50)
    began = time.perf_counter()
    sandbox.client().v1.balance.retrieve()
    assert time.perf_counter() - began >= 0.05


def test_a_fault_meets_its_method_path_and_account_only(sandbox: Running) -> None:
    seller = sandbox.client().v1.accounts.create({"country": "US", "type": "express"}).id
    rule = fault(sandbox, "500", method="get", path="/v1/balance*", account=seller, count="always")
    sandbox.client().v1.balance.retrieve()
    sandbox.client().v1.customers.list(options={"stripe_account": seller})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            sandbox.client().v1.balance.retrieve(options={"stripe_account": seller})
    assert [(r["struck"], r["left"]) for r in set_now(sandbox)] == [(2, None)]
    sandbox.http.delete(f"{sandbox.url}/_sandbox/faults/{rule['id']}", timeout=60)
    sandbox.client().v1.balance.retrieve(options={"stripe_account": seller})


def test_a_probability_is_drawn_the_same_way_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        rule = faults.read({"kind": "500", "count": "always", "probability": "0.5", "seed": seed})
        return [rule.strikes() for _ in range(40)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 8 < sum(drawn(1)) < 32


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "418"},
        {"kind": "500", "count": "-1"},
        {"kind": "500", "count": "many"},
        {"kind": "500", "probability": "0.0.1"},
        {"kind": "500", "probability": "2"},
        {"kind": "slow", "ms": 10**9},
        {"kind": "dispute", "charge": "ch_unknown"},
        {"kind": "deauthorised", "account": "acct_unknown"},
        [],
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(sandbox: Running, values: Any) -> None:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/faults", json=values, timeout=60)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 10
    assert set_now(sandbox) == []


def test_the_panel_sets_and_clears_without_javascript(sandbox: Running) -> None:
    url, browser = f"{sandbox.url}/_sandbox/faults", {"Accept": "text/html"}
    for form in ({"kind": "500", "path": "/v1/x"}, {"kind": "lost", "type": "payout.*"}):
        page = requests.post(url, data=form, headers=browser, timeout=60)
        assert page.status_code == 200
    assert "/v1/x" in page.text
    assert "payout.*" in page.text
    wrong = requests.post(url, data={"kind": "slow", "ms": "soon"}, headers=browser, timeout=60)
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    page = requests.post(f"{url}/clear", headers=browser, timeout=60)
    assert "Stripe works as it should" in page.text
    assert set_now(sandbox) == []


def test_nobody_waits_for_a_request_that_hangs_and_clearing_the_faults_lets_it_go(
    sandbox: Running,
) -> None:
    fault(sandbox, "slow", path="/v1/balance", ms=120_000)
    asking = threading.Thread(target=sandbox.client().v1.balance.retrieve)
    asking.start()
    end = time.monotonic() + 60
    while set_now(sandbox) and time.monotonic() < end:
        time.sleep(0.01)
    sandbox.client().v1.balance.retrieve()
    assert asking.is_alive()
    requests.post(f"{sandbox.url}/_sandbox/faults/clear", timeout=60)
    asking.join(60)
    assert not asking.is_alive()


def test_an_error_half_way_is_what_its_key_answers_from_then_on(sandbox: Running) -> None:
    fault(sandbox, "500_kept", method="POST", path="/v1/customers")
    client = sandbox.client()
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "once"})
        assert caught.value.http_status == 500
    assert (caught.value.headers or {})["Idempotent-Replayed"] == "true"
    assert customers(sandbox) == 0
    client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "another"})
    assert customers(sandbox) == 1
