"""Borders: what the fact sheet says, point by point, and the sandbox's own rules beside it."""

import pytest
import stripe

from marketplace.charges import borders
from marketplace.charges.borders import Crossing, obstacle
from marketplace.design import ChargeType
from tests.running import Running
from tests.sandbox import merchants
from tests.sandbox.test_borders import RECIPIENT

DIRECT, DESTINATION, SEPARATE = ChargeType
BOTH = (DESTINATION, SEPARATE)


@pytest.mark.parametrize("charge", BOTH)
@pytest.mark.parametrize(
    ("platform", "seller", "passes"),
    [
        ("US", "DE", True),
        ("DE", "US", True),
        ("GB", "CH", True),
        ("JP", "JP", True),
        ("US", "JP", False),
        ("JP", "US", False),
        ("AU", "NZ", False),
    ],
)
def test_transfers_stay_in_the_region(
    charge: ChargeType, platform: str, seller: str, *, passes: bool
) -> None:
    found = obstacle(Crossing(charge, platform, seller, "usd"))
    assert (found is None) is passes


@pytest.mark.parametrize("charge", BOTH)
def test_recipients_abroad_are_paid_by_american_platforms(charge: ChargeType) -> None:
    assert obstacle(Crossing(charge, "US", "KE", "usd", recipient=True)) is None
    assert obstacle(Crossing(charge, "DE", "KE", "eur", recipient=True)) is not None
    assert obstacle(Crossing(charge, "US", "KE", "usd", recipient=True, on_behalf_of=True))
    abroad = obstacle(Crossing(charge, "US", "BR", "usd", recipient=True))
    assert (abroad is None) is (charge is SEPARATE)


def test_a_direct_charge_crosses_no_border_but_its_fee_may() -> None:
    assert obstacle(Crossing(DIRECT, "US", "JP", "jpy")) is None
    assert obstacle(Crossing(DIRECT, "US", "BR", "brl")) is not None
    assert obstacle(Crossing(DIRECT, "US", "BR", "brl", commission=False)) is None
    assert obstacle(Crossing(DIRECT, "BR", "BR", "brl")) is None
    assert obstacle(Crossing(DIRECT, "US", "KE", "usd", recipient=True)) is not None


def test_not_every_country_lets_a_platform_pass_on_later() -> None:
    assert obstacle(Crossing(SEPARATE, "AE", "AE", "aed")) is not None
    assert obstacle(Crossing(DESTINATION, "AE", "AE", "aed")) is None


def test_a_currency_that_does_not_exist_is_refused() -> None:
    assert obstacle(Crossing(DIRECT, "US", "US", "xyz")) == "Stripe cannot charge in XYZ."


@pytest.mark.parametrize("charge", list(ChargeType))
def test_where_the_platform_is_unknown_nothing_is_concluded(charge: ChargeType) -> None:
    assert obstacle(Crossing(charge, None, "JP", "usd")) is None


@pytest.mark.parametrize("country", ["GB", "DE", "CH", "CA", "AU", "JP", "BR", "KE", "TH"])
@pytest.mark.parametrize("recipient", [False, True])
def test_the_sandbox_agrees_about_destination_charges(
    sandbox: Running, country: str, *, recipient: bool
) -> None:
    if recipient and country in borders.REGION:
        return  # nobody there is under that agreement
    if country in {"KE", "TH"} and not recipient:
        return
    account = merchants.seller(sandbox, country=country, **(RECIPIENT if recipient else {}))
    crossing = Crossing(DESTINATION, "US", country, "usd", recipient=recipient)
    if obstacle(crossing) is None:
        assert merchants.pay(sandbox, transfer_data={"destination": account})
        return
    with pytest.raises(stripe.InvalidRequestError):
        merchants.pay(sandbox, transfer_data={"destination": account})
