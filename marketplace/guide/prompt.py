"""The guide as text: Markdown for people, and a prompt for a language model.

The rule that bites: a model fills gaps with what it read years ago, so the prompt gives it the
exact requests, names the version they belong to, and says what not to do. There is none for a
design that Stripe refuses or has to open first: it would be followed.
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Iterator

import stripe

from marketplace.charges.strategy import Party
from marketplace.design import ChargeType, Dashboard, LossOwner, Onboarding
from marketplace.design.rules import Verdict
from marketplace.errors import Conflict
from marketplace.guide import code, options
from marketplace.guide.report import PARTIES, Guide
from marketplace.guide.steps import Step


def markdown(it: Guide) -> str:
    """The guide as a Markdown page."""
    return "\n".join(_page(it)) + "\n"


def prompt(it: Guide) -> str:
    """A prompt that asks for an integration of this design.

    Raises Conflict for a design that cannot be built, naming the rule.
    """
    if not it.judgement.can_be_built:
        worst = it.judgement.obstacles[0]
        raise Conflict(f"There is no prompt for this design: {worst.title} ({worst.id}).")
    return "\n".join(_prompt(it)) + "\n"


def _page(it: Guide) -> Iterator[str]:
    yield "# Stripe Connect: your integration\n"
    yield from _choices(it)
    yield f"\n**Verdict: {it.judgement.verdict.value}.** {it.judgement.verdict.sentence}\n"
    yield from _rules(it)
    yield "\n## The money of a sample sale\n"
    yield from _money(it)
    yield "\n## Who bears what\n"
    yield "| what | who | how |\n|---|---|---|"
    yield from (f"| {row.title} | {PARTIES[row.party]} | {row.how} |" for row in it.liabilities)
    yield "\n## Screens you owe the seller\n"
    yield from (_screen(row.title, row.why, row.component) for row in it.screens)
    yield from _webhooks(it)
    for number, step in enumerate(it.steps, 1):
        yield f"\n## {number}. {step.title}\n"
        yield from _step(step)
        here = "This shop does it" if step.built else "Not built here yet"
        yield f"\n{here}: " + ", ".join(f"`{name}`" for name in step.modules) + "."
        whose = "Stripe's guide" if step.wording == "Stripe" else "us"
        yield f"Stripe's page: {step.page} (the title of this step is by {whose})."


def _prompt(it: Guide) -> Iterator[str]:
    yield "# Task\n"
    yield "Build a Stripe Connect integration of exactly this design. Do not change its choices.\n"
    yield from _choices(it)
    yield f"\n# Ground\n\n- Python with the `stripe` package {stripe.VERSION}, called through"
    yield "  `StripeClient`: `stripe = StripeClient(key)`, then `stripe.v1.…` and `stripe.v2.…`."
    yield f"- API version {stripe.api_version}. Do not use the parameter `type` of accounts."
    yield "- Amounts are integers in the currency's smallest unit, and never come from the browser."
    yield "- Every POST that may be repeated has an idempotency key made from a committed row."
    yield "- Capitals such as ORDER or acct_SELLER stand for values of yours.\n"
    yield "# Rules of this design\n"
    yield from _rules(it)
    yield from (f"- {line}" for line in _traps(it))
    yield from _webhooks(it)
    for number, step in enumerate(it.steps, 1):
        yield f"\n# Step {number}: {step.title}\n"
        yield from _step(step)
        yield f"\nReference: {step.page}"
    yield "\n# Screens to build\n"
    yield from (_screen(row.title, row.why, row.component) for row in it.screens)
    yield "\n# Done when\n"
    yield from (f"- {line}" for line in _checks(it))


def _choices(it: Guide) -> Iterator[str]:
    for question in options.QUESTIONS:
        option = question.chosen(it.design)
        yield f"- {question.short}: **{option.title}** (`{question.name}={option.value}`)"
    yield from (f"- `{name}`: `{value}`" for name, value in it.settings)


def _rules(it: Guide) -> Iterator[str]:
    for rule in it.judgement.rules:
        kind = "note" if rule.verdict is Verdict.ALLOWED else rule.verdict.value
        told = f"- {rule.title} (`{rule.id}`, {kind}): {rule.why}"
        yield f"{told} Source: {rule.source} ({rule.dated}; confidence {rule.confidence.value})."


def _money(it: Guide) -> Iterator[str]:
    yield f"A sale of {it.sample.total} with a commission of {it.sample.percent} %:\n"
    yield "| movement | amount |\n|---|---|"
    for step in it.story.movements:
        yield f"| {step.sentence} | {step.money or 'not known'} |"
    held = (f"{row.name}: {row.amounts[0]}" for row in it.story.holdings)
    yield "\nAfterwards: " + "; ".join(held) + ". Stripe's fee is an estimate."


def _webhooks(it: Guide) -> Iterator[str]:
    yield "\n## Webhooks\n"
    for row in it.webhooks:
        yield f"- {row.title} ({row.payload}): " + ", ".join(f"`{name}`" for name in row.types)


def _screen(title: str, why: str, component: str | None) -> str:
    return f"- {title}: {why}" + (f" Component `{component}`." if component else "")


def _step(step: Step) -> Iterator[str]:
    yield from (f"- {line}" for line in step.do)
    for request in step.requests:
        yield f"\n{request.says} (`{code.http(request)}`):\n"
        yield f"```python\n{code.python(request)}\n```"
    if step.events:
        yield "\nEvents: " + ", ".join(f"`{name}`" for name in step.events)


def _traps(it: Guide) -> Iterator[str]:
    """What goes wrong in integrations of this kind."""
    yield "Never take an account id, an amount or a fee from the request of a browser."
    yield "Never fulfil on `checkout.session.completed` with `payment_status=unpaid`."
    yield "Never believe the return address: read the object from Stripe."
    if it.design.charge_type is ChargeType.DIRECT:
        yield "Every call about a payment carries the seller's account, refunds included."
    if it.design.charge_type is ChargeType.SEPARATE:
        yield "Never transfer without `source_transaction`; never use `application_fee_amount`."
    if it.design.onboarding is Onboarding.HOSTED:
        yield "Never mail or keep an onboarding link: it opens once."
    if it.design.dashboard is Dashboard.EXPRESS:
        yield "Never keep a login link: it signs in whoever holds it."


def _checks(it: Guide) -> Iterator[str]:
    """What a person can try."""
    yield "A seller who leaves onboarding early comes back and sees what is still due."
    yield "The same event twice, and two events in the wrong order, change nothing twice."
    held = ", ".join(f"{PARTIES[row.party]} {row.amounts[0]}" for row in it.story.holdings)
    yield f"A sale of {it.sample.total}, commission {it.sample.percent} %, leaves: {held}."
    refund, dispute = (PARTIES[party] for party in _taken(it))
    yield f"A refund is taken from {refund}, a dispute from {dispute}."
    if it.design.loss_owner is LossOwner.PLATFORM:
        yield "A seller whose balance goes negative is shown to the operator."


def _taken(it: Guide) -> tuple[Party, Party]:
    return it.story.roles.refund_is_taken_from, it.story.roles.dispute_is_taken_from
