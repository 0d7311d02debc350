"""What may change for a seller whose account exists, and what Stripe is asked for then."""

from dataclasses import replace

import pytest
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import sellers
from marketplace.charges import fees
from marketplace.design import DEFAULT, AccountsApi, ChargeType, Design, Onboarding
from marketplace.design.passing import Split, TransferWhen
from marketplace.errors import Invalid, StripeUnavailable
from marketplace.models import AccountStatus, Seller, ServiceAgreement
from marketplace.sellers import Agreement

AGREED = Agreement(fees.Terms(bps=1000))
DIRECT, DESTINATION, SEPARATE = ChargeType


@pytest.fixture
def maria(session: orm.Session, stripe: StripeClient, maria: Seller) -> Seller:
    """A seller with an account for destination charges, under each Accounts API."""
    return sellers.ensure_account(session, stripe, maria)


def as_agreed(
    seller: Seller, charge_type: ChargeType, onboarding: Onboarding = Onboarding.HOSTED
) -> Design:
    """The design of `seller` with what may always change."""
    return replace(seller.design, charge_type=charge_type, onboarding=onboarding)


def test_a_commission_changes_without_a_call_to_stripe(
    session: orm.Session, maria: Seller, closed_port: int
) -> None:
    away = StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{closed_port}"})
    agreement = Agreement(fees.Terms(bps=250, fixed=30, least=60, most=900), Split.TRANSFER_AMOUNT)
    asked = sellers.change(session, away, maria, agreement, as_agreed(maria, DESTINATION))
    assert asked == ()
    assert (maria.fee_bps, maria.fee_fixed, maria.fee_min, maria.fee_max) == (250, 30, 60, 900)
    assert maria.split is Split.TRANSFER_AMOUNT


def test_direct_charges_ask_for_cards_where_the_account_never_did(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    lacked = () if maria.accounts_api is AccountsApi.V1 else ("card_payments",)
    for asked in (lacked, ()):
        assert sellers.change(session, stripe, maria, AGREED, as_agreed(maria, DIRECT)) == asked
    assert maria.charge_type is DIRECT
    assert "card_payments" in maria.capabilities
    told = stripe.v1.accounts.retrieve(maria.stripe_id or "").to_dict()["capabilities"]
    assert {"card_payments", "transfers"} <= set(told)


def test_charging_on_behalf_of_the_seller_asks_for_cards_too(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    agreement = replace(AGREED, on_behalf_of=True)
    sellers.change(session, stripe, maria, agreement, as_agreed(maria, DESTINATION))
    assert maria.on_behalf_of
    assert {"card_payments", "transfers"} <= set(maria.capabilities)
    sellers.change(session, stripe, maria, agreement, as_agreed(maria, DIRECT))
    assert not maria.on_behalf_of  # a direct charge is the seller's own


def test_money_can_wait_only_with_separate_charges(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    agreement = replace(AGREED, transfer_when=TransferWhen.LATER, split=Split.TRANSFER_AMOUNT)
    sellers.change(session, stripe, maria, agreement, as_agreed(maria, SEPARATE))
    assert (maria.transfer_when, maria.split) == (TransferWhen.LATER, Split.APPLICATION_FEE)
    sellers.change(session, stripe, maria, agreement, as_agreed(maria, DESTINATION))
    assert (maria.transfer_when, maria.split) == (TransferWhen.NOW, Split.TRANSFER_AMOUNT)


def test_what_the_rules_refuse_is_refused_before_stripe_is_asked(
    session: orm.Session, maria: Seller, closed_port: int
) -> None:
    away = StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{closed_port}"})
    with pytest.raises(Invalid) as refusal:
        sellers.change(
            session,
            away,
            maria,
            AGREED,
            as_agreed(maria, DIRECT, Onboarding.API),
            knowing=True,
        )
    assert "(Rule api-onboarding-needs-full-control.)" in refusal.value.fields["design"]
    assert (maria.charge_type, maria.onboarding) == (DESTINATION, Onboarding.HOSTED)


def test_a_silent_stripe_changes_nothing_here(
    session: orm.Session, maria: Seller, closed_port: int
) -> None:
    maria.capabilities = {"transfers": "active"}
    session.commit()
    away = StripeClient(
        "sk_test_x",
        base_addresses={"api": f"http://127.0.0.1:{closed_port}"},
        max_network_retries=0,
    )
    with pytest.raises(StripeUnavailable):
        sellers.change(session, away, maria, AGREED, as_agreed(maria, DIRECT))
    session.expire_all()
    assert maria.charge_type is DESTINATION


def test_until_the_account_is_asked_for_the_whole_design_may_change(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    """The way on for a shop that Stripe made no account for, such as under Accounts v1."""
    maria.stripe_id, maria.account_status = None, AccountStatus.NONE
    session.commit()
    other = next(api for api in AccountsApi if api is not maria.accounts_api)
    sellers.change(session, stripe, maria, AGREED, replace(DEFAULT, accounts_api=other))
    assert sellers.ensure_account(session, stripe, maria).stripe_id
    assert maria.accounts_api is other
    back = replace(DEFAULT, accounts_api=next(api for api in AccountsApi if api is not other))
    with pytest.raises(Invalid) as refusal:
        sellers.change(session, stripe, maria, AGREED, back)
    assert "Stripe fixed this" in refusal.value.fields["design"]
    assert maria.accounts_api is other


def test_a_seller_who_can_only_be_paid_is_not_charged(
    session: orm.Session, maria: Seller, closed_port: int
) -> None:
    away = StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{closed_port}"})
    maria.service_agreement = ServiceAgreement.RECIPIENT
    session.commit()
    for agreement, charge_type, field in (
        (AGREED, DIRECT, "design"),
        (replace(AGREED, on_behalf_of=True), SEPARATE, "on_behalf_of"),
    ):
        with pytest.raises(Invalid) as refusal:
            sellers.change(session, away, maria, agreement, as_agreed(maria, charge_type))
        assert "can be paid by the marketplace" in refusal.value.fields[field]
    assert maria.charge_type is DESTINATION
