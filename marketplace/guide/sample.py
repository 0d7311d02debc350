"""The sale that a guide looks at: an amount, the terms of the commission, and how it is passed on.

The rule that bites: an address is typed and mailed, so whatever it says is answered; what cannot be
read is named and replaced by the usual, and the rest of the address is kept.
https://docs.stripe.com/connect/charges
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.accounts import countries
from marketplace.charges import fees
from marketplace.charges.fees import Terms
from marketplace.design.passing import Split
from marketplace.guide.voice import ENGLISH, Voice
from marketplace.money import Money, NotAnAmount, can_be_charged, exponent, minimum_charge

MOST_BPS = 5000
USUAL_BPS = 1000
YES = "yes"
# Its names in an address.
NAMES = ("amount", "commission", "fixed", "least", "most", "country", "split", "on_behalf_of")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sale to look at: its total, the commission's terms, the seller's country.

    `split` and `on_behalf_of` concern destination charges only.
    """

    total: Money
    terms: Terms
    country: str
    split: Split = Split.APPLICATION_FEE
    on_behalf_of: bool = False

    @property
    def commission(self) -> Money:
        """What the platform keeps, if all of it is one seller's."""
        return fees.agreed(self.total, self.terms)

    @property
    def percent(self) -> str:
        """The percentage as people type it: "10" or "7.5"."""
        return f"{self.terms.bps / 100:g}"

    def typed(self, name: str) -> str:
        """The fixed part, the minimum or the maximum, as people type it; "" where there is none."""
        amount = getattr(self.terms, name)
        return Money(amount, self.total.currency).typed() if amount else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an address that could not be read: a sentence, and what to fill in."""

    sentence: str
    values: Mapping[str, str]

    def told(self, voice: Voice = ENGLISH) -> str:
        """The complaint in a language."""
        field = self.values.get("field")
        named = {"field": voice.say(field)} if field else {}
        return voice.tell(self.sentence, **{**self.values, **named})


USUAL = Sample(Money(10_000, "usd"), Terms(USUAL_BPS), "US")


def read(values: Mapping[str, str]) -> tuple[Sample, tuple[Fault, ...]]:
    """The sample that an address asks for, and what of it could not be read.

    Amounts are in the currency of the country.
    """
    faults: list[Fault] = []
    country = values.get("country", USUAL.country).upper()
    if country not in countries.OFFERED:
        sentence = "No shop can be opened in “{country}” here; the United States are used."
        faults.append(Fault(sentence, {"country": country[:20]}))
        country = USUAL.country
    currency = countries.currency(country)
    split = values.get("split") == Split.TRANSFER_AMOUNT.value
    sample = Sample(
        _total(values.get("amount", ""), currency, faults),
        Terms(
            _bps(values.get("commission", ""), faults),
            _amount(values, "fixed", currency, faults) or 0,
            _amount(values, "least", currency, faults),
            _amount(values, "most", currency, faults),
        ),
        country,
        Split.TRANSFER_AMOUNT if split else Split.APPLICATION_FEE,
        values.get("on_behalf_of") == YES,
    )
    return sample, tuple(faults)


LABELS = {"fixed": "A fixed part", "least": "At least", "most": "At most"}


def _amount(values: Mapping[str, str], name: str, currency: str, faults: list[Fault]) -> int | None:
    """One of the terms in minor units; None where nothing was typed."""
    text = values.get(name, "")
    try:
        return Money.parse(text, currency).amount if text else None
    except NotAnAmount:
        sentence = "{field}: write digits, with a point before the decimals, like {example}."
        example = _usual(currency).percent(USUAL_BPS // 10).typed()
        faults.append(Fault(sentence, {"field": LABELS[name], "example": example}))
        return None


def _total(text: str, currency: str, faults: list[Fault]) -> Money:
    usual = _usual(currency)
    if not text:
        return usual
    try:
        total = Money.parse(text, currency)
    except NotAnAmount:
        sentence = "{field}: write digits, with a point before the decimals, like {example}."
        faults.append(Fault(sentence, {"field": "Amount", "example": usual.typed()}))
        return usual
    if not can_be_charged(total):
        sentence = "Amount: Stripe cannot charge {amount} {currency}."
        typed = {"amount": total.typed(), "currency": currency.upper()}
        faults.append(Fault(sentence, typed))
        return usual
    return total


def _usual(currency: str) -> Money:
    """A hundred of a currency, or five thousand where a hundred is next to nothing."""
    hundred = Money(100 * 10 ** exponent(currency), currency)
    least = minimum_charge(currency)
    return hundred.times(50) if least is not None and hundred < least.times(20) else hundred


def _bps(text: str, faults: list[Fault]) -> int:
    if not text:
        return USUAL_BPS
    try:
        bps = Money.parse(text, "usd").amount  # hundredths of a percent, read like cents
    except NotAnAmount:
        bps = MOST_BPS + 1
    if bps > MOST_BPS:
        faults.append(Fault("Commission: write a percentage from 0 to 50, like 7.5.", {}))
        return USUAL_BPS
    return bps
