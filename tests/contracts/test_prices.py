"""The shop's list of Stripe's prices and the sandbox's: kept apart, and the same."""

from dataclasses import astuple

import pytest

from marketplace.charges import prices
from marketplace.charges.prices import Merchant
from marketplace.money import Money, exponent
from marketplace.sandbox import countries, currencies, settlement
from marketplace.sandbox import prices as sandbox


def test_both_lists_name_the_same_countries_and_prices() -> None:
    shop = {country: astuple(price) for country, price in prices.PRICES.items()}
    assert shop == {country: astuple(price) for country, price in sandbox.BY_COUNTRY.items()}


def test_the_shops_rough_rates_are_those_of_the_sandbox_in_whole_units() -> None:
    for currency, whole in prices.HUNDRED_DOLLARS.items():
        assert abs(whole * currencies.RATES[currency] - 100) <= currencies.RATES[currency], currency


@pytest.mark.parametrize("country", sorted(prices.PRICES))
def test_an_estimate_at_home_is_what_the_sandbox_takes(country: str) -> None:
    currency = countries.get(country).currency
    rate = prices.rate(Merchant(country, currency), currency)
    assert rate is not None
    for amount in (100, 9_999, 123_456):
        taken = settlement.processing_fee(amount, currency, "card", country)
        assert abs(rate.of(Money(amount, currency)).amount - taken) <= 1, (amount, currency)


@pytest.mark.parametrize(
    ("country", "currency"), [("US", "eur"), ("DE", "usd"), ("GB", "jpy"), ("JP", "gbp")]
)
def test_an_estimate_in_foreign_money_is_near_to_what_the_sandbox_takes(
    country: str, currency: str
) -> None:
    total = Money(200 * 10 ** exponent(currency), currency)
    rate = prices.rate(Merchant(country, None), currency)
    assert rate is not None
    price = sandbox.card(country)
    settled = currencies.convert(total.amount, currency, price.currency)
    taken = price.of(settled, price.currency) + price.converting(settled)
    back = currencies.convert(taken, price.currency, currency)
    assert abs(rate.of(total).amount - back) <= max(2, back // 100)
