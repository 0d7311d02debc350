"""What differs from country to country: currency, bank numbers, address, identity number, timing.

The table covers every country in which Stripe opens accounts; a dozen are described closely, the
rest share a common set of fields. Settlement is in business days. Only the US figure (2) has been
confirmed; the others are the usual ones and may differ for a real account.

https://docs.stripe.com/connect/required-verification-information
https://docs.stripe.com/payouts#payout-speed
"""

from __future__ import annotations

from dataclasses import dataclass

from . import banks
from .banks import Format
from .errors import Refused

_CITY = ("line1", "city", "postal_code")
_STATE = (*_CITY, "state")


@dataclass(frozen=True)
class Country:
    """One country as onboarding and settlement see it."""

    code: str
    name: str
    currency: str
    bank: Format = banks.OTHER
    delay_days: int = 3
    address: tuple[str, ...] = _CITY
    state_label: str = "State or region"
    id_label: str = ""
    """What `individual.id_number` is called; empty when the country has none."""
    id_required: bool = False
    tax_label: str = "Company registration or tax number"
    directors: bool = False
    """Whether a company must name its directors."""


_DESCRIBED = (
    Country(
        "US", "United States", "usd", banks.US, 2, _STATE, "State", "Social Security number",
        tax_label="Employer identification number",
    ),
    Country("GB", "United Kingdom", "gbp", banks.GB, directors=True, tax_label="Company number"),
    Country("DE", "Germany", "eur", banks.iban("DE89370400440532013000"), directors=True),
    Country("FR", "France", "eur", banks.iban("FR1420041010050500013M02606"), directors=True),
    Country(
        "IE", "Ireland", "eur", banks.iban("IE29AIBK93115212345678"), 3, ("line1", "city", "state"),
        "County", directors=True,
    ),
    Country("CA", "Canada", "cad", banks.CA, 3, _STATE, "Province", "Social Insurance number"),
    Country("AU", "Australia", "aud", banks.AU, 2, _STATE, "State", tax_label="ACN or ABN"),
    Country("JP", "Japan", "jpy", banks.JP, 4, ()),
    Country(
        "SG", "Singapore", "sgd", banks.SG, 3, ("line1", "postal_code"), id_label="NRIC or FIN",
        id_required=True, tax_label="UEN", directors=True,
    ),
    Country("CH", "Switzerland", "chf", banks.iban("CH9300762011623852957"), directors=True),
    Country(
        "BR", "Brazil", "brl", banks.BR, 30, _STATE, "State", "CPF", id_required=True,
        tax_label="CNPJ",
    ),
    Country(
        "MX", "Mexico", "mxn", banks.MX, 4, _STATE, "State", "RFC", id_required=True,
        tax_label="RFC",
    ),
    Country("NZ", "New Zealand", "nzd", banks.NZ, 3),
    Country("AT", "Austria", "eur", banks.iban("AT611904300234573201"), directors=True),
    Country("BE", "Belgium", "eur", banks.iban("BE62510007547061"), directors=True),
    Country("ES", "Spain", "eur", banks.iban("ES0700120345030000067890"), directors=True),
    Country("FI", "Finland", "eur", banks.iban("FI2112345600000785"), directors=True),
    Country("IT", "Italy", "eur", banks.iban("IT40S0542811101000000123456"), directors=True),
    Country("LU", "Luxembourg", "eur", banks.iban("LU280019400644750000"), directors=True),
    Country("NL", "Netherlands", "eur", banks.iban("NL39RABO0300065264"), directors=True),
    Country("PT", "Portugal", "eur", banks.iban("PT50000201231234567890154"), directors=True),
)  # fmt: skip

# code, name, currency: the countries that share the common set of fields.
_COMMON = """
AE United_Arab_Emirates aed|BG Bulgaria eur|CY Cyprus eur|CZ Czech_Republic czk|DK Denmark dkk
EE Estonia eur|GI Gibraltar gbp|GR Greece eur|HK Hong_Kong hkd|HR Croatia eur|HU Hungary huf
IN India inr|LI Liechtenstein chf|LT Lithuania eur|LV Latvia eur|MT Malta eur|MY Malaysia myr
NO Norway nok|PL Poland pln|RO Romania ron|SE Sweden sek|SI Slovenia eur|SK Slovakia eur
TH Thailand thb|AR Argentina ars|CL Chile clp|CO Colombia cop|CR Costa_Rica crc|ID Indonesia idr
IL Israel ils|KE Kenya kes|KR South_Korea krw|PE Peru pen|PH Philippines php|TR Turkey try
TW Taiwan twd|UY Uruguay uyu|VN Vietnam vnd|ZA South_Africa zar
"""


def _common() -> tuple[Country, ...]:
    rows = (row.split() for line in _COMMON.split("\n") for row in line.split("|") if row)
    return tuple(Country(code, name.replace("_", " "), money) for code, name, money in rows)


COUNTRIES = {country.code: country for country in (*_DESCRIBED, *_common())}

# Where a payment can be transferred to an account without cross-border payouts.
# https://docs.stripe.com/connect/account-capabilities#transfers-cross-border
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
SHARED_REGION = EEA | {"US", "CA", "GB", "CH"}


def get(code: str) -> Country:
    """The country, or Stripe's refusal (400 `country_unsupported`)."""
    found = COUNTRIES.get(code.upper())
    if found is None:
        raise Refused(
            f"Country '{code}' is unknown. Try using a 2-character alphanumeric country code"
            " instead, such as 'US', 'EG', or 'GB'.",
            code="country_unsupported",
            param="country",
        )
    return found


def delay_days(code: str | None) -> int:
    """Business days until a payment becomes available in this country (2 when unknown)."""
    country = COUNTRIES.get(code or "")
    return country.delay_days if country else 2
