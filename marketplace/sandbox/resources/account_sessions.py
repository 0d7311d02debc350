"""Account sessions: what a seller may do in the components that a platform puts on its own pages.

A session names the components and their features; its `client_secret` lets `connect.js` show them
for one account until it expires. The rule that bites: from the first session on, the data of an
account whose requirements Stripe collects are closed to the platform, as with account links.

https://docs.stripe.com/api/account_sessions https://docs.stripe.com/connect/get-started-connect-embedded-components
"""

from __future__ import annotations

import secrets
from typing import Any

from marketplace.sandbox import configuration, connected
from marketplace.sandbox.configuration import Configuration
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import kind, route

kind("account_session", "accs_", indexed=("_secret",))

LIFETIME = 1_800
"""Seconds. Stripe does not say how long a session lasts; half an hour is this sandbox's choice."""

_SIGNED_IN = ("disable_stripe_user_authentication", "external_account_collection")
_CARDS = ("card_management", "card_spend_dispute_management", "cardholder_management")
_DISPUTES = (
    "destination_on_behalf_of_charge_management",
    "dispute_management",
    "refund_management",
    "smart_disputes_management",
)
_PAYMENTS = ("capture_payments", *_DISPUTES)
_PAYOUTS = (*_SIGNED_IN, "edit_payout_schedule", "instant_payouts", "standard_payouts")
COMPONENTS: dict[str, tuple[str, ...]] = {
    "account_management": _SIGNED_IN,
    "account_onboarding": _SIGNED_IN,
    "balance_report": (),
    "balances": _PAYOUTS,
    "disputes_list": _PAYMENTS,
    "documents": (),
    "financial_account": (*_SIGNED_IN, "send_money", "transfer_balance"),
    "financial_account_transactions": ("card_spend_dispute_management",),
    "instant_payouts_promotion": (*_SIGNED_IN, "instant_payouts"),
    "issuing_card": (*_CARDS, "spend_control_management"),
    "issuing_cards_list": (
        *_CARDS,
        "disable_stripe_user_authentication",
        "spend_control_management",
    ),
    "notification_banner": _SIGNED_IN,
    "payment_details": _PAYMENTS,
    "payment_disputes": _DISPUTES,
    "payment_method_settings": ("disable_stripe_user_authentication",),
    "payments": _PAYMENTS,
    "payout_details": (),
    "payout_reconciliation_report": (),
    "payouts": _PAYOUTS,
    "payouts_list": (),
    "reporting_chart": (),
    "tax_registrations": (),
    "tax_settings": (),
    "terminal_hardware_orders": (),
    "terminal_hardware_shop": (),
}
"""Every component and its features."""

_OFF = frozenset({"destination_on_behalf_of_charge_management"})


@route("POST", "/v1/account_sessions", "AccountSessionCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a session for one of the platform's connected accounts."""
    account = connected.reachable(ctx, params["account"])
    if account["controller"]["type"] == "account":
        message = "You cannot create an account session for your own account."
        raise Refused(message, param="account")
    asked = params["components"]
    if not any(component["enabled"] for component in asked.values()):
        raise Refused("At least one component must be enabled.", param="components")
    choice = configuration.of(account)
    components = {name: _component(choice, name, asked.get(name)) for name in COMPONENTS}
    secret = f"accs_secret__{secrets.token_urlsafe(36)}"
    account["_linked"] = True
    ctx.save(account)
    made = ctx.new(
        "account_session",
        account=account["id"],
        client_secret=secret,
        components=components,
        expires_at=ctx.now + LIFETIME,
        _secret=secret,
    )
    return {name: value for name, value in made.items() if name not in {"id", "created"}}


def _component(choice: Configuration, name: str, asked: dict[str, Any] | None) -> dict[str, Any]:
    """One component with every feature decided; raises `Refused` for what cannot be."""
    given = (asked or {}).get("features") or {}
    _check(choice, name, given)
    features = {feature: _default(choice, feature, given) for feature in COMPONENTS[name]}
    return {"enabled": bool(asked and asked["enabled"]), "features": {**features, **given}}


def _default(choice: Configuration, feature: str, given: dict[str, Any]) -> bool:
    """What a feature is when the platform does not say."""
    if feature == "disable_stripe_user_authentication":
        return not given.get("external_account_collection", True)
    if feature == "smart_disputes_management":
        return bool(given.get("dispute_management", True))
    if feature in {"edit_payout_schedule", "standard_payouts"}:
        return choice.losses == "stripe"
    # Where the platform bears losses, the rules of its dashboard decide about instant payouts;
    # there is no such dashboard here, and Stripe's published example has them on.
    return feature not in _OFF


def _check(choice: Configuration, name: str, given: dict[str, Any]) -> None:
    """Only a platform that collects requirements may do without Stripe's own questions.

    That Stripe refuses is documented; neither its words nor an error code are, so none is sent.
    """
    base = f"components[{name}][features]"
    if choice.platform_collects:
        return
    if given.get("disable_stripe_user_authentication"):
        raise Refused(
            "`disable_stripe_user_authentication` can only be `true` for accounts where"
            " `controller[requirement_collection]` is `application`.",
            param=f"{base}[disable_stripe_user_authentication]",
        )
    if given.get("external_account_collection") is False:
        raise Refused(
            "`external_account_collection` can only be `false` for accounts where"
            " `controller[requirement_collection]` is `application`.",
            param=f"{base}[external_account_collection]",
        )
