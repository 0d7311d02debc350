"""Who ends up paying what: the marketplace's commission, and what Stripe takes of a sale.

Commission is ours to set; Stripe's fee is known only from the balance transaction of the charge,
and until then it is estimated by a published rate (see `prices`) or not at all. The rule that
bites: where the platform pays Stripe's fee, a small commission on a small sale loses money on every
order, in silence.
https://docs.stripe.com/connect/destination-charges#collect-fees
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.charges.prices import Rate
from marketplace.errors import Sentence
from marketplace.money import (
    BASIS_POINTS,
    THREE_DECIMAL,
    WHOLE_ONLY,
    Money,
    minimum_charge,
)

# Rounding shifts a crossing by no more than this many minor units.
UNEVEN = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """A seller's commission: basis points plus a fixed part, kept between two limits.

    All but the basis points in minor units of one currency, and good for sales in it alone.
    """

    bps: int
    fixed: int = 0
    least: int | None = None
    most: int | None = None

    @property
    def share_only(self) -> bool:
        """Whether it is a percentage and nothing else, which means the same in every currency."""
        return not self.fixed and not self.least and self.most is None


def terms_for(
    currency: str, own: Terms, home: str, parts: Mapping[str, Mapping[str, int | None]]
) -> Terms | None:
    """The commission on sales in `currency`; None where none is agreed.

    `own` is in the currency `home`; `parts` are the "fixed", "least" and "most" of further
    currencies, in minor units of each. Nothing is converted and nothing is carried over: what is
    30 cents here would be nothing there, and a minimum could be dodged by another price tag.
    """
    if currency == home:
        return own
    if currency in parts:
        there = parts[currency]
        return Terms(own.bps, there.get("fixed") or 0, there.get("least"), there.get("most"))
    return own if own.share_only else None


def commission(
    total: Money, bps: int, fixed: int, least: int | None = None, most: int | None = None
) -> Money:
    """What the marketplace keeps of a sale: `bps` basis points plus `fixed` minor units.

    No less than `least` and no more than `most`; where the two contradict each other, `most` wins.
    Never negative, and always below the total, as Stripe demands of direct charges; in steps that
    the currency can be charged in, rounded down.
    https://docs.stripe.com/api/checkout/sessions/create
    """
    step = _step(total.currency)
    wanted = max(Rate(bps, fixed).of(total).amount, least or 0, 0)
    if most is not None:
        wanted = min(wanted, max(most, 0))
    return Money(min(wanted, max(total.amount - 1, 0)) // step * step, total.currency)


def agreed(total: Money, terms: Terms) -> Money:
    """The commission on `total` under a seller's `terms`."""
    return commission(total, terms.bps, terms.fixed, terms.least, terms.most)


def estimate(total: Money, rate: Rate | None) -> Money | None:
    """What Stripe will probably take of a charge of `total`; None where we have no rate."""
    return rate.of(total) if rate else None


def shortfall(total: Money, kept: Money, rate: Rate | None) -> Money | None:
    """By how much Stripe's estimated fee exceeds the commission `kept`; None when it does not.

    The break-even guard: what the platform loses on the sale when it pays Stripe's fee. Also None
    where there is no rate.
    """
    fee = estimate(total, rate)
    if fee is None or fee <= kept:
        return None
    return fee - kept


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sales on which the commission covers Stripe's fee: from `least` up to `most`, if any."""

    least: Money
    most: Money | None


def coverage(terms: Terms, currency: str, rate: Rate | None) -> Coverage | None:
    """On which sales the commission covers Stripe's estimated fee; None when on none.

    The break-even guard for whoever sets the terms. Also None without a rate for `currency`.
    A minimum may cover small sales and the percentage large ones, with a gap between; the gap
    then ends where this range begins.
    """
    if rate is None:
        return None
    least = _covered_from(terms, rate, currency)
    most = _covered_to(terms, rate, currency)
    if least is None or (most is not None and most < least):
        return None
    return Coverage(least, most)


def guard(terms: Terms, currency: str, rate: Rate | None) -> str | None:
    """Warn whoever sets or lives by these terms of the sales that cost the marketplace money.

    None when the commission always covers Stripe's estimated fee. Without a rate, say so.
    """
    if rate is None:
        return Sentence(
            "What Stripe takes of payments in {currency} is not known here, so nobody warns of "
            "sales on which the commission does not cover it.",
            currency=currency.upper(),
        )
    found = coverage(terms, currency, rate)
    if found is None:
        return Sentence(
            "The commission covers Stripe's fee on no sale, as far as we can estimate it."
        )
    first = minimum_charge(currency)
    below = first is not None and first < found.least
    if below and found.most:
        return Sentence(
            "On sales below {least} and above {most} the commission does not cover Stripe's fee, "
            "as we estimate it.",
            least=found.least,
            most=found.most,
        )
    if below:
        return Sentence(
            "On sales below {least} the commission does not cover Stripe's fee, as we estimate it.",
            least=found.least,
        )
    if found.most:
        return Sentence(
            "On sales above {most} the commission does not cover Stripe's fee, as we estimate it.",
            most=found.most,
        )
    return None


def _covered_from(terms: Terms, rate: Rate, currency: str) -> Money | None:
    first = minimum_charge(currency) or Money(1, currency)
    if terms.bps <= rate.bps:
        return None if shortfall(first, agreed(first, terms), rate) else first
    crossing = (rate.fixed - terms.fixed) * BASIS_POINTS // (terms.bps - rate.bps)
    if terms.least is not None:
        # Small sales pay the minimum; if that lasts until the percentage is enough, no gap is left.
        lasts = (terms.least - rate.fixed) * BASIS_POINTS // rate.bps
        first_up = first if lasts > crossing + 1 else Money(max(crossing, 1), currency)
    else:
        first_up = Money(max(crossing, 1), currency)
    # Past what rounding and the cap make uneven, a few units; further than that nothing is covered.
    for _ in range(UNEVEN):
        if shortfall(first_up, agreed(first_up, terms), rate) is None:
            return first_up
        first_up += Money(1, currency)
    return None


def _covered_to(terms: Terms, rate: Rate, currency: str) -> Money | None:
    """The largest sale that is covered; None when there is no end."""
    ends = []
    if terms.bps <= rate.bps:
        floor = max(terms.fixed, terms.least or 0) - rate.fixed
        flat = floor * BASIS_POINTS // rate.bps
        sloped = (terms.fixed - rate.fixed) * BASIS_POINTS // max(rate.bps - terms.bps, 1)
        ends.append(max(flat, sloped))
    if terms.most is not None:
        ends.append((terms.most - rate.fixed) * BASIS_POINTS // rate.bps)
    if not ends:
        return None
    end = Money(max(min(ends), 1), currency)
    while end.amount > 1 and shortfall(end, agreed(end, terms), rate):
        end -= Money(1, currency)
    return end


def _step(currency: str) -> int:
    """In which steps Stripe takes amounts of this currency."""
    if currency in WHOLE_ONLY:
        return 100
    return 10 if currency in THREE_DECIMAL else 1
