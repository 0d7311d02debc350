"""Accounts that exist already: whose they are, what they are, and which can have a shop."""

from typing import Any

import pytest
import stripe as sdk
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import invitations, orders, people, sellers
from marketplace.accounts import v1, v2
from marketplace.charges import fees
from marketplace.design import (
    DEFAULT,
    EVERY,
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.rules import refuses_account
from marketplace.errors import Invalid
from marketplace.models import AccountStatus, ServiceAgreement, User
from marketplace.sellers import Agreement
from tests import builders
from tests.running import Running

V1, V2 = AccountsApi
AGREED = Agreement(fees.Terms(bps=700))
LEGACY: dict[str, tuple[str, str, str, str]] = {
    "standard": ("full", "seller", "stripe", "direct"),
    "express": ("express", "platform", "platform", "destination"),
    "custom": ("none", "platform", "platform", "destination"),
}


@pytest.fixture
def maria(session: orm.Session) -> User:
    """Somebody whose account was made long before this marketplace."""
    return people.sign_up(
        session, email="maria@example.com", name="Maria", password="a good long sentence"
    )


def made(stripe: StripeClient, kind: str = "express", **values: Any) -> str:
    """An account of one of the legacy types, as an older program makes it."""
    params: Any = {
        "type": kind,
        "country": "US",
        "email": "old@example.com",
        "business_profile": {"name": "Old Mugs"},
        "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
        **values,
    }
    return stripe.v1.accounts.create(params).id


def fault(error: pytest.ExceptionInfo[Invalid]) -> str:
    return error.value.fields["account"]


@pytest.mark.parametrize("kind", LEGACY)
@pytest.mark.parametrize("api", AccountsApi)
def test_the_legacy_types_are_read_as_what_they_behave_like(
    session: orm.Session, stripe: StripeClient, kind: str, api: AccountsApi
) -> None:
    found = sellers.look_up(session, stripe, f" {made(stripe, kind)} ", api)
    dashboard, payer, losses, charge = LEGACY[kind]
    assert found.design == Design(
        api,
        Onboarding.HOSTED,
        Dashboard(dashboard),
        FeePayer(payer),
        LossOwner(losses),
        ChargeType(charge),
    )
    assert (found.name, found.country, found.currency) == ("Old Mugs", "US", "usd")
    assert found.email == "old@example.com"


def test_what_was_made_by_a_design_is_read_back_as_that_design(
    session: orm.Session, stripe: StripeClient
) -> None:
    """All that is fixed at creation; onboarding and charge type are nobody's property."""
    fixed = {
        (d.accounts_api, d.dashboard, d.fee_payer, d.loss_owner): d
        for d in EVERY
        if d.charge_type is ChargeType.DESTINATION and refuses_account(d) is None
    }
    for design in fixed.values():
        person = builders.person(session, "Owner")
        shop = sellers.open_shop(session, person, name="Shop", country="US", design=DEFAULT)
        for name in ("accounts_api", "dashboard", "fee_payer", "loss_owner"):
            setattr(shop, name, getattr(design, name))
        session.commit()
        made = sellers.ensure_account(session, stripe, shop).stripe_id or ""
        shop.stripe_id = None
        session.commit()
        found = sellers.look_up(session, stripe, made, design.accounts_api).design
        assert (found.dashboard, found.fee_payer, found.loss_owner) == (
            design.dashboard,
            design.fee_payer,
            design.loss_owner,
        )
    assert len(fixed) >= 8


def test_an_account_comes_with_an_invitation_and_keeps_its_id(
    session: orm.Session, stripe: StripeClient, maria: User
) -> None:
    account = made(stripe)
    found = sellers.look_up(session, stripe, account, V1)
    sent = invitations.invite(
        session,
        email="maria@example.com",
        design=DEFAULT,
        agreement=AGREED,
        nonce=builders.nonce(),
        brings=found,
    )
    session.commit()
    shop = invitations.take(session, maria, sent.token or "", name="", country="")
    session.commit()
    assert (shop.stripe_id, shop.account_status) == (account, AccountStatus.CREATED)
    assert (shop.shop_name, shop.accounts_api, shop.fee_bps) == ("Old Mugs", V1, 700)
    read = sellers.refresh(session, stripe, account)
    assert read is shop
    assert set(shop.capabilities) == {"card_payments", "transfers"}
    assert len(stripe.v1.accounts.list().data) == 1


def test_a_seller_s_account_and_one_that_waits_for_somebody_are_not_given_twice(
    session: orm.Session, stripe: StripeClient
) -> None:
    builders.seller(session, "Bea's Bowls", stripe_id="acct_1BeasBowls")
    with pytest.raises(Invalid) as taken:
        sellers.look_up(session, stripe, "acct_1BeasBowls")
    assert "belongs to Bea's Bowls" in fault(taken)
    found = sellers.look_up(session, stripe, made(stripe))
    sent = invitations.invite(
        session,
        email="maria@example.com",
        design=DEFAULT,
        agreement=AGREED,
        nonce=builders.nonce(),
        brings=found,
    )
    with pytest.raises(Invalid) as waiting:
        sellers.look_up(session, stripe, found.stripe_id)
    assert "is invited with this account already" in fault(waiting)
    invitations.withdraw(session, sent.invitation)
    assert sellers.look_up(session, stripe, found.stripe_id).stripe_id == found.stripe_id


@pytest.mark.parametrize("api", AccountsApi)
def test_an_account_beyond_the_region_is_brought_as_the_recipient_that_it_is(
    session: orm.Session, stripe: StripeClient, maria: User, api: AccountsApi
) -> None:
    account = made(
        stripe,
        country="IL",
        capabilities={"transfers": {"requested": True}},
        tos_acceptance={"service_agreement": "recipient"},
    )
    found = sellers.look_up(session, stripe, account, api)
    sent = invitations.invite(
        session,
        email="maria@example.com",
        design=DEFAULT,
        agreement=AGREED,
        nonce=builders.nonce(),
        brings=found,
    )
    shop = invitations.take(session, maria, sent.token or "", name="", country="")
    assert (shop.country, shop.currency) == ("IL", "ils")
    assert shop.service_agreement is ServiceAgreement.RECIPIENT
    # With the full agreement, Stripe would refuse every transfer to it.
    assert orders.border(session, shop, "usd") is None


@pytest.mark.parametrize("api", AccountsApi)
def test_a_stranger_s_account_is_refused_whatever_its_owner_says(
    session: orm.Session, sandbox: Running, stripe: StripeClient, api: AccountsApi
) -> None:
    theirs = made(sandbox.client("sk_test_another_platform_of_somebody"))
    for account in (theirs, "acct_1NobodyHasThisOne"):
        with pytest.raises(Invalid) as refusal:
            sellers.look_up(session, stripe, account, api)
        assert fault(refusal) == "Stripe knows no such account on this platform."


def test_the_platform_itself_can_have_no_shop(
    session: orm.Session, sandbox: Running, stripe: StripeClient
) -> None:
    with pytest.raises(Invalid) as refusal:
        sellers.look_up(session, stripe, sandbox.platform)
    assert "the platform's own account" in fault(refusal)


@pytest.mark.parametrize(
    "typed", ["", "acct_", "cus_123456789", "acct_../../v1/balance", "acct_1²3456"]
)
def test_what_is_no_id_is_never_asked_for(
    session: orm.Session, stripe: StripeClient, typed: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        sellers.look_up(session, stripe, typed)
    assert "begins with acct_" in fault(refusal)


def test_closed_and_rejected_accounts_are_over(session: orm.Session, stripe: StripeClient) -> None:
    rejected = made(stripe)
    stripe.v1.accounts.reject(rejected, {"reason": "other"})
    account = stripe.v2.core.accounts.create(
        {
            "identity": {"country": "us"},
            "contact_email": "old@example.com",
            "dashboard": "express",
            "defaults": {
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                }
            },
            "configuration": {
                "recipient": {
                    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                }
            },
        }
    ).id
    stripe.v2.core.accounts.close(account, {"applied_configurations": ["recipient"]})
    for over, api in ((rejected, V1), (rejected, V2), (account, V2)):
        with pytest.raises(Invalid) as refusal:
            sellers.look_up(session, stripe, over, api)
        assert "closed or rejected" in fault(refusal), (over, api)


def test_an_account_of_v2_that_is_only_a_customer_cannot_sell(
    session: orm.Session, stripe: StripeClient
) -> None:
    bare = stripe.v2.core.accounts.create(
        {"display_name": "Bare", "contact_email": "b@example.com"}
    )
    with pytest.raises(Invalid) as refusal:
        sellers.look_up(session, stripe, bare.id)
    assert "not set up for selling" in fault(refusal)


def test_an_account_that_stripe_shows_and_does_not_list_is_refused(
    session: orm.Session, stripe: StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = made(stripe)
    empty: Any = sdk.ListObject.construct_from(
        {"object": "list", "data": [], "has_more": False}, "k"
    )
    monkeypatch.setattr(stripe.v1.accounts, "list", lambda *_: empty, raising=False)
    with pytest.raises(Invalid) as refusal:
        sellers.look_up(session, stripe, account)
    assert "does not name it among the connected accounts" in fault(refusal)


def test_an_account_that_nobody_controls_reads_as_standard() -> None:
    """Joined by OAuth: Stripe tells its type and little else."""
    found = v1.design({"id": "acct_1", "type": "standard", "capabilities": {"transfers": "active"}})
    assert found
    assert (found.dashboard, found.charge_type) == (Dashboard.FULL, ChargeType.DIRECT)
    assert v1.design({"id": "acct_1", "type": "none"}) is None
    assert v2.design({"id": "acct_1", "dashboard": "full", "defaults": None}) is None
