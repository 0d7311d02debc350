"""Every call that the SDK's services offer for Connect and payments is known, but for a few.

The services of stripe-python name the method and path of each of their calls. Those of the areas
that the sandbox covers are looked up among its routes.
"""

import re
from pathlib import Path

import stripe

import marketplace.sandbox.server  # noqa: F401 - registers the routes
from marketplace.sandbox.routing import router

AREAS = (
    "account account_links account_sessions accounts application_fees balance balance_settings"
    " balance_transactions charges checkout confirmation_tokens country_specs customers disputes"
    " events file_links files mandates payment_intents payment_links payment_methods payouts prices"
    " products radar/early_fraud_warnings refunds setup_attempts setup_intents"
    " test_helpers/confirmation_tokens test_helpers/customers test_helpers/refunds tokens topups"
    " transfers webhook_endpoints"
).split()
LEFT_OUT = {
    r"/v1/customers/[^/]+/discount": "Billing: discounts",
    r"/v1/payment_intents/[^/]+/amount_details_line_items": "lines told to card networks",
    r"/v1/products/[^/]+/features.*": "Billing: entitlements",
    r"/v2/core/vault/.*": "bank accounts for outbound payments",
}
"""Paths of calls in these areas that the sandbox does not know, and what they are part of."""
CALL = re.compile(r'self\._request\(\s*"(get|post|delete)",\s*"(/v[12]/[^"]+)"')


def calls() -> set[tuple[str, str]]:
    """Method and path of every call of the SDK in these areas."""
    package = Path(stripe.__file__).parent
    found = {
        (method.upper(), path)
        for file in package.rglob("_*_service.py")
        for method, path in CALL.findall(file.read_text())
    }
    mine = re.compile(rf"/v1/({'|'.join(AREAS)})(/|$)|/v2/core/")
    return {call for call in found if mine.match(call[1])}


def test_every_call_of_these_services_is_known_or_left_out_for_a_reason() -> None:
    asked = calls()
    assert len(asked) > 200
    unknown = {call for call in asked if router.find(*call) is None}
    left_out = re.compile("|".join(LEFT_OUT))
    assert sorted(call for call in unknown if not left_out.fullmatch(call[1])) == []
    stale = [path for path in LEFT_OUT if not any(re.fullmatch(path, call[1]) for call in unknown)]
    assert stale == []
