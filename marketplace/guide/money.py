"""A sample sale under a design: what moves, and who ends up with what.

The same commission and the same estimate of Stripe's fee that the shop computes with. The rule that
bites: where the charge is made decides whom Stripe bills. On direct charges that is whoever the
account says; on the two others it is the platform, whatever the account says.
https://docs.stripe.com/connect/charges
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from marketplace import charges
from marketplace.accounts import countries
from marketplace.charges import fees
from marketplace.charges.strategy import Deal, Kind, Party, Planned, Share
from marketplace.design import ChargeType, Design
from marketplace.guide.consequences import roles
from marketplace.guide.voice import ENGLISH, Voice
from marketplace.ledger import Holding, MoneyStory, Movement
from marketplace.money import Money, NotAnAmount, can_be_charged, exponent, minimum_charge

NAMES = {
    Party.BUYER: "Buyer",
    Party.PLATFORM: "Platform",
    Party.SELLER: "Seller",
    Party.STRIPE: "Stripe",
}
SENTENCES = {
    Kind.CHARGE: "The buyer pays the {payee}.",
    Kind.STRIPE_FEE: "Stripe takes its fee from the {payer}.",
    Kind.TRANSFER: "The {payer} passes money on to the {payee}.",
    Kind.APPLICATION_FEE: "The {payee} takes its commission from the {payer}.",
}
MOST_BPS = 5000
# Separate charges are there for baskets of several sellers, so the sample has two.
BASKET = (7, 3)
NTH = ("first seller", "second seller")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sale to look at: its total, the commission in basis points, the seller's country."""

    total: Money
    bps: int
    country: str

    @property
    def commission(self) -> Money:
        """What the platform keeps."""
        return fees.commission(self.total, self.bps, 0)

    @property
    def percent(self) -> str:
        """The commission as people type it: "10" or "7.5"."""
        return f"{self.bps / 100:g}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an address that could not be read: a sentence, and what to fill in."""

    sentence: str
    values: Mapping[str, str]

    def told(self, voice: Voice = ENGLISH) -> str:
        """The complaint in a language."""
        return voice.tell(self.sentence, **self.values)


DEFAULT_SAMPLE = Sample(Money(10_000, "usd"), 1000, "US")


def read(values: Mapping[str, str]) -> tuple[Sample, tuple[Fault, ...]]:
    """The sample that an address asks for (`amount`, `commission`, `country`), and complaints.

    The amount is in the currency of the country. What cannot be read is replaced by the default.
    """
    faults: list[Fault] = []
    country = values.get("country", "US").upper()
    if country not in countries.OFFERED:
        sentence = "No shop can be opened in “{country}” here; the United States are used."
        faults.append(Fault(sentence, {"country": country[:20]}))
        country = "US"
    total = _total(values.get("amount", ""), countries.currency(country), faults)
    return Sample(total, _bps(values.get("commission", ""), faults), country), tuple(faults)


def _total(text: str, currency: str, faults: list[Fault]) -> Money:
    usual = _usual(currency)
    if not text:
        return usual
    try:
        total = Money.parse(text, currency)
    except NotAnAmount:
        sentence = "Amount: write digits, with a point before the decimals, like {example}."
        faults.append(Fault(sentence, {"example": usual.typed()}))
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
        return DEFAULT_SAMPLE.bps
    try:
        bps = Money.parse(text, "usd").amount  # hundredths of a percent, read like cents
    except NotAnAmount:
        bps = MOST_BPS + 1
    if bps > MOST_BPS:
        faults.append(Fault("Commission: write a percentage from 0 to 50, like 7.5.", {}))
        return DEFAULT_SAMPLE.bps
    return bps


def plan(design: Design, total: Money, commission: Money) -> list[Planned]:
    """The movements of a sale of `total`; Stripe's fee is None where there is no estimate."""
    fee = fees.estimate(total)
    if design.charge_type is not ChargeType.SEPARATE:
        deal = Deal([Share(0, total, commission)], fee, design.fee_payer)
        return charges.of(design.charge_type).plan(deal)
    billed = Planned(Kind.STRIPE_FEE, Party.PLATFORM, Party.STRIPE, fee)
    paid = Planned(Kind.CHARGE, Party.BUYER, Party.PLATFORM, total)
    passed = [
        Planned(Kind.TRANSFER, Party.PLATFORM, Party.SELLER, share)
        for share in shares(total, commission)
    ]
    return [paid, billed, *passed]


def shares(total: Money, commission: Money) -> list[Money]:
    """What two sellers get of a basket under separate charges; one, of the smallest basket."""
    return [share for share in (total - commission).allocate(BASKET) if share]


def story(design: Design, sample: Sample, voice: Voice = ENGLISH) -> MoneyStory:
    """The money story of the sample sale, drawn and tabled like that of a real order."""
    planned = plan(design, sample.total, sample.commission)
    several = design.charge_type is ChargeType.SEPARATE
    turn = iter(NTH if several else ())
    movements = [
        Movement(
            step.kind,
            step.payer,
            step.payee,
            step.money,
            step.money,
            expected=False,
            sentence=_sentence(step, turn, voice),
        )
        for step in planned
    ]
    held = holdings(planned, sample.total.currency)
    return MoneyStory(
        total=sample.total,
        movements=movements,
        holdings=[
            Holding(party, voice.say(name), [held[party]], available_on=None, expected=False)
            for party, name in (NAMES | ({Party.SELLER: "Sellers"} if several else {})).items()
        ],
        roles=roles(design),
        expected=False,
        over=False,
    )


def _sentence(step: Planned, turn: Iterator[str], voice: Voice) -> str:
    """A movement in words; of several transfers each has its own seller."""
    payee = step.payee.value
    if step.kind is Kind.TRANSFER:
        payee = next(turn, payee)
    payer, payee = voice.say(step.payer.value), voice.say(payee)
    return voice.tell(SENTENCES[step.kind], payer=payer, payee=payee)


def holdings(planned: Sequence[Planned], currency: str) -> dict[Party, Money]:
    """What each party has gained or given; the sum over all of them is nothing."""
    held = dict.fromkeys(NAMES, Money.zero(currency))
    for step in planned:
        if step.money is not None:
            held[step.payer] -= step.money
            held[step.payee] += step.money
    return held


def loss(design: Design, sample: Sample) -> Money | None:
    """What the platform loses on the sale, when its commission does not cover Stripe's fee."""
    if roles(design).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.shortfall(sample.total, sample.commission)


def break_even(design: Design, sample: Sample) -> Money | None:
    """The least sale on which the commission covers Stripe's fee, where the platform pays it."""
    if roles(design).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.break_even(sample.bps, 0, sample.total.currency)
