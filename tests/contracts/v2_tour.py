"""One of everything of Accounts v2, for the comparison with the SDK's classes."""

from typing import Any

from marketplace.sandbox import hands
from tests.sandbox.v2people import EVERYTHING, RECIPIENT, SIGNED, complete, nora, request

BACK = "http://127.0.0.1:4242/back"


def take(client: Any) -> None:
    """Accounts in every state, persons, links, tokens, destinations and events."""
    core = client.v2.core
    core.event_destinations.create(
        {
            "name": "tour",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["*"],
            "webhook_endpoint": {"url": "http://127.0.0.1:1/"},
            "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
        }
    )
    people(core)
    customers(core)
    onboarding(core)
    for destination in core.event_destinations.list().data:
        core.event_destinations.disable(destination.id)
        core.event_destinations.enable(destination.id)
        core.event_destinations.ping(destination.id)
        core.event_destinations.delete(destination.id)
    for event in core.events.list({"limit": 100}).auto_paging_iter():
        core.events.retrieve(event.id)


def people(core: Any) -> None:
    token = core.account_tokens.create(
        {"identity": {"entity_type": "individual", "individual": nora()}}
    )
    core.account_tokens.retrieve(token.id)
    with_country = {"identity": {"country": "us"}, "account_token": token.id}
    core.accounts.create({**complete(), **with_country, "contact_phone": "+15555550100"})
    account = core.accounts.create(request(dashboard="none", identity=_company()))
    made = core.accounts.persons.create(account.id, nora(relationship={"representative": True}))
    core.accounts.persons.retrieve(account.id, made.id)
    owner = core.accounts.person_tokens.create(
        account.id, {"given_name": "Olga", "relationship": {"owner": True}}
    )
    core.accounts.person_tokens.retrieve(account.id, owner.id)
    core.accounts.persons.create(account.id, {"person_token": owner.id})
    core.accounts.persons.list(account.id)
    core.accounts.retrieve(account.id, {"include": EVERYTHING})
    core.accounts.close(account.id, {"applied_configurations": ["merchant", "recipient"]})


def _company() -> dict[str, Any]:
    return {
        "country": "us",
        "entity_type": "company",
        "business_details": {
            "registered_name": "Nora's Nuts Inc",
            "address": {"line1": "address_full_match", "country": "us"},
            "id_numbers": [{"type": "us_ein", "value": "000000000"}],
            "registration_date": {"day": 1, "month": 2, "year": 2003},
            "annual_revenue": {"amount": {"value": 100, "currency": "usd"}},
            "additional_addresses": [],
            "documents": {"proof_of_registration": {"files": ["file_x"], "type": "files"}},
        },
        "attestations": {
            "persons_provided": {"owners": True, "directors": True},
            "ownership_declaration": SIGNED["account"],
            "representative_declaration": SIGNED["account"],
            "terms_of_service": SIGNED,
        },
    }


def customers(core: Any) -> None:
    customer: dict[str, Any] = {
        "automatic_indirect_tax": {"exempt": "none", "ip_address": "127.0.0.1"},
        "billing": {"invoice": {"prefix": "NUT", "rendering": {"template": "x"}}},
        "capabilities": {"automatic_indirect_tax": {"requested": True}},
        "shipping": {"name": "Nora", "address": {"country": "us", "city": "Reno"}},
    }
    core.accounts.create(
        {"display_name": "Nora", "configuration": {"customer": customer}, "include": EVERYTHING}
    )
    banks = {"bank_accounts": {"local": {"requested": True}}, "cards": {"requested": True}}
    core.accounts.create(
        request(
            configuration={"recipient": {"capabilities": {**RECIPIENT["capabilities"], **banks}}}
        )
    )


def onboarding(core: Any) -> None:
    account = core.accounts.create(request())
    link = core.account_links.create(
        {
            "account": account.id,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "refresh_url": BACK,
                    "return_url": BACK,
                    "collection_options": {"fields": "eventually_due"},
                },
            },
        }
    )
    hands.onboard(link.url)
    core.accounts.retrieve(account.id, {"include": EVERYTHING})
    core.accounts.list()
