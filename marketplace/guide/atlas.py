"""Every design at a glance: one table per Accounts API, and two designs to start from.

A row is what the account fixes (dashboard, fees, losses), a column what may change later (charge
type, onboarding). The rule that bites: most of the table is refused, and where it is not, two
neighbours may differ in who loses money, so every cell leads to its guide.
https://docs.stripe.com/connect/integration-recommendations
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from marketplace.design import (
    EVERY,
    AccountsApi,
    ChargeType,
    Choice,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.rules import Verdict, judge
from marketplace.guide import business


@dataclass(frozen=True, slots=True)
class Cell:
    """One design in the table."""

    design: Design
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the account's settings, and its designs."""

    dashboard: Dashboard
    fee_payer: FeePayer
    loss_owner: LossOwner
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Preset:
    """A design that Stripe recommends as a start."""

    title: str
    says: str
    design: Design


PRESETS = (
    Preset(
        "Marketplace",
        "Buyers know you; one seller for each order.",
        business.MARKETPLACE.design,
    ),
    Preset(
        "Software platform",
        "Sellers are the shop, you are their software.",
        business.PLATFORM.design,
    ),
    Preset(
        "White label",
        "Stripe is not seen, and baskets have many sellers.",
        Design(
            AccountsApi.V2,
            Onboarding.EMBEDDED,
            Dashboard.NONE,
            FeePayer.PLATFORM,
            LossOwner.PLATFORM,
            ChargeType.SEPARATE,
        ),
    ),
)
COLUMNS = tuple(product(ChargeType, Onboarding))
# The headings of the table.
WORDS: Mapping[Choice, str] = {
    ChargeType.DIRECT: "Direct charges",
    ChargeType.DESTINATION: "Destination charges",
    ChargeType.SEPARATE: "Separate charges",
    Onboarding.HOSTED: "Hosted",
    Onboarding.EMBEDDED: "Embedded",
    Onboarding.API: "API",
    Dashboard.FULL: "Full",
    Dashboard.EXPRESS: "Express",
    Dashboard.NONE: "None",
}


def table(api: AccountsApi) -> list[Line]:
    """The designs of one Accounts API: twelve rows of nine."""
    return [
        Line(
            dashboard,
            fee_payer,
            loss_owner,
            [_cell(api, dashboard, fee_payer, loss_owner, *column) for column in COLUMNS],
        )
        for dashboard, fee_payer, loss_owner in product(Dashboard, FeePayer, LossOwner)
    ]


def _cell(
    api: AccountsApi,
    dashboard: Dashboard,
    fee_payer: FeePayer,
    loss_owner: LossOwner,
    charge_type: ChargeType,
    onboarding: Onboarding,
) -> Cell:
    design = Design(api, onboarding, dashboard, fee_payer, loss_owner, charge_type)
    return Cell(design, judge(design).verdict)


def counts() -> dict[Verdict, int]:
    """How many designs there are of each verdict."""
    verdicts = [judge(design).verdict for design in EVERY]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}
