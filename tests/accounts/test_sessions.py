"""Which components each design shows, what a session grants, and that the sandbox agrees."""

from dataclasses import replace

import pytest

from marketplace.accounts import sessions
from marketplace.accounts.sessions import Component, Place
from marketplace.design import (
    DEFAULT,
    EVERY,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from tests.running import Running
from tests.sandbox.onboarded import custom

WHITE = replace(DEFAULT, dashboard=Dashboard.NONE, onboarding=Onboarding.EMBEDDED)
AT_STRIPES_RISK = replace(DEFAULT, loss_owner=LossOwner.STRIPE, charge_type=ChargeType.DIRECT)
A_DASHBOARDS_WORTH = set(Component) - {Component.ONBOARDING}


@pytest.mark.parametrize(
    ("design", "owed"),
    [
        (DEFAULT, set()),
        (replace(DEFAULT, onboarding=Onboarding.EMBEDDED), {Component.ONBOARDING}),
        (
            replace(AT_STRIPES_RISK, onboarding=Onboarding.EMBEDDED, dashboard=Dashboard.FULL),
            {Component.ONBOARDING, Component.BANNER, Component.MANAGEMENT},
        ),
        (replace(AT_STRIPES_RISK, dashboard=Dashboard.FULL), set()),
        (WHITE, set(Component) - {Component.DISPUTES}),
        (replace(WHITE, charge_type=ChargeType.DIRECT), set(Component)),
        (
            replace(WHITE, onboarding=Onboarding.API, charge_type=ChargeType.DIRECT),
            A_DASHBOARDS_WORTH,
        ),
        (replace(AT_STRIPES_RISK, dashboard=Dashboard.NONE), A_DASHBOARDS_WORTH),
    ],
)
def test_what_our_pages_owe_a_seller_follows_from_the_design(
    design: Design, owed: set[Component]
) -> None:
    assert set(sessions.components(design)) == owed


def test_every_component_that_is_owed_has_one_kind_of_page_that_shows_it() -> None:
    for design in EVERY:
        shown = {one for place in Place for one in sessions.shown(design, place)}
        assert shown == set(sessions.components(design))


def test_where_stripe_bears_losses_without_a_dashboard_it_can_reach_the_seller() -> None:
    must = {Component.BANNER, Component.MANAGEMENT}
    for design in EVERY:
        if design.loss_owner is LossOwner.STRIPE and design.dashboard is Dashboard.NONE:
            assert must <= set(sessions.components(design))


def test_a_session_names_what_the_page_shows_and_nothing_else() -> None:
    params = sessions.create_params(WHITE, "acct_1", sessions.shown(WHITE, Place.OVERVIEW))
    assert params == {
        "account": "acct_1",
        "components": {"notification_banner": {"enabled": True}, "balances": {"enabled": True}},
    }


@pytest.mark.parametrize("charge_type", ChargeType)
def test_only_the_owner_of_a_charge_refunds_and_defends_it(charge_type: ChargeType) -> None:
    design = replace(WHITE, charge_type=charge_type)
    params = sessions.create_params(design, "acct_1", (Component.PAYMENTS,))
    own = charge_type is ChargeType.DIRECT
    assert params["components"]["payments"]["features"] == {
        "capture_payments": own,
        "refund_management": own,
        "dispute_management": own,
        "destination_on_behalf_of_charge_management": False,
    }


def test_stripes_own_sign_in_is_never_switched_off(sandbox: Running) -> None:
    """Not even where the sandbox, like Stripe, would let us: the answer tells what holds."""
    account = custom(sandbox)
    params = sessions.create_params(WHITE, account.id, tuple(Component))
    made = sandbox.client().v1.account_sessions.create(params).to_dict()["components"]
    enabled = {name for name, one in made.items() if one["enabled"]}
    assert enabled == set(Component)
    assert {
        made[name]["features"].get("disable_stripe_user_authentication") for name in enabled
    } <= {
        False,
        None,
    }
    # Nor may the seller of a platform that bears the losses take the money out by hand.
    assert made["payouts"]["features"]["standard_payouts"] is False


def test_whoever_pays_the_fees_changes_nothing() -> None:
    for design in EVERY:
        other = replace(design, fee_payer=FeePayer.SELLER)
        assert sessions.components(design) == sessions.components(other)
