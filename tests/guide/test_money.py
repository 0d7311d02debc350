"""The sample sale of a guide: it adds up under every design, and agrees with Stripe's examples."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import countries
from marketplace.charges.strategy import Party
from marketplace.design import (
    DEFAULT,
    EVERY,
    ChargeType,
    Design,
    FeePayer,
    LossOwner,
)
from marketplace.guide import money
from marketplace.guide.money import Sample
from marketplace.money import Money, can_be_charged

DIRECT, DESTINATION, SEPARATE = ChargeType


def held(design: Design, sample: Sample) -> dict[Party, int]:
    story = money.story(design, sample)
    return {row.party: row.amounts[0].amount for row in story.holdings}


@given(
    design=st.sampled_from(EVERY),
    amount=st.integers(min_value=50, max_value=99_999_999),
    bps=st.integers(min_value=0, max_value=money.MOST_BPS),
    country=st.sampled_from(countries.OFFERED),
)
def test_no_cent_is_made_or_lost(design: Design, amount: int, bps: int, country: str) -> None:
    total = Money(amount, countries.currency(country))
    sample = Sample(total, bps, country)
    shares = held(design, sample)
    assert sum(shares.values()) == 0
    assert shares[Party.BUYER] == -amount
    assert shares[Party.SELLER] + shares[Party.PLATFORM] + shares[Party.STRIPE] == amount


@pytest.mark.parametrize(
    ("charge", "payer", "seller", "platform"),
    [
        (DIRECT, FeePayer.SELLER, 818, 123),
        (DIRECT, FeePayer.PLATFORM, 877, 64),
        (DESTINATION, FeePayer.PLATFORM, 877, 64),
        (SEPARATE, FeePayer.PLATFORM, 877, 64),
        (DESTINATION, FeePayer.SELLER, 877, 64),
    ],
)
def test_stripes_example_of_ten_dollars_comes_out(
    charge: ChargeType, payer: FeePayer, seller: int, platform: int
) -> None:
    design = replace(DEFAULT, charge_type=charge, fee_payer=payer, loss_owner=LossOwner.STRIPE)
    shares = held(design, Sample(Money(1000, "usd"), 1230, "US"))
    assert shares == {
        Party.BUYER: -1000,
        Party.PLATFORM: platform,
        Party.SELLER: seller,
        Party.STRIPE: 59,
    }


def test_a_small_sale_that_loses_money_is_told_with_the_least_that_does_not() -> None:
    sample = Sample(Money(300, "usd"), 500, "US")
    assert money.loss(DEFAULT, sample) == Money(24, "usd")
    least = money.break_even(DEFAULT, sample)
    assert least is not None
    assert money.loss(DEFAULT, replace(sample, total=least)) is None


def test_where_the_seller_pays_stripe_the_platform_cannot_lose() -> None:
    design = replace(DEFAULT, charge_type=DIRECT, fee_payer=FeePayer.SELLER)
    sample = Sample(Money(300, "usd"), 0, "US")
    assert money.loss(design, sample) is None
    assert money.break_even(design, sample) is None


def test_where_no_rate_is_known_stripes_fee_is_left_open() -> None:
    story = money.story(DEFAULT, Sample(Money(1000, "eur"), 1000, "DE"))
    assert story.fee_unknown
    assert story.of(Party.STRIPE).amounts == [Money(0, "eur")]


@pytest.mark.parametrize(
    ("values", "amount", "bps", "faults"),
    [
        ({}, 10_000, 1000, 0),
        ({"amount": "12.50", "commission": "7.5"}, 1250, 750, 0),
        ({"amount": "1e4"}, 10_000, 1000, 1),
        ({"amount": "Infinity", "commission": "nan"}, 10_000, 1000, 2),
        ({"amount": "0.01"}, 10_000, 1000, 1),
        ({"amount": "-5"}, 10_000, 1000, 1),
        ({"commission": "51"}, 10_000, 5000, 1),
        ({"commission": "0"}, 10_000, 0, 0),
        ({"country": "XX"}, 10_000, 1000, 1),
    ],
)
def test_what_is_typed_is_read_or_named(
    values: dict[str, str], amount: int, bps: int, faults: int
) -> None:
    sample, told = money.read(values)
    assert sample.total.amount == amount
    assert sample.bps == (bps if not told or bps != 5000 else 1000)
    assert len(told) == faults


@pytest.mark.parametrize("country", countries.OFFERED)
def test_the_usual_sample_can_be_charged_in_every_country(country: str) -> None:
    sample, faults = money.read({"country": country})
    assert not faults
    assert can_be_charged(sample.total)
    assert sample.total.currency == countries.currency(country)
