"""Sellers of Accounts v2 for the tests: Nora sells nuts, her platform bears the losses."""

from typing import Any

import pytest
import stripe

from .conftest import Running

EVERYTHING = [
    "configuration.customer",
    "configuration.merchant",
    "configuration.recipient",
    "defaults",
    "future_requirements",
    "identity",
    "requirements",
]
MARKETPLACE = {"fees_collector": "application", "losses_collector": "application"}
SAAS = {"fees_collector": "stripe", "losses_collector": "stripe"}
MERCHANT: dict[str, Any] = {"capabilities": {"card_payments": {"requested": True}}, "mcc": "5947"}
RECIPIENT: dict[str, Any] = {
    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
}
SIGNED = {"account": {"date": "2026-11-01T10:00:00.000Z", "ip": "127.0.0.1"}}


def request(**overrides: Any) -> dict[str, Any]:
    """What a marketplace sends for a new seller with an Express dashboard."""
    return {
        "contact_email": "nora@example.com",
        "display_name": "Nora's Nuts",
        "dashboard": "express",
        "identity": {"country": "us"},
        "defaults": {"responsibilities": MARKETPLACE},
        "configuration": {"merchant": MERCHANT, "recipient": RECIPIENT},
        "include": EVERYTHING,
        **overrides,
    }


def nora(**overrides: Any) -> dict[str, Any]:
    """Nora herself: an American whose identity is verified at once."""
    return {
        "given_name": "Nora",
        "surname": "Nutt",
        "email": "nora@example.com",
        "phone": "0000000000",
        "date_of_birth": {"day": 1, "month": 1, "year": 1902},
        "address": {
            "line1": "address_full_match",
            "city": "San Francisco",
            "postal_code": "94103",
            "state": "CA",
            "country": "us",
        },
        "id_numbers": [{"type": "us_ssn_last_4", "value": "0000"}],
        **overrides,
    }


def complete(**overrides: Any) -> dict[str, Any]:
    """An account whose requirements the platform collects, with everything but the bank."""
    return request(
        dashboard="none",
        defaults={
            "responsibilities": MARKETPLACE,
            "profile": {"business_url": "https://accessible.stripe.com"},
        },
        identity={
            "country": "us",
            "entity_type": "individual",
            "individual": nora(),
            "attestations": {"terms_of_service": SIGNED},
        },
        **overrides,
    )


def api(sandbox: Running) -> Any:
    """The SDK; its types would ask on every line whether something optional is there."""
    return sandbox.client()


def created(sandbox: Running, params: dict[str, Any]) -> Any:
    """The account that the SDK answers to these parameters."""
    return api(sandbox).v2.core.accounts.create(params)


def onboarded(sandbox: Running, **overrides: Any) -> str:
    """A finished account of v2, bank included; answers its id."""
    account: str = created(sandbox, complete(**overrides)).id
    api(sandbox).v1.accounts.external_accounts.create(account, {"external_account": "btok_us"})
    return account


def seen(sandbox: Running, account: str) -> Any:
    """The account with everything included."""
    return api(sandbox).v2.core.accounts.retrieve(account, {"include": EVERYTHING})


def refused(sandbox: Running, params: dict[str, Any]) -> stripe.StripeError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        created(sandbox, params)
    return caught.value
