"""What an account is made of, as a consequence of a design.

The same design in three languages: Accounts v1 (`controller`, `capabilities`), Accounts v2
(`dashboard`, `responsibilities`, configurations) and the legacy `type`. The rule that bites: who
collects requirements is nobody's choice. It follows from the losses and the dashboard; v2 computes
it, and v1 wants to be told the very value that v2 would compute.
https://docs.stripe.com/connect/migrate-to-controller-properties
"""

from collections.abc import Mapping

from marketplace.design.choices import (
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
)


def platform_collects(design: Design) -> bool:
    """Whether the platform asks the seller for the requirements: Stripe's `application`."""
    return design.dashboard is Dashboard.NONE and design.loss_owner is LossOwner.PLATFORM


def seller_is_merchant(design: Design) -> bool:
    """Whether buyers deal with the seller: then the account must take card payments itself."""
    return design.charge_type is ChargeType.DIRECT


def capabilities(design: Design) -> tuple[str, ...]:
    """The v1 capabilities that the charge type needs, by name.

    card_payments cannot be had without transfers. https://docs.stripe.com/connect/account-capabilities
    """
    return ("card_payments", "transfers") if seller_is_merchant(design) else ("transfers",)


def responsibilities(design: Design) -> Mapping[str, str]:
    """`defaults.responsibilities` of Accounts v2; requirements_collector is read-only there.

    https://docs.stripe.com/api/v2/core/accounts/object
    """
    ours = platform_collects(design)
    return {
        "fees_collector": "stripe" if design.fee_payer is FeePayer.SELLER else "application",
        "losses_collector": "stripe" if design.loss_owner is LossOwner.STRIPE else "application",
        "requirements_collector": "application" if ours else "stripe",
    }


def configurations(design: Design) -> tuple[str, ...]:
    """The v2 configurations that the charge type needs: `merchant`, or `recipient`."""
    return ("merchant",) if seller_is_merchant(design) else ("recipient",)


def legacy_type(design: Design) -> str | None:
    """The legacy `type` with the same behaviour; None where there never was one.

    Not quite the same for `express` and `custom`: their `application_express` and
    `application_custom` let the seller pay the fees of direct charges.
    """
    return _LEGACY.get((design.dashboard, design.fee_payer, design.loss_owner))


_LEGACY = {
    (Dashboard.FULL, FeePayer.SELLER, LossOwner.STRIPE): "standard",
    (Dashboard.EXPRESS, FeePayer.PLATFORM, LossOwner.PLATFORM): "express",
    (Dashboard.NONE, FeePayer.PLATFORM, LossOwner.PLATFORM): "custom",
}
