"""Whether money may go from a buyer to a seller across borders, said before anybody pays.

Pure: from how it is charged, where platform and seller are, and in which currency. The rule that
bites: Stripe makes an account abroad without complaint and refuses the first sale, or, with
separate transfers, takes the buyer's money and refuses to pass it on. Where the platform's country
is not known, nothing is concluded, and Stripe has the last word.
https://docs.stripe.com/connect/account-capabilities#transfers-cross-border
https://docs.stripe.com/connect/cross-border-payouts
"""

from dataclasses import dataclass

from marketplace.design import ChargeType
from marketplace.errors import Sentence
from marketplace.money import CURRENCIES

_EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
# Among these, balances are transferred freely.
REGION = _EEA | {"US", "CA", "GB", "CH"}
# The only platforms that may pay recipients beyond their region.
PAYS_ABROAD = frozenset({"US"})
# Recipients there are reached by transfers that stand on their own, not by destination charges.
TRANSFERS_ONLY = frozenset({"BR", "IN", "TH"})
# Where a platform may charge first and transfer later; a list of 2024.
# https://docs.stripe.com/connect/separate-charges-and-transfers
SEPARATE_HERE = REGION | frozenset("AU BR JP MX MY NZ SG".split())
# A platform elsewhere may take no application fee from a seller there.
# https://docs.stripe.com/connect/direct-charges#collect-fees
OWN_FEES_ONLY = frozenset({"BR"})


@dataclass(frozen=True, slots=True)
class Crossing:
    """A sale and the places it connects. Countries are ISO codes, the platform's None if unknown.

    `recipient` sellers are under the recipient agreement: they receive and never charge.
    """

    charge_type: ChargeType
    platform: str | None
    seller: str
    currency: str
    recipient: bool = False
    on_behalf_of: bool = False
    commission: bool = True


def obstacle(it: Crossing) -> str | None:
    """Why Stripe would refuse this sale, for buyer and seller alike; None when it would not."""
    if it.currency not in CURRENCIES:
        return Sentence("Stripe cannot charge in {currency}.", currency=it.currency.upper())
    if it.recipient and (it.charge_type is ChargeType.DIRECT or it.on_behalf_of):
        return Sentence("This shop can be paid by the marketplace only, and is set up otherwise.")
    if it.platform is None or it.platform == it.seller:
        return _at_home(it)
    if it.charge_type is ChargeType.DIRECT:
        if it.seller in OWN_FEES_ONLY and it.commission:
            return Sentence("From a shop in this country, no commission may be taken from abroad.")
        return None
    return _at_home(it) or _abroad(it)


def _at_home(it: Crossing) -> str | None:
    """What can stand in the way wherever the seller is."""
    separate = it.charge_type is ChargeType.SEPARATE
    if separate and it.platform is not None and it.platform not in SEPARATE_HERE:
        return Sentence("The marketplace's country does not allow payments to be passed on later.")
    return None


def _abroad(it: Crossing) -> str | None:
    """The transfer is what crosses the border."""
    if {it.platform, it.seller} <= REGION:
        return None
    if it.platform not in PAYS_ABROAD or not it.recipient:
        return Sentence("The marketplace's money cannot be sent to the country of this shop.")
    if it.charge_type is ChargeType.DESTINATION and it.seller in TRANSFERS_ONLY:
        return Sentence("Payments to the country of this shop cannot be passed on at once.")
    return None
