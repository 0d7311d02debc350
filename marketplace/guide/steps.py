"""The steps of an integration, personalised: what to do, with which calls, and who does it here.

Titles are Stripe's where Stripe's guide shows one for the choice (`wording` "Stripe"), and ours
where no wording of Stripe's was found. The rule that bites: a step is done when the events about it
are followed, not when its call was answered, so every step names its events.
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.design import (
    AccountsApi,
    ChargeType,
    Choice,
    Dashboard,
    Design,
    LossOwner,
    Onboarding,
)
from marketplace.design.shape import platform_collects
from marketplace.guide import built, consequences, requests
from marketplace.guide.requests import Request
from marketplace.guide.sample import Sample

DOCS = "https://docs.stripe.com"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `modules` do it here, or would: `here` are those that exist."""

    title: str
    wording: str
    do: tuple[str, ...]
    requests: tuple[Request, ...]
    modules: tuple[str, ...]
    page: str
    events: tuple[str, ...]
    commands: tuple[str, ...]
    choice: Choice | None = None

    @property
    def here(self) -> tuple[str, ...]:
        """The modules of this shop that do the step, or their part of it."""
        runs = self.choice is None or built.runs_here(self.choice)
        return tuple(it for it in self.modules if runs and built.exists(it))

    @property
    def built(self) -> bool:
        """Whether this shop does the step itself, for the choice that the step is about."""
        return self.here == self.modules

    @property
    def standing(self) -> str:
        """How much of it this shop does, in words."""
        if self.built:
            return "runs here"
        return "partly built here" if self.here else "not built here yet"


def steps(design: Design, sample: Sample) -> tuple[Step, ...]:
    """Every step of this design, in the order in which to take them."""
    makers: tuple[Callable[[Design, Sample], Step], ...] = (
        _platform,
        _webhooks,
        _account,
        _onboarding,
        _payment,
        _dashboard,
        _refunds,
        _risk,
        _payouts,
    )
    return tuple(make(design, sample) for make in makers)


def _platform(design: Design, _sample: Sample) -> Step:
    do = ["Sign your Stripe account up for Connect, in a sandbox first."]
    if design.loss_owner is LossOwner.PLATFORM:
        do.append("Accept in the platform profile that you answer for losses.")
    else:
        do.append("Say in the platform profile that Stripe answers for losses.")
    if design.accounts_api is AccountsApi.V1:
        do.append("A new platform has to switch Accounts v1 on in the Dashboard first.")
    return Step(
        "Sign up for Connect",
        "ours",
        tuple(do),
        (),
        ("marketplace.gateway.client",),
        f"{DOCS}/connect/get-started",
        (),
        ("make run", "marketplace stripe get /v1/account"),
    )


def _webhooks(design: Design, _sample: Sample) -> Step:
    endpoints = consequences.webhooks(design)
    do = [it.do for it in endpoints]
    do.append("Check the signature, keep the event once, answer, and only then look it up.")
    return Step(
        "Listen to events",
        "ours",
        tuple(do),
        (),
        ("marketplace.webhooks.inbox", "marketplace.webhooks.routes"),
        f"{DOCS}/connect/webhooks",
        (),
        ("marketplace listen", "marketplace events list"),
        design.accounts_api,
    )


def _account(design: Design, sample: Sample) -> Step:
    v2 = design.accounts_api is AccountsApi.V2
    news = "v2.core.account.created" if v2 else "account.updated"
    return Step(
        "Create the seller's account",
        "ours",
        (
            "Make it once per seller, under an idempotency key from your own row.",
            "Give everything you know now: it cannot be written once Stripe has asked.",
            "Dashboard, fees and losses are fixed from here on.",
        ),
        (requests.create_account(design, sample),),
        ("marketplace.sellers", f"marketplace.accounts.{design.accounts_api.value}"),
        f"{DOCS}/connect/accounts-v2" if v2 else f"{DOCS}/api/accounts/create",
        (news,),
        (f"marketplace stripe trigger {news}",),
        design.accounts_api,
    )


def _onboarding(design: Design, _sample: Sample) -> Step:
    v2 = design.accounts_api is AccountsApi.V2
    news = "v2.core.account[requirements].updated" if v2 else "account.updated"
    title, wording, page, do, calls, command = _ONBOARDING[design.onboarding]
    return Step(
        title,
        wording,
        (*do, "Coming back means nothing: read the account, and follow its requirements for good."),
        (*(call(design) for call in calls), requests.read_account(design)),
        (f"marketplace.onboarding.{design.onboarding.value}",),
        DOCS + page,
        (news, "capability.updated"),
        (command, f"marketplace stripe trigger {news}"),
        design.onboarding,
    )


_ONBOARDING: dict[
    Onboarding,
    tuple[str, str, str, tuple[str, ...], tuple[Callable[[Design], Request], ...], str],
] = {
    Onboarding.HOSTED: (
        "Use the onboarding quickstart",
        "Stripe",
        "/connect/hosted-onboarding",
        (
            "Make a link when the seller clicks, and redirect at once; it opens only once.",
            "Make a new one, for the signed-in owner only, when the seller comes to refresh_url.",
        ),
        (requests.account_link,),
        "marketplace sandbox onboard LINK",
    ),
    Onboarding.EMBEDDED: (
        "Embed onboarding in your pages",
        "ours",
        "/connect/embedded-onboarding",
        (
            "Load connect.js, and put account-onboarding where your form would be.",
            "Make an account session for each view; never keep or log its client_secret.",
            "Let your Content-Security-Policy allow Stripe's scripts and frames.",
        ),
        (requests.onboarding_session,),
        "make run",
    ),
    Onboarding.API: (
        "Build your own onboarding form",
        "ours",
        "/connect/api-onboarding",
        (
            "Build the form from the requirements that Stripe names, not from a list of yours.",
            "Send files to Stripe and bank numbers as tokens; keep neither.",
            "Show Stripe's errors beside the fields, and review the form every six months.",
        ),
        (requests.send_answers, requests.accept_terms, requests.add_bank),
        "make run",
    ),
}


def _payment(design: Design, sample: Sample) -> Step:
    page, do, events = _PAYMENT[design.charge_type]
    calls = [requests.checkout(design, sample)]
    separate = design.charge_type is ChargeType.SEPARATE
    if separate:
        calls.append(requests.transfer(design, sample))
    found = {ChargeType.DIRECT: "Stripe", ChargeType.SEPARATE: "Stripe"}
    return Step(
        "Accept a payment",
        found.get(design.charge_type, "ours"),
        (*do, "Fulfil when the event says payment_status=paid, not when the buyer returns."),
        tuple(calls),
        (
            f"marketplace.charges.{design.charge_type.value}",
            "marketplace.orders",
            *(("marketplace.transfers",) if separate else ()),
        ),
        DOCS + page,
        events,
        ("marketplace stripe trigger checkout.session.completed", "marketplace demo"),
        design.charge_type,
    )


_PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_PAYMENT: dict[ChargeType, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    ChargeType.DIRECT: (
        "/connect/direct-charges",
        (
            "Make every call about the payment with the header Stripe-Account.",
            "Take your commission as application_fee_amount; it must be less than the total.",
        ),
        (*_PAID, "application_fee.created"),
    ),
    ChargeType.DESTINATION: (
        "/connect/destination-charges",
        (
            "Name the seller in transfer_data; Stripe makes the transfer with the charge.",
            "Take your commission as application_fee_amount; Stripe's fee comes out of it.",
        ),
        (*_PAID, "transfer.created", "application_fee.created"),
    ),
    ChargeType.SEPARATE: (
        "/connect/separate-charges-and-transfers",
        (
            "Charge the whole basket once, under a transfer_group.",
            "Transfer each seller's share with source_transaction, so that it need not wait.",
            "Keep your commission by transferring less; there is no application fee here.",
        ),
        (*_PAID, "transfer.created"),
    ),
}


def _dashboard(design: Design, _sample: Sample) -> Step:
    match design.dashboard:
        case Dashboard.FULL:
            return Step(
                "Set up the Stripe Dashboard",
                "Stripe",
                ("Link to dashboard.stripe.com.", "Decide what accounts may do there."),
                (),
                ("marketplace.dashboards",),
                f"{DOCS}/connect/stripe-dashboard",
                ("account.application.deauthorized",),
                ("marketplace stripe get /v1/accounts",),
                design.dashboard,
            )
        case Dashboard.EXPRESS:
            return Step(
                "Set up the Express Dashboard for your users",
                "Stripe",
                (
                    "Make a login link on each click, and redirect at once.",
                    "Offer it only when details_submitted: before, there is no link.",
                ),
                (requests.login_link(),),
                ("marketplace.dashboards",),
                f"{DOCS}/connect/express-dashboard",
                ("account.external_account.updated",),
                (f"marketplace stripe post /v1/accounts/{requests.ACCOUNT}/login_links",),
                design.dashboard,
            )
        case Dashboard.NONE:
            return Step(
                "Build the screens that a dashboard would be",
                "ours",
                (
                    "Show payments, refunds, disputes, payouts and documents in your pages.",
                    "Embed Stripe's components, or build the screens from your own data.",
                ),
                (requests.dashboard_session(design),),
                ("marketplace.accounts.sessions", "marketplace.dashboards.embedded"),
                f"{DOCS}/connect/get-started-connect-embedded-components",
                ("account.external_account.updated",),
                ("marketplace stripe trigger account.updated",),
                design.dashboard,
            )


def _refunds(design: Design, sample: Sample) -> Step:
    calls = [requests.refund(design, sample)]
    if design.charge_type is ChargeType.DIRECT:
        do = ["The refund is the seller's; give your commission back only if you mean to."]
    elif design.charge_type is ChargeType.DESTINATION:
        do = [
            "Refund with reverse_transfer, or you pay for the seller.",
            "refund_application_fee is refused without reverse_transfer.",
        ]
    else:
        do = ["Refund the charge, and reverse each seller's transfer yourself."]
        calls.append(requests.reversal())
    if design.charge_type is not ChargeType.DIRECT:
        do.append("Reverse when a dispute opens, and transfer again when it is won.")
    return Step(
        "Give money back, and answer disputes",
        "ours",
        tuple(do),
        tuple(calls),
        ("marketplace.refunds", "marketplace.disputes"),
        f"{DOCS}/connect/disputes",
        ("charge.refunded", "charge.dispute.created", "charge.dispute.closed"),
        (
            "marketplace stripe trigger charge.refunded",
            "marketplace stripe trigger charge.dispute.created",
        ),
    )


def _risk(design: Design, _sample: Sample) -> Step:
    if design.loss_owner is LossOwner.STRIPE:
        return Step(
            "Understand Stripe's merchant risk responsibilities",
            "Stripe",
            (
                "Stripe watches the sellers and may ask them, or stop them, at any time.",
                "Leave it room: a dashboard, or its components and notices in your pages.",
            ),
            (),
            ("marketplace.dashboards",),
            f"{DOCS}/connect/risk-management/managed-risk",
            ("account.updated",),
            ("marketplace stripe trigger account.updated",),
        )
    return Step(
        "Understand your platform's merchant risk responsibilities",
        "Stripe",
        (
            "Watch for sellers whose balance goes negative: Stripe holds the amount back from you.",
            "Keep a reserve, and pause the payouts of whoever looks wrong.",
        ),
        (),
        ("marketplace.risk",),
        f"{DOCS}/connect/risk-management",
        ("balance.available", "charge.dispute.created"),
        ("marketplace stripe trigger charge.dispute.created",),
    )


def _payouts(design: Design, _sample: Sample) -> Step:
    whose = (
        "The bank account is yours to ask for and to repair."
        if platform_collects(design)
        else "The seller adds and repairs the bank account at Stripe."
    )
    return Step(
        "Pay out users",
        "Stripe",
        ("Payouts are daily unless you set a schedule.", whose, "Tell sellers why one failed."),
        (requests.payouts(design),),
        ("marketplace.payouts",),
        f"{DOCS}/connect/payouts-connected-accounts",
        ("payout.paid", "payout.failed"),
        (
            "marketplace stripe trigger payout.paid",
            "marketplace stripe trigger payout.failed",
            "marketplace sandbox advance 7d",
        ),
    )
