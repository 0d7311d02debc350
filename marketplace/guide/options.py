"""The questions as they are asked, and a design as it is written in an address.

Each question has options, each option says what it means and when to take it. The rule that bites:
an address is typed, shortened and mailed, so whatever it says is answered: an unknown value is
named and replaced by the default, and everything else in the address is kept.
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from marketplace.design import (
    DEFAULT,
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
from marketplace.design.rules import Judgement, Rule, judge
from marketplace.guide.voice import ENGLISH, Voice


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. `value` is its name in an address, `choice` the same for the program."""

    choice: Choice
    value: str
    title: str
    means: str
    when: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `name` is its name in an address, `field` that of `Design`."""

    name: str
    field: str
    title: str
    short: str
    fixed: bool
    options: tuple[Option, ...]

    def chosen(self, design: Design) -> Option:
        """The option that `design` has taken."""
        return next(o for o in self.options if o.choice is getattr(design, self.field))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value in an address that no option goes by."""

    question: Question
    value: str
    used: Option


@dataclass(frozen=True, slots=True)
class Offer:
    """An option seen from a design: what would become of the design if it were taken."""

    option: Option
    taken: bool
    judgement: Judgement

    @property
    def obstacle(self) -> Rule | None:
        """The worst rule against it, if there is one."""
        return next(iter(self.judgement.obstacles), None)


QUESTIONS: tuple[Question, ...] = (
    Question(
        "onboarding",
        "onboarding",
        "How do sellers get on board?",
        "Onboarding",
        fixed=False,
        options=(
            Option(
                Onboarding.HOSTED,
                "hosted",
                "On Stripe's pages",
                "You send the seller to Stripe with a link; Stripe asks, checks and sends them "
                "back.",
                "You want to start soon and keep nothing of what Stripe asks up to date.",
            ),
            Option(
                Onboarding.EMBEDDED,
                "embedded",
                "In your pages, asked by Stripe",
                "Stripe's onboarding component is part of your page, in your colours.",
                "Sellers should not leave your site, and you do not want to follow the law of "
                "46 countries.",
            ),
            Option(
                Onboarding.API,
                "api",
                "Your own form",
                "You ask every question, send the answers to Stripe, and ask again when the "
                "requirements change.",
                "You must control every word, and can afford to review the form twice a year.",
            ),
        ),
    ),
    Question(
        "dashboard",
        "dashboard",
        "What do sellers see of Stripe?",
        "Dashboard",
        fixed=True,
        options=(
            Option(
                Dashboard.FULL,
                "full",
                "The full Dashboard",
                "The seller has a Stripe account like any other, with its own login.",
                "Sellers are businesses that run their payments themselves.",
            ),
            Option(
                Dashboard.EXPRESS,
                "express",
                "The Express Dashboard",
                "A small dashboard with payments, payouts and tax forms, opened through your site.",
                "Sellers want to see their money and do little else.",
            ),
            Option(
                Dashboard.NONE,
                "none",
                "Nothing",
                "Your site is all that the seller sees; screens are yours or embedded.",
                "Stripe should not be noticed, and you build what a dashboard would do.",
            ),
        ),
    ),
    Question(
        "charge",
        "charge_type",
        "Where is the buyer charged?",
        "Charge type",
        fixed=False,
        options=(
            Option(
                ChargeType.DIRECT,
                "direct",
                "On the seller's account",
                "Direct charge: the buyer is the seller's customer, and you take a fee.",
                "Sellers are the shop, and you are their software.",
            ),
            Option(
                ChargeType.DESTINATION,
                "destination",
                "On your account, passed on at once",
                "Destination charge: you charge the buyer, Stripe moves the money to one seller.",
                "Buyers know you, and each order has one seller.",
            ),
            Option(
                ChargeType.SEPARATE,
                "separate",
                "On your account, passed on by you",
                "Separate charges and transfers: you charge once and transfer to whom and when "
                "you like.",
                "A basket has several sellers, or the seller is paid later than the buyer pays.",
            ),
        ),
    ),
    Question(
        "fees",
        "fee_payer",
        "Whom does Stripe bill for processing?",
        "Stripe's fees",
        fixed=True,
        options=(
            Option(
                FeePayer.SELLER,
                "account",
                "The seller",
                "Stripe takes its fee from the seller, at Stripe's prices.",
                "You do not want to have prices for payments of your own.",
            ),
            Option(
                FeePayer.PLATFORM,
                "platform",
                "You, the platform",
                "Stripe bills you; what sellers pay for payments is your business.",
                "Payments are part of what you sell.",
            ),
        ),
    ),
    Question(
        "losses",
        "loss_owner",
        "Who covers a seller's negative balance?",
        "Losses",
        fixed=True,
        options=(
            Option(
                LossOwner.STRIPE,
                "stripe",
                "Stripe",
                "Stripe watches the sellers, and bears what they cannot pay back.",
                "You have no risk team, and sellers are charged directly.",
            ),
            Option(
                LossOwner.PLATFORM,
                "platform",
                "You, the platform",
                "What a seller cannot pay back is taken from you.",
                "You know your sellers, or the charges are yours anyway.",
            ),
        ),
    ),
    Question(
        "accounts",
        "accounts_api",
        "Which Accounts API do you speak?",
        "Accounts API",
        fixed=False,
        options=(
            Option(
                AccountsApi.V2,
                "v2",
                "Accounts v2",
                "One account with configurations: merchant, recipient, customer.",
                "You start now: Stripe points new platforms here.",
            ),
            Option(
                AccountsApi.V1,
                "v1",
                "Accounts v1",
                "An account with controller properties and capabilities.",
                "Your platform already has v1 accounts, or needs what v2 has not yet.",
            ),
        ),
    ),
)


def read(values: Mapping[str, str]) -> tuple[Design, tuple[Unknown, ...]]:
    """The design that an address asks for, and the values in it that nobody knows.

    A question that the address leaves out is answered as this shop does.
    """
    answers: dict[str, Any] = {}
    unknown: list[Unknown] = []
    for question in QUESTIONS:
        value = values.get(question.name)
        option = next((o for o in question.options if o.value == value), None)
        if option is None:
            option = question.chosen(DEFAULT)
            if value:
                unknown.append(Unknown(question, value, option))
        answers[question.field] = option.choice
    return Design(**answers), tuple(unknown)


def address(design: Design) -> dict[str, str]:
    """The parameters that `read` reads back as `design`."""
    return {question.name: question.chosen(design).value for question in QUESTIONS}


def short(design: Design) -> str:
    """A design in one word, for comparing two: `hosted-full-direct-account-stripe-v2`."""
    return "-".join(address(design).values())


def from_short(text: str) -> Design | None:
    """The design that `short` wrote, or None."""
    parts = text.split("-")
    if len(parts) != len(QUESTIONS):
        return None
    design, unknown = read(dict(zip((q.name for q in QUESTIONS), parts, strict=True)))
    return None if unknown or not all(parts) else design


def offers(design: Design, question: Question) -> list[Offer]:
    """Every option of a question, with what would become of `design` if it were taken."""
    return [
        Offer(
            option,
            getattr(design, question.field) is option.choice,
            judge(changed(design, question, option)),
        )
        for option in question.options
    ]


def changed(design: Design, question: Question, option: Option) -> Design:
    """The design with one question answered anew."""
    change: dict[str, Any] = {question.field: option.choice}
    return replace(design, **change)


def ways_out(design: Design, limit: int = 3) -> list[Design]:
    """The designs that can be built and differ least from `design`; allowed ones first.

    Nothing when `design` can be built itself.
    """
    if judge(design).can_be_built:
        return []
    near = sorted(
        (other for other in EVERY if judge(other).can_be_built),
        key=lambda other: (len(differences(design, other)), judge(other).verdict.severity),
    )
    return near[:limit]


def differences(one: Design, other: Design) -> list[Question]:
    """The questions that two designs answer differently."""
    names = {f.name for f in fields(Design) if getattr(one, f.name) is not getattr(other, f.name)}
    return [question for question in QUESTIONS if question.field in names]


def words(design: Design, voice: Voice = ENGLISH) -> str:
    """A design in a line of words: "On Stripe's pages · The Express Dashboard · …"."""
    return " · ".join(voice.say(question.chosen(design).title) for question in QUESTIONS)
