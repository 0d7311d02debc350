"""What an account owes, in the entries of Accounts v2: who has to act, and what suffers."""

from .conftest import Running
from .v2people import (
    api,
    complete,
    created,
    nora,
    onboarded,
    request,
    seen,
)


def test_a_fresh_account_owes_everything_and_says_what_suffers(sandbox: Running) -> None:
    made = created(sandbox, request())
    requirements = made.requirements
    by_name = {entry.description: entry for entry in requirements.entries}
    assert "external_account" in by_name
    assert "identity.attestations.terms_of_service.account.date" in by_name
    assert "defaults.profile.business_url" in by_name
    assert "configuration.merchant.mcc" not in by_name
    assert {e.minimum_deadline.status for e in requirements.entries} == {"past_due"}
    assert {e.awaiting_action_from for e in requirements.entries} == {"user"}
    assert requirements.summary.minimum_deadline.status == "past_due"
    assert requirements.summary.minimum_deadline.time is None
    touched = by_name["defaults.profile.business_url"].impact.restricts_capabilities
    assert {(one.configuration, one.capability) for one in touched} == {
        ("merchant", "card_payments"),
        ("merchant", "stripe_balance.payouts"),
        ("recipient", "stripe_balance.stripe_transfers"),
        ("recipient", "stripe_balance.payouts"),
    }
    cards = made.configuration.merchant.capabilities.card_payments
    assert cards.status == "restricted"
    assert [detail.to_dict() for detail in cards.status_details] == [
        {"code": "requirements_past_due", "resolution": "provide_info"}
    ]


def test_a_complete_account_can_do_everything(sandbox: Running) -> None:
    told = seen(sandbox, onboarded(sandbox))
    merchant = told.configuration.merchant.capabilities
    recipient = told.configuration.recipient.capabilities
    assert merchant.card_payments.to_dict() == {"status": "active", "status_details": []}
    assert merchant.stripe_balance.payouts.status == "active"
    assert recipient.stripe_balance.stripe_transfers.status == "active"
    v1 = api(sandbox).v1.accounts.retrieve(told.id)
    assert (v1.charges_enabled, v1.payouts_enabled) == (True, True)
    # The whole social security number is asked for later; nothing is due before.
    assert [(e.description, e.minimum_deadline.status) for e in told.requirements.entries] == [
        ("identity.individual.id_numbers", "eventually_due")
    ]


def test_while_stripe_checks_nobody_has_to_do_anything(sandbox: Running) -> None:
    slow = nora(date_of_birth={"day": 1, "month": 1, "year": 1901})
    params = complete()
    params["identity"]["individual"] = slow
    account = created(sandbox, params).id
    api(sandbox).v1.accounts.external_accounts.create(account, {"external_account": "btok_us"})
    told = seen(sandbox, account)
    cards = told.configuration.merchant.capabilities.card_payments
    assert cards.status == "pending"
    assert cards.status_details[0].resolution == "no_resolution"
    acting = {e.awaiting_action_from for e in told.requirements.entries}
    assert "stripe" in acting
    sandbox.advance(10)
    told = seen(sandbox, account)
    assert told.configuration.merchant.capabilities.card_payments.status == "active"


def test_a_wrong_number_is_told_as_an_error_of_its_entry(sandbox: Running) -> None:
    params = complete()
    params["identity"]["individual"] = nora(id_numbers=[{"type": "us_ssn", "value": "111111111"}])
    account = created(sandbox, params).id
    sandbox.advance(10)
    told = seen(sandbox, account)
    wrong = [entry for entry in told.requirements.entries if entry.errors]
    assert wrong
    assert wrong[0].errors[0].code.startswith("verification_")
    assert wrong[0].awaiting_action_from == "user"


def test_numbers_go_in_and_only_their_kind_comes_out(sandbox: Running) -> None:
    params = complete()
    params["identity"]["individual"] = nora(id_numbers=[{"type": "us_ssn", "value": "222222222"}])
    made = created(sandbox, params)
    assert [one.to_dict() for one in made.identity.individual.id_numbers] == [{"type": "us_ssn"}]
    assert "222222222" not in str(made)
    v1 = api(sandbox).v1.accounts.retrieve(made.id)
    assert v1.individual.id_number_provided is True


def test_a_company_in_the_words_of_v2(sandbox: Running) -> None:
    made = created(
        sandbox,
        request(
            dashboard="none",
            identity={
                "country": "us",
                "entity_type": "company",
                "business_details": {
                    "registered_name": "Nora's Nuts Inc",
                    "phone": "0000000000",
                    "structure": "private_corporation",
                    "address": {"line1": "address_full_match", "country": "us", "city": "Reno"},
                    "id_numbers": [{"type": "us_ein", "value": "000000000"}],
                    "annual_revenue": {
                        "amount": {"value": 1_000_000, "currency": "usd"},
                        "fiscal_year_end": "2025-12-31",
                    },
                },
                "attestations": {"persons_provided": {"owners": True}},
            },
        ),
    )
    business = made.identity.business_details
    assert business.registered_name == "Nora's Nuts Inc"
    assert business.address.country == "us"
    assert [one.type for one in business.id_numbers] == ["us_ein"]
    v1 = api(sandbox).v1.accounts.retrieve(made.id)
    assert v1.business_type == "company"
    assert (v1.company.name, v1.company.tax_id_provided) == ("Nora's Nuts Inc", True)
    assert v1.company.owners_provided is True
    assert v1.company.address.country == "US"
