"""One suite, two Stripes: what its documentation promises, asked of an address with a key.

Without settings every test gets a sandbox of its own. `marketplace conformance --key sk_test_…`
asks Stripe's test mode instead (STRIPE_CONFORMANCE_KEY, STRIPE_CONFORMANCE_URL): there the
sellers are made once, facts may take a moment, and what needs a clock to be pushed is skipped.
"""

import functools
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe

from tests.running import Running

KEY = os.environ.get("STRIPE_CONFORMANCE_KEY", "")
STRIPE = "https://api.stripe.com"
URL = os.environ.get("STRIPE_CONFORMANCE_URL", STRIPE)
PATIENCE = 90.0
_kept: dict[str, str] = {}

SELLER: dict[str, Any] = {
    "controller": {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "application",
        "stripe_dashboard": {"type": "none"},
    },
    "country": "US",
    "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
    "business_type": "individual",
    "business_profile": {"mcc": "5947", "url": "https://accessible.stripe.com"},
    "individual": {
        "first_name": "Jenny",
        "last_name": "Rosen",
        "dob": {"day": 1, "month": 1, "year": 1902},
        "address": {
            "line1": "address_full_match",
            "city": "San Francisco",
            "postal_code": "94103",
            "state": "CA",
        },
        "email": "jenny@example.com",
        "phone": "0000000000",
        "id_number": "000000000",
        "ssn_last_4": "0000",
    },
    "external_account": "btok_us",
    "settings": {"payouts": {"schedule": {"interval": "manual"}}},
    "tos_acceptance": {"ip": "127.0.0.1"},
}


@dataclass
class Stripe:
    """A platform at some Stripe."""

    client: stripe.StripeClient
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    """Unlike in any other run, for what must not be mixed up with older objects."""

    hook: str = "https://example.com/hook" if KEY else "http://127.0.0.1:9/hook"
    """An address for webhooks; nobody listens there."""

    wait: Callable[[int], None] = time.sleep
    """Let so many seconds pass; in the sandbox nobody has to wait for them."""

    def seller(self) -> str:
        """A connected account that can be paid; the test mode keeps one for all tests."""
        if KEY and "seller" in _kept:
            return _kept["seller"]
        accepted = {**SELLER["tos_acceptance"], "date": int(time.time())}
        params: Any = {**SELLER, "tos_acceptance": accepted}
        account = self.client.v1.accounts.create(params).id
        self.until(lambda: self._is_ready(account))
        _kept["seller"] = account
        return account

    def _is_ready(self, account: str) -> bool:
        found = self.client.v1.accounts.retrieve(account)
        held = found.capabilities
        return bool(held and held.transfers == held.card_payments == "active")

    def pay(self, amount: int = 10_000, card: str = "pm_card_visa", **more: Any) -> Any:
        """A confirmed PaymentIntent in US dollars; `on` is the account of a direct charge."""
        account = more.pop("on", None)
        options: stripe.RequestOptions = {"stripe_account": account} if account else {}
        params: Any = {
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "return_url": "https://example.com/back",
            "confirm": True,
            "expand": ["latest_charge"],
            **more,
        }
        return self.client.v1.payment_intents.create(params, options)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what Stripe does not promise to be there at once."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "it did not come true in time"
            self.wait(1)


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Stripe:
    """The platform under test."""
    if not KEY:
        running: Running = request.getfixturevalue("sandbox")
        return Stripe(running.client(), wait=running.advance)
    request.getfixturevalue("quiet_notices")
    return Stripe(_afar())


@functools.cache
def _afar() -> stripe.StripeClient:
    """The one client of a run against an address; it keeps its connection."""
    base: Any = {"api": URL}
    if URL != STRIPE:
        base["files"] = URL
    return stripe.StripeClient(KEY, base_addresses=base, max_network_retries=2)


@pytest.fixture
def advance(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Push the clock by so many seconds, which only the sandbox can do."""
    if KEY:
        pytest.skip("the clock of Stripe's test mode cannot be pushed")
    running: Running = request.getfixturevalue("sandbox")
    return running.advance
