"""Which designs exist: one table of named rules, each with its source, date and our confidence.

Every rule that fits a design is told; the worst of them is the verdict. The rule that bites: Stripe
checks the account's settings against each other when the account is created, and never checks the
charge type against them, so a contradictory pair is accepted and costs money later. What Stripe
refuses and what it only advises against are therefore kept apart (`Enforced`).
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from marketplace.design.choices import (
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)


class Verdict(StrEnum):
    """What becomes of a design, from best to worst."""

    ALLOWED = "allowed"
    CAUTION = "caution"
    GATED = "gated"
    REFUSED = "refused"

    @property
    def severity(self) -> int:
        """0 for allowed, 3 for refused."""
        return list(Verdict).index(self)

    @property
    def sentence(self) -> str:
        """What the verdict means, for people."""
        return _VERDICTS[self]


_VERDICTS = {
    Verdict.ALLOWED: "Stripe accepts this, and nothing in it works against itself.",
    Verdict.CAUTION: "Stripe's API accepts this, and Stripe advises against it.",
    Verdict.GATED: "Not for everybody: Stripe has to open it, or it needs a preview version.",
    Verdict.REFUSED: "This cannot be built: two of the choices exclude each other.",
}


class Enforced(StrEnum):
    """Where a rule is met in practice."""

    ACCOUNT = "account"
    LATER = "later"
    ADVICE = "advice"

    @property
    def sentence(self) -> str:
        """The same for people."""
        return _ENFORCED[self]


_ENFORCED = {
    Enforced.ACCOUNT: "Stripe refuses to create the account.",
    Enforced.LATER: "The account is created; a later call is refused.",
    Enforced.ADVICE: "No call is refused for it.",
}


class Confidence(StrEnum):
    """How sure we are: documented and seen; documented or seen; sources disagree or are few."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Rule:
    """One named rule. `verdict` is allowed for a note: worth knowing, and no obstacle.

    `dated` says how old the source is, `source` where to read it.
    """

    id: str
    title: str
    why: str
    verdict: Verdict
    enforced: Enforced
    confidence: Confidence
    source: str
    dated: str
    fits: Callable[[Design], bool]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a design and every rule that had a say, worst first."""

    verdict: Verdict
    rules: tuple[Rule, ...]

    @property
    def obstacles(self) -> tuple[Rule, ...]:
        """The rules that speak against the design."""
        return tuple(rule for rule in self.rules if rule.verdict is not Verdict.ALLOWED)

    @property
    def notes(self) -> tuple[Rule, ...]:
        """The rules that are only worth knowing."""
        return tuple(rule for rule in self.rules if rule.verdict is Verdict.ALLOWED)

    @property
    def can_be_built(self) -> bool:
        """Whether anybody may start today: allowed, or accepted against advice."""
        return self.verdict in {Verdict.ALLOWED, Verdict.CAUTION}


def judge(design: Design) -> Judgement:
    """The verdict on `design`, with the rules that fit it, worst first."""
    fitting = sorted(
        (rule for rule in RULES if rule.fits(design)), key=lambda rule: -rule.verdict.severity
    )
    worst = fitting[0].verdict if fitting else Verdict.ALLOWED
    return Judgement(worst, tuple(fitting))


def refuses_account(design: Design) -> Rule | None:
    """The first rule by which Stripe would refuse to create the account itself, or None."""
    return next(
        (rule for rule in judge(design).obstacles if rule.enforced is Enforced.ACCOUNT),
        None,
    )


def _split(design: Design) -> bool:
    """Whether the charge is made on the platform and the money passed on."""
    return design.charge_type is not ChargeType.DIRECT


def _platform_pays_and_answers(design: Design) -> bool:
    return (design.fee_payer, design.loss_owner) == (FeePayer.PLATFORM, LossOwner.PLATFORM)


def _stripe_answers_and_bills(design: Design) -> bool:
    return (design.fee_payer, design.loss_owner) == (FeePayer.SELLER, LossOwner.STRIPE)


RULES: tuple[Rule, ...] = (
    Rule(
        id="losses-need-fees",
        title="Whoever bears the losses also pays Stripe's fees",
        why="A platform that answers for negative balances has to be the one that Stripe bills. "
        "Let the platform pay the fees too, or let Stripe bear the losses.",
        verdict=Verdict.REFUSED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/migrate-to-controller-properties",
        dated="API reference of version 2026-10-28.endive",
        fits=lambda d: d.loss_owner is LossOwner.PLATFORM and d.fee_payer is FeePayer.SELLER,
    ),
    Rule(
        id="api-onboarding-needs-full-control",
        title="Your own onboarding form needs full control",
        why="Only a platform that collects the requirements may send them, accept the terms for "
        "the seller and keep them up to date. That is the platform which pays the fees, bears "
        "the losses and gives the seller no Stripe dashboard.",
        verdict=Verdict.REFUSED,
        enforced=Enforced.LATER,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/api-onboarding",
        dated="read in 2026; refusals seen in 2026",
        fits=lambda d: (
            d.onboarding is Onboarding.API
            and not (d.dashboard is Dashboard.NONE and _platform_pays_and_answers(d))
        ),
    ),
    Rule(
        id="full-dashboard-belongs-to-stripe",
        title="The full Dashboard goes with Stripe's own fees and risk",
        why="A seller with the full Dashboard pays Stripe directly and Stripe bears the losses. "
        "Any other split of the two has to be agreed with Stripe's sales team.",
        verdict=Verdict.GATED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/connect/accounts-v2/connected-account-configuration",
        dated="read in 2026; no answer of Stripe to an ordinary platform was seen",
        fits=lambda d: d.dashboard is Dashboard.FULL and not _stripe_answers_and_bills(d),
    ),
    Rule(
        id="express-needs-platform-control",
        title="The Express Dashboard needs a platform that pays and answers",
        why="Under the released API versions an Express seller's fees and losses are both the "
        "platform's. From 2026-06-24.preview on, Stripe may bear the losses instead.",
        verdict=Verdict.GATED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/changelog",
        dated="changelog of 2026-06-24; refusals seen until 2026-09-14",
        fits=lambda d: d.dashboard is Dashboard.EXPRESS and not _platform_pays_and_answers(d),
    ),
    Rule(
        id="platform-charges-need-platform-risk",
        title="Charges on the platform put the risk on the platform",
        why="Refunds and disputes of destination and separate charges are taken from the platform, "
        "so Stripe's promise to bear the seller's losses covers next to nothing here.",
        verdict=Verdict.CAUTION,
        enforced=Enforced.ADVICE,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/integration-recommendations",
        dated="read in 2026; Stripe's own guidance of 2026-08-21",
        fits=lambda d: _split(d) and d.loss_owner is LossOwner.STRIPE,
    ),
    Rule(
        id="platform-charges-bill-platform",
        title="Charges on the platform are billed to the platform",
        why="Stripe takes its fee where the charge is made. With destination and separate charges "
        "that is the platform, whatever the account says about who pays.",
        verdict=Verdict.CAUTION,
        enforced=Enforced.ADVICE,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/direct-charges-fee-payer-behavior",
        dated="read in 2025; API reference of version 2026-10-28.endive",
        fits=lambda d: _split(d) and d.fee_payer is FeePayer.SELLER,
    ),
    Rule(
        id="no-dashboard-with-stripes-risk",
        title="Without a dashboard, Stripe's risk work needs room in your pages",
        why="Stripe bears the losses only where it can reach the seller: onboarding, account "
        "management and the notification banner must be embedded in your pages. Stripe's "
        "recommendations list this for direct charges; its newer guidance advises against it.",
        verdict=Verdict.CAUTION,
        enforced=Enforced.ADVICE,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/connect/risk-management/managed-risk",
        dated="read in 2026; guidance of 2026-08-21 disagrees with the table of recommendations",
        fits=lambda d: d.dashboard is Dashboard.NONE and d.loss_owner is LossOwner.STRIPE,
    ),
    Rule(
        id="platform-carries-refunds",
        title="Refunds and disputes come out of your balance first",
        why="You get the seller's share back only by reversing the transfer, and only while the "
        "seller still has it. Keep a reserve, and reverse as soon as a dispute opens.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ADVICE,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/charges",
        dated="read in 2026",
        fits=lambda d: _split(d) and d.loss_owner is LossOwner.PLATFORM,
    ),
    Rule(
        id="separate-charges-not-everywhere",
        title="Separate charges and transfers are not offered to every platform",
        why="Stripe names the countries whose platforms may use them: the United States, Canada, "
        "Mexico, Brazil, most of Europe, Japan, Singapore, Malaysia, Australia and New Zealand. "
        "A platform elsewhere takes destination charges.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.LATER,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/connect/separate-charges-and-transfers",
        dated="list of countries read in a copy of 2024",
        fits=lambda d: d.charge_type is ChargeType.SEPARATE,
    ),
    Rule(
        id="express-cannot-answer-disputes",
        title="Express sellers answer disputes with your help",
        why="A direct charge is disputed on the seller's account, and the Express Dashboard may "
        "not let the seller send evidence. Check your Express settings, or send it for them.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ADVICE,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/connect/integration-recommendations",
        dated="copies of 2025 and 2026 differ",
        fits=lambda d: d.dashboard is Dashboard.EXPRESS and d.charge_type is ChargeType.DIRECT,
    ),
    Rule(
        id="platform-acknowledges-losses",
        title="Live mode asks you to accept the responsibility first",
        why="Before the first account with losses on the platform, the platform profile in the "
        "Dashboard has to be completed; until then the creation of accounts is refused.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/risk-management",
        dated="read in 2026",
        fits=lambda d: d.loss_owner is LossOwner.PLATFORM,
    ),
    Rule(
        id="own-form-reviewed-twice-a-year",
        title="Your own form has to follow Stripe's requirements",
        why="What has to be asked changes with laws and card networks. Stripe asks platforms with "
        "their own form to review it at least every six months.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ADVICE,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/api-onboarding",
        dated="read in 2026",
        fits=lambda d: d.onboarding is Onboarding.API,
    ),
    Rule(
        id="no-dashboard-means-own-screens",
        title="Without a dashboard, every screen is yours",
        why="Refunds, disputes, payouts and reports happen nowhere if your pages, or Stripe's "
        "embedded components in them, do not offer them.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ADVICE,
        confidence=Confidence.HIGH,
        source="https://docs.stripe.com/connect/get-started-connect-embedded-components",
        dated="read in 2026",
        fits=lambda d: d.dashboard is Dashboard.NONE,
    ),
    Rule(
        id="v1-closed-to-new-platforms",
        title="New platforms meet a closed door at Accounts v1",
        why="Since August 2026 platforms that never used Accounts v1 are sent to v2, unless it is "
        "switched on in the Dashboard. Platforms that already use v1 may go on.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.MEDIUM,
        source="https://docs.stripe.com/connect/accounts-v2",
        dated="reports from 2026-08-04 to 2026-09-14",
        fits=lambda d: d.accounts_api is AccountsApi.V1,
    ),
    Rule(
        id="recipient-may-need-merchant",
        title="A recipient alone is not enough in every country",
        why="Asking for transfers only was refused for sellers in some countries (GB, DE, CA, AU "
        "and SG in one report) with capability_not_available_without_other_capability. Ask for "
        "the least, and add card_payments when that code comes back.",
        verdict=Verdict.ALLOWED,
        enforced=Enforced.ACCOUNT,
        confidence=Confidence.LOW,
        source="https://docs.stripe.com/connect/accounts-v2/connected-account-configuration",
        dated="one author's report of 2026",
        fits=lambda d: d.accounts_api is AccountsApi.V2 and _split(d),
    ),
)
