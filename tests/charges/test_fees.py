"""Commission, Stripe's estimated fee, and the guard against selling at a loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.charges import fees
from marketplace.money import Money


@pytest.mark.parametrize(
    ("total", "bps", "fixed", "kept"),
    [
        (1000, 1000, 0, 100),
        (1000, 1230, 0, 123),
        (1005, 1000, 0, 101),  # half a cent goes up
        (1000, 0, 50, 50),
        (40, 1000, 50, 39),  # never the whole sale
        (1, 10_000, 0, 0),
        (1000, 0, 0, 0),
    ],
)
def test_the_commission_is_a_share_plus_a_fixed_part(
    total: int, bps: int, fixed: int, kept: int
) -> None:
    assert fees.commission(Money(total, "usd"), bps, fixed) == Money(kept, "usd")


@given(
    total=st.integers(1, 99_999_999),
    bps=st.integers(0, 20_000),
    fixed=st.integers(0, 100_000),
    currency=st.sampled_from(["usd", "jpy", "kwd", "isk"]),
)
def test_the_commission_is_below_the_sale_and_in_its_currency(
    total: int, bps: int, fixed: int, currency: str
) -> None:
    kept = fees.commission(Money(total, currency), bps, fixed)
    assert 0 <= kept.amount < total
    assert kept.currency == currency


@pytest.mark.parametrize(("total", "fee"), [(1000, 59), (10_000, 320), (1482, 73)])
def test_stripes_fee_is_estimated_as_the_documentation_shows_it(total: int, fee: int) -> None:
    assert fees.estimate(Money(total, "usd")) == Money(fee, "usd")


def test_no_fee_is_made_up_for_a_currency_without_a_rate() -> None:
    assert fees.estimate(Money(1000, "jpy")) is None
    assert fees.shortfall(Money(1000, "jpy"), Money(1, "jpy")) is None
    assert fees.break_even(1000, 0, "jpy") is None


def test_a_small_sale_that_costs_more_than_it_brings_is_noticed() -> None:
    small = Money(300, "usd")
    assert fees.shortfall(small, fees.commission(small, 1000, 0)) == Money(9, "usd")
    large = Money(1000, "usd")
    assert fees.shortfall(large, fees.commission(large, 1000, 0)) is None


@given(bps=st.integers(291, 9_000), fixed=st.integers(0, 200))
def test_from_the_break_even_sale_on_nothing_is_lost(bps: int, fixed: int) -> None:
    least = fees.break_even(bps, fixed, "usd")
    assert least is not None
    assert fees.shortfall(least, fees.commission(least, bps, fixed)) is None
    if least.amount > 1:
        twice = least.times(2)
        assert fees.shortfall(twice, fees.commission(twice, bps, fixed)) is None


def test_a_share_that_is_not_above_stripes_never_breaks_even() -> None:
    assert fees.break_even(290, 0, "usd") is None
    assert fees.break_even(100, 0, "usd") is None
