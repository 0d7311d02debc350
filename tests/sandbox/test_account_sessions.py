"""Account sessions: which components and features a platform may ask for."""

from typing import Any

import pytest
import stripe
from stripe._account_session import AccountSession

from marketplace.sandbox.resources.account_sessions import COMPONENTS
from tests.contracts import sdk_shapes

from .conftest import Running
from .onboarded import custom, express


def session(sandbox: Running, account: str, **components: Any) -> Any:
    """A session with these components enabled; a value is its features."""
    asked: Any = {
        name: {"enabled": True, "features": features} for name, features in components.items()
    }
    return sandbox.client().v1.account_sessions.create({"account": account, "components": asked})


def features(made: Any, component: str) -> dict[str, bool]:
    told: dict[str, bool] = made.to_dict()["components"][component]["features"]
    return told


def test_a_session_tells_of_every_component_that_the_sdk_knows(sandbox: Running) -> None:
    made = session(sandbox, express(sandbox).id, payouts={})
    told = made.to_dict()["components"]
    declared = sdk_shapes.fields(AccountSession.Components)
    assert told.keys() == declared.keys() == COMPONENTS.keys()
    for name, cls in declared.items():
        known = sdk_shapes.fields(sdk_shapes.fields(cls)["features"])
        assert set(told[name]["features"]) == known.keys() == set(COMPONENTS[name])
    assert [name for name, one in told.items() if one["enabled"]] == ["payouts"]


def test_a_session_has_a_secret_and_no_id(sandbox: Running) -> None:
    account = express(sandbox).id
    made = session(sandbox, account, payments={})
    assert made.client_secret.startswith("accs_secret__")
    assert made.account == account
    assert "id" not in made.to_dict()
    assert session(sandbox, account, payments={}).client_secret != made.client_secret


def test_where_the_platform_bears_losses_payouts_are_not_the_sellers(sandbox: Running) -> None:
    made = session(sandbox, express(sandbox).id, payouts={})
    told = features(made, "payouts")
    assert (told["standard_payouts"], told["edit_payout_schedule"]) == (False, False)
    free = sandbox.client().v1.accounts.create({})
    told = features(session(sandbox, free.id, payouts={}), "payouts")
    assert (told["standard_payouts"], told["edit_payout_schedule"]) == (True, True)


def test_features_have_their_documented_defaults(sandbox: Running) -> None:
    made = session(sandbox, express(sandbox).id, payments={"dispute_management": False})
    assert features(made, "payments") == {
        "capture_payments": True,
        "destination_on_behalf_of_charge_management": False,
        "dispute_management": False,
        "refund_management": True,
        "smart_disputes_management": False,
    }


@pytest.mark.parametrize(
    ("feature", "value"),
    [("disable_stripe_user_authentication", True), ("external_account_collection", False)],
)
def test_only_a_platform_that_collects_may_do_without_stripes_questions(
    sandbox: Running, feature: str, *, value: bool
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        session(sandbox, express(sandbox).id, account_onboarding={feature: value})
    assert caught.value.param == f"components[account_onboarding][features][{feature}]"
    made = session(sandbox, custom(sandbox).id, account_onboarding={feature: value})
    assert features(made, "account_onboarding")[feature] is value


def test_without_bank_questions_there_is_no_sign_in_either(sandbox: Running) -> None:
    asked = {"external_account_collection": False}
    made = session(sandbox, custom(sandbox).id, account_onboarding=asked)
    assert features(made, "account_onboarding")["disable_stripe_user_authentication"] is True


def test_a_session_closes_the_sellers_data_to_the_platform(sandbox: Running) -> None:
    account = express(sandbox).id
    update: Any = {"business_type": "individual"}
    sandbox.client().v1.accounts.update(account, update)
    session(sandbox, account, account_onboarding={})
    with pytest.raises(stripe.PermissionError):
        sandbox.client().v1.accounts.update(account, update)


@pytest.mark.parametrize(
    "components",
    [
        {},
        {"payments": {"enabled": False}},
        {"payments": {"enabled": True, "features": {"fly": True}}},
        {"pay": {"enabled": True}},
        {"payments": {}},
    ],
    ids=["none", "none enabled", "unknown feature", "unknown component", "not said"],
)
def test_a_session_needs_known_components(sandbox: Running, components: Any) -> None:
    account = express(sandbox).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client().v1.account_sessions.create({"account": account, "components": components})
    assert str(caught.value.param).startswith("components")


def test_a_stranger_gets_no_session(sandbox: Running) -> None:
    account = express(sandbox).id
    stranger = sandbox.client("sk_test_stranger")
    with pytest.raises(stripe.PermissionError) as caught:
        stranger.v1.account_sessions.create(
            {"account": account, "components": {"payments": {"enabled": True}}}
        )
    assert caught.value.error is not None
    assert caught.value.error.code == "account_invalid"


def test_a_platform_has_no_session_for_itself(sandbox: Running) -> None:
    client = sandbox.client()
    own = client.v1.accounts.retrieve_current().id
    with pytest.raises(stripe.InvalidRequestError):
        session(sandbox, own, payments={})
