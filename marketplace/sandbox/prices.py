"""What Stripe takes for a card payment, by the country of the account that is the merchant.

Stripe's list prices as public pages gave them, most of them in the autumn of 2026: its own pricing
and support pages as others quoted them. Each was found at two places at least, but for DK, HU, LI
and SE, which one support page of Stripe's gives (2023), and for what conversion costs in BR and MY,
which was not found and is taken to be the usual. That test mode takes just these is known of the
United States only. Where no price was found (GI, IN, and the countries where accounts only receive)
those of the United States stand in.

The rule that bites: the country of the card decides too. A card from elsewhere costs more, and so
does a payment that is converted. Premium cards, negotiated prices and the taxes that some countries
put on fees are left out. https://stripe.com/pricing
https://support.stripe.com/questions/understanding-your-currency-conversion-fees
"""

from __future__ import annotations

from dataclasses import dataclass

from . import countries
from .currencies import convert

# Between the United Kingdom and the European Economic Area, in hundredths of a per cent.
_ACROSS_THE_CHANNEL = 100
# The support page for Norway counts cards of the United Kingdom as those of anywhere else.
_NO_CHANNEL = "NO"


@dataclass(frozen=True)
class Price:
    """Hundredths of a per cent of the amount, plus minor units of a currency.

    `abroad` is added for cards from elsewhere, `conversion` where the payment is converted.
    """

    bps: int
    fixed: int
    currency: str
    abroad: int
    conversion: int = 200

    def of(self, amount: int, currency: str, more: int = 0) -> int:
        """The fee on `amount` minor units of `currency`, to the nearest unit.

        `more` is what the card's country adds, in hundredths of a per cent.
        """
        return _part(amount, self.bps + more) + convert(self.fixed, self.currency, currency)

    def converting(self, amount: int) -> int:
        """The fee for converting into `amount`, to the nearest unit."""
        return _part(amount, self.conversion)


def _part(amount: int, bps: int) -> int:
    return (amount * bps + 5_000) // 10_000


USUAL = Price(290, 30, "usd", 150, 100)
EUROPE = Price(150, 25, "eur", 165)
BY_COUNTRY = {
    **dict.fromkeys(
        "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split(), EUROPE
    ),
    "AE": Price(290, 100, "aed", 100, 100),
    "AU": Price(170, 30, "aud", 180),
    "BR": Price(399, 39, "brl", 200),
    "CA": Price(290, 30, "cad", 80),
    "CH": Price(290, 30, "chf", 35),
    "CZ": Price(150, 650, "czk", 165),
    "DK": Price(150, 180, "dkk", 165),
    "GB": Price(150, 20, "gbp", 165),
    "HK": Price(340, 235, "hkd", 50),
    "HU": Price(150, 8500, "huf", 165),
    "JP": Price(360, 0, "jpy", 0),
    "LI": Price(150, 30, "chf", 165),
    "MX": Price(360, 300, "mxn", 50),
    "MY": Price(300, 100, "myr", 100),
    "NO": Price(240, 200, "nok", 85),
    "NZ": Price(265, 30, "nzd", 85),
    "PL": Price(150, 100, "pln", 165),
    "RO": Price(150, 100, "ron", 165),
    "SE": Price(150, 180, "sek", 165),
    "SG": Price(340, 50, "sgd", 50),
    "TH": Price(365, 1000, "thb", 110),
    "US": USUAL,
}


def card(country: str | None) -> Price:
    """The price for merchants of `country`; where we know of none, that of the United States."""
    return BY_COUNTRY.get((country or "").upper(), USUAL)


def surcharge(country: str | None, card_country: str | None) -> int:
    """What a card from `card_country` adds for merchants of `country`: hundredths of a per cent.

    The European Economic Area is one home. An unknown country counts as at home.
    """
    here, there = (country or "US").upper(), (card_country or "").upper()
    pair = {here, there}
    if there in {"", here} or pair <= countries.EEA:
        return 0
    if here != _NO_CHANNEL and "GB" in pair and pair <= countries.EEA | {"GB"}:
        return _ACROSS_THE_CHANNEL
    return card(here).abroad
