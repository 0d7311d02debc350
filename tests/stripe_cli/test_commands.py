"""What else people do with the CLI: requests by hand, the request log, a sandbox of one's own."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from marketplace.sandbox.wire import NOTICE
from tests.running import Running

from .conftest import Cli


def answer(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_requests_by_hand(sandbox: Running, cli: Cli) -> None:
    made = answer(cli.said("post", "/v1/customers", "-d", "name=Maya Lind", "-i", "by-hand-1"))
    same = answer(cli.said("post", "/v1/customers", "-d", "name=Maya Lind", "-i", "by-hand-1"))
    assert same["id"] == made["id"]

    found = cli.run("get", made["id"])
    assert answer(found.stdout)["name"] == "Maya Lind"
    assert NOTICE in found.stderr

    gone = answer(cli.said("delete", f"/v1/customers/{made['id']}", "--confirm"))
    assert gone == {"id": made["id"], "object": "customer", "deleted": True}
    assert sandbox.client().v1.customers.list().data == []


def test_commands_of_resources(sandbox: Running, cli: Cli) -> None:
    seller = answer(
        cli.said(
            "accounts",
            "create",
            "--country=US",
            "--controller.stripe-dashboard.type=express",
            "--controller.fees.payer=application",
            "--controller.losses.payments=application",
        )
    )
    assert seller["controller"]["stripe_dashboard"]["type"] == "express"
    assert answer(cli.said("accounts", "retrieve"))["id"] == sandbox.platform
    listed = answer(cli.said("accounts", "list", "--limit", "1"))
    assert [account["id"] for account in listed["data"]] == [seller["id"]]

    balance = cli.said("balance", "retrieve", "--stripe-account", seller["id"])
    assert answer(balance)["available"][0]["amount"] == 0
    capabilities = answer(cli.said("capabilities", "list", seller["id"]))
    assert {one["id"] for one in capabilities["data"]} == {"card_payments", "transfers"}


def test_commands_of_accounts_v2(cli: Cli) -> None:
    made = answer(
        cli.said("v2", "core", "accounts", "create", "--contact-email", "maya@example.com")
    )
    listed = answer(cli.said("v2", "core", "accounts", "list"))
    assert [account["id"] for account in listed["data"]] == [made["id"]]
    found = cli.said("v2", "core", "accounts", "retrieve", made["id"], "--include", "identity")
    assert answer(found)["contact_email"] == "maya@example.com"
    told = answer(cli.said("v2", "core", "events", "list", "--object-id", made["id"]))
    assert "v2.core.account.created" in {event["type"] for event in told["data"]}


def test_events_are_listed_by_type(cli: Cli) -> None:
    cli.said("trigger", "charge.succeeded")

    found = answer(cli.said("events", "list", "--type", "charge.succeeded"))
    (event,) = found["data"]
    assert answer(cli.said("events", "retrieve", event["id"]))["id"] == event["id"]


def test_a_refusal_is_printed(cli: Cli) -> None:
    refused = answer(cli.said("get", "/v1/customers/cus_none"))["error"]

    assert refused["code"] == "resource_missing"
    assert cli.run("get", "/v1/balance", key="sk_live_0123456789").returncode == 1


def test_the_request_log_tells_of_failures_only_when_so_asked(cli: Cli) -> None:
    tail = cli.start("logs", "tail", "--filter-status-code-type", "4XX")
    cli.said("get", "/v1/balance")
    cli.said("trigger", "charge.failed")
    cli.said("get", "/v1/customers/cus_none")

    said = tail.wait_for("/v1/customers/cus_none")
    assert "[402] POST /v1/payment_intents" in said
    assert "DeclineCode: generic_decline" in said
    assert "/v1/balance" not in said


FILTERS = [
    (("--filter-http-method", "POST"), "[200] POST /v1/products"),
    (("--filter-request-path", "/v1/customers"), "[200] GET /v1/customers"),
    (("--filter-request-status", "FAILED"), "[404] GET /v1/customers/cus_none"),
    (("--filter-account", "connect_out"), "[200] GET /v1/account"),
]


def test_each_filter_of_the_request_log_keeps_what_it_names(cli: Cli) -> None:
    tails = {wanted: cli.start("logs", "tail", *words) for words, wanted in FILTERS}
    seller = answer(cli.said("accounts", "create", "--country=US"))["id"]
    cli.said("get", "/v1/customers")
    cli.said("get", "/v1/customers/cus_none")
    cli.said("get", "/v1/account", "--stripe-account", seller)
    cli.said("post", "/v1/products", "-d", "name=Candle")

    for wanted, tail in tails.items():
        told = {line[20:-1].rpartition(" ")[0] for line in tail.wait_for(wanted).splitlines()}
        others = {other for other in tails if other != wanted}
        assert not told & others


def test_the_request_log_of_one_platform_is_not_anothers(cli: Cli) -> None:
    tail = cli.start("logs", "tail")
    cli.run("get", "/v1/products", key="sk_test_somebody_else")
    cli.said("get", "/v1/customers")

    assert "/v1/products" not in tail.wait_for("/v1/customers")


def test_a_sandbox_of_ones_own_comes_with_a_key_that_works(cli: Cli) -> None:
    words = ("sandbox", "create", "--non-interactive", "--email", "maya@example.com")
    made = cli.run(*words, "--base-url", cli.url, key=None)
    keys = answer(made.stdout[made.stdout.index("{") : made.stdout.index("}") + 1])

    mine = answer(cli.run("get", "/v1/account", key=None).stdout)
    assert mine["id"] == keys["account_id"]
    again = cli.run(*words, "--base-url", cli.url, key=None)
    assert "already have an active sandbox" in again.stdout + again.stderr


@pytest.mark.parametrize("change", [{"number": "x"}, {"signature": "0"}, {"challenge": "0" * 64}])
def test_keys_are_only_for_those_who_did_the_work(sandbox: Running, change: dict[str, str]) -> None:
    given = requests.post(f"{sandbox.url}/keys/challenge", json={}, timeout=60).json()
    refused = requests.post(
        f"{sandbox.url}/keys/provision", json={**given, "number": "0", **change}, timeout=60
    )

    assert refused.status_code == 400
    assert "secret_key" not in refused.text
    assert "restricted_key" not in refused.text


def test_a_secret_is_not_left_in_the_home_of_the_cli(cli: Cli) -> None:
    secret = cli.said("listen", "--print-secret").strip()

    kept = [path.read_text("utf-8") for path in Path(cli.home).rglob("*") if path.is_file()]
    assert all(secret not in text and cli.key not in text for text in kept)
