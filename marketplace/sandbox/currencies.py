"""Currencies: which exist, the least and the most that can be charged, and made-up rates.

Amounts are minor units. The rates are fixed and invented, close enough to look right; a
conversion takes no margin, and the fee for it is a row of its own (see `settlement`). Every
conversion goes through `FX` in the book, so that each currency still sums to zero.

https://docs.stripe.com/currencies
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from . import book
from .context import Context
from .errors import Refused

FX = "world:fx"

_ZERO = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE = frozenset("bhd jod kwd omr tnd".split())
# Sent with two decimals for history's sake, although only whole units exist.
_WHOLE = frozenset({"isk", "ugx"})
_MOST_DIGITS = 8
_MOST_DIGITS_IDR = 12

# US dollars for one whole unit.
_RATES = """
usd 1|aed .27|afn .014|all .011|amd .0026|ang .56|aoa .0011|ars .0007|aud .66|awg .55|azn .59
bam .56|bbd .5|bdt .0082|bgn .56|bhd 2.65|bif .00034|bmd 1|bnd .77|bob .14|brl .18|bsd 1|bwp .074
byn .31|bzd .5|cad .72|cdf .0004|chf 1.25|clp .001|cny .14|cop .00025|crc .002|cve .01|czk .044
djf .0056|dkk .15|dop .016|dzd .0077|egp .02|etb .007|eur 1.1|fjd .44|fkp 1.3|gbp 1.3|gel .37
gip 1.3|gmd .014|gnf .00012|gtq .13|gyd .0048|hkd .13|hnl .04|htg .0076|huf .0028|idr .00006|ils .29
inr .012|isk .0078|jmd .0062|jod 1.41|jpy .0066|kes .0077|kgs .011|khr .00025|kmf .0022|krw .00072
kwd 3.25|kyd 1.2|kzt .0019|lak .000046|lbp .000011|lkr .0033|lrd .0054|lsl .057|mad .1|mdl .058
mga .00022|mkd .018|mmk .00048|mnt .00028|mop .12|mur .022|mvr .065|mwk .00058|mxn .054|myr .23
mzn .016|nad .057|ngn .00067|nio .027|nok .095|npr .0072|nzd .59|omr 2.6|pab 1|pen .28|pgk .24
php .017|pkr .0036|pln .26|pyg .00014|qar .27|ron .22|rsd .0094|rub .012|rwf .00069|sar .27
sbd .12|scr .07|sek .1|sgd .77|shp 1.3|sle .043|sos .0018|srd .026|std .000045|szl .057|thb .03
tjs .1|tnd .33|top .42|try .024|ttd .15|twd .032|tzs .0004|uah .024|ugx .00028|uyu .025
uzs .000083|vnd .000039|vuv .0083|wst .36|xaf .0017|xcd .37|xcg .56|xof .0017|xpf .0092|yer .0042
zar .057|zmw .043
"""
RATES = {
    code: Decimal(rate)
    for code, rate in (pair.split() for pair in _RATES.replace("\n", "|").split("|") if pair)
}

_MINIMUM = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip


def digits(currency: str) -> int:
    """Decimal places between the minor unit and the whole."""
    return 0 if currency in _ZERO else 3 if currency in _THREE else 2


def known(currency: str, param: str = "currency") -> str:
    """The lowercase code; raises `Refused` for a currency that does not exist."""
    code = currency.lower()
    if code not in RATES:
        raise Refused(
            f"Invalid currency: {code}. Stripe currently supports these currencies:"
            f" {', '.join(sorted(RATES))}",
            param=param,
        )
    return code


def convert(amount: int, source: str, target: str) -> int:
    """`amount` minor units of `source` in minor units of `target`, to the nearest one."""
    if source == target:
        return amount
    scale = Decimal(10) ** (digits(target) - digits(source))
    exact = Decimal(amount) * RATES[source] / RATES[target] * scale
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def rate(source: str, target: str) -> str | None:
    """`exchange_rate` as text: what one whole unit of `source` is in `target`; None when equal."""
    if source == target:
        return None
    return f"{(RATES[source] / RATES[target]):.6f}"


def exchange(
    ctx: Context, posting: str, party: str, amount: int, pair: tuple[str, str], received: int
) -> None:
    """Post a conversion: `party` gives `amount` of the first currency, gets the second."""
    source, target = pair
    book.post(
        ctx.db,
        f"{posting}:fx",
        ctx.now,
        [
            book.Line(party, "", source, -amount),
            book.Line(FX, "", source, amount),
            book.Line(party, "", target, received),
            book.Line(FX, "", target, -received),
        ],
    )


def minimum(settlement: str) -> int:
    """The least that can be charged where the money settles in this currency."""
    return _MINIMUM.get(settlement, 0) or convert(_MINIMUM["usd"], "usd", settlement)


def text(amount: int, currency: str) -> str:
    """`12.34 usd`."""
    places = digits(currency)
    whole, part = divmod(abs(amount), 10**places)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}" + (f".{part:0{places}d}" if places else "") + f" {currency}"


def check_amount(amount: int, currency: str, settlement: str, param: str = "amount") -> None:
    """Raise `Refused` for an amount that Stripe would not charge.

    `settlement`: the currency in which the account that charges is paid; its minimum counts.
    """
    if amount < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=param,
        )
    most = 10 ** (_MOST_DIGITS_IDR if currency == "idr" else _MOST_DIGITS) - 1
    if amount > most:
        raise Refused(
            f"Amount must be no more than {text(most, currency)}",
            code="amount_too_large",
            param=param,
        )
    step = 100 if currency in _WHOLE else 10 if currency in _THREE else 1
    if amount % step:
        raise Refused(
            f"Amounts in {currency} must be divisible by {step}.",
            code="parameter_invalid_integer",
            param=param,
        )
    least = minimum(settlement)
    if convert(amount, currency, settlement) < least:
        told = f"Amount must be at least {text(least, settlement)}"
        if currency != settlement:
            told = f"The amount must convert to at least {text(least, settlement)}."
        raise Refused(told, code="amount_too_small", param=param)
