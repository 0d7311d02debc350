"""Commission, Stripe's estimated fee, and the guard against selling at a loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.charges import fees, prices
from marketplace.charges.prices import Merchant, Rate
from marketplace.design import ChargeType
from marketplace.money import Money

US, GB, DE, JP = (
    Merchant(country, currency)
    for country, currency in (("US", "usd"), ("GB", "gbp"), ("DE", "eur"), ("JP", "jpy"))
)
USUAL = prices.rate(US, "usd")


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
    assert fees.estimate(Money(total, "usd"), USUAL) == Money(fee, "usd")


@pytest.mark.parametrize(
    ("merchant", "currency", "rate"),
    [
        (US, "usd", Rate(290, 30)),
        (GB, "gbp", Rate(150, 20)),
        (DE, "eur", Rate(150, 25)),
        (JP, "jpy", Rate(360, 0)),
        (Merchant("de", None), "eur", Rate(150, 25)),
        # Converted: one per cent more in the United States, two elsewhere, and the fixed part in
        # the currency of the sale.
        (US, "eur", Rate(390, 27)),
        (US, "jpy", Rate(390, 45)),
        (DE, "usd", Rate(350, 27)),
        (JP, "usd", Rate(560, 0)),
        # Whoever is paid in another currency than the country's has that one converted.
        (Merchant("DE", "usd"), "usd", Rate(150, 27)),
        (Merchant("DE", "usd"), "eur", Rate(350, 25)),
        # Until the platform's account was read.
        (Merchant(None, None), "usd", Rate(290, 30)),
        (Merchant(None, None), "eur", None),
        # Nobody found a price for India, or what thirty cents are in Kuwait.
        (Merchant("IN", "inr"), "usd", None),
        (US, "kwd", None),
    ],
)
def test_the_rate_follows_the_merchant_and_the_currency(
    merchant: Merchant, currency: str, rate: Rate | None
) -> None:
    assert prices.rate(merchant, currency) == rate


def test_the_merchant_is_whoever_the_charge_is_made_for() -> None:
    for charge_type in ChargeType:
        direct = charge_type is ChargeType.DIRECT
        assert prices.merchant(charge_type, US, DE) == (DE if direct else US)
        assert prices.merchant(charge_type, US, DE, on_behalf_of=True) == DE


def test_without_a_rate_no_fee_is_made_up_and_the_guard_says_so() -> None:
    sale = Money(1000, "kwd")
    assert fees.estimate(sale, None) is None
    assert fees.shortfall(sale, Money(1, "kwd"), None) is None
    assert fees.coverage(fees.Terms(1000), "kwd", None) is None
    assert "payments in KWD is not known here" in (fees.guard(fees.Terms(1000), "kwd", None) or "")


def test_a_small_sale_that_costs_more_than_it_brings_is_noticed() -> None:
    small = Money(300, "usd")
    assert fees.shortfall(small, fees.commission(small, 1000, 0), USUAL) == Money(9, "usd")
    large = Money(1000, "usd")
    assert fees.shortfall(large, fees.commission(large, 1000, 0), USUAL) is None


TERMS = st.builds(
    fees.Terms,
    bps=st.integers(0, 3_000),
    fixed=st.integers(0, 300),
    least=st.none() | st.integers(0, 2_000),
    most=st.none() | st.integers(0, 5_000),
)


@given(terms=TERMS, total=st.integers(1, 99_999_999))
def test_the_commission_stays_between_its_limits_and_below_the_sale(
    terms: fees.Terms, total: int
) -> None:
    kept = fees.agreed(Money(total, "usd"), terms).amount
    assert 0 <= kept < total
    if terms.most is not None:
        assert kept <= terms.most
    if terms.least is not None and (terms.most is None or terms.least <= terms.most):
        assert kept >= min(terms.least, total - 1)


@pytest.mark.parametrize(
    ("total", "kept"),
    [(300, 100), (1000, 100), (3000, 300), (10_000, 500), (60, 59)],
)
def test_a_minimum_and_a_maximum_bound_the_share(total: int, kept: int) -> None:
    terms = fees.Terms(1000, 0, least=100, most=500)
    assert fees.agreed(Money(total, "usd"), terms) == Money(kept, "usd")


PARTS = st.fixed_dictionaries(
    dict.fromkeys(("fixed", "least", "most"), st.none() | st.integers(0, 10**9))
)
CURRENCY = st.sampled_from(["usd", "eur", "jpy", "idr", "kwd"])


@given(own=TERMS, home=CURRENCY, parts=st.dictionaries(CURRENCY, PARTS), wanted=CURRENCY)
def test_terms_hold_in_the_currency_in_which_they_were_agreed_and_in_no_other(
    own: fees.Terms, home: str, parts: dict[str, dict[str, int | None]], wanted: str
) -> None:
    found = fees.terms_for(wanted, own, home, parts)
    if wanted == home:
        assert found == own
    elif wanted in parts:
        there = parts[wanted]
        expected = fees.Terms(own.bps, there["fixed"] or 0, there["least"], there["most"])
        assert found == expected
    elif own.fixed or own.least or own.most is not None:
        assert found is None
    else:
        sale = Money(12_300, wanted)
        assert found
        assert fees.agreed(sale, found) == fees.commission(sale, own.bps, 0)


@pytest.mark.parametrize(("currency", "step"), [("isk", 100), ("kwd", 10), ("jpy", 1)])
def test_the_commission_is_an_amount_that_its_currency_has(currency: str, step: int) -> None:
    kept = fees.commission(Money(12_300, currency), 1234, 7)
    assert kept.amount > 0
    assert kept.amount % step == 0


@given(
    terms=TERMS,
    sale=st.integers(50, 2_000_000),
    country=st.sampled_from(sorted(prices.PRICES)),
    currency=st.sampled_from(["usd", "eur", "jpy", "huf"]),
)
def test_a_sale_inside_the_coverage_loses_nothing(
    terms: fees.Terms, sale: int, country: str, currency: str
) -> None:
    rate = prices.rate(Merchant(country, None), currency)
    found = fees.coverage(terms, currency, rate)
    total = Money(sale, currency)
    if found is None or total < found.least or (found.most is not None and found.most < total):
        return
    lost = fees.shortfall(total, fees.agreed(total, terms), rate)
    # the percentages of both are rounded, so at the very edge a cent may be missing
    assert lost is None or lost.amount <= 1


@pytest.mark.parametrize(
    ("terms", "least", "most"),
    [
        (fees.Terms(1000), 422, None),
        (fees.Terms(1000, least=100), 50, None),
        (fees.Terms(1000, most=500), 422, 16_206),
        (fees.Terms(100, least=100), 50, 2_430),
        (fees.Terms(500, least=40), 1429, None),  # the minimum ends at 3.44, the share begins there
    ],
)
def test_the_guard_says_from_where_to_where_the_commission_is_enough(
    terms: fees.Terms, least: int, most: int | None
) -> None:
    found = fees.coverage(terms, "usd", USUAL)
    assert found is not None
    assert abs(found.least.amount - least) <= 20
    assert (found.most is None) == (most is None)
    if found.most is not None and most is not None:
        assert abs(found.most.amount - most) <= 20


@pytest.mark.parametrize("terms", [fees.Terms(290), fees.Terms(1000, most=20), fees.Terms(0)])
def test_terms_that_cover_no_sale_are_named(terms: fees.Terms) -> None:
    assert fees.coverage(terms, "usd", USUAL) is None
