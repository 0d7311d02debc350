"""Sellers beyond the region are paid under the recipient agreement; what is known is pre-filled."""

from dataclasses import replace
from typing import Any

import pytest

from marketplace import countries, platform, sellers
from marketplace.design import DEFAULT, AccountsApi, ChargeType
from marketplace.lifecycles import SellerState
from marketplace.models import CountrySpec, ServiceAgreement
from tests.journeys.api_forms import DONE, SAVE, about, agree, bank, begin, fill
from tests.journeys.conftest import Town


@pytest.mark.parametrize("api", AccountsApi)
def test_a_seller_beyond_the_region_agrees_as_a_recipient_and_is_paid(
    town: Town, api: AccountsApi
) -> None:
    town.settle()  # the countries were fetched from Stripe
    noa = begin(town, api, "Noa", "Noa knots", "NZ").follow("Begin")
    seller = town.seller("Noa knots")
    assert (seller.service_agreement, seller.currency) == (ServiceAgreement.RECIPIENT, "nzd")
    fill(noa, SAVE, {"business_type": "individual", "business_profile.mcc": "5947"})
    fill(noa, SAVE, about("individual", "Noa", "Knot"))
    bank(noa, account_number="1100000000000010")
    noa.open("/sell/questions/terms")
    assert "for recipients" in noa.text
    assert DONE in agree(noa).text, noa.text
    town.advance(seconds=60)
    account = town.wiring.stripe.v1.accounts.retrieve(seller.stripe_id or "").to_dict()
    assert account["tos_acceptance"]["service_agreement"] == "recipient"
    assert account["capabilities"] == {"transfers": "active"}
    assert town.seller("Noa knots").state is SellerState.NOTHING_DUE
    town.offer(noa, "Flax kete", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Flax kete")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    assert town.balance(seller.stripe_id)["pending"]["nzd"] > 0


def test_the_countries_are_stripes_and_fetched_once_a_day(town: Town) -> None:
    town.settle()
    with town.database() as session:
        rows = {row.code: row.currency for row in session.query(CountrySpec)}
        home = platform.settings(session).country
        places = countries.offered(session, home)
    specs = town.wiring.stripe.v1.country_specs.list({"limit": 100})
    assert rows == {it.id: it.default_currency for it in specs.auto_paging_iter()}
    assert home == "US"
    assert places["NZ"].agreement is ServiceAgreement.RECIPIENT
    assert places["DE"].agreement is ServiceAgreement.FULL
    for charge_type, there in (
        (ChargeType.SEPARATE, {"US", "DE", "NZ", "BR"}),
        (ChargeType.DESTINATION, {"US", "DE", "NZ"}),  # only separate transfers reach Brazil
        (ChargeType.DIRECT, {"US", "DE"}),
    ):
        chosen = replace(DEFAULT, charge_type=charge_type)
        suitable = sellers.suitable(places, chosen, on_behalf_of=False)
        assert {"US", "DE", "NZ", "BR"} & set(suitable) == there
    assert "NZ" not in sellers.suitable(places, DEFAULT, on_behalf_of=True)
    with town.wiring.trace.recording() as calls, town.database() as session:
        countries.learn(session, town.wiring.stripe)
    assert calls == []


def test_a_platform_elsewhere_offers_its_own_region_or_itself_alone() -> None:
    full = ServiceAgreement.FULL
    assert countries.agreement_of("DE", "FR") is full
    assert countries.agreement_of("NZ", "FR") is None
    assert countries.agreement_of("JP", "JP") is full
    assert countries.agreement_of("US", "JP") is None


def test_what_the_seller_tells_at_once_is_not_asked_again(town: Town) -> None:
    nadia = town.sign_up("Nadia", sell=True).open("/sell")
    told: Any = {"website": "no address", "sells": "Rugs, within a week", "mcc": "5712"}
    nadia.press("Open the shop", name="Nädia & <Co> weaves", country="US", **told)
    assert nadia.status == 422
    assert "Write the whole address" in nadia.text
    nadia.press("Open the shop", website="https://accessible.stripe.com")
    nadia.press("Set up payments with Stripe")
    seller = town.seller("Nädia & <Co> weaves")
    account = town.wiring.stripe.v1.accounts.retrieve(seller.stripe_id or "").to_dict()
    profile = account["business_profile"]
    assert profile["url"] == "https://accessible.stripe.com"
    assert profile["product_description"] == "Rugs, within a week"
    assert seller.mcc == "5712"
