"""Who ends up paying what: the marketplace's commission, and what Stripe takes of a sale.

Commission is ours to set; Stripe's fee is known only from the balance transaction of the charge,
and until then it is an estimate by a published rate. The rule that bites: where the platform pays
Stripe's fee, a small commission on a small sale loses money on every order, in silence.
https://docs.stripe.com/connect/destination-charges#collect-fees
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.money import BASIS_POINTS, Money


@dataclass(frozen=True, slots=True)
class Rate:
    """Basis points of the amount plus minor units."""

    bps: int
    fixed: int

    def of(self, total: Money) -> Money:
        """The fee on `total`, rounded to the nearest minor unit."""
        return total.percent(self.bps) + Money(self.fixed, total.currency)


# US list price for domestic cards, by currency: an estimate and nothing else. Foreign cards,
# conversion and negotiated prices differ, and the fee that was really taken is in the ledger.
CARD_ESTIMATE: Mapping[str, Rate] = {"usd": Rate(bps=290, fixed=30)}


def commission(total: Money, bps: int, fixed: int) -> Money:
    """What the marketplace keeps of a sale: `bps` basis points plus `fixed` minor units.

    Never negative, and always at least one minor unit below the total, as Stripe demands of direct
    charges. https://docs.stripe.com/api/checkout/sessions/create
    """
    most = max(total.amount - 1, 0)
    wanted = Rate(bps, fixed).of(total).amount
    return Money(min(max(wanted, 0), most), total.currency)


def estimate(total: Money) -> Money | None:
    """What Stripe will probably take of a charge of `total`; None where we have no rate."""
    rate = CARD_ESTIMATE.get(total.currency)
    return rate.of(total) if rate else None


def shortfall(total: Money, kept: Money) -> Money | None:
    """By how much Stripe's estimated fee exceeds the commission `kept`; None when it does not.

    The break-even guard: what the platform loses on the sale when it pays Stripe's fee.
    """
    fee = estimate(total)
    if fee is None or fee <= kept:
        return None
    return fee - kept


def break_even(bps: int, fixed: int, currency: str) -> Money | None:
    """The least sale from which on the commission covers Stripe's estimated fee.

    None when there is no estimate for `currency`, or when larger sales do not help because the
    commission grows no faster than the fee.
    """
    rate = CARD_ESTIMATE.get(currency)
    if rate is None or bps <= rate.bps:
        return None
    # Where the two lines cross, and from there on past what rounding and the cap make uneven.
    total = Money(max((rate.fixed - fixed) * BASIS_POINTS // (bps - rate.bps), 1), currency)
    while shortfall(total, commission(total, bps, fixed)):
        total += Money(1, currency)
    return total
