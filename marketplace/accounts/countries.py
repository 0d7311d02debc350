"""The region in which a balance can be transferred freely, and its currencies.

Which countries are offered is Stripe's to say and kept by `marketplace.countries`; this is the rule
beside it, for samples and for the time before Stripe was asked. The rule that bites: an account
outside the region is made without complaint and fails at the first sale, unless it is under the
recipient agreement. https://docs.stripe.com/connect/cross-border-payouts
"""

from functools import cache

from babel import Locale
from babel.numbers import get_territory_currencies

# One region for transfers: the United States, Canada, the United Kingdom, the EEA and Switzerland.
OFFERED = tuple(
    "AT BE BG CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI "
    "SK US".split()
)
# Babel's table is older than Bulgaria's euro, of 1 January 2026.
NEWER = {"BG": "eur"}


@cache
def names(locale: str = "en") -> tuple[tuple[str, str], ...]:
    """The countries that are offered, as pairs of code and name, in the order of the names."""
    known = Locale.parse(locale).territories
    return tuple(sorted(((code, str(known[code])) for code in OFFERED), key=lambda pair: pair[1]))


def name(country: str, locale: str = "en") -> str:
    """What people call the country of this code; the code itself when nobody knows."""
    return str(Locale.parse(locale).territories.get(country.upper(), country))


def currency(country: str) -> str:
    """The currency in which a shop of `country` sells; raises KeyError for one not offered."""
    if country not in OFFERED:
        raise KeyError(country)
    return NEWER.get(country) or str(get_territory_currencies(country)[0]).lower()
