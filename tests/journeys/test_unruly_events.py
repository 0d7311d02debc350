"""Events that come twice, late, in the wrong order, or at the wrong door."""

import json
from typing import Any

import requests
import stripe

from marketplace import ledger, payouts
from marketplace.charges.strategy import Kind, Party
from marketplace.lifecycles import InboxState, OrderStatus
from marketplace.models import InboxEvent, Order, Seller, Transfer
from marketplace.money import Money
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


def test_what_goes_back_is_booked_by_its_events_however_they_come(town: Town) -> None:
    _sold(town)
    at_stripe, account = town.wiring.stripe.v1, town.seller("Nadia weaves").stripe_id
    (fee,) = at_stripe.application_fees.list().data
    at_stripe.application_fees.refunds.create(fee.id, {"amount": 23})
    town.settle()
    _books_are_right(town, account)
    (charge,) = at_stripe.charges.list().data
    at_stripe.refunds.create({"charge": charge.id, "amount": 1000, "reverse_transfer": True})
    town.settle()
    events = at_stripe.events.list({"limit": 100}).to_dict()["data"]
    for event in events:  # the latest first
        assert _deliver(town, event) == 200
    town.settle()
    _books_are_right(town, account)
    with town.database() as session:
        order = session.query(Order).one()
        assert order.status is OrderStatus.PARTLY_REFUNDED
        (movement,) = [
            it for it in ledger.story(session, order).movements if it.kind is Kind.REFUND
        ]
        assert movement.money == Money(1000, "usd")


def _books_are_right(town: Town, account: str | None) -> None:
    """The story and the mirrored balance say what the seller holds at Stripe."""
    held = sum(bucket["usd"] for bucket in town.balance(account).values())
    with town.database() as session:
        seller = session.query(Seller).one()
        (mirrored,) = payouts.balances(session, seller)
        assert mirrored.available + mirrored.pending == held
        story = ledger.story(session, session.query(Order).one())
        assert story.of(Party.SELLER).amounts == [Money(held, "usd")]
        assert ledger.check(session) == []


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
