"""The whole answer to a set of choices, as one object, as JSON, and side by side with another.

The rule that bites: the page, the Markdown, the JSON and the prompt must say the same, so all of
them are written from this one `Guide`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.accounts import v1
from marketplace.charges.strategy import Party
from marketplace.design import AccountsApi, Design
from marketplace.design.rules import Judgement, Rule, judge
from marketplace.design.shape import capabilities, configurations, legacy_type, responsibilities
from marketplace.guide import built, code, consequences, money, options
from marketplace.guide.consequences import Endpoint, Liability, Screen
from marketplace.guide.money import Sample
from marketplace.guide.options import Question
from marketplace.guide.requests import Request
from marketplace.guide.steps import Step, steps
from marketplace.ledger import MoneyStory
from marketplace.money import Money

PARTIES = {
    Party.BUYER: "the buyer",
    Party.PLATFORM: "you",
    Party.SELLER: "the seller",
    Party.STRIPE: "Stripe",
}


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything that follows from a design and a sample sale."""

    design: Design
    sample: Sample
    judgement: Judgement
    described_only: Sequence[Question]
    story: MoneyStory
    loss: Money | None
    break_even: Money | None
    liabilities: Sequence[Liability]
    screens: Sequence[Screen]
    webhooks: Sequence[Endpoint]
    settings: Sequence[tuple[str, str]]
    steps: Sequence[Step]

    @property
    def requests(self) -> list[Request]:
        """Every request of every step, in order."""
        return [request for step in self.steps for request in step.requests]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison."""

    title: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        """Whether the two sides say different things."""
        return self.one != self.other


def guide(design: Design, sample: Sample = money.DEFAULT_SAMPLE) -> Guide:
    """Work everything out; pure."""
    return Guide(
        design=design,
        sample=sample,
        judgement=judge(design),
        described_only=built.described_only(design),
        story=money.story(design, sample),
        loss=money.loss(design, sample),
        break_even=money.break_even(design, sample),
        liabilities=consequences.liabilities(design),
        screens=consequences.screens(design),
        webhooks=consequences.webhooks(design),
        settings=settings(design),
        steps=steps(design, sample),
    )


def settings(design: Design) -> list[tuple[str, str]]:
    """What the account is made of, in the words of the chosen API."""
    if design.accounts_api is AccountsApi.V2:
        rows = [("dashboard", design.dashboard.value)]
        rows += [(f"defaults.responsibilities.{k}", v) for k, v in responsibilities(design).items()]
        return [*rows, *((f"configuration.{name}", "applied") for name in configurations(design))]
    told = v1.controller(design)
    rows = [
        ("controller.stripe_dashboard.type", told["stripe_dashboard"]["type"]),
        ("controller.fees.payer", told["fees"]["payer"]),
        ("controller.losses.payments", told["losses"]["payments"]),
        ("controller.requirement_collection", told["requirement_collection"]),
    ]
    rows += [(f"capabilities.{name}", "needed") for name in capabilities(design)]
    return [*rows, ("legacy type", legacy_type(design) or "none: it never existed")]


def as_json(it: Guide) -> dict[str, Any]:
    """The guide as data."""
    return {
        "design": options.address(it.design),
        "verdict": it.judgement.verdict.value,
        "rules": [_rule(rule) for rule in it.judgement.rules],
        "runs_here": not it.described_only,
        "described_only": [question.name for question in it.described_only],
        "account": dict(it.settings),
        "money": _money(it),
        "liabilities": [
            {"what": row.title, "who": row.party.value, "how": row.how} for row in it.liabilities
        ],
        "screens": [
            {"title": row.title, "why": row.why, "component": row.component} for row in it.screens
        ],
        "steps": [_step(step) for step in it.steps],
        "requests": [_request(request) for request in it.requests],
        "webhooks": [
            {"title": row.title, "payload": row.payload, "types": list(row.types)}
            for row in it.webhooks
        ],
    }


def compare(one: Guide, other: Guide) -> list[Row]:
    """Two guides, line by line."""
    rows = [
        Row(q.short, q.chosen(one.design).title, q.chosen(other.design).title)
        for q in options.QUESTIONS
    ]
    rows.append(Row("Verdict", one.judgement.verdict.value, other.judgement.verdict.value))
    rows.append(Row("Against it", _obstacles(one), _obstacles(other)))
    for party, name in PARTIES.items():
        held = [str(it.story.of(party).amounts[0]) for it in (one, other)]
        rows.append(Row(f"Sample sale: {name}", *held))
    pairs = zip(one.liabilities, other.liabilities, strict=True)
    rows += [Row(a.title, PARTIES[a.party], PARTIES[b.party]) for a, b in pairs]
    rows.append(Row("Screens you owe", _titles(one.screens), _titles(other.screens)))
    rows.append(Row("Webhook endpoints", _titles(one.webhooks), _titles(other.webhooks)))
    rows.append(Row("This shop runs it", _runs(one), _runs(other)))
    return rows


def _obstacles(it: Guide) -> str:
    return "; ".join(rule.title for rule in it.judgement.obstacles) or "nothing"


def _titles(rows: Sequence[Screen] | Sequence[Endpoint]) -> str:
    return "; ".join(row.title for row in rows)


def _runs(it: Guide) -> str:
    return "yes" if not it.described_only else "described only"


def _rule(rule: Rule) -> dict[str, str]:
    return {
        "id": rule.id,
        "title": rule.title,
        "why": rule.why,
        "verdict": rule.verdict.value,
        "enforced": rule.enforced.value,
        "confidence": rule.confidence.value,
        "source": rule.source,
        "dated": rule.dated,
    }


def _money(it: Guide) -> dict[str, Any]:
    return {
        "currency": it.sample.total.currency,
        "total": it.sample.total.amount,
        "commission": it.sample.commission.amount,
        "stripe_fee_is_an_estimate": True,
        "movements": [
            {
                "kind": step.kind.value,
                "from": step.payer.value,
                "to": step.payee.value,
                "amount": step.money.amount if step.money else None,
            }
            for step in it.story.movements
        ],
        "holdings": {row.party.value: row.amounts[0].amount for row in it.story.holdings},
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "wording": step.wording,
        "do": list(step.do),
        "page": step.page,
        "built": step.built,
        "modules": list(step.modules),
        "events": list(step.events),
        "commands": list(step.commands),
        "requests": [request.sdk for request in step.requests],
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "says": request.says,
        "method": request.method,
        "path": request.path,
        "sdk": f"stripe.{request.sdk}",
        "stripe_account": request.account,
        "params": request.params,
        "python": code.python(request),
    }
