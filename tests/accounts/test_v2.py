"""An account of Accounts v2, read into our words; and the request that makes one."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.accounts import v2, words
from marketplace.accounts.applicant import MCC, Applicant
from marketplace.accounts.state import Actor, Due, tasks, whose_turn
from marketplace.design import DEFAULT, EVERY, AccountsApi, ChargeType, FeePayer, LossOwner
from marketplace.lifecycles import SellerState

MARIA = Applicant("m" * 24, "Maria's Mugs", "maria@example.com", "US")
DESIGN = replace(DEFAULT, accounts_api=AccountsApi.V2)
ON = {"status": "active", "status_details": []}


def off(status: str, code: str, resolution: str = "contact_stripe") -> dict[str, Any]:
    """A capability that is not active, and why."""
    return {"status": status, "status_details": [{"code": code, "resolution": resolution}]}


def recipient(
    transfers: dict[str, Any] = ON, payouts: dict[str, Any] = ON, **more: object
) -> dict[str, Any]:
    """The role of somebody who is only paid."""
    held = {"stripe_balance": {"stripe_transfers": transfers, "payouts": payouts}}
    return {"applied": True, "capabilities": {"bank_accounts": None, "cards": None, **held}} | more


def entry(description: str, due: str = "currently_due", **changes: object) -> dict[str, Any]:
    """Something that Stripe wants to know; from the seller, later in the account's life."""
    return {
        "awaiting_action_from": "user",
        "description": description,
        "errors": [],
        "impact": {"restricts_capabilities": []},
        "minimum_deadline": {"status": due},
        "reference": None,
        "requested_reasons": [{"code": "routine_verification"}],
    } | changes


def asked(*entries: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    """A `requirements` hash."""
    summary = {"minimum_deadline": {"status": "currently_due", "time": by}} if entries else None
    return {"alternatives": None, "entries": list(entries), "summary": summary}


def account(**changes: object) -> dict[str, Any]:
    """An account for which everything is done; `changes` are set on top."""
    return {
        "id": "acct_1Maria",
        "closed": False,
        "configuration": {"customer": None, "merchant": None, "recipient": recipient()},
        "dashboard": "express",
        "defaults": {"currency": "usd"},
        "metadata": {"seller": "m" * 24},
        "requirements": asked(),
        "future_requirements": {"entries": [], "minimum_transition_date": None, "summary": None},
    } | changes


def roles(**held: object) -> dict[str, Any]:
    """A `configuration` hash."""
    return {"customer": None, "merchant": None, "recipient": None} | held


def test_a_design_with_charges_on_the_platform_asks_for_a_recipient_and_nothing_more() -> None:
    params = v2.create_params(DESIGN, MARIA)
    assert params["configuration"] == {
        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
    }
    assert params["dashboard"] == "express"
    assert params["identity"] == {"country": "us"}
    assert params["defaults"]["responsibilities"] == {
        "fees_collector": "application",
        "losses_collector": "application",
    }
    assert params["metadata"] == {"seller": MARIA.token}
    assert params["display_name"] == "Maria's Mugs"


def test_a_design_with_direct_charges_asks_for_a_merchant() -> None:
    direct = replace(DESIGN, charge_type=ChargeType.DIRECT)
    assert v2.create_params(direct, MARIA)["configuration"] == {
        "merchant": {
            "mcc": MCC,
            "capabilities": {"card_payments": {"requested": True}},
            "statement_descriptor": {"descriptor": "MARIAS MUGS"},
        }
    }


def test_cards_are_asked_for_beside_transfers_only_when_told_to() -> None:
    wanted = v2.create_params(DESIGN, MARIA, with_cards=True)["configuration"]
    assert set(wanted) == {"merchant", "recipient"}


def test_a_seller_who_pays_the_fees_has_them_collected_by_stripe() -> None:
    theirs = replace(DESIGN, fee_payer=FeePayer.SELLER, loss_owner=LossOwner.STRIPE)
    assert v2.create_params(theirs, MARIA)["defaults"]["responsibilities"] == {
        "fees_collector": "stripe",
        "losses_collector": "stripe",
    }


def test_who_collects_requirements_is_never_sent_because_stripe_computes_it() -> None:
    for design in EVERY:
        told = v2.create_params(design, MARIA)["defaults"]["responsibilities"]
        assert set(told) == {"fees_collector", "losses_collector"}


def test_everything_that_is_read_is_asked_for() -> None:
    """What is not included comes back as null, and would read as nothing due."""
    assert set(v2.create_params(DESIGN, MARIA)["include"]) == set(v2.INCLUDE)
    read = {name.split(".")[0] for name in v2.INCLUDE}
    assert read == {"configuration", "defaults", "future_requirements", "requirements"}


def test_a_shop_that_stripe_cannot_open_is_not_told() -> None:
    here = replace(MARIA, shop_url="http://127.0.0.1:4242/shops/maria")
    there = replace(MARIA, shop_url="https://market.example.com/shops/maria")
    assert "business_url" not in v2.create_params(DESIGN, here)["defaults"]["profile"]
    profile = v2.create_params(DESIGN, there)["defaults"]["profile"]
    assert profile["business_url"] == there.shop_url
    assert profile["product_description"]


def test_nothing_due_is_when_all_is_on_and_nothing_is_asked() -> None:
    state = v2.state(account())
    assert state.state is SellerState.NOTHING_DUE
    assert (state.transfers_active, state.payouts_enabled) == (True, True)
    assert state.capabilities == {"transfers": "active"}
    assert not state.charges_enabled
    assert state.metadata == {"seller": MARIA.token}


def test_a_merchant_takes_cards() -> None:
    merchant = {"applied": True, "capabilities": {"card_payments": ON, "jcb_payments": None}}
    merchant["capabilities"]["stripe_balance"] = {"payouts": ON}  # type: ignore[index]
    state = v2.state(account(configuration=roles(merchant=merchant)))
    assert state.capabilities == {"card_payments": "active"}
    assert (state.charges_enabled, state.payouts_enabled) == (True, True)
    assert state.state is SellerState.NOTHING_DUE


def test_a_role_that_was_taken_away_counts_no_more() -> None:
    gone = recipient(applied=False)
    state = v2.state(account(configuration=roles(recipient=gone)))
    assert state.capabilities == {}
    assert state.state is SellerState.RESTRICTED


def test_a_fresh_account_is_due_though_stripe_already_says_past_due() -> None:
    first = {"requested_reasons": [{"code": "routine_onboarding"}]}
    late = off("restricted", "requirements_past_due", "provide_info")
    fresh = account(
        configuration=roles(recipient=recipient(late, late)),
        requirements=asked(entry("external_account", "past_due", **first)),
    )
    state = v2.state(fresh)
    assert (state.state, state.details_submitted) == (SellerState.DUE, False)


def test_later_answers_that_are_overdue_are_past_due() -> None:
    late = off("restricted", "requirements_past_due", "provide_info")
    state = v2.state(
        account(
            configuration=roles(recipient=recipient(payouts=late)),
            requirements=asked(entry("identity.individual.id_numbers", "past_due")),
        )
    )
    assert (state.state, state.details_submitted) == (SellerState.PAST_DUE, True)
    assert state.disabled_reason == "requirements.past_due"
    assert not state.payouts_enabled


def test_a_pending_capability_leaves_nothing_to_do() -> None:
    checking = off("pending", "requirements_pending_verification", "no_resolution")
    waits = entry(
        "identity.individual.date_of_birth.day", "past_due", awaiting_action_from="stripe"
    )
    state = v2.state(
        account(
            configuration=roles(recipient=recipient(checking, checking)),
            requirements=asked(waits),
        )
    )
    assert state.state is SellerState.IN_REVIEW
    assert whose_turn(state.state, state.disabled_reason) is Actor.STRIPE
    (task,) = tasks(state.requirements_as_json())
    assert (task.actor, task.due) == (Actor.STRIPE, Due.CHECKING)


@pytest.mark.parametrize(
    ("status", "code", "reason", "actor"),
    [
        ("rejected", "rejected_fraud", "rejected.fraud", Actor.STRIPE),
        ("rejected", "rejected_platform_fraud", "rejected.platform_fraud", Actor.PLATFORM),
        ("restricted", "rejected_listed", "rejected.listed", Actor.STRIPE),
        ("restricted", "restricted_other", "other", Actor.STRIPE),
        ("unsupported", "unsupported_country", "unsupported.country", Actor.STRIPE),
    ],
)
def test_what_no_answer_lifts_is_restricted(
    status: str, code: str, reason: str, actor: Actor
) -> None:
    off_for_good = recipient(off(status, code))
    state = v2.state(account(configuration=roles(recipient=off_for_good)))
    assert state.state is SellerState.RESTRICTED
    assert state.disabled_reason == reason
    assert whose_turn(state.state, reason) is actor
    assert words.disabled(reason) != words.disabled("something_of_2030")


def test_the_weightiest_reason_is_told() -> None:
    mixed = recipient(off("restricted", "requirements_past_due"), off("rejected", "rejected_other"))
    assert v2.state(account(configuration=roles(recipient=mixed))).disabled_reason == (
        "rejected.other"
    )


def test_a_closed_account_is_restricted_for_good() -> None:
    state = v2.state(account(closed=True, configuration=None))
    assert (state.state, state.disabled_reason) == (SellerState.RESTRICTED, "closed")


def test_an_entry_of_several_is_kept_once_by_the_most_urgent() -> None:
    state = v2.state(
        account(
            requirements=asked(
                entry("e.f", "eventually_due"),
                entry("a.b", "eventually_due"),
                entry("c.d"),
                entry("g.h", awaiting_action_from="stripe"),
                entry("a.b", "past_due"),
            ),
            future_requirements={"entries": [entry("i.j"), entry("c.d")]},
        )
    )
    assert [(item.code, item.due) for item in state.requirements] == [
        ("a.b", Due.PAST),
        ("c.d", Due.NOW),
        ("g.h", Due.CHECKING),
        ("e.f", Due.LATER),
        ("i.j", Due.LATER),
    ]


def test_what_is_asked_of_one_of_several_people_names_the_person() -> None:
    whom = {"inquiry": None, "resource": "person_7", "type": "person"}
    state = v2.state(
        account(
            requirements=asked(
                entry("person.given_name", reference=whom), entry("person.given_name")
            )
        )
    )
    assert [it.code for it in state.requirements] == ["person_7.given_name", "person.given_name"]
    assert words.requirement("person_7.given_name") == "A responsible person's name"


def test_the_deadline_is_the_current_one_and_else_the_coming_one() -> None:
    soon, later = "2027-01-15T08:00:00.000Z", "2030-03-17T17:46:40.000Z"
    coming = {"entries": [], "minimum_transition_date": later}
    both = account(requirements=asked(entry("a.b"), by=soon), future_requirements=coming)
    assert v2.state(both).deadline == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert v2.state(account(future_requirements=coming)).deadline == datetime(
        2030, 3, 17, 17, 46, 40, tzinfo=UTC
    )
    assert v2.state(account()).deadline is None


def test_a_problem_stands_beside_what_it_is_about() -> None:
    wrong = [{"code": "verification_failed_keyed_identity", "description": "Long words."}]
    days = [entry(f"identity.individual.date_of_birth.{it}") for it in ("day", "month", "year")]
    days[0]["errors"] = wrong
    state = v2.state(account(requirements=asked(*days, entry("external_account"))))
    birthday, bank = tasks(state.requirements_as_json())
    assert birthday.text == "Your date of birth"
    assert birthday.problems == ("Name, birthday and number could not be confirmed.",)
    assert bank.text == "A bank account for payouts"


def test_banks_come_from_v1_because_v2_names_only_their_ids() -> None:
    bank = {
        "id": "ba_1", "object": "bank_account", "bank_name": "STRIPE TEST BANK", "last4": "6789",
        "currency": "usd", "country": "US", "status": "new", "default_for_currency": True,
    }  # fmt: skip
    (found,) = v2.state(account(), [bank]).banks
    assert (found.bank_name, found.last4, found.is_default) == ("STRIPE TEST BANK", "6789", True)


def test_an_account_of_which_nothing_was_included_is_never_called_fine() -> None:
    bare = {"id": "acct_1Bare", "configuration": None, "requirements": None, "metadata": None}
    assert v2.state(bare).state is SellerState.RESTRICTED


def test_every_mix_of_facts_is_one_of_the_five_states_and_never_not_started() -> None:
    held = [
        ON,
        off("pending", "determining_status"),
        off("restricted", "requirements_past_due"),
        off("rejected", "rejected_fraud"),
        off("new_in_2030", "new_in_2030"),
    ]
    codes = ("routine_onboarding", "routine_verification")
    dues, actors = ("past_due", "currently_due", "eventually_due"), ("user", "stripe")
    seen = set()
    for transfers, payouts, due, who, code in itertools.product(held, held, dues, actors, codes):
        one = entry("x.y", due, awaiting_action_from=who, requested_reasons=[{"code": code}])
        facts = account(
            configuration=roles(recipient=recipient(transfers, payouts)), requirements=asked(one)
        )
        seen.add(v2.state(facts).state)
    assert seen == set(SellerState) - {SellerState.NOT_STARTED}
