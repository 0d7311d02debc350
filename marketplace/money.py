"""Money is an integer count of a currency's smallest unit, and the currency goes with it.

Stripe's API speaks of every amount in this way (`amount=1000, currency="usd"` is ten dollars,
`amount=1000, currency="jpy"` a thousand yen), and how many units make one whole differs from
currency to currency. The rule that bites: the table below is Stripe's, not CLDR's. ISK and UGX
are sent with two decimals although nobody has such coins, and RSD has two although CLDR says
none, so neither Babel nor "multiply by a hundred" may decide.
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Self

from babel import Locale
from babel.numbers import NumberPattern, get_currency_name

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# Sent in hundredths, accepted only in wholes.
WHOLE_ONLY = frozenset({"isk", "ugx"})
CURRENCIES = frozenset(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn "
    "bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd "
    "gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak "
    "lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd "
    "omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std "
    "szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer "
    "zar zmw".split()
)
# The least Stripe charges, by settlement currency: https://docs.stripe.com/currencies
MINIMUM_CHARGE = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
MOST_DIGITS = 8
BASIS_POINTS = 10_000

NO_DIGITS = "Write the amount in digits, with a point before the decimals: 12.50"
ENDS_IN_0 = "{currency} amounts end in 0 after the second decimal."
NO_DECIMALS = "{currency} has no decimals."
AT_MOST = "{currency} has at most {count} decimals."
TOO_MUCH = "That is more than can be charged at once."
# Why something typed is no amount; filled by `NotAnAmount`.
WHY_NOT = (NO_DIGITS, ENDS_IN_0, NO_DECIMALS, AT_MOST, TOO_MUCH)

_CODE = re.compile(r"[a-z]{3}", re.ASCII)
# CLDR wants a space between a symbol that ends in a letter and a digit; Babel leaves it out.
_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?", re.ASCII)


class NotAnAmount(ValueError):
    """What somebody typed is not an amount of this currency; the message says why, to them.

    `template` and `values` are the message taken apart, as a translation needs it.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template, self.values = template, values


class CurrencyName(str):
    """What people call a currency, in English; `code` stays known, for other languages."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str) -> Self:
        """Name the currency of this code: `CurrencyName("usd") == "US dollars"`."""
        named = super().__new__(cls, get_currency_name(code.upper(), count=2, locale="en"))
        named.code = code.upper()
        return named


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met; no rate is ever made up to join them."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a lowercase currency. May be negative: a debit, a shortfall.

    https://docs.stripe.com/currencies#zero-decimal
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:  # bool is an int, and True dollars are a bug
            raise TypeError(f"an amount is a whole number of minor units, not {self.amount!r}")
        if not _CODE.fullmatch(self.currency):
            raise ValueError(f"a currency is three lowercase letters, not {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read what a person typed ("12.50") as minor units.

        Takes ASCII digits with at most one point; raises NotAnAmount for everything else that
        Python would call a number (`1_000`, `1e4`, `Infinity`, digits of other scripts), for more
        decimals than the currency has, and for more digits than Stripe takes.
        """
        match = _AMOUNT.fullmatch(text.strip(" "))
        if match is None:
            raise NotAnAmount(NO_DIGITS)
        whole, decimals = match[1], match[2] or ""
        allowed = shown_decimals(currency)
        # The third decimal of a three-decimal currency is always 0, and may be typed.
        if currency in THREE_DECIMAL and len(decimals) == allowed and decimals[-1] != "0":
            raise NotAnAmount(ENDS_IN_0, currency=currency.upper())
        if len(decimals) > allowed:
            template = AT_MOST if allowed else NO_DECIMALS
            raise NotAnAmount(template, currency=currency.upper(), count=allowed)
        minor = int(whole + decimals.ljust(exponent(currency), "0"))
        if len(str(minor)) > most_digits(currency):
            raise NotAnAmount(TOO_MUCH)
        return cls(minor, currency)

    def __add__(self, other: Self) -> Self:
        self._must_match(other)
        return type(self)(self.amount + other.amount, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._must_match(other)
        return type(self)(self.amount - other.amount, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def __lt__(self, other: Self) -> bool:
        self._must_match(other)
        return self.amount < other.amount

    def __le__(self, other: Self) -> bool:
        self._must_match(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def times(self, quantity: int) -> Self:
        """Return this amount `quantity` times."""
        return type(self)(self.amount * quantity, self.currency)

    def percent(self, bps: int) -> Self:
        """Return `bps` basis points of this amount (250 is 2.5 %), rounded half away from zero."""
        product = self.amount * bps
        rounded = (2 * abs(product) + BASIS_POINTS) // (2 * BASIS_POINTS)
        return type(self)(rounded if product >= 0 else -rounded, self.currency)

    def split(self, parts: int) -> list[Self]:
        """Divide into `parts` amounts, as equal as they can be, whose sum is this amount."""
        return self.allocate([1] * parts)

    def allocate(self, weights: Sequence[int]) -> list[Self]:
        """Divide by weights, conserving the total; odd units go to the largest remainders.

        Raises ValueError when the weights are negative or add up to nothing.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights are not negative, and one of them is positive")
        shares = [self.amount * weight // total for weight in weights]
        remainders = [self.amount * weight % total for weight in weights]
        order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
        for index in order[: self.amount - sum(shares)]:
            shares[index] += 1
        return [type(self)(share, self.currency) for share in shares]

    def format(self, locale: str = "en_US") -> str:
        """Write the amount for a reader of `locale`: "$12.50", "¥1,000", "KWD 1.230"."""
        value = Decimal(self.amount).scaleb(-exponent(self.currency))
        digits = shown_decimals(self.currency)
        if self.currency in WHOLE_ONLY and self.amount % 100:
            digits = exponent(self.currency)  # never round away money that is really there
        pattern = _pattern(locale, digits)
        currency = self.currency.upper()
        text = str(pattern.apply(value, locale, currency=currency, currency_digits=False))
        return _TOUCHING.sub("\xa0", text)

    def typed(self) -> str:
        """Write a positive amount as `parse` reads it: "12.50", without a sign of currency."""
        whole, rest = divmod(self.amount, 10 ** exponent(self.currency))
        decimals = shown_decimals(self.currency)
        return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)

    def __str__(self) -> str:
        return self.format()

    def _must_match(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")


def exponent(currency: str) -> int:
    """Return how many decimals Stripe's minor unit of `currency` has: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def shown_decimals(currency: str) -> int:
    """Return how many decimals people write: as `exponent`, but none for ISK and UGX."""
    return 0 if currency in WHOLE_ONLY else exponent(currency)


def most_digits(currency: str) -> int:
    """Return how many digits Stripe takes in an amount: 8, for IDR 12."""
    return 12 if currency == "idr" else MOST_DIGITS


def minimum_charge(currency: str) -> Money | None:
    """Return the least that can be charged in `currency`, or None where Stripe names none.

    https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
    """
    least = MINIMUM_CHARGE.get(currency)
    return None if least is None else Money(least, currency)


def can_be_charged(money: Money) -> bool:
    """Tell whether Stripe would take this amount, by step, minimum and number of digits."""
    if money.amount <= 0 or len(str(money.amount)) > most_digits(money.currency):
        return False
    if money.currency in WHOLE_ONLY and money.amount % 100:
        return False
    if money.currency in THREE_DECIMAL and money.amount % 10:
        return False
    least = minimum_charge(money.currency)
    return least is None or least <= money


@lru_cache(maxsize=64)
def _pattern(locale: str, digits: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
