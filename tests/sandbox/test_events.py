"""Events: what happened, in whose name, and what it was before."""

import pytest
import stripe

from marketplace.sandbox import events

from .conftest import Running

DAY = 86_400


def tick(sandbox: Running, type_: str) -> str:
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        return str(events.emit(ctx, type_, {"object": "balance", "livemode": False})["id"])


def test_an_event_says_which_request_caused_it(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"})
    client.v1.accounts.update(
        seller.id, {"metadata": {"shop": "cheese"}}, {"idempotency_key": "key-7"}
    )
    event = client.v1.events.list({}, {"stripe_account": seller.id}).data[0]
    assert event.type == "account.updated"
    assert event.account == seller.id
    assert event.request is not None
    assert event.request.idempotency_key == "key-7"
    assert event.request.id is not None
    assert event.request.id.startswith("req_")


def test_previous_attributes_hold_only_what_changed(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create(
        {"type": "express", "business_profile": {"name": "Ada", "url": "https://a.example"}}
    )
    client.v1.accounts.update(seller.id, {"business_profile": {"name": "Ada's cheese"}})
    event = client.v1.events.list({}, {"stripe_account": seller.id}).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"business_profile": {"name": "Ada"}}
    assert event.data.object["business_profile"]["name"] == "Ada's cheese"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}}, {"a": {"y": 2}}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1]}),
        ({"a": None}, {"a": {"x": 1}}, {"a": None}),
        ({"a": {"x": 1}}, {"a": None}, {"a": {"x": 1}}),
        ({}, {"a": 1}, {"a": None}),
    ],
)
def test_the_difference_between_two_states(
    before: dict[str, object], after: dict[str, object], told: dict[str, object]
) -> None:
    assert events.difference(before, after) == told


def test_events_are_listed_newest_first_by_type_and_types(sandbox: Running) -> None:
    a, b, c = (tick(sandbox, t) for t in ("payout.paid", "payout.failed", "balance.available"))
    listed = sandbox.client().v1.events.list

    def ids(found: stripe.ListObject[stripe.Event]) -> list[str]:
        return [event.id for event in found.data]

    assert ids(listed()) == [c, b, a]
    assert ids(listed({"type": "payout.paid"})) == [a]
    assert ids(listed({"types": ["payout.paid", "payout.failed"]})) == [b, a]
    page = listed({"types": ["payout.paid", "payout.failed"], "limit": 1})
    assert (ids(page), page.has_more) == ([b], True)
    assert [event.id for event in page.auto_paging_iter()] == [b, a]
    assert ids(listed({"type": "payout.*"})) == [b, a]
    with pytest.raises(stripe.InvalidRequestError, match="not both"):
        listed({"type": "payout.paid", "types": ["payout.paid"]})


def test_a_rare_type_is_found_behind_hundreds_of_others(sandbox: Running) -> None:
    rare = tick(sandbox, "payout.failed")
    for _ in range(230):
        tick(sandbox, "balance.available")
    found = sandbox.client().v1.events.list({"types": ["payout.failed", "payout.paid"]})
    assert [event.id for event in found.data] == [rare]
    assert found.has_more is False


def test_events_are_listed_for_thirty_days(sandbox: Running) -> None:
    old = tick(sandbox, "payout.paid")
    sandbox.advance(31 * DAY)
    new = tick(sandbox, "payout.paid")
    client = sandbox.client()
    assert [event.id for event in client.v1.events.list().data] == [new]
    assert client.v1.events.retrieve(old).id == old


def test_an_event_carries_the_state_of_its_moment(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"})
    for name in ("one", "two"):
        client.v1.accounts.update(seller.id, {"metadata": {"name": name}})
    second, first = client.v1.events.list({}, {"stripe_account": seller.id}).data
    assert first.data.object["metadata"]["name"] == "one"
    assert second.data.object["metadata"]["name"] == "two"
