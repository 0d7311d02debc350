"""Events as Stripe writes and signs them, with a name for each thing that may be wrong."""

import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

import stripe

SECRET = "whsec_of_the_platform_endpoint"
CONNECT_SECRET = "whsec_of_the_connect_endpoint"
THIN_SECRET = "whsec_of_the_thin_destination"
_numbers = itertools.count(1)


def event(
    type_: str = "payout.paid", *, about: dict[str, Any] | None = None, **changes: object
) -> dict[str, Any]:
    """An event; `about` is its object, the keywords replace fields of the envelope."""
    number = next(_numbers)
    return {
        "id": f"evt_{number:024}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "data": {"object": about or {"id": f"po_{number}", "object": "payout"}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    } | changes


def thin(
    type_: str = "v2.core.account[requirements].updated",
    account: str = "acct_tilda",
    **changes: object,
) -> dict[str, Any]:
    """A thin event about an account; the keywords replace fields."""
    return {
        "id": f"evt_test_{next(_numbers):020}",
        "object": "v2.core.event",
        "type": type_,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "context": None,
        "reason": None,
        "related_object": {
            "id": account,
            "type": "v2.core.account",
            "url": f"/v2/core/accounts/{account}",
        },
    } | changes


def text(letter: dict[str, Any]) -> str:
    """The body as it goes over the wire."""
    return json.dumps(letter, indent=2)


def signature(body: str, secret: str = SECRET, *, age: int = 0) -> str:
    """The header that Stripe would send with this body, `age` seconds ago."""
    return str(
        stripe.WebhookSignature.generate_signature_header(
            body, secret, timestamp=int(time.time()) - age
        )
    )
