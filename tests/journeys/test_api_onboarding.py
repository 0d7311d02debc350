"""Sellers who answer Stripe's questions on our own pages, under both Accounts APIs."""

import pytest

from marketplace.design import AccountsApi
from marketplace.lifecycles import SellerState
from tests.journeys.api_forms import SAVE, about, agree, bank, begin, fill
from tests.journeys.conftest import Town

US_BANK = {"routing_number": "110000000", "account_number": "000123456789"}
GERMAN_IBAN = "DE89370400440532013000"


@pytest.mark.parametrize("api", AccountsApi)
def test_an_american_answers_on_our_pages_and_is_paid(town: Town, api: AccountsApi) -> None:
    nadia = begin(town, api, "Nadia", "Nadia weaves")
    nadia.follow("Begin")
    fill(nadia, SAVE, {"business_type": "individual", "business_profile.mcc": "5947"})
    assert "About you" in nadia.text, nadia.text
    fill(
        nadia,
        SAVE,
        about(
            "individual",
            "Nadia",
            "Nowak",
            address__state="CA",
            ssn_last_4="0000",
            id_number="0000" if api is AccountsApi.V2 else "",
            email="nadia@example.com",
            phone="0000000000",
        ),
    )
    assert "Your bank account" in nadia.text, nadia.text
    bank(nadia, **US_BANK)
    agree(nadia)
    assert "an answer to all that it asks" in nadia.text, nadia.text
    town.settle()
    assert "All set" in nadia.open("/sell/account").text
    assert town.seller("Nadia weaves").state is SellerState.NOTHING_DUE
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
