"""The five choices in the words of Accounts v2, and the refusals that belong to them.

The rules are those of `configuration`; only the names differ. `fees_collector=stripe` is v1's
`fees.payer=account`, and who collects requirements is not asked but follows: the platform does
when it bears the losses of an account without a dashboard.

https://docs.stripe.com/connect/accounts-v2/connected-account-configuration
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration
from marketplace.sandbox.configuration import Configuration
from marketplace.sandbox.errors import Refused

_FEES = {"stripe": "account", "application": "application"}
_FEES_TOLD = {"account": "stripe"}

# Our rule's name -> Stripe's code (None where none is known) and a sentence. The two codes are in
# Stripe's reference; with `fees_collector=application` on a full dashboard Stripe may enable more
# for a platform than this sandbox does.
_WORDS: dict[str, tuple[str | None, str]] = {
    "express_without_platform_liability": (
        "account_controller_express_dash_without_application_losses_or_fees",
        (
            "If `dashboard` is `express`, `fees_collector` must be `application` and"
            " `losses_collector` must be `application`."
        ),
    ),
    "losses_without_fees": (
        "account_controller_stripe_pricing_platform_liable",
        "If `losses_collector` is `application`, `fees_collector` must also be `application`.",
    ),
    "full_dashboard_without_stripe": (
        None,
        "If `dashboard` is `full`, `fees_collector` and `losses_collector` must be `stripe`.",
    ),
}


def asked(dashboard: str, responsibilities: dict[str, str], version: str) -> Configuration:
    """The configuration that a request asks for; raises `Refused` (400) when there is none."""
    fees = responsibilities["fees_collector"]
    losses = responsibilities["losses_collector"]
    if fees not in _FEES:
        raise Refused(
            f"`fees_collector` cannot be `{fees}` for a new account; that value is told of accounts"
            " that were created with a legacy type.",
            param="defaults.responsibilities.fees_collector",
        )
    platform_collects = losses == "application" and dashboard == "none" and fees == "application"
    choice = Configuration(
        dashboard, _FEES[fees], losses, "application" if platform_collects else "stripe"
    )
    # In v2 the platform collects where v1 would ask for it, so what is left of a `none` account
    # with platform losses is the one that lacks the fees.
    if losses == "application" and fees != "application" and dashboard != "express":
        raise _refused("losses_without_fees")
    rule = configuration.broken_rule(choice, version)
    if rule is not None:
        raise _refused(rule.name)
    return choice


def _refused(rule: str) -> Refused:
    code, message = _WORDS[rule]
    return Refused(message, code=code, param="defaults.responsibilities")


def responsibilities(choice: Configuration, *, chosen: bool) -> dict[str, Any]:
    """`defaults.responsibilities` of an account; null where nothing was chosen yet."""
    return {
        "fees_collector": _FEES_TOLD.get(choice.fees, choice.fees) if chosen else None,
        "losses_collector": choice.losses if chosen else None,
        "requirements_collector": choice.requirements,
    }
