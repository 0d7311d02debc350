"""Events that come twice, late, in the wrong order, or at the wrong door."""

import json
from typing import Any

import requests
import stripe

from marketplace.lifecycles import InboxState, OrderStatus
from marketplace.models import InboxEvent, Order, Transfer
from tests.journeys.conftest import Town


def _deliver(town: Town, event: dict[str, Any], scope: str = "/webhooks/stripe") -> int:
    secrets = town.settings.webhook_secrets
    if scope.endswith("connect"):
        secrets = town.settings.connect_webhook_secrets
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, secrets[0])
    answer = requests.post(
        town.site + scope, data=body, headers={"Stripe-Signature": signature}, timeout=60
    )
    return answer.status_code


def _sold(town: Town) -> list[dict[str, Any]]:
    """One paid order; returns every event of the platform, oldest first."""
    shop = town.open_shop("Nadia", "Nadia weaves")
    town.offer(shop, "Woven rug", "48.00")
    town.pay(town.order(town.browser("Ben"), "Woven rug"))
    town.settle()
    events = town.wiring.stripe.v1.events.list({"limit": 100}).to_dict()["data"]
    return list(reversed(events))


def test_every_event_twice_and_backwards_changes_nothing(town: Town) -> None:
    events = _sold(town)
    with town.database() as session:
        before = session.query(Order).one()
        transfers = session.query(Transfer).count()
    assert len(events) >= 5
    for event in (*reversed(events), *events):
        assert _deliver(town, event) == 200
    town.settle()
    with town.database() as session:
        after = session.query(Order).one()
        assert (after.status, after.paid_at) == (OrderStatus.PAID, before.paid_at)
        assert session.query(Transfer).count() == transfers == 1
        for row in session.query(InboxEvent).filter(InboxEvent.type.like("checkout%")):
            assert row.state is InboxState.DONE
            assert row.deliveries >= 2


def test_an_event_that_comes_late_finds_the_order_as_it_is_now(town: Town) -> None:
    events = _sold(town)
    created = [event for event in events if event["type"] == "payment_intent.succeeded"]
    nadia = town.browser("Nadia")
    nadia.open("/sell/orders").follow("Order 1").press("Mark as sent")
    late = {**created[0], "id": "evt_sentagainwithanotherid"}
    assert _deliver(town, late) == 200
    town.settle()
    with town.database() as session:
        assert session.query(Order).one().status is OrderStatus.FULFILLED


def test_a_seller_s_event_at_the_wrong_door_says_which_door_is_right(town: Town) -> None:
    town.open_shop("Nadia", "Nadia weaves")
    account = town.seller("Nadia weaves").stripe_id
    events = town.wiring.stripe.v1.events.list(
        {"limit": 1, "type": "account.updated"}, options={"stripe_account": account}
    ).to_dict()["data"]
    assert _deliver(town, events[0], "/webhooks/stripe") == 200
    town.settle()
    with town.database() as session:
        row = session.query(InboxEvent).filter_by(event_id=events[0]["id"], scope="platform").one()
    assert row.state is InboxState.IGNORED
    assert "/webhooks/stripe/connect" in (row.reason_ignored or "")
