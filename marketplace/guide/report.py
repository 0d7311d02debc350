"""The whole answer to a set of choices, as one object, as JSON, and side by side with another.

The rule that bites: the page, the Markdown, the JSON and the prompt must say the same, so all of
them are written from this one `Guide`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from marketplace.accounts import v1
from marketplace.charges.fees import Coverage
from marketplace.charges.strategy import Party
from marketplace.design import AccountsApi, Design
from marketplace.design.rules import Judgement, Rule, judge
from marketplace.design.shape import capabilities, configurations, legacy_type, responsibilities
from marketplace.guide import built, code, consequences, money, options
from marketplace.guide.consequences import Endpoint, Liability, Screen
from marketplace.guide.options import Question
from marketplace.guide.requests import Request
from marketplace.guide.sample import USUAL, Sample
from marketplace.guide.steps import Step, steps
from marketplace.guide.voice import ENGLISH, Voice
from marketplace.ledger import MoneyStory
from marketplace.money import Money

PARTIES = {
    Party.BUYER: "the buyer",
    Party.PLATFORM: "you",
    Party.SELLER: "the seller",
    Party.STRIPE: "Stripe",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that an account is made with, in the words of its API."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything that follows from a design and a sample sale.

    Its sentences are English, but for the story's and `pricing`, which have values filled in; those
    are in the language of `voice`, which translates the others.
    """

    voice: Voice
    design: Design
    sample: Sample
    judgement: Judgement
    described_only: Sequence[Question]
    story: MoneyStory
    pricing: str
    commission: Money
    loss: Money | None
    covered: Coverage | None
    liabilities: Sequence[Liability]
    screens: Sequence[Screen]
    webhooks: Sequence[Endpoint]
    settings: Sequence[Setting]
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


def guide(design: Design, sample: Sample = USUAL, voice: Voice = ENGLISH) -> Guide:
    """Work everything out; pure."""
    return Guide(
        voice=voice,
        design=design,
        sample=sample,
        judgement=judge(design),
        described_only=built.described_only(design),
        story=money.story(design, sample, voice),
        pricing=money.pricing(sample, voice),
        commission=money.commission(design, sample),
        loss=money.loss(design, sample),
        covered=money.coverage(design, sample),
        liabilities=consequences.liabilities(design),
        screens=consequences.screens(design),
        webhooks=consequences.webhooks(design),
        settings=settings(design),
        steps=steps(design, sample),
    )


def settings(design: Design) -> list[Setting]:
    """What the account is made of, in the words of the chosen API."""
    if design.accounts_api is AccountsApi.V2:
        shares = responsibilities(design).items()
        return [
            Setting("dashboard", design.dashboard.value),
            *(Setting(f"defaults.responsibilities.{name}", value) for name, value in shares),
            *(Setting("applied_configurations[]", name) for name in configurations(design)),
        ]
    told = v1.controller(design)
    return [
        Setting("controller.stripe_dashboard.type", told["stripe_dashboard"]["type"]),
        Setting("controller.fees.payer", told["fees"]["payer"]),
        Setting("controller.losses.payments", told["losses"]["payments"]),
        Setting("controller.requirement_collection", told["requirement_collection"]),
        *(Setting(f"capabilities.{name}.requested", "true") for name in capabilities(design)),
        Setting("type", legacy_type(design) or "none"),
    ]


def as_json(it: Guide) -> dict[str, Any]:
    """The guide as data; sentences are in the guide's language, names are Stripe's and ours."""
    say = it.voice.say
    return {
        "design": options.address(it.design),
        "verdict": it.judgement.verdict.value,
        "sentence": say(it.judgement.verdict.sentence),
        "rules": [_rule(rule, say) for rule in it.judgement.rules],
        "runs_here": not it.described_only,
        "described_only": [question.name for question in it.described_only],
        "account": [{"name": row.name, "value": row.value} for row in it.settings],
        "money": _money(it),
        "liabilities": [
            {"what": say(row.title), "who": row.party.value, "how": say(row.how)}
            for row in it.liabilities
        ],
        "screens": [
            {"title": say(row.title), "why": say(row.why), "component": row.component}
            for row in it.screens
        ],
        "steps": [_step(step, say) for step in it.steps],
        "requests": [_request(request, say) for request in it.requests],
        "webhooks": [
            {
                "title": say(row.title),
                "about": say(row.about),
                "payload": row.payload,
                "types": list(row.types),
            }
            for row in it.webhooks
        ],
    }


def compare(one: Guide, other: Guide) -> list[Row]:
    """Two guides, line by line, in the language of the first."""
    say = one.voice.say
    rows = [
        Row(say(q.short), say(q.chosen(one.design).title), say(q.chosen(other.design).title))
        for q in options.QUESTIONS
    ]
    verdicts = [say(it.judgement.verdict.value) for it in (one, other)]
    rows.append(Row(say("Verdict"), *verdicts))
    rows.append(Row(say("Against it"), _obstacles(one), _obstacles(other)))
    for party, name in PARTIES.items():
        held = [one.voice.money(it.story.of(party).amounts[0]) for it in (one, other)]
        rows.append(Row(one.voice.tell("Sample sale: {party}", party=say(name)), *held))
    pairs = zip(one.liabilities, other.liabilities, strict=True)
    rows += [Row(say(a.title), say(PARTIES[a.party]), say(PARTIES[b.party])) for a, b in pairs]
    screens = [_titles(it, [row.title for row in it.screens]) for it in (one, other)]
    endpoints = [_titles(it, [row.title for row in it.webhooks]) for it in (one, other)]
    rows.append(Row(say("Screens you owe"), *screens))
    rows.append(Row(say("Webhook endpoints"), *endpoints))
    rows.append(Row(say("This shop runs it"), _runs(one), _runs(other)))
    return rows


def _obstacles(it: Guide) -> str:
    say = it.voice.say
    return _titles(it, [rule.title for rule in it.judgement.obstacles]) or say("nothing")


def _titles(it: Guide, titles: Sequence[str]) -> str:
    return "; ".join(it.voice.say(title) for title in titles)


def _runs(it: Guide) -> str:
    return it.voice.say("yes" if not it.described_only else "described only")


def _rule(rule: Rule, say: Callable[[str], str]) -> dict[str, str]:
    return {
        "id": rule.id,
        "title": say(rule.title),
        "why": say(rule.why),
        "verdict": rule.verdict.value,
        "enforced": rule.enforced.value,
        "confidence": rule.confidence.value,
        "source": rule.source,
        "dated": say(rule.dated),
    }


def _money(it: Guide) -> dict[str, Any]:
    return {
        "currency": it.sample.total.currency,
        "total": it.sample.total.amount,
        "commission": it.commission.amount,
        "split": it.sample.split.value,
        "on_behalf_of": it.sample.on_behalf_of,
        "loss": it.loss.amount if it.loss else None,
        "stripe_fee_is_an_estimate": True,
        "stripe_price": asdict(price) if (price := money.price(it.sample)) else None,
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


def _step(step: Step, say: Callable[[str], str]) -> dict[str, Any]:
    return {
        "title": say(step.title),
        "wording": step.wording,
        "do": [say(line) for line in step.do],
        "page": step.page,
        "built": step.built,
        "standing": say(step.standing),
        "modules": list(step.here),
        "events": list(step.events),
        "commands": list(step.commands),
        "requests": [request.sdk for request in step.requests],
    }


def _request(request: Request, say: Callable[[str], str]) -> dict[str, Any]:
    return {
        "says": say(request.says),
        "method": request.method,
        "path": request.path,
        "sdk": f"stripe.{request.sdk}",
        "stripe_account": request.account,
        "params": request.params,
        "python": code.python(request),
    }
