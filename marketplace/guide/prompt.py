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
from marketplace.guide.consequences import Screen
from marketplace.guide.report import PARTIES, Guide
from marketplace.guide.steps import Step
from marketplace.guide.voice import Voice


def markdown(it: Guide) -> str:
    """The guide as a Markdown page."""
    return "\n".join(_page(it, it.voice)) + "\n"


def prompt(it: Guide) -> str:
    """A prompt that asks for an integration of this design.

    Raises Conflict for a design that cannot be built, naming the rule.
    """
    if not it.judgement.can_be_built:
        worst = it.judgement.obstacles[0]
        title = it.voice.say(worst.title)
        sentence = "There is no prompt for this design: {title} ({rule})."
        raise Conflict(it.voice.tell(sentence, title=title, rule=worst.id))
    return "\n".join(_prompt(it, it.voice)) + "\n"


def _page(it: Guide, voice: Voice) -> Iterator[str]:
    say = voice.say
    verdict = it.judgement.verdict
    yield f"# {say('Stripe Connect: your integration')}\n"
    yield from _choices(it, voice)
    yield f"\n**{say('Verdict')}: {say(verdict.value)}.** {say(verdict.sentence)}\n"
    yield from _rules(it, voice)
    yield f"\n## {say('The money of a sample sale')}\n"
    yield from _money(it, voice)
    yield f"\n## {say('Who bears what')}\n"
    yield f"| {say('What')} | {say('Who')} | {say('How')} |\n|---|---|---|"
    for row in it.liabilities:
        yield f"| {say(row.title)} | {say(PARTIES[row.party])} | {say(row.how)} |"
    yield f"\n## {say('Screens you owe the seller')}\n"
    yield from (_screen(row, voice) for row in it.screens)
    yield from _webhooks(it, voice)
    for number, step in enumerate(it.steps, 1):
        yield f"\n## {number}. {say(step.title)}\n"
        yield from _step(step, voice)
        modules = ", ".join(f"`{name}`" for name in step.here)
        yield f"\n**{say(step.standing)}** {modules}".rstrip()
        yield f"{say('Try:')} " + ", ".join(f"`{command}`" for command in step.commands)
        whose = say("its title for this step") if step.wording == "Stripe" else say("our title")
        page = say("Stripe's page")
        yield f"{page}: {step.page} ({whose})"


def _prompt(it: Guide, voice: Voice) -> Iterator[str]:
    say = voice.say
    yield f"# {say('Task')}\n"
    yield say(
        "Build a Stripe Connect integration of exactly this design. Do not change its choices."
    )
    yield ""
    yield from _choices(it, voice)
    yield f"\n# {say('Ground')}\n"
    yield from (f"- {line}" for line in _ground(voice))
    yield f"\n# {say('Rules of this design')}\n"
    yield from _rules(it, voice)
    yield from (f"- {say(line)}" for line in _traps(it))
    yield from _webhooks(it, voice)
    for number, step in enumerate(it.steps, 1):
        yield f"\n# {voice.tell('Step {number}: {title}', number=number, title=say(step.title))}\n"
        yield from _step(step, voice)
        yield f"\n{say('Reference')}: {step.page}"
    yield f"\n# {say('Screens to build')}\n"
    yield from (_screen(row, voice) for row in it.screens)
    yield f"\n# {say('Done when')}\n"
    yield from (f"- {line}" for line in _checks(it, voice))


def _ground(voice: Voice) -> Iterator[str]:
    """What holds for every design."""
    yield voice.tell(
        "Python with the `stripe` package {version}, called through `StripeClient`: "
        "`stripe = StripeClient(key)`, then `stripe.v1.…` and `stripe.v2.…`.",
        version=stripe.VERSION,
    )
    yield voice.tell(
        "API version {version}. Do not use the parameter `type` of accounts.",
        version=stripe.api_version,
    )
    yield voice.say(
        "Amounts are integers in the currency's smallest unit, and never come from the browser."
    )
    yield voice.say(
        "Every POST that may be repeated has an idempotency key made from a committed row."
    )
    yield voice.say("Capitals such as ORDER or acct_SELLER stand for values of yours.")


def _choices(it: Guide, voice: Voice) -> Iterator[str]:
    for question in options.QUESTIONS:
        option = question.chosen(it.design)
        short, title = voice.say(question.short), voice.say(option.title)
        yield f"- {short}: **{title}** (`{question.name}={option.value}`)"
    yield from (f"- `{row.name}`: `{row.value}`" for row in it.settings)


def _rules(it: Guide, voice: Voice) -> Iterator[str]:
    say = voice.say
    for rule in it.judgement.rules:
        kind = say("note" if rule.verdict is Verdict.ALLOWED else rule.verdict.value)
        told = f"- {say(rule.title)} (`{rule.id}`, {kind}): {say(rule.why)}"
        source = voice.tell(
            "Source: {source} ({dated}; confidence: {degree}).",
            source=rule.source,
            dated=say(rule.dated),
            degree=say(rule.confidence.value),
        )
        yield f"{told} {source}"


def _money(it: Guide, voice: Voice) -> Iterator[str]:
    say = voice.say
    yield voice.tell(
        "A sale of {total} with a commission of {commission}:",
        total=voice.money(it.sample.total),
        commission=voice.money(it.commission),
    )
    yield f"\n| {say('Step')} | {say('Amount')} |\n|---|---|"
    for step in it.story.movements:
        shown = voice.money(step.money) if step.money else say("not known yet")
        yield f"| {step.sentence} | {shown} |"
    held = "; ".join(f"{row.name}: {voice.money(row.amounts[0])}" for row in it.story.holdings)
    yield "\n" + voice.tell("Afterwards: {held}. {pricing}", held=held, pricing=it.pricing)


def _webhooks(it: Guide, voice: Voice) -> Iterator[str]:
    yield f"\n## {voice.say('Webhooks')}\n"
    for row in it.webhooks:
        names = ", ".join(f"`{name}`" for name in row.types)
        yield f"- **{voice.say(row.title)}**: {voice.say(row.about)} {names}"


def _screen(row: Screen, voice: Voice) -> str:
    told = f"- {voice.say(row.title)}: {voice.say(row.why)}"
    return f"{told} `{row.component}`" if row.component else told


def _step(step: Step, voice: Voice) -> Iterator[str]:
    yield from (f"- {voice.say(line)}" for line in step.do)
    for request in step.requests:
        yield f"\n{voice.say(request.says)} (`{code.http(request)}`):\n"
        yield f"```python\n{code.python(request)}\n```"
    if step.events:
        yield f"\n{voice.say('Events:')} " + ", ".join(f"`{name}`" for name in step.events)


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


def _checks(it: Guide, voice: Voice) -> Iterator[str]:
    """What a person can try."""
    yield voice.say("A seller who leaves onboarding early comes back and sees what is still due.")
    yield voice.say(
        "The same event twice, and two events in the wrong order, change nothing twice."
    )
    yield voice.tell(
        "A sale of {total}, commission {commission}, leaves: {held}.",
        total=voice.money(it.sample.total),
        commission=voice.money(it.commission),
        held=", ".join(
            f"{voice.say(PARTIES[row.party])} {voice.money(row.amounts[0])}"
            for row in it.story.holdings
        ),
    )
    refund, dispute = (voice.say(PARTIES[party]) for party in _taken(it))
    yield voice.tell(
        "A refund is taken from {refund}, a dispute from {dispute}.", refund=refund, dispute=dispute
    )
    if it.design.loss_owner is LossOwner.PLATFORM:
        yield voice.say("A seller whose balance goes negative is shown to the operator.")


def _taken(it: Guide) -> tuple[Party, Party]:
    return it.story.roles.refund_is_taken_from, it.story.roles.dispute_is_taken_from
