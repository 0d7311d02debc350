"""What Stripe fixed when the account was made, in words for the seller.

A pure reading of the seller's row. The rule that bites: nobody can change these, neither the
seller nor the platform nor Stripe's support, so the page says what they mean and offers no button.
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from babel import Locale

from marketplace.design import ChargeType, Dashboard, Design, FeePayer, LossOwner, Onboarding
from marketplace.errors import Sentence
from marketplace.models import Seller
from marketplace.web import language


@dataclass(frozen=True, slots=True)
class Fixed:
    """One thing that is as it is: what it is called, and what it means."""

    title: str
    text: str


_DASHBOARDS: Mapping[Dashboard, str] = {
    Dashboard.FULL: "Stripe's own, with a login of yours.",
    Dashboard.EXPRESS: "A small one at Stripe, which you open from here.",
    Dashboard.NONE: "None at Stripe: everything is shown on these pages.",
}
_FEES: Mapping[FeePayer, str] = {
    FeePayer.SELLER: "You: Stripe takes them from what you sell.",
    FeePayer.PLATFORM: "The marketplace, out of its commission.",
}
# The account has it that way, and yet Stripe takes its fee where the charge is made.
_FEES_ELSEWHERE = (
    "The marketplace, for payments that it takes. You, for those that you take yourself."
)
_LOSSES: Mapping[LossOwner, str] = {
    LossOwner.STRIPE: "Stripe, if you cannot pay it back.",
    LossOwner.PLATFORM: "The marketplace, if you cannot pay it back.",
}
_CHARGES: Mapping[ChargeType, str] = {
    ChargeType.DIRECT: "You: the buyer pays into your own Stripe account.",
    ChargeType.DESTINATION: "The marketplace, which passes your share on at once.",
    ChargeType.SEPARATE: "The marketplace, which transfers your share to you.",
}
_PLACES: Mapping[Onboarding, str] = {
    Onboarding.HOSTED: "On Stripe's own pages.",
    Onboarding.EMBEDDED: "On these pages; the answers go to Stripe.",
    Onboarding.API: "In our form, which passes your answers on to Stripe.",
}


TITLES = (
    "Dashboard",
    "Who pays Stripe's fees",
    "Who bears a negative balance",
    "Who charges the buyer",
    "Stripe's questions",
    "Country",
)


def wordings() -> Iterator[str]:
    """Every title and text that is written here, for translators."""
    yield from TITLES
    for table in (_DASHBOARDS, _FEES, _LOSSES, _CHARGES, _PLACES):
        yield from table.values()
    yield _FEES_ELSEWHERE


def fixed(seller: Seller) -> list[Fixed]:
    """What was decided with the account; nothing while there is none."""
    if seller.stripe_id is None:
        return []
    country = Locale.parse(language.locale()).territories.get(seller.country, seller.country)
    return [*_fixed(seller.design), Fixed("Country", Sentence("{it}.", it=country))]


def promised(design: Design) -> list[Fixed]:
    """What a shop of this design will have; the last two may be agreed anew one day."""
    return [
        *_fixed(design),
        Fixed("Who charges the buyer", _CHARGES[design.charge_type]),
        Fixed("Stripe's questions", _PLACES[design.onboarding]),
    ]


def _fees(design: Design) -> str:
    """Who pays for a sale: of a charge on the platform the platform does, whatever was agreed.

    https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
    """
    if design.fee_payer is FeePayer.SELLER and design.charge_type is not ChargeType.DIRECT:
        return _FEES_ELSEWHERE
    return _FEES[design.fee_payer]


def _fixed(design: Design) -> list[Fixed]:
    return [
        Fixed("Dashboard", _DASHBOARDS[design.dashboard]),
        Fixed("Who pays Stripe's fees", _fees(design)),
        Fixed("Who bears a negative balance", _LOSSES[design.loss_owner]),
    ]
