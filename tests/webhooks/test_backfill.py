"""Events that never arrived are fetched, and those that did are not doubled."""

from datetime import timedelta

import pytest
import stripe
from sqlalchemy import orm

from marketplace import clock
from marketplace.errors import StripeUnavailable
from marketplace.models import Scope
from marketplace.webhooks import backfill, inbox
from tests import builders
from tests.running import Running
from tests.sandbox.earning import HOUR, fund, open_seller

NOBODY = "http://127.0.0.1:9/webhooks"


def deaf(sandbox: Running) -> None:
    """Endpoints at an address where nobody answers, so that every event is undelivered."""
    for connect in (False, True):
        sandbox.client().v1.webhook_endpoints.create(
            {"url": NOBODY, "enabled_events": ["*"], "connect": connect}
        )


def test_what_was_missed_in_both_scopes_is_fetched_once(
    session: orm.Session, sandbox: Running
) -> None:
    ada = open_seller(sandbox)
    builders.seller(session, "Ada's Cheese", stripe_id=ada)
    deaf(sandbox)
    client = sandbox.client()
    fund(sandbox, ada, 5_000)
    client.v1.payouts.create({"amount": 3_000, "currency": "usd"}, {"stripe_account": ada})
    sandbox.advance(2 * HOUR)
    bob = client.v1.accounts.create({"country": "US", "type": "express"})
    client.v1.accounts.update(bob.id, {"email": "bob@example.com"})
    assert backfill.undelivered(session, client) > 0
    assert backfill.undelivered(session, client) > 0
    kept = inbox.latest(session, limit=100)
    of_ada = [event for event in kept if event.account == ada]
    assert {event.type for event in of_ada} >= {"payout.created", "payout.updated"}
    assert {event.scope for event in of_ada} == {Scope.CONNECT}
    assert len({(event.event_id, event.scope) for event in kept}) == len(kept)
    assert {event.deliveries for event in of_ada} == {2}
    assert [event for event in kept if event.account == bob.id] == []


def test_what_is_older_than_asked_for_is_left_out(session: orm.Session, sandbox: Running) -> None:
    ada = open_seller(sandbox)
    builders.seller(session, "Ada's Cheese", stripe_id=ada)
    deaf(sandbox)
    fund(sandbox, ada, 5_000)
    sandbox.client().v1.payouts.create(
        {"amount": 3_000, "currency": "usd"}, {"stripe_account": ada}
    )
    assert backfill.undelivered(session, sandbox.client(), clock.now() + timedelta(days=1)) == 0
    assert inbox.latest(session) == []


def test_when_stripe_does_not_answer_nothing_is_kept_and_nobody_is_fooled(
    session: orm.Session,
) -> None:
    client = stripe.StripeClient(
        "sk_test_nobody",
        base_addresses={"api": "http://127.0.0.1:9"},
        max_network_retries=0,
    )
    with pytest.raises(StripeUnavailable):
        backfill.undelivered(session, client)
    assert inbox.latest(session) == []
