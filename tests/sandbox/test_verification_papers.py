"""Test values that concern the business: descriptors, papers, registers, risk, inactivity."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .onboarded import FULL_NAME, RETURN, custom, express, jenny, link, onboard

MOMENT = 5
DAY = 86_400


def again(sandbox: Running, account: stripe.Account) -> Any:
    return sandbox.client().v1.accounts.retrieve(account.id)


def errors(account: Any) -> list[tuple[str, str]]:
    return [(error.requirement, error.code) for error in account.requirements.errors]


def company(sandbox: Running, **values: Any) -> stripe.Account:
    """A finished company whose representative is its only owner."""
    address = jenny()["address"]
    told = {
        "name": "Cheese Limited",
        "tax_id": "000000000",
        "phone": "0000000000",
        "address": address,
        "owners_provided": True,
        **values,
    }
    account = custom(sandbox, business_type="company", company=told, individual=None)
    person: Any = jenny(**FULL_NAME, relationship={"representative": True, "executive": True})
    sandbox.client().v1.accounts.persons.create(account.id, person)
    sandbox.advance(MOMENT)
    return account


DESCRIPTOR = "settings.payments.statement_descriptor"
PREFIX = "settings.card_payments.statement_descriptor_prefix"


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (
            {"payments": {"statement_descriptor": "mismatch"}},
            (DESCRIPTOR, "invalid_statement_descriptor_business_mismatch"),
        ),
        (
            {"payments": {"statement_descriptor": "DISALLOWED"}},
            (DESCRIPTOR, "invalid_statement_descriptor_denylisted"),
        ),
        (
            {"card_payments": {"statement_descriptor_prefix": "mismatch"}},
            (PREFIX, "invalid_statement_descriptor_prefix_mismatch"),
        ),
        (
            {"card_payments": {"statement_descriptor_prefix": "disallowed"}},
            (PREFIX, "invalid_statement_descriptor_prefix_denylisted"),
        ),
    ],
)
def test_a_statement_descriptor_may_be_wrong(
    sandbox: Running, settings: Any, error: tuple[str, str]
) -> None:
    seller = custom(sandbox, settings=settings)
    found = again(sandbox, seller)
    assert errors(found) == [error]
    assert error[0] in found.requirements.currently_due


def test_a_seller_corrects_the_descriptor_in_the_hosted_form(sandbox: Running) -> None:
    seller = express(sandbox, settings={"payments": {"statement_descriptor": "mismatch"}})
    # The descriptor is looked at together with the profile: the review names the step again.
    assert onboard(sandbox, link(sandbox, seller.id)) == "review"
    assert errors(again(sandbox, seller))
    assert onboard(sandbox, link(sandbox, seller.id)) == RETURN
    found = again(sandbox, seller)
    assert (found.requirements.errors, found.charges_enabled) == ([], True)


def test_a_company_that_is_in_no_register_shows_papers(sandbox: Running) -> None:
    seller = company(sandbox, tax_id="222221000")
    wanted = "documents.proof_of_registration.files"
    code = "verification_requires_additional_proof_of_registration"
    assert errors(again(sandbox, seller)) == [(wanted, code)]
    give = sandbox.client().v1.accounts.update
    bad = ["file_relationship_document_mismatch"]
    give(seller.id, {"documents": {"proof_of_registration": {"files": bad}}})
    sandbox.advance(MOMENT)
    # The company is found out by its papers, and the papers are those of somebody else.
    assert errors(again(sandbox, seller)) == [(wanted, "verification_document_name_mismatch")]
    good = ["file_relationship_document_success"]
    give(seller.id, {"documents": {"proof_of_registration": {"files": good}}})
    sandbox.advance(MOMENT)
    done = again(sandbox, seller)
    assert (errors(done), done.payouts_enabled) == ([], True)


@pytest.mark.parametrize(
    ("tax_id", "requirement"),
    [
        ("222221001", "relationship.owner"),
        ("222221002", "relationship.director"),
        ("222221003", "relationship.owner"),
        ("222221004", "relationship.director"),
    ],
)
def test_the_register_knows_other_people(sandbox: Running, tax_id: str, requirement: str) -> None:
    found = again(sandbox, company(sandbox, tax_id=tax_id))
    assert [name for name, _ in errors(found)] == [requirement]


def test_a_check_that_does_not_end_is_ended_by_a_document(sandbox: Running) -> None:
    seller = company(sandbox, tax_id="222221005")
    sandbox.advance(30 * DAY)
    waiting = again(sandbox, seller)
    assert waiting.requirements.pending_verification == ["company.tax_id"]
    assert not waiting.charges_enabled
    document: Any = {"verification": {"document": {"front": "file_identity_document_success"}}}
    sandbox.client().v1.accounts.update(seller.id, {"company": document})
    sandbox.advance(MOMENT)
    assert again(sandbox, seller).charges_enabled


def test_a_companys_document_may_be_a_bad_one(sandbox: Running) -> None:
    document = {"document": {"front": "file_identity_document_failure"}}
    found = again(sandbox, company(sandbox, verification=document))
    assert errors(found) == [
        ("company.verification.document", "verification_document_failed_test_mode")
    ]


def test_a_risky_business_waits_for_its_payouts(sandbox: Running) -> None:
    seller = company(sandbox, name="Cheese_high_risk")
    found = again(sandbox, seller)
    assert (found.charges_enabled, found.payouts_enabled) == (True, False)
    assert found.requirements.disabled_reason == "under_review"
    sandbox.advance(DAY)
    assert again(sandbox, seller).payouts_enabled


def test_an_inactive_account_is_paused(sandbox: Running) -> None:
    profile = {"mcc": "5947", "url": "https://inactivity.stripe.com"}
    seller = custom(sandbox, business_profile=profile)
    found = again(sandbox, seller)
    assert (found.charges_enabled, found.requirements.currently_due) == (False, [])
    capability = sandbox.client().v1.accounts.capabilities.retrieve(seller.id, "transfers")
    assert capability.requirements is not None
    assert capability.requirements.disabled_reason == "paused.inactivity"
    good: Any = {"url": "https://accessible.stripe.com"}
    sandbox.client().v1.accounts.update(seller.id, {"business_profile": good})
    assert again(sandbox, seller).charges_enabled


@pytest.mark.parametrize(("number", "proven"), [("000999999991", True), ("000999999992", False)])
def test_an_american_bank_account_must_be_the_sellers(
    sandbox: Running, number: str, *, proven: bool
) -> None:
    bank = {
        "object": "bank_account",
        "country": "US",
        "currency": "usd",
        "routing_number": "110000000",
        "account_number": number,
    }
    seller = custom(sandbox, external_account=bank)
    found = again(sandbox, seller)
    assert (found.charges_enabled, found.payouts_enabled) == (True, proven)
    wanted = "documents.bank_account_ownership_verification.files"
    assert found.requirements.currently_due == ([] if proven else [wanted])
    statement: Any = {"files": ["file_identity_document_success"]}
    sandbox.client().v1.accounts.update(
        seller.id, {"documents": {"bank_account_ownership_verification": statement}}
    )
    assert again(sandbox, seller).payouts_enabled
