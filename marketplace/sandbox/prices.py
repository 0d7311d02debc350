"""What Stripe takes for a card payment, by the country of the account that is the merchant.

The list prices for cards of the same country or region, as public pages gave them in 2026. Not in
Stripe's documentation, so each is a guess at what test mode takes, but for the United States, whose
figures its examples confirm. The rule that bites: the surcharges for foreign cards, for premium
cards and for conversion are left out. https://stripe.com/pricing
"""

from __future__ import annotations

from dataclasses import dataclass

from . import countries
from .currencies import convert


@dataclass(frozen=True)
class Price:
    """Hundredths of a per cent of the amount, plus minor units of a currency."""

    bps: int
    fixed: int
    currency: str

    def of(self, amount: int, currency: str) -> int:
        """The fee on `amount` minor units of `currency`, to the nearest unit."""
        return (amount * self.bps + 5_000) // 10_000 + convert(self.fixed, self.currency, currency)


USUAL = Price(290, 30, "usd")
EUROPE = Price(150, 25, "eur")
_BY_COUNTRY = {
    "US": USUAL,
    "GB": Price(150, 20, "gbp"),
    "CA": Price(290, 30, "cad"),
    "AU": Price(170, 30, "aud"),
    "JP": Price(360, 0, "jpy"),
    "SG": Price(340, 50, "sgd"),
}


def card(country: str | None) -> Price:
    """The price for merchants of `country`; where we know of none, that of the United States."""
    known = _BY_COUNTRY.get(country or "")
    if known is not None:
        return known
    there = countries.COUNTRIES.get((country or "US").upper())
    return EUROPE if there and there.currency == "eur" else USUAL
