"""Delivery: signed, to whoever asked, in order, and again when nobody took it."""

import json
import time

import pytest
import stripe

from marketplace.sandbox import courier, events

from .conftest import Running
from .receiver import Receiver


def listen(
    sandbox: Running, url: str, *, connect: bool = False, wanted: str = "*"
) -> stripe.WebhookEndpoint:
    return sandbox.client().v1.webhook_endpoints.create(
        {"url": url, "enabled_events": [wanted], "connect": connect}  # type: ignore[list-item]
    )


def tick(sandbox: Running, type_: str = "balance.available", account: str | None = None) -> str:
    """Raise one event; answers its id."""
    with sandbox.sandbox.session(sandbox.platform, account) as ctx:
        return str(events.emit(ctx, type_, {"object": "balance", "livemode": False})["id"])


def test_the_secret_is_told_once(sandbox: Running) -> None:
    made = listen(sandbox, "http://127.0.0.1:1/")
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    again = sandbox.client().v1.webhook_endpoints.retrieve(made.id)
    assert "secret" not in again.to_dict()
    assert made.secret not in json.dumps(again.to_dict())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/",
        "http://10.0.0.1/",
        "http://[::1",
        "/hooks",
        "",
    ],
)
def test_an_address_outside_this_machine_is_refused(sandbox: Running, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        listen(sandbox, url)
    assert caught.value.param == "url"


def test_a_delivery_verifies_with_the_sdk(sandbox: Running, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)
    event_id = tick(sandbox)
    heard = receiver.wait_for(1)[0]
    assert endpoint.secret is not None
    event = sandbox.client().construct_event(heard.payload, heard.signature, endpoint.secret)
    assert (event.id, event.type) == (event_id, "balance.available")
    assert heard.path == "/hooks?from=stripe"
    assert heard.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(stripe.SignatureVerificationError):
        sandbox.client().construct_event(heard.payload, heard.signature, "whsec_other")


def test_the_signature_is_fresh_even_when_the_clock_was_pushed(
    sandbox: Running, receiver: Receiver
) -> None:
    endpoint = listen(sandbox, receiver.url)
    sandbox.advance(90 * 86_400)
    tick(sandbox)
    heard = receiver.wait_for(1)[0]
    assert endpoint.secret is not None
    sandbox.client().construct_event(heard.payload, heard.signature, endpoint.secret)
    assert heard.event["created"] > time.time() + 89 * 86_400


def test_own_and_connected_scope_are_two_endpoints(sandbox: Running, receiver: Receiver) -> None:
    seller = sandbox.client().v1.accounts.create({"type": "express"}).id
    own = Receiver()
    own.start()
    try:
        listen(sandbox, own.url, wanted="balance.available")
        connect = listen(sandbox, receiver.url, connect=True, wanted="balance.available")
        tick(sandbox)
        tick(sandbox, account=seller)
        sandbox.settle()
        assert ["account" in heard.event for heard in own.heard] == [False]
        assert [heard.event["account"] for heard in receiver.heard] == [seller]
        assert connect.application is not None
        assert connect.application.startswith("ca_")
    finally:
        own.stop()


def test_an_endpoint_hears_only_what_it_asked_for(sandbox: Running, receiver: Receiver) -> None:
    listen(sandbox, receiver.url, wanted="payout.paid")
    tick(sandbox)
    tick(sandbox, "payout.paid")
    sandbox.settle()
    assert receiver.types() == ["payout.paid"]


def test_another_platform_hears_nothing(sandbox: Running, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    sandbox.key = "sk_test_another_platform"
    tick(sandbox)
    sandbox.settle()
    assert receiver.heard == []


def test_a_disabled_endpoint_hears_nothing(sandbox: Running, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)
    sandbox.client().v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    tick(sandbox)
    sandbox.settle()
    assert receiver.heard == []


def test_events_arrive_in_the_order_in_which_they_happened(
    sandbox: Running, receiver: Receiver
) -> None:
    listen(sandbox, receiver.url)
    made = [tick(sandbox) for _ in range(40)]
    sandbox.settle()
    assert [heard.event["id"] for heard in receiver.heard] == made


def test_a_failed_delivery_is_tried_again_when_its_time_has_come(
    sandbox: Running, receiver: Receiver
) -> None:
    listen(sandbox, receiver.url)
    receiver.answers = [500, 302, 200]
    event = tick(sandbox)
    sandbox.settle()
    assert len(receiver.heard) == 1
    assert sandbox.client().v1.events.retrieve(event).pending_webhooks == 1
    sandbox.advance(60)
    assert len(receiver.heard) == 2
    sandbox.advance(3_600)
    assert [heard.event["id"] for heard in receiver.heard] == [event] * 3
    assert sandbox.client().v1.events.retrieve(event).pending_webhooks == 0
    sandbox.advance(86_400)
    assert len(receiver.heard) == 3


def test_what_nobody_heard_arrives_once_somebody_listens(
    sandbox: Running, receiver: Receiver, closed_port: int
) -> None:
    listen(sandbox, f"http://127.0.0.1:{closed_port}/hooks")
    event = tick(sandbox)
    sandbox.settle()
    assert sandbox.client().v1.events.retrieve(event).pending_webhooks == 1
    endpoints = sandbox.client().v1.webhook_endpoints
    endpoints.update(endpoints.list().data[0].id, {"url": receiver.url})
    sandbox.advance(60)
    assert [heard.event["id"] for heard in receiver.heard] == [event]


def test_after_the_last_attempt_the_courier_gives_up_until_asked(
    sandbox: Running, receiver: Receiver
) -> None:
    endpoint = listen(sandbox, receiver.url)
    receiver.answers = [500] * 4
    event = tick(sandbox)
    for _ in range(6):
        sandbox.advance(86_400)
    assert len(receiver.heard) == 4
    failed = sandbox.client().v1.events.list({"delivery_success": False})
    assert [e.id for e in failed.data] == [event]
    client = sandbox.client()
    client.raw_request("post", f"/v1/events/{event}/retry", webhook_endpoint=endpoint.id)
    sandbox.settle()
    assert [heard.event["id"] for heard in receiver.heard] == [event] * 5
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_an_endpoint_that_came_late_can_be_sent_an_old_event(
    sandbox: Running, receiver: Receiver
) -> None:
    event = tick(sandbox)
    endpoint = listen(sandbox, receiver.url)
    client = sandbox.client()
    client.raw_request("post", f"/v1/events/{event}/retry", webhook_endpoint=endpoint.id)
    receiver.wait_for(1)
    assert receiver.heard[0].event["id"] == event


def test_a_resend_of_what_is_not_there_is_refused(sandbox: Running) -> None:
    event = tick(sandbox)
    client = sandbox.client()
    for path, params in (
        ("/v1/events/evt_none/retry", {"for_stripecli": "true"}),
        (f"/v1/events/{event}/retry", {"webhook_endpoint": "we_none"}),
        (f"/v1/events/{event}/retry", {"account": "acct_none"}),
        (f"/v1/events/{event}/retry", {"colour": "red"}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.raw_request("post", path, **params)


def test_one_slow_endpoint_does_not_hold_up_another(
    sandbox: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "_TIMEOUT", 120.0)
    deaf = Receiver()
    deaf.start()
    try:
        listen(sandbox, deaf.url)
        listen(sandbox, receiver.url)
        deaf.pause.clear()
        tick(sandbox)
        tick(sandbox)
        assert len(receiver.wait_for(2)) == 2
        assert len(deaf.heard) <= 1
    finally:
        deaf.stop()
