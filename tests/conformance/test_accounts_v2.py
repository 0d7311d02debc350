"""Accounts v2: one account under two APIs, its configurations, people, links and events."""

from typing import Any

import pytest
import stripe

from .conftest import Stripe

BASE = "/v2/core/accounts"
SELLER: dict[str, Any] = {
    "contact_email": "jenny@example.com",
    "display_name": "Rocket Rides",
    "dashboard": "express",
    "identity": {"country": "us", "entity_type": "individual"},
    "defaults": {
        "responsibilities": {"fees_collector": "application", "losses_collector": "application"}
    },
    "configuration": {
        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
    },
}
EVERYTHING = ["configuration.recipient", "defaults", "identity", "requirements"]


def made(platform: Stripe, **more: Any) -> Any:
    params: Any = {**SELLER, "include": EVERYTHING, **more}
    return platform.client.v2.core.accounts.create(params)


# https://docs.stripe.com/api/v2/core/accounts
def test_what_was_not_included_is_null(platform: Stripe) -> None:
    account = made(platform)
    assert account.object == "v2.core.account"
    assert account.applied_configurations == ["recipient"]
    assert account.defaults.responsibilities.requirements_collector == "stripe"
    assert account.identity.country.lower() == "us"
    plain: Any = platform.client.v2.core.accounts.retrieve(account.id)
    assert (plain.identity, plain.configuration, plain.requirements) == (None, None, None)
    assert plain.display_name == "Rocket Rides"


def test_the_same_account_is_read_by_v1(platform: Stripe) -> None:
    account = made(platform)
    seen: Any = platform.client.v1.accounts.retrieve(account.id)
    assert seen.controller.losses.payments == "application"
    assert seen.controller.stripe_dashboard.type == "express"
    assert seen.country == "US"
    assert seen.capabilities.transfers == "inactive"


def test_a_capability_that_lacks_something_is_restricted_and_says_why(platform: Stripe) -> None:
    account = made(platform)
    transfers = account.configuration.recipient.capabilities.stripe_balance.stripe_transfers
    assert transfers.status == "restricted"
    assert transfers.status_details[0].resolution == "provide_info"
    restricted = {
        restricts.capability
        for entry in account.requirements.entries
        for restricts in entry.impact.restricts_capabilities or []
    }
    assert "stripe_balance.stripe_transfers" in restricted


# https://docs.stripe.com/connect/accounts-v2/connected-account-configuration
def test_the_seller_pays_fees_only_where_stripe_bears_the_losses(platform: Stripe) -> None:
    never = {"responsibilities": {"fees_collector": "stripe", "losses_collector": "application"}}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        made(platform, defaults=never)
    assert caught.value.http_status == 400


def test_lists_are_paged_by_an_address(platform: Stripe) -> None:
    known = {made(platform).id for _ in range(3)}
    page: Any = platform.client.v2.core.accounts.list({"limit": 2})
    assert len(page.data) == 2
    assert page.next_page_url.startswith(f"{BASE}?")
    following: Any = platform.client.raw_request("get", page.next_page_url)
    first = following.data["data"][0]["id"]
    assert first not in {account.id for account in page.data}
    assert {account.id for account in page.data} <= known


# https://docs.stripe.com/api/v2/core/persons
def test_people_come_and_go(platform: Stripe) -> None:
    account = made(platform, identity={"country": "us", "entity_type": "company"}).id
    persons = platform.client.v2.core.accounts.persons
    person = persons.create(account, {"given_name": "Jenny", "relationship": {"owner": True}})
    changed = persons.update(account, person.id, {"surname": "Rosen"})
    assert (changed.given_name, changed.surname) == ("Jenny", "Rosen")
    assert persons.retrieve(account, person.id).id == person.id
    assert persons.delete(account, person.id).id == person.id
    assert persons.list(account).data == []


# https://docs.stripe.com/api/v2/core/account-links
def test_a_link_says_what_it_is_for(platform: Stripe) -> None:
    account = made(platform).id
    addresses: Any = {
        "refresh_url": "https://example.com/refresh",
        "return_url": "https://example.com/return",
    }
    link = platform.client.v2.core.account_links.create(
        {
            "account": account,
            "use_case": {"type": "account_onboarding", "account_onboarding": addresses},
        }
    )
    assert (link.object, link.account) == ("v2.core.account_link", account)
    assert link.use_case.type == "account_onboarding"
    assert link.url.startswith("http")


# https://docs.stripe.com/api/v2/core/event-destinations
def test_a_destination_hears_thin_events_or_snapshots_never_both(platform: Stripe) -> None:
    destinations = platform.client.v2.core.event_destinations
    asked: Any = {
        "name": f"Conformance {platform.run}",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v2.core.account.created"],
        "webhook_endpoint": {"url": platform.hook},
        "include": ["webhook_endpoint.signing_secret"],
    }
    ours: Any = destinations.create(asked)
    assert ours.webhook_endpoint.signing_secret.startswith("whsec_")
    assert destinations.disable(ours.id).status == "disabled"
    assert destinations.enable(ours.id).status == "enabled"
    again: Any = destinations.retrieve(ours.id)
    assert again.webhook_endpoint is None or again.webhook_endpoint.signing_secret is None
    asked["enabled_events"] = ["payout.paid"]
    with pytest.raises(stripe.InvalidRequestError):
        destinations.create(asked)
    destinations.delete(ours.id)


# https://docs.stripe.com/api/v2/core/events
def test_an_account_that_was_made_is_an_event(platform: Stripe) -> None:
    account = made(platform).id
    found: list[Any] = []

    def is_there() -> bool:
        found[:] = platform.client.v2.core.events.list({"object_id": account}).data
        return "v2.core.account.created" in {event.type for event in found}

    platform.until(is_there)
    event = next(event for event in found if event.type == "v2.core.account.created")
    assert event.related_object.id == account
    assert event.related_object.url == f"{BASE}/{account}"


def test_a_closed_account_stays_closed(platform: Stripe) -> None:
    account = made(platform).id
    accounts = platform.client.v2.core.accounts
    assert accounts.close(account, {"applied_configurations": ["recipient"]}).closed is True
    with pytest.raises(stripe.StripeError):
        accounts.update(account, {"display_name": "Open again"})


def test_what_v2_does_not_know_is_not_found(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v2.core.accounts.retrieve("acct_1AAAAAAAAAAAAAAA")
    assert caught.value.http_status in {403, 404}
