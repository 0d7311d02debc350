"""The five choices of a connected account, and which combinations exist.

A platform decides per account who gets a dashboard, who pays Stripe's fees, who bears losses and
who collects requirements. The choices depend on each other; Stripe refuses the rest. The rules
are data, so that Accounts v1 (`controller`) and Accounts v2 (`dashboard`, `responsibilities`)
refuse the same combinations, each in its own words.

https://docs.stripe.com/connect/accounts#controller-properties
https://docs.stripe.com/connect/migrate-to-controller-properties
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .errors import Refused

PREVIEW_OF_EXPRESS = "2026-06-24"


@dataclass(frozen=True)
class Configuration:
    """Who does what. Values are those of Accounts v1."""

    dashboard: str = "full"
    fees: str = "account"
    losses: str = "stripe"
    requirements: str = "stripe"

    @property
    def platform_collects(self) -> bool:
        """Whether the platform asks the seller for the requirements itself."""
        return self.requirements == "application"

    @property
    def platform_pays_fees(self) -> bool:
        """Whether Stripe's processing fees of direct charges are the platform's.

        The two legacy values say "application" but mean that the connected account pays.
        """
        return self.fees == "application"


@dataclass(frozen=True)
class Rule:
    """A combination that Stripe refuses: our name for it, the test, Stripe's words."""

    name: str
    broken: Callable[[Configuration], bool]
    message: str
    lifted_by_preview: bool = False


# The first three messages were seen in Stripe's answers; the error `code` was not reported, so
# none is sent. The other two are worded here: that Stripe refuses is documented, how is not.
RULES = (
    Rule(
        "platform_collects_without_full_control",
        lambda c: (
            c.platform_collects
            and (c.dashboard, c.fees, c.losses) != ("none", "application", "application")
        ),
        "When controlling requirement collection, the Connect application must also control"
        " losses, fees, and specify a dashboard type of `none`.",
    ),
    Rule(
        "express_without_platform_liability",
        lambda c: c.dashboard == "express" and (c.fees, c.losses) != ("application", "application"),
        "When `stripe_dashboard[type]=express`, your platform must collect fees and be liable for"
        " negative balances or refunds and chargebacks.",
        lifted_by_preview=True,
    ),
    Rule(
        "none_collected_by_stripe_without_stripe_liability",
        lambda c: c.dashboard == "none" and not c.platform_collects and c.losses != "stripe",
        "When `stripe_dashboard[type]=none` and `requirement_collection=stripe`, Stripe must be"
        " liable for negative balances or refunds and chargebacks.",
    ),
    Rule(
        "losses_without_fees",
        lambda c: c.losses == "application" and c.fees != "application",
        "When `losses[payments]=application`, `fees[payer]` must be `application` too.",
    ),
    Rule(
        "full_dashboard_without_stripe",
        lambda c: c.dashboard == "full" and (c.fees, c.losses) != ("account", "stripe"),
        "When `stripe_dashboard[type]=full`, the account must pay Stripe's fees and Stripe must be"
        " liable for negative balances, unless Stripe has enabled more for your platform.",
    ),
)

LEGACY = {
    "standard": Configuration(),
    "express": Configuration("express", "application_express", "application"),
    "custom": Configuration("none", "application_custom", "application", "application"),
}


def broken_rule(choice: Configuration, version: str) -> Rule | None:
    """The first rule that this combination breaks under an API version, or None."""
    preview = version.endswith(".preview") and version >= PREVIEW_OF_EXPRESS
    for rule in RULES:
        if rule.broken(choice) and not (rule.lifted_by_preview and preview):
            return rule
    return None


def chosen(params: dict[str, Any], version: str) -> tuple[Configuration, str]:
    """The configuration and the legacy `type` that an account create request asks for.

    Raises `Refused` (400) for a combination that does not exist.
    """
    controller, legacy = params.get("controller"), params.get("type")
    if controller is not None and legacy is not None:
        raise Refused(
            "You may only specify one of these parameters: type, controller.",
            code="parameters_exclusive",
            param="type",
        )
    if controller is None:
        return LEGACY[legacy or "standard"], legacy or "standard"
    choice = replace(
        Configuration(),
        dashboard=controller.get("stripe_dashboard", {}).get("type", "full"),
        fees=controller.get("fees", {}).get("payer", "account"),
        losses=controller.get("losses", {}).get("payments", "stripe"),
        requirements=controller.get("requirement_collection", "stripe"),
    )
    rule = broken_rule(choice, version)
    if rule is not None:
        raise Refused(rule.message, param="controller")
    return choice, "standard" if choice == Configuration() else "none"


def controller(choice: Configuration) -> dict[str, Any]:
    """The `controller` hash of a connected account."""
    return {
        "fees": {"payer": choice.fees},
        "is_controller": True,
        "losses": {"payments": choice.losses},
        "requirement_collection": choice.requirements,
        "stripe_dashboard": {"type": choice.dashboard},
        "type": "application",
    }


def of(account: dict[str, Any]) -> Configuration:
    """The configuration of a stored account; the platform's own is that of a full account."""
    told = account["controller"]
    if told["type"] == "account":
        return Configuration()
    return Configuration(
        told["stripe_dashboard"]["type"],
        told["fees"]["payer"],
        told["losses"]["payments"],
        told["requirement_collection"],
    )


def is_guarded(account: dict[str, Any]) -> bool:
    """Whether the seller's data are Stripe's alone: it collects, and onboarding has begun."""
    return account["_linked"] and not of(account).platform_collects
