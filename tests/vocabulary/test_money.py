"""Money: minor units, rounding that conserves, and what people may type."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import (
    CURRENCIES,
    MINIMUM_CHARGE,
    THREE_DECIMAL,
    WHOLE_ONLY,
    ZERO_DECIMAL,
    CurrencyMismatch,
    Money,
    NotAnAmount,
    can_be_charged,
    minimum_charge,
    shown_decimals,
)

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(min_value=-(10**12), max_value=10**12)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_an_allocation_conserves_the_total(amount: int, weights: list[int]) -> None:
    shares = Money(amount, "eur").allocate(weights)
    assert sum(share.amount for share in shares) == amount
    assert all(
        abs(Decimal(share.amount) - Decimal(amount) * weight / sum(weights)) < 1
        for share, weight in zip(shares, weights, strict=True)
    )


@given(amounts, st.integers(1, 50))
def test_the_parts_of_a_split_differ_by_one_unit_at_most(amount: int, parts: int) -> None:
    shares = [share.amount for share in Money(amount, "jpy").split(parts)]
    assert sum(shares) == amount
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_weights_that_divide_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100, "usd").allocate(weights)


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [(1000, 1000, 100), (999, 250, 25), (5, 1000, 1), (4, 1000, 0), (-5, 1000, -1), (0, 250, 0)],
)
def test_a_commission_is_rounded_half_away_from_zero(amount: int, bps: int, fee: int) -> None:
    assert Money(amount, "usd").percent(bps) == Money(fee, "usd")


@given(amounts, st.integers(0, 10_000))
def test_a_percentage_is_never_off_by_more_than_half_a_unit(amount: int, bps: int) -> None:
    share = Money(amount, "usd").percent(bps).amount
    assert abs(Decimal(share) - Decimal(amount) * bps / 10_000) <= Decimal("0.5")


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-1", "+1", "1_000", "1,000", "1,50", "1.", ".5", "1.2.3", "1e3", "1e400", "NaN",
        "sNaN", "Infinity", "-Infinity", "inf", "0x10", "١٢", "１２", "12\n", "12\x00", "$12",
        "12 00", "1.234", "1000000.00", "99999999999999",
    ],
)  # fmt: skip
def test_what_is_no_amount_of_dollars_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text, "usd")


@given(st.text())
def test_any_text_is_either_read_exactly_or_refused(text: str) -> None:
    try:
        money = Money.parse(text, "usd")
    except NotAnAmount:
        return
    assert Decimal(money.amount) / 100 == Decimal(text.strip(" "))
    assert text.isascii()


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "usd", 1250), ("12.5", "usd", 1250), (" 12 ", "usd", 1200), ("0", "usd", 0),
        ("0.01", "eur", 1), ("999999.99", "usd", 99999999), ("1000", "jpy", 1000),
        ("1000", "isk", 100000), ("5", "ugx", 500), ("1.23", "kwd", 1230), ("1.230", "kwd", 1230),
        ("10.50", "rsd", 1050), ("1000", "mga", 1000), ("5000000000", "idr", 500000000000),
    ],
)  # fmt: skip
def test_what_people_type_becomes_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("10.50", "isk"), ("1.00", "isk"), ("1.5", "jpy"), ("1.234", "kwd"), ("123456789", "jpy")],
)
def test_decimals_that_a_currency_has_not_are_refused(text: str, currency: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text, currency)


@given(currencies, st.integers(0, 99_999))
def test_what_is_typed_into_a_form_again_is_the_same_amount(currency: str, whole: int) -> None:
    step = 100 if currency in WHOLE_ONLY else 10 if currency in THREE_DECIMAL else 1
    money = Money(whole * step, currency)
    assert Money.parse(money.typed(), currency) == money


@given(currencies, amounts)
def test_no_digit_is_lost_when_an_amount_is_written(currency: str, amount: int) -> None:
    shown = re.sub(r"[^0-9]", "", Money(amount, currency).format("en_US"))
    assert int(shown) in {abs(amount), abs(amount) // 100}
    assert int(shown) == abs(amount) or currency in WHOLE_ONLY


@pytest.mark.parametrize(
    ("money", "locale", "shown"),
    [
        (Money(1250, "usd"), "en_US", "$12.50"),
        (Money(-1250, "usd"), "en_US", "-$12.50"),
        (Money(1000, "jpy"), "en_US", "¥1,000"),
        (Money(100000, "isk"), "en_US", "ISK\xa01,000"),
        (Money(100050, "isk"), "en_US", "ISK\xa01,000.50"),
        (Money(1050, "rsd"), "en_US", "RSD\xa010.50"),
        (Money(1230, "kwd"), "en_US", "KWD\xa01.230"),
        (Money(100, "xcg"), "en_US", "Cg.1.00"),
        (Money(123456, "eur"), "de_DE", "1.234,56\xa0€"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(
    money: Money, locale: str, shown: str
) -> None:
    assert money.format(locale) == shown


def test_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "usd") + Money(1, "eur")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "usd") < Money(2, "eur")


@pytest.mark.parametrize("amount", [1.0, "1", True, None, Decimal(1)])
def test_only_an_integer_is_an_amount(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "usd")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["USD", "us", "usdx", "", "u1d", "üsd"])
def test_a_currency_is_three_lowercase_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        Money(1, currency)


def test_the_tables_name_only_known_currencies_and_do_not_overlap() -> None:
    assert set(MINIMUM_CHARGE) | ZERO_DECIMAL | THREE_DECIMAL | WHOLE_ONLY <= CURRENCIES
    assert not ZERO_DECIMAL & (THREE_DECIMAL | WHOLE_ONLY)
    assert {shown_decimals(currency) for currency in CURRENCIES} == {0, 2, 3}


@pytest.mark.parametrize(
    ("money", "verdict"),
    [
        (Money(50, "usd"), True), (Money(49, "usd"), False), (Money(30, "gbp"), True),
        (Money(50, "jpy"), True), (Money(0, "usd"), False), (Money(-50, "usd"), False),
        (Money(99_999_999, "usd"), True), (Money(100_000_000, "usd"), False),
        (Money(150, "isk"), False), (Money(200, "isk"), True), (Money(1231, "kwd"), False),
        (Money(1230, "kwd"), True), (Money(1, "xof"), True),
    ],
)  # fmt: skip
def test_what_stripe_would_charge(money: Money, verdict: bool) -> None:  # noqa: FBT001
    assert can_be_charged(money) is verdict


def test_no_minimum_is_made_up_for_a_currency_without_one() -> None:
    assert minimum_charge("xof") is None
