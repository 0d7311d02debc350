"""The sample sale of a guide: it adds up under every design, and agrees with Stripe's examples."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import countries
from marketplace.charges.fees import Terms
from marketplace.charges.strategy import Kind, Party
from marketplace.design import (
    DEFAULT,
    EVERY,
    ChargeType,
    Design,
    FeePayer,
    LossOwner,
)
from marketplace.design.passing import Split
from marketplace.guide import money, report, requests
from marketplace.guide import sample as address
from marketplace.guide.sample import MOST_BPS, Sample
from marketplace.money import Money, can_be_charged

DIRECT, DESTINATION, SEPARATE = ChargeType


def held(design: Design, sample: Sample) -> dict[Party, int]:
    story = money.story(design, sample)
    return {row.party: row.amounts[0].amount for row in story.holdings}


@given(
    design=st.sampled_from(EVERY),
    amount=st.integers(min_value=50, max_value=99_999_999),
    bps=st.integers(min_value=0, max_value=MOST_BPS),
    fixed=st.integers(min_value=0, max_value=500),
    least=st.none() | st.integers(min_value=0, max_value=5000),
    most=st.none() | st.integers(min_value=0, max_value=5000),
    split=st.sampled_from(Split),
    country=st.sampled_from(countries.OFFERED),
)
def test_no_cent_is_made_or_lost(
    design: Design,
    amount: int,
    bps: int,
    fixed: int,
    least: int | None,
    most: int | None,
    split: Split,
    country: str,
) -> None:
    total = Money(amount, countries.currency(country))
    sample = Sample(total, Terms(bps, fixed, least, most), country, split)
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
    shares = held(design, Sample(Money(1000, "usd"), Terms(1230), "US"))
    assert shares == {
        Party.BUYER: -1000,
        Party.PLATFORM: platform,
        Party.SELLER: seller,
        Party.STRIPE: 59,
    }


def test_a_small_sale_that_loses_money_is_told_with_the_least_that_does_not() -> None:
    sample = Sample(Money(300, "usd"), Terms(500), "US")
    assert money.loss(DEFAULT, sample) == Money(24, "usd")
    covered = money.coverage(DEFAULT, sample)
    assert covered is not None
    assert covered.most is None
    assert money.loss(DEFAULT, replace(sample, total=covered.least)) is None
    assert money.loss(DEFAULT, replace(sample, total=Money(1400, "usd")))


def test_where_the_seller_pays_stripe_the_platform_cannot_lose() -> None:
    design = replace(DEFAULT, charge_type=DIRECT, fee_payer=FeePayer.SELLER)
    sample = Sample(Money(300, "usd"), Terms(0), "US")
    assert money.loss(design, sample) is None
    assert money.coverage(design, sample) is None


@pytest.mark.parametrize(
    ("country", "fee"), [("US", 320), ("DE", 175), ("GB", 170), ("CH", 320), ("HU", 16_000)]
)
def test_stripes_fee_changes_with_the_country(country: str, fee: int) -> None:
    sample, _ = address.read({"country": country})
    told = money.story(DEFAULT, sample)
    assert told.of(Party.STRIPE).amounts == [Money(fee, countries.currency(country))]


@pytest.mark.parametrize("country", countries.OFFERED)
def test_the_price_is_known_in_every_country_that_is_offered(country: str) -> None:
    sample, _ = address.read({"country": country})
    assert not money.story(DEFAULT, sample).fee_unknown


def test_where_no_price_is_known_stripes_fee_is_left_open() -> None:
    story = money.story(DEFAULT, Sample(Money(1000, "inr"), Terms(1000), "IN"))
    assert story.fee_unknown
    assert story.of(Party.STRIPE).amounts == [Money(0, "inr")]


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
        ({"fixed": "0.50", "least": "1", "most": "20"}, 10_000, 1000, 0),
        ({"fixed": "1e2", "least": "-1", "most": "many"}, 10_000, 1000, 3),
        ({"split": "half", "on_behalf_of": "maybe"}, 10_000, 1000, 0),
    ],
)
def test_what_is_typed_is_read_or_named(
    values: dict[str, str], amount: int, bps: int, faults: int
) -> None:
    sample, told = address.read(values)
    assert sample.total.amount == amount
    assert sample.terms.bps == (bps if not told or bps != 5000 else 1000)
    assert len(told) == faults


@pytest.mark.parametrize("country", countries.OFFERED)
def test_the_usual_sample_can_be_charged_in_every_country(country: str) -> None:
    sample, faults = address.read({"country": country})
    assert not faults
    assert can_be_charged(sample.total)
    assert sample.total.currency == countries.currency(country)


def test_the_terms_are_those_that_a_shop_has() -> None:
    sample, _ = address.read({"amount": "10", "commission": "5", "fixed": "0.20", "least": "1"})
    assert sample.commission == Money(100, "usd")
    assert sample.typed("fixed") == "0.20"
    assert sample.typed("most") == ""


def test_of_two_sellers_each_pays_the_minimum() -> None:
    sample, _ = address.read({"amount": "10", "commission": "0", "least": "1"})
    design = replace(DEFAULT, charge_type=SEPARATE)
    assert money.commission(design, sample) == Money(200, "usd")
    assert money.commission(DEFAULT, sample) == Money(100, "usd")


def test_a_net_transfer_moves_less_and_leaves_everybody_with_the_same() -> None:
    gross, _ = address.read({"commission": "10"})
    net = replace(gross, split=Split.TRANSFER_AMOUNT)
    assert held(DEFAULT, gross) == held(DEFAULT, net)
    moved = [step.kind for step in money.plan(DEFAULT, net)]
    assert Kind.APPLICATION_FEE in {step.kind for step in money.plan(DEFAULT, gross)}
    assert Kind.APPLICATION_FEE not in moved


def test_the_requests_follow_the_sample() -> None:
    sample, _ = address.read({"split": "transfer_amount", "on_behalf_of": "yes"})
    create, *_rest = (
        it for it in report.guide(DEFAULT, sample).requests if "accounts.create" in it.sdk
    )
    assert "merchant" in create.params["configuration"]
    pay, refund = (
        next(it for it in report.guide(DEFAULT, sample).requests if name in it.sdk)
        for name in ("sessions.create", "refunds.create")
    )
    assert "account_sessions" not in pay.sdk
    assert pay.params["payment_intent_data"]["transfer_data"]["amount"] == 9000
    assert pay.params["payment_intent_data"]["on_behalf_of"] == requests.ACCOUNT
    assert "refund_application_fee" not in refund.params
