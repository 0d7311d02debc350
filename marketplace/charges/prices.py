"""What Stripe will probably take of a card payment: its list prices, country by country.

For estimates before a sale; what was really taken is told by the balance transaction. The prices
are those of the account that is the merchant, for cards issued where it is. The rule that bites:
another charge type may mean another merchant in another country, and so another price. Nothing is
estimated for a country or a currency that does not stand here.

The figures are Stripe's public list prices of 2026, nearly all as two sources or more quote them
(its support pages, and its pricing pages as others copied them); those of DK, HU, LI and SE are
from one support page of 2023. Stripe changes them without notice. Negotiated prices, premium cards
and taxes on fees are left out. https://stripe.com/pricing
https://support.stripe.com/questions/understanding-your-currency-conversion-fees
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.design import ChargeType
from marketplace.money import Money, exponent


@dataclass(frozen=True, slots=True)
class Price:
    """Basis points of the amount plus minor units of `currency`.

    `abroad` is what a card from far away costs more, and `conversion` what turning another currency
    into the merchant's costs more, both in basis points.
    """

    bps: int
    fixed: int
    currency: str
    abroad: int
    conversion: int = 200


EURO = Price(150, 25, "eur", 165)
PRICES: Mapping[str, Price] = {
    **dict.fromkeys("AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split(), EURO),
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
    "US": Price(290, 30, "usd", 150, 100),
}

# What a hundred US dollars are in whole units of other currencies, about. Good for carrying the
# thirty cents of a fee into the currency of a sale, and for nothing else.
HUNDRED_DOLLARS: Mapping[str, int] = {
    "aed": 370, "aud": 152, "bgn": 179, "brl": 556, "cad": 139, "chf": 80, "czk": 2273, "dkk": 667,
    "eur": 91, "gbp": 77, "hkd": 769, "huf": 35714, "jpy": 15152, "mxn": 1852, "myr": 435,
    "nok": 1053, "nzd": 169, "pln": 385, "ron": 455, "sek": 1000, "sgd": 130, "thb": 3333,
    "usd": 100,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rate:
    """Basis points of the amount plus minor units of the amount's currency."""

    bps: int
    fixed: int

    def of(self, total: Money) -> Money:
        """The fee on `total`, rounded to the nearest minor unit."""
        return total.percent(self.bps) + Money(self.fixed, total.currency)


@dataclass(frozen=True, slots=True)
class Merchant:
    """An account that buyers are charged by: its country, and the currency it is paid in.

    Both None while nobody knows.
    """

    country: str | None
    currency: str | None


def merchant(
    charge_type: ChargeType, platform: Merchant, seller: Merchant, *, on_behalf_of: bool = False
) -> Merchant:
    """Whose price Stripe takes: the seller's where the seller is the merchant of record.

    Who pays the fee is another question, and `Strategy.roles` answers it.
    https://docs.stripe.com/connect/destination-charges#settlement-merchant
    """
    return seller if charge_type is ChargeType.DIRECT or on_behalf_of else platform


def rate(it: Merchant, currency: str) -> Rate | None:
    """What Stripe takes of a sale in `currency` by this merchant; None where we do not know.

    An account is taken to be paid in one currency: one with a bank account in the sale's currency
    is not charged for the conversion. Until the platform's account was read, US dollars are taken
    for a sale in the United States.
    """
    country = it.country or ("US" if currency == "usd" else "")
    price = PRICES.get(country.upper())
    if price is None or currency not in HUNDRED_DOLLARS:
        return None
    converted = currency != (it.currency or price.currency)
    bps = price.bps + price.conversion if converted else price.bps
    return Rate(bps, _carried(price.fixed, price.currency, currency))


def _carried(amount: int, source: str, target: str) -> int:
    """About what so many minor units of one currency are in another's."""
    if source == target:
        return amount
    above: int = amount * HUNDRED_DOLLARS[target] * 10 ** exponent(target)
    below: int = HUNDRED_DOLLARS[source] * 10 ** exponent(source)
    return (2 * above + below) // (2 * below)
