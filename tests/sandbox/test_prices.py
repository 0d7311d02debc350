"""What Stripe takes: by the merchant's country, by the card's, and for converting."""

import pytest

from marketplace.sandbox import countries, prices, settlement

from .conftest import Running
from .merchants import SELLER_PAYS, net, pay, seller


@pytest.mark.parametrize(
    ("amount", "currency", "fee"),
    [
        (1000, "usd", 59),
        (1482, "usd", 73),
        (10_000, "usd", 320),
        (1000, "eur", 56),
        (50, "usd", 31),
    ],
)
def test_stripes_fee_is_rounded_to_the_nearest_cent(amount: int, currency: str, fee: int) -> None:
    assert settlement.processing_fee(amount, currency) == fee


@pytest.mark.parametrize(
    ("country", "currency", "fee"),
    [
        ("US", "usd", 320),
        ("GB", "gbp", 170),
        ("DE", "eur", 175),
        ("FI", "eur", 175),
        ("CA", "cad", 320),
        ("AU", "aud", 200),
        ("JP", "jpy", 360),
        ("SG", "sgd", 390),
        ("CH", "chf", 320),
        ("BR", "brl", 438),
        ("MX", "mxn", 660),
        ("NZ", "nzd", 295),
        ("HK", "hkd", 575),
        ("SE", "sek", 330),
        ("NO", "nok", 440),
        ("PL", "pln", 250),
        ("AE", "aed", 390),
        ("TH", "thb", 1365),
        ("IN", "usd", 320),  # not known: as in the United States
        (None, "usd", 320),
    ],
)
def test_stripes_fee_follows_the_country_of_the_merchant(
    country: str | None, currency: str, fee: int
) -> None:
    assert settlement.processing_fee(10_000, currency, "card", country) == fee


@pytest.mark.parametrize(
    ("merchant", "card", "more"),
    [
        ("US", "US", 0),
        ("US", None, 0),
        ("US", "DE", 150),
        ("DE", "FR", 0),
        ("DE", "GB", 100),
        ("DE", "US", 165),
        ("GB", "IE", 100),
        ("GB", "CH", 165),
        ("NO", "SE", 0),
        ("NO", "GB", 85),
        ("CH", "LI", 35),
        ("JP", "US", 0),
        (None, "GB", 150),
    ],
)
def test_a_card_from_elsewhere_costs_more(merchant: str | None, card: str, more: int) -> None:
    assert prices.surcharge(merchant, card) == more


def test_every_price_is_that_of_a_country_in_a_currency_that_it_uses() -> None:
    for code, price in prices.BY_COUNTRY.items():
        assert price.currency in {countries.get(code).currency, "eur"}, code


def _taken(sandbox: Running, account: str | None, charge: str) -> list[tuple[str, int]]:
    """The rows of the fee of a charge: what each is called, and how much."""
    found = sandbox.client().v1.charges.retrieve(
        charge, {"expand": ["balance_transaction"]}, {"stripe_account": account} if account else {}
    )
    booked = found.balance_transaction
    assert not isinstance(booked, str)
    assert booked is not None
    assert booked.fee == sum(row.amount for row in booked.fee_details)
    assert booked.net == booked.amount - booked.fee
    return [(row.description or "", row.amount) for row in booked.fee_details]


def test_foreign_cards_and_foreign_money_cost_more_and_the_book_balances(sandbox: Running) -> None:
    greta = seller(sandbox, country="DE", controller=SELLER_PAYS)
    processing, converting = "Stripe processing fees", "Stripe currency conversion fee"
    for account, card, currency, rows in (
        (None, "pm_card_visa", "usd", [(processing, 320)]),
        (None, "pm_card_de", "usd", [(processing, 470)]),
        # 100 euros are 110 dollars here: 4.4 % and 30 cents of those, and 1 % for converting.
        (None, "pm_card_de", "eur", [(processing, 514), (converting, 110)]),
        (greta, "pm_card_fr", "eur", [(processing, 175)]),
        (greta, "pm_card_gb", "eur", [(processing, 275)]),
        # 100 dollars are 90.91 euros: 3.15 % and 25 cents of those, and 2 % for converting.
        (greta, "pm_card_visa", "usd", [(processing, 311), (converting, 182)]),
    ):
        charge = pay(sandbox, 10_000, card, on=account, currency=currency).latest_charge
        assert _taken(sandbox, account, charge.id) == rows, (account, card, currency)
    assert sandbox.sheet()["faults"] == []


def test_a_platform_that_pays_its_sellers_fees_pays_for_converting_too(sandbox: Running) -> None:
    greta = seller(sandbox, country="DE")
    charge = pay(sandbox, 10_000, on=greta).latest_charge
    assert _taken(sandbox, greta, charge.id) == []
    assert net(sandbox) == -542  # 4.93 euros in dollars
    assert sandbox.sheet()["faults"] == []
