"""An Account of Accounts v1, read into our words; and the request that makes one."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.accounts import v1
from marketplace.accounts.applicant import MCC, Applicant
from marketplace.accounts.state import Actor, Due, tasks, whose_turn
from marketplace.design import DEFAULT, Dashboard, FeePayer, LossOwner
from marketplace.lifecycles import SellerState

MARIA = Applicant("m" * 24, "Maria's Mugs", "maria@example.com", "US")


def account(**changes: object) -> dict[str, Any]:
    """An account for which everything is done; `changes` are set on top."""
    whole: dict[str, Any] = {
        "id": "acct_1Maria",
        "details_submitted": True,
        "charges_enabled": True,
        "payouts_enabled": True,
        "capabilities": {"transfers": "active", "card_payments": "active"},
        "default_currency": "usd",
        "external_accounts": {"object": "list", "data": []},
        "metadata": {"seller": "m" * 24},
        "requirements": asked(),
        "future_requirements": asked(),
    }
    return whole | changes


def asked(**changes: object) -> dict[str, Any]:
    """A `requirements` hash in which nothing is asked."""
    empty: dict[str, Any] = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    return empty | changes


def test_the_slices_design_asks_for_an_express_account_whose_fees_and_losses_are_ours() -> None:
    params = v1.create_params(DEFAULT, MARIA)
    assert params["controller"] == {
        "stripe_dashboard": {"type": "express"},
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
    }
    assert params["capabilities"] == {
        "transfers": {"requested": True},
        "card_payments": {"requested": True},
    }
    assert params["metadata"] == {"seller": MARIA.token}
    assert "type" not in params  # Stripe takes either a type or a controller


@pytest.mark.parametrize("dashboard", list(Dashboard))
@pytest.mark.parametrize("losses", list(LossOwner))
def test_requirements_are_ours_to_collect_only_without_a_dashboard_and_with_its_losses(
    dashboard: Dashboard, losses: LossOwner
) -> None:
    made = v1.controller(replace(DEFAULT, dashboard=dashboard, loss_owner=losses))
    ours = dashboard is Dashboard.NONE and losses is LossOwner.PLATFORM
    assert made["requirement_collection"] == ("application" if ours else "stripe")


def test_a_seller_who_pays_the_fees_is_called_account_by_stripe() -> None:
    made = v1.controller(replace(DEFAULT, fee_payer=FeePayer.SELLER, loss_owner=LossOwner.STRIPE))
    assert made["fees"] == {"payer": "account"}
    assert made["losses"] == {"payments": "stripe"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://market.example.com/shops/maria", True),
        ("http://127.0.0.1:4242/shops/maria", False),
        ("http://192.168.1.7/shops/maria", False),
        ("http://localhost:4242/shops/maria", False),
        ("http://[::1]:4242/shops/maria", False),
        ("http://shop.test/maria", False),
    ],
)
def test_only_an_address_that_stripe_can_open_is_told(url: str, told: bool) -> None:  # noqa: FBT001
    profile = v1.create_params(DEFAULT, replace(MARIA, shop_url=url))["business_profile"]
    assert (profile.get("url") == url) is told
    assert profile["product_description"]
    assert profile["mcc"] == MCC


def test_nothing_due_is_when_all_is_on_and_nothing_is_asked() -> None:
    state = v1.state(account())
    assert state.state is SellerState.NOTHING_DUE
    assert state.transfers_active
    assert state.requirements == ()


def test_charges_enabled_alone_is_not_onboarded() -> None:
    state = v1.state(account(payouts_enabled=False, requirements=asked(currently_due=["x.y"])))
    assert state.state is SellerState.DUE


def test_a_fresh_account_is_due_though_stripe_already_says_past_due() -> None:
    fresh = account(
        details_submitted=False,
        charges_enabled=False,
        payouts_enabled=False,
        capabilities={"transfers": "inactive", "card_payments": "inactive"},
        requirements=asked(
            past_due=["external_account"],
            currently_due=["external_account"],
            disabled_reason="requirements.past_due",
        ),
    )
    assert v1.state(fresh).state is SellerState.DUE


def test_a_seller_who_left_early_is_due_even_when_the_list_is_empty() -> None:
    assert v1.state(account(details_submitted=False)).state is SellerState.DUE


def test_later_answers_that_are_overdue_are_past_due() -> None:
    late = asked(
        past_due=["individual.id_number"],
        currently_due=["individual.id_number"],
        disabled_reason="requirements.past_due",
    )
    assert v1.state(account(requirements=late, payouts_enabled=False)).state is SellerState.PAST_DUE


def test_pending_capabilities_with_nothing_to_answer_are_in_review() -> None:
    checking = account(
        charges_enabled=False,
        capabilities={"transfers": "pending", "card_payments": "pending"},
        requirements=asked(
            pending_verification=["individual.id_number"],
            disabled_reason="requirements.pending_verification",
        ),
    )
    state = v1.state(checking)
    assert state.state is SellerState.IN_REVIEW
    assert whose_turn(state.state, state.disabled_reason) is Actor.STRIPE


@pytest.mark.parametrize(
    ("reason", "actor"),
    [
        ("rejected.fraud", Actor.STRIPE),
        ("rejected.platform_fraud", Actor.PLATFORM),
        ("rejected.a_reason_of_next_year", Actor.STRIPE),
        ("platform_paused", Actor.PLATFORM),
        ("action_required.requested_capabilities", Actor.PLATFORM),
        ("other", Actor.STRIPE),
    ],
)
def test_what_no_answer_lifts_is_restricted_whatever_else_is_asked(
    reason: str, actor: Actor
) -> None:
    state = v1.state(account(requirements=asked(disabled_reason=reason, past_due=["x.y"])))
    assert state.state is SellerState.RESTRICTED
    assert whose_turn(state.state, reason) is actor


def test_a_capability_that_is_off_for_no_named_reason_is_not_called_fine() -> None:
    off = account(capabilities={"transfers": "inactive", "card_payments": "active"})
    assert v1.state(off).state is SellerState.RESTRICTED


def test_a_requirement_on_several_lists_is_kept_once_by_the_most_urgent() -> None:
    state = v1.state(
        account(
            requirements=asked(
                past_due=["a.b"],
                currently_due=["a.b", "c.d"],
                eventually_due=["a.b", "c.d", "e.f"],
                pending_verification=["g.h"],
            ),
            future_requirements=asked(currently_due=["i.j", "c.d"]),
        )
    )
    assert [(item.code, item.due) for item in state.requirements] == [
        ("a.b", Due.PAST),
        ("c.d", Due.NOW),
        ("g.h", Due.CHECKING),
        ("e.f", Due.LATER),
        ("i.j", Due.LATER),
    ]


def test_the_deadline_is_the_current_one_and_else_the_coming_one() -> None:
    soon, later = 1_800_000_000, 1_900_000_000
    both = account(
        requirements=asked(current_deadline=soon), future_requirements=asked(current_deadline=later)
    )
    assert v1.state(both).deadline == datetime.fromtimestamp(soon, UTC)
    coming = account(future_requirements=asked(current_deadline=later))
    assert v1.state(coming).deadline == datetime.fromtimestamp(later, UTC)
    assert v1.state(account()).deadline is None


def test_day_month_and_year_are_one_thing_to_answer_with_its_problem_beside_it() -> None:
    codes = ["individual.dob.day", "individual.dob.month", "individual.dob.year"]
    error = {
        "code": "verification_failed_keyed_identity",
        "reason": "Something long from Stripe.",
        "requirement": "individual.dob.day",
    }
    state = v1.state(
        account(requirements=asked(currently_due=[*codes, "external_account"], errors=[error]))
    )
    birthday, bank = tasks(state.requirements_as_json())
    assert birthday.text == "Your date of birth"
    assert birthday.codes == tuple(codes)
    assert birthday.problems == ("Name, birthday and number could not be confirmed.",)
    assert birthday.actor is Actor.SELLER
    assert bank.text == "A bank account for payouts"
    assert bank.problems == ()


def test_banks_and_debit_cards_are_read_alike() -> None:
    bank = {
        "id": "ba_1", "object": "bank_account", "bank_name": "STRIPE TEST BANK", "last4": "6789",
        "currency": "usd", "country": "US", "status": "errored", "default_for_currency": True,
    }  # fmt: skip
    card = {
        "id": "card_1", "object": "card", "brand": "Visa", "last4": "5556", "currency": "usd",
        "country": "US", "default_for_currency": False,
    }  # fmt: skip
    found = v1.state(account(external_accounts={"object": "list", "data": [bank, card]})).banks
    assert [(it.bank_name, it.status, it.is_default) for it in found] == [
        ("STRIPE TEST BANK", "errored", True),
        ("Visa", "", False),
    ]


def test_an_account_that_tells_next_to_nothing_is_read_without_an_error() -> None:
    state = v1.state({"id": "acct_1Bare"})
    assert state.state is SellerState.DUE
    assert not state.transfers_active


def test_every_mix_of_facts_is_one_of_the_five_states_and_never_not_started() -> None:
    lists: tuple[list[str], ...] = (["x.y"], [])
    reasons = (None, "requirements.past_due", "under_review", "rejected.fraud", "new_in_2030")
    switches = (True, False)
    seen = set()
    for past, now, pending, reason, submitted, on in itertools.product(
        lists, lists, lists, reasons, switches, switches
    ):
        requirements = asked(
            past_due=past, currently_due=now, pending_verification=pending, disabled_reason=reason
        )
        seen.add(
            v1.state(
                account(
                    details_submitted=submitted,
                    charges_enabled=on,
                    payouts_enabled=on,
                    requirements=requirements,
                )
            ).state
        )
    assert seen == set(SellerState) - {SellerState.NOT_STARTED}
