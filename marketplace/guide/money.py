"""A sample sale under a design: what moves, and who ends up with what.

The charge types plan the movements, as they do for a real order, with the same commission and the
same estimate of Stripe's fee. The rule that bites: where the charge is made decides whom Stripe
bills. On direct charges that is whoever the account says; on the two others it is the platform,
whatever the account says. https://docs.stripe.com/connect/charges
"""

from collections.abc import Sequence

from marketplace import charges
from marketplace.accounts import countries
from marketplace.charges import fees, prices
from marketplace.charges.fees import Coverage
from marketplace.charges.prices import Merchant, Price, Rate
from marketplace.charges.strategy import Deal, Kind, Party, Planned, Share
from marketplace.design import ChargeType, Design
from marketplace.guide.consequences import roles
from marketplace.guide.sample import Sample
from marketplace.guide.voice import ENGLISH, Voice
from marketplace.ledger import Holding, MoneyStory, Movement
from marketplace.money import Money

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
PRICED = (
    "Stripe's fee is estimated by its list price ({country}): {share} plus {fixed} for a card from "
    "there. A card from elsewhere costs up to {abroad} more, and a sale that must be converted "
    "{conversion} more."
)
UNPRICED = "We do not know Stripe's price there ({country}), so its fee is left out."
# Separate charges are there for baskets of several sellers, so the sample has two.
BASKET = (7, 3)
NTH = ("first seller", "second seller")


def deal(design: Design, sample: Sample) -> Deal:
    """The sample as a charge type is asked about it: one seller, or two under separate charges."""
    several = design.charge_type is ChargeType.SEPARATE
    parts = sample.total.allocate(BASKET) if several else [sample.total]
    return Deal(
        [
            Share(number, part, fees.agreed(part, sample.terms))
            for number, part in enumerate(parts)
            if part
        ],
        fees.estimate(sample.total, rate(sample)),
        design.fee_payer,
        sample.split,
    )


def rate(sample: Sample) -> Rate | None:
    """What Stripe takes of the sale by its list price; None where we do not know that.

    Platform and seller are taken to be in one country, whichever of them is the merchant.
    """
    return prices.rate(Merchant(sample.country, sample.total.currency), sample.total.currency)


def price(sample: Sample) -> Price | None:
    """Stripe's list price in the sample's country; None where we do not know it."""
    return prices.PRICES.get(sample.country)


def pricing(sample: Sample, voice: Voice = ENGLISH) -> str:
    """By which price Stripe's fee is estimated, in words."""
    country = countries.name(sample.country, voice.locale)
    found = price(sample)
    if found is None:
        return voice.tell(UNPRICED, country=country)
    return voice.tell(
        PRICED,
        country=country,
        share=voice.percent(found.bps),
        fixed=voice.money(Money(found.fixed, found.currency)),
        abroad=voice.percent(found.abroad),
        conversion=voice.percent(found.conversion),
    )


def plan(design: Design, sample: Sample) -> list[Planned]:
    """The movements of the sale that move something; Stripe's fee is None without an estimate."""
    planned = charges.of(design.charge_type).plan(deal(design, sample))
    return [step for step in planned if step.money is None or step.money]


def story(design: Design, sample: Sample, voice: Voice = ENGLISH) -> MoneyStory:
    """The money story of the sample sale, drawn and tabled like that of a real order."""
    planned = plan(design, sample)
    several = design.charge_type is ChargeType.SEPARATE
    movements = [
        Movement(
            step.kind,
            step.payer,
            step.payee,
            step.money,
            step.money,
            expected=False,
            sentence=_sentence(step, several=several, voice=voice),
        )
        for step in planned
    ]
    held = holdings(planned, sample.total.currency)
    names = NAMES | ({Party.SELLER: "Sellers"} if several else {})
    return MoneyStory(
        total=sample.total,
        movements=movements,
        holdings=[
            Holding(party, voice.say(name), [held[party]], available_on=None, expected=False)
            for party, name in names.items()
        ],
        roles=roles(design),
        expected=False,
        over=False,
    )


def _sentence(step: Planned, *, several: bool, voice: Voice) -> str:
    """A movement in words; of several transfers each has its own seller."""
    payee: str = step.payee.value
    if several and step.seller is not None:
        payee = NTH[step.seller]
    return voice.tell(
        SENTENCES[step.kind], payer=voice.say(step.payer.value), payee=voice.say(payee)
    )


def holdings(planned: Sequence[Planned], currency: str) -> dict[Party, Money]:
    """What each party has gained or given; the sum over all of them is nothing."""
    held = dict.fromkeys(NAMES, Money.zero(currency))
    for step in planned:
        if step.money is not None:
            held[step.payer] -= step.money
            held[step.payee] += step.money
    return held


def commission(design: Design, sample: Sample) -> Money:
    """What the platform keeps of the sale, of all its sellers."""
    return deal(design, sample).commission


def loss(design: Design, sample: Sample) -> Money | None:
    """What the platform loses on the sale, when its commission does not cover Stripe's fee."""
    if roles(design).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.shortfall(sample.total, commission(design, sample), rate(sample))


def coverage(design: Design, sample: Sample) -> Coverage | None:
    """On which sales the commission covers Stripe's fee, where the platform pays it.

    None where the platform does not pay it, where it covers none, or where nobody can tell.
    """
    if roles(design).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.coverage(sample.terms, sample.total.currency, rate(sample))
