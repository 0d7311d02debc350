"""Thin events and event destinations: two payload styles, two scopes, one secret told once."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .onboarded import express, onboard
from .receiver import Receiver
from .v2people import RECIPIENT, api, complete, created, nora, onboarded, request

THIN = [
    "v2.core.account.created",
    "v2.core.account.updated",
    "v2.core.account.closed",
    "v2.core.account[identity].updated",
    "v2.core.account[defaults].updated",
    "v2.core.account[requirements].updated",
    "v2.core.account[configuration.merchant].updated",
    "v2.core.account[configuration.merchant].capability_status_updated",
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account_person.created",
    "v2.core.account_person.updated",
    "v2.core.account_person.deleted",
    "v2.core.account_link.returned",
]
SECRET = "webhook_endpoint.signing_secret"


def destination(sandbox: Running, url: str, **more: Any) -> Any:
    return api(sandbox).v2.core.event_destinations.create(
        {
            "name": "shop",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": THIN,
            "webhook_endpoint": {"url": url},
            "include": [SECRET, "webhook_endpoint.url"],
            **more,
        }
    )


def types(sandbox: Running, **filters: Any) -> list[str]:
    return [event.type for event in api(sandbox).v2.core.events.list(filters).auto_paging_iter()]


def test_the_sdk_reads_a_signed_thin_event_and_fetches_what_it_is_about(
    sandbox: Running, receiver: Receiver
) -> None:
    made = destination(sandbox, receiver.url)
    account = created(sandbox, request()).id
    heard = receiver.wait_for(1)[0]
    assert set(heard.event) == {
        "id", "object", "type", "created", "livemode", "context", "reason", "related_object"
    }  # fmt: skip
    notice = api(sandbox).parse_event_notification(
        heard.payload, heard.signature, made.webhook_endpoint.signing_secret
    )
    assert type(notice).__name__ == "V2CoreAccountCreatedEventNotification"
    assert notice.related_object.id == account
    assert notice.fetch_related_object().display_name == "Nora's Nuts"
    assert notice.reason.request.id.startswith("req_")
    assert notice.fetch_event().id == notice.id
    with pytest.raises(ValueError, match="parse_event_notification"):
        api(sandbox).construct_event(
            heard.payload, heard.signature, made.webhook_endpoint.signing_secret
        )
    with pytest.raises(stripe.SignatureVerificationError):
        api(sandbox).parse_event_notification(heard.payload, heard.signature, "whsec_other")


def test_v2_speaks_in_the_own_scope_and_v1_in_that_of_connected_accounts(
    sandbox: Running, receiver: Receiver
) -> None:
    other = Receiver()
    other.start()
    try:
        destination(sandbox, other.url, events_from=["@accounts"])
        api(sandbox).v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["account.updated"], "connect": True}
        )
        destination(sandbox, receiver.url)
        account = created(sandbox, request()).id
        api(sandbox).v2.core.accounts.update(account, {"display_name": "Nora and Sons"})
        heard = receiver.wait_for(3)
        assert sorted(receiver.types()) == [
            "account.updated", "v2.core.account.created", "v2.core.account.updated"
        ]  # fmt: skip
        (classic,) = [one.event for one in heard if one.event["object"] == "event"]
        assert classic["account"] == account
        sandbox.settle()
        assert other.types() == []
    finally:
        other.stop()


def test_each_part_that_changes_is_told_by_its_own_event(sandbox: Running) -> None:
    params = complete()
    params["identity"]["individual"] = nora(date_of_birth={"day": 1, "month": 1, "year": 1901})
    account = created(sandbox, params).id
    api(sandbox).v1.accounts.external_accounts.create(account, {"external_account": "btok_us"})
    assert types(sandbox, object_id=account)[-1] == "v2.core.account.created"
    sandbox.advance(10)  # the check is through: capabilities become active
    told = api(sandbox).v2.core.events.list({"object_id": account}).data
    first = api(sandbox).v2.core.events.retrieve(told[-1].id).changes
    assert first.before is None
    assert first.after.identity.individual.given_name == "Nora"
    news = [event for event in told if event.type.endswith("capability_status_updated")]
    seen: dict[Any, Any] = {}
    for event in reversed(news):
        fetched = api(sandbox).v2.core.events.retrieve(event.id)
        seen[event.type, fetched.data.updated_capability] = fetched.changes
    merchant = "v2.core.account[configuration.merchant].capability_status_updated"
    recipient = "v2.core.account[configuration.recipient].capability_status_updated"
    assert (merchant, "card_payments") in seen
    assert (merchant, "stripe_balance.payouts") in seen
    assert (recipient, "stripe_balance.stripe_transfers") in seen
    cards = seen[merchant, "card_payments"]
    assert [
        part.configuration.merchant.capabilities.card_payments.status
        for part in (cards.before, cards.after)
    ] == ["pending", "active"]
    assert "v2.core.account[requirements].updated" in types(sandbox, object_id=account)
    api(sandbox).v2.core.accounts.update(
        account, {"defaults": {"profile": {"doing_business_as": "Nuts"}}, "metadata": {"a": "b"}}
    )
    newest = api(sandbox).v2.core.events.list({"object_id": account}).data[:2]
    assert {event.type: event.changes.to_dict() for event in newest} == {
        "v2.core.account.updated": {
            "before": {"metadata": {"a": None}},
            "after": {"metadata": {"a": "b"}},
        },
        "v2.core.account[defaults].updated": {
            "before": {"defaults": {"profile": {"doing_business_as": None}}},
            "after": {"defaults": {"profile": {"doing_business_as": "Nuts"}}},
        },
    }


def test_what_does_not_change_is_not_told(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    api(sandbox).v2.core.accounts.update(account, {"display_name": "Nora's Nuts"})
    api(sandbox).v2.core.accounts.retrieve(account)
    assert types(sandbox, object_id=account) == ["v2.core.account.created"]


def test_changes_made_by_v1_and_by_the_hosted_form_are_told_too(sandbox: Running) -> None:
    account = express(sandbox).id
    link = api(sandbox).v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "refresh_url": "http://127.0.0.1:9/refresh",
            "return_url": "http://127.0.0.1:9/return",
        }
    )
    onboard(sandbox, link.url)
    sandbox.advance(10)
    told = types(sandbox, object_id=account)
    assert told[-1] == "v2.core.account.created"
    assert "v2.core.account[identity].updated" in told
    assert "v2.core.account[configuration.merchant].capability_status_updated" in told
    # Nobody asked for a v2 link.
    assert "v2.core.account_link.returned" not in types(sandbox)


def test_closing_is_told(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    api(sandbox).v2.core.accounts.close(
        account, {"applied_configurations": ["merchant", "recipient"]}
    )
    assert "v2.core.account.closed" in types(sandbox, object_id=account)


def test_v1_events_have_thin_counterparts_with_the_account_as_context(
    sandbox: Running, receiver: Receiver
) -> None:
    account = onboarded(sandbox)
    made = destination(
        sandbox,
        receiver.url,
        events_from=["@accounts"],
        enabled_events=["v1.charge.succeeded", "v1.payout.paid"],
    )
    intent = api(sandbox).v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        },
        {"stripe_account": account},
    )
    heard = receiver.wait_for(1)[0]
    notice = api(sandbox).parse_event_notification(
        heard.payload, heard.signature, made.webhook_endpoint.signing_secret
    )
    assert notice.type == "v1.charge.succeeded"
    assert str(notice.context) == account
    assert notice.fetch_related_object().id == intent.latest_charge
    full = notice.fetch_event()
    snapshot = api(sandbox).v1.events.retrieve(full.snapshot_event, {}, {"stripe_account": account})
    assert snapshot.type == "charge.succeeded"


def test_a_snapshot_destination_hears_whole_events_in_its_own_version(
    sandbox: Running, receiver: Receiver
) -> None:
    account = onboarded(sandbox)
    made = destination(
        sandbox,
        receiver.url,
        event_payload="snapshot",
        enabled_events=["account.updated"],
        events_from=["@self", "@accounts"],
        snapshot_api_version="2026-10-28.endive",
    )
    api(sandbox).v1.accounts.update(account, {"metadata": {"a": "b"}})
    heard = receiver.wait_for(1)[0]
    event = api(sandbox).construct_event(
        heard.payload, heard.signature, made.webhook_endpoint.signing_secret
    )
    assert event.type == "account.updated"
    assert event.account == account
    assert event.api_version == "2026-10-28.endive"


def test_the_secret_is_told_once_and_only_when_asked_for(
    sandbox: Running, receiver: Receiver
) -> None:
    quiet = destination(sandbox, receiver.url, include=[])
    assert quiet.webhook_endpoint.signing_secret is None
    assert quiet.webhook_endpoint.url is None
    made = destination(sandbox, receiver.url)
    assert made.webhook_endpoint.signing_secret.startswith("whsec_")
    destinations = api(sandbox).v2.core.event_destinations
    with pytest.raises(stripe.InvalidRequestError):
        destinations.retrieve(made.id, {"include": [SECRET]})
    again = destinations.retrieve(made.id, {"include": ["webhook_endpoint.url"]})
    assert again.webhook_endpoint.signing_secret is None
    assert again.webhook_endpoint.url == receiver.url
    listed = destinations.list({"include": ["webhook_endpoint.url"], "limit": 1})
    assert [one.id for one in listed.auto_paging_iter()] == [made.id, quiet.id]


def test_a_destination_is_changed_switched_off_and_on_pinged_and_deleted(
    sandbox: Running, receiver: Receiver
) -> None:
    destinations = api(sandbox).v2.core.event_destinations
    made = destination(sandbox, receiver.url, metadata={"a": "1"})
    changed = destinations.update(
        made.id, {"name": "other", "metadata": {"a": None, "b": "2"}, "description": "for tests"}
    )
    assert (changed.name, changed.description) == ("other", "for tests")
    assert changed.metadata.to_dict() == {"b": "2"}
    off = destinations.disable(made.id)
    assert off.status == "disabled"
    assert off.status_details.disabled.reason == "user"
    created(sandbox, request())
    sandbox.settle()
    assert receiver.types() == []
    assert destinations.enable(made.id).status_details is None
    ping = destinations.ping(made.id)
    assert ping.type == "v2.core.event_destination.ping"
    assert ping.related_object.id == made.id
    receiver.wait_for(1)
    assert receiver.types() == ["v2.core.event_destination.ping"]
    assert destinations.delete(made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        destinations.retrieve(made.id)
    assert (caught.value.code, caught.value.param) == ("not_found", "event_destination")


@pytest.mark.parametrize(
    "wrong",
    [
        {"enabled_events": ["account.updated"]},
        {"enabled_events": ["v2.core.account[recipient].capability_status_updated"]},
        {"enabled_events": []},
        {"event_payload": "snapshot"},
        {"event_payload": "snapshot", "enabled_events": ["v2.core.account.created"]},
        {"events_from": ["@everybody"]},
        {"snapshot_api_version": "2026-10-28.endive"},
        {"webhook_endpoint": {"url": "https://shop.example.com/hooks"}},
        {"type": "amazon_eventbridge"},
    ],
)
def test_destinations_that_could_never_hear_anything_are_refused(
    sandbox: Running, wrong: dict[str, Any]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        destination(sandbox, "http://127.0.0.1:9/hooks", **wrong)


def test_events_are_listed_by_object_type_and_time_for_thirty_days(sandbox: Running) -> None:
    first = created(sandbox, request()).id
    second = created(sandbox, request()).id
    api(sandbox).v2.core.accounts.update(second, {"display_name": "Second"})
    events = api(sandbox).v2.core.events
    assert len(events.list({"types": ["v2.core.account.created"]}).data) == 2
    assert types(sandbox, object_id=first) == ["v2.core.account.created"]
    both = ["v2.core.account.created", "v2.core.account.updated"]
    assert types(sandbox, types=both, object_id=second, limit=1) == both[::-1]
    now = events.list().data[0].created
    assert types(sandbox, created={"gt": now}) == []
    sandbox.advance(31 * 86_400)
    assert events.list().data == []


def test_what_the_clock_does_has_no_request_behind_it(sandbox: Running) -> None:
    params = complete(configuration={"recipient": RECIPIENT})
    params["identity"]["individual"] = nora(date_of_birth={"day": 1, "month": 1, "year": 1901})
    account = created(sandbox, params).id
    sandbox.advance(10)
    newest = api(sandbox).v2.core.events.list({"object_id": account}).data[0]
    assert newest.reason is None


def test_the_workbench_shows_thin_events_and_sends_them_again(
    sandbox: Running, receiver: Receiver
) -> None:
    destination(sandbox, receiver.url)
    created(sandbox, request())
    event = receiver.wait_for(1)[0].event["id"]
    listed = sandbox.http.get(f"{sandbox.url}/_sandbox/events", timeout=60).text
    assert event in listed
    page = sandbox.http.get(f"{sandbox.url}/_sandbox/events/{event}", timeout=60).text
    assert receiver.url.partition("?")[0] in page
    assert "v2.core.account.created" in page
    sandbox.http.post(f"{sandbox.url}/_sandbox/events/{event}/resend", timeout=60)
    assert [heard.event["id"] for heard in receiver.wait_for(2)] == [event, event]
