"""Every sentence that a guide can say, for whoever translates it.

Found by listening: all guides are told once to a voice that writes down what it is asked for. The
rule that bites: a sentence that no design says is not asked for either, so whatever only the page
shows (why to take an option, the table's headings) is named here.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from marketplace.design import DEFAULT, EVERY, AccountsApi
from marketplace.design.rules import RULES, Confidence, Enforced, Verdict
from marketplace.guide import atlas, business, money, options, prompt, report, sample
from marketplace.guide.report import PARTIES, Guide
from marketplace.guide.voice import Voice

ODD = (
    "amount=lots",
    "amount=0.01",
    "commission=lots",
    "country=nowhere",
    *(f"{name}=lots" for name in sample.LABELS),
)

# A country of which no price is known, and which the guide does not offer.
NOWHERE = "AQ"


@cache
def sentences() -> tuple[str, ...]:
    """All of them, each once, sorted."""
    heard: set[str] = set()

    def listen(sentence: str) -> str:
        heard.add(sentence)
        return sentence

    voice = Voice(listen, "en_US")
    for design in EVERY:
        _tell(report.guide(design, sample.USUAL, voice))
    money.pricing(replace(sample.USUAL, country=NOWHERE), voice)
    for odd in ODD:
        name, value = odd.split("=")
        for fault in sample.read({name: value})[1]:
            fault.told(voice)
    return tuple(sorted(heard | set(_on_the_page())))


def _tell(it: Guide) -> None:
    """Say a guide in each of its forms."""
    prompt.markdown(it)
    report.as_json(it)
    report.compare(it, report.guide(DEFAULT, voice=it.voice))
    if it.judgement.can_be_built:
        prompt.prompt(it)


def _on_the_page() -> Iterator[str]:
    for question in options.QUESTIONS:
        yield from (question.title, question.short)
        for option in question.options:
            yield from (option.title, option.means, option.when)
    for rule in RULES:
        yield from (rule.title, rule.why, rule.dated)
    for words in (Verdict, Enforced):
        yield from (word.sentence for word in words)
    yield from (word.value for words in (Verdict, Confidence) for word in words)
    yield from (text for preset in atlas.PRESETS for text in (preset.title, preset.says))
    yield from atlas.WORDS.values()
    yield from business.texts()
    yield from (party.value for party in PARTIES)
    yield from PARTIES.values()
    for api in AccountsApi:
        for line in atlas.table(api):
            yield from (line.fee_payer.value, line.loss_owner.value)
