"""Endpoints are registered once with the sandbox, and their secrets are kept."""

import json
from pathlib import Path

import pytest
from stripe import StripeClient

from marketplace.cli import run
from marketplace.models import Scope
from marketplace.webhooks import inbox, routes
from tests.running import Running

SITE = "http://127.0.0.1:4242"


@pytest.fixture
def stripe(sandbox: Running) -> StripeClient:
    """The SDK, at the sandbox."""
    return sandbox.client()


def test_every_address_is_registered_for_its_kind_of_events(
    stripe: StripeClient, tmp_path: Path
) -> None:
    secrets = run.register(stripe, SITE, tmp_path)
    assert set(secrets) == set(Scope)
    assert len(set(secrets.values())) == 3
    endpoints = {one.url: one for one in stripe.v1.webhook_endpoints.list().data}
    snapshots = [SITE + inbox.PATHS[scope] for scope in (Scope.PLATFORM, Scope.CONNECT)]
    assert set(endpoints) == set(snapshots)
    (thin,) = stripe.v2.core.event_destinations.list({"include": ["webhook_endpoint.url"]}).data
    assert thin.webhook_endpoint
    assert thin.webhook_endpoint.url == SITE + inbox.PATHS[Scope.THIN]
    assert (thin.event_payload, thin.events_from) == ("thin", ["@self"])
    assert sorted(thin.enabled_events) == routes.types(Scope.THIN)


def test_a_second_start_finds_them_again(stripe: StripeClient, tmp_path: Path) -> None:
    first = run.register(stripe, SITE, tmp_path)
    assert run.register(stripe, SITE, tmp_path) == first
    assert len(stripe.v1.webhook_endpoints.list().data) == 2
    assert len(stripe.v2.core.event_destinations.list().data) == 1


def test_what_was_deleted_at_stripe_is_made_anew(stripe: StripeClient, tmp_path: Path) -> None:
    first = run.register(stripe, SITE, tmp_path)
    (thin,) = stripe.v2.core.event_destinations.list().data
    stripe.v2.core.event_destinations.delete(thin.id)
    second = run.register(stripe, SITE, tmp_path)
    assert second[Scope.THIN] != first[Scope.THIN]
    assert second[Scope.PLATFORM] == first[Scope.PLATFORM]


def test_a_folder_from_before_thin_events_gets_the_missing_one(
    stripe: StripeClient, tmp_path: Path
) -> None:
    first = run.register(stripe, SITE, tmp_path)
    file = tmp_path / "sandbox_endpoints.json"
    kept = json.loads(file.read_text())
    del kept[SITE + inbox.PATHS[Scope.THIN]]
    file.write_text(json.dumps(kept))
    second = run.register(stripe, SITE, tmp_path)
    assert second[Scope.CONNECT] == first[Scope.CONNECT]
    assert second[Scope.THIN] not in first.values()


def test_a_folder_from_an_earlier_version_hears_of_what_is_followed_now(
    stripe: StripeClient, tmp_path: Path
) -> None:
    secrets = run.register(stripe, SITE, tmp_path)
    for endpoint in stripe.v1.webhook_endpoints.list().data:
        stripe.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": ["payout.paid"]})
    (thin,) = stripe.v2.core.event_destinations.list().data
    old = ["v2.core.account.closed"]
    stripe.v2.core.event_destinations.update(thin.id, {"enabled_events": old})
    assert run.register(stripe, SITE, tmp_path) == secrets
    heard = {one.url: sorted(one.enabled_events) for one in stripe.v1.webhook_endpoints.list().data}
    assert heard[SITE + inbox.PATHS[Scope.CONNECT]] == routes.types(Scope.CONNECT)
    (thin,) = stripe.v2.core.event_destinations.list().data
    assert sorted(thin.enabled_events) == routes.types(Scope.THIN)
