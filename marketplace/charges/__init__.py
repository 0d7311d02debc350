"""Three ways to charge a buyer, and the fees that go with them.

Each charge type is a module that decides and never acts: it answers with the parameters of the
Checkout Session, with who bears what, and with the movements of money to expect. The call to Stripe
is one line in `orders`. The rule that bites: a charge type is fixed per order when it is placed,
because refunds, disputes and reports of that order follow it for years.
https://docs.stripe.com/connect/charges
"""

from collections.abc import Mapping

from marketplace.charges import destination, direct, separate
from marketplace.charges.strategy import Strategy
from marketplace.design import ChargeType
from marketplace.errors import SellerNotReady

STRATEGIES: Mapping[ChargeType, Strategy] = {
    ChargeType.DIRECT: direct,
    ChargeType.DESTINATION: destination,
    ChargeType.SEPARATE: separate,
}


def of(charge_type: ChargeType) -> Strategy:
    """Return the strategy of a charge type; raises SellerNotReady where we have none."""
    try:
        return STRATEGIES[charge_type]
    except KeyError:
        raise SellerNotReady("This shop's way of taking payments is not offered here.") from None


def capabilities(charge_type: ChargeType, *, on_behalf_of: bool = False) -> tuple[str, ...]:
    """What the seller's account must be able to do before it can be sold for, by v1 names.

    A merchant of record takes card payments; everybody else only receives transfers.
    https://docs.stripe.com/connect/account-capabilities
    """
    if charge_type is ChargeType.DIRECT:
        return ("card_payments",)
    return ("transfers", "card_payments") if on_behalf_of else ("transfers",)
