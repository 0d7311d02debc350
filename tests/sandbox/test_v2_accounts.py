"""Accounts v2: the same accounts as in v1, in other words."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .v2people import (
    EVERYTHING,
    MARKETPLACE,
    MERCHANT,
    RECIPIENT,
    SAAS,
    api,
    complete,
    created,
    nora,
    onboarded,
    request,
    seen,
)


def refused(sandbox: Running, params: dict[str, Any]) -> stripe.StripeError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        created(sandbox, params)
    return caught.value


def test_an_account_shows_only_what_the_request_includes(sandbox: Running) -> None:
    made = created(sandbox, request(include=["defaults"]))
    assert made.identity is None
    assert made.configuration is None
    assert made.requirements is None
    assert made.defaults.currency == "usd"
    assert made.created.endswith(".000Z")
    assert made.applied_configurations == ["merchant", "recipient"]


@pytest.mark.parametrize(
    "query",
    ["include=identity&include=defaults", "include[]=identity&include[]=defaults",
     "include[0]=identity&include[1]=defaults"],
)  # fmt: skip
def test_include_is_read_in_all_three_spellings(sandbox: Running, query: str) -> None:
    account = created(sandbox, request()).id
    answer = sandbox.http.get(
        f"{sandbox.url}/v2/core/accounts/{account}?{query}",
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=10,
    ).json()
    assert answer["identity"]["country"] == "us"
    assert answer["defaults"]["responsibilities"]["fees_collector"] == "application"
    assert answer["configuration"] is None


def test_a_v2_account_is_read_by_v1_and_the_other_way_round(sandbox: Running) -> None:
    client = api(sandbox)
    made = created(sandbox, request(metadata={"shop": "7"}))
    v1 = client.v1.accounts.retrieve(made.id)
    assert v1.controller.stripe_dashboard.type == "express"
    assert v1.email == "nora@example.com"
    assert v1.metadata["shop"] == "7"
    assert set(v1.capabilities.to_dict()) == {"card_payments", "transfers"}

    old = client.v1.accounts.create(
        {
            "controller": {
                "fees": {"payer": "account"},
                "losses": {"payments": "stripe"},
                "stripe_dashboard": {"type": "full"},
            },
            "country": "DE",
            "email": "ute@example.com",
            "business_profile": {"mcc": "5947", "url": "https://ute.example.com"},
            "capabilities": {
                "card_payments": {"requested": True},
                "transfers": {"requested": True},
            },
        }
    )
    told = seen(sandbox, old.id)
    assert told.dashboard == "full"
    assert told.contact_email == "ute@example.com"
    assert told.identity.country == "de"
    assert told.defaults.responsibilities.to_dict() == {
        **SAAS,
        "requirements_collector": "stripe",
    }
    assert told.defaults.profile.business_url == "https://ute.example.com"
    assert told.configuration.merchant.mcc == "5947"
    assert told.applied_configurations == ["merchant", "recipient"]


def test_who_collects_requirements_is_computed(sandbox: Running) -> None:
    made = created(sandbox, request(dashboard="none"))
    assert made.defaults.responsibilities.requirements_collector == "application"
    v1 = api(sandbox).v1.accounts.retrieve(made.id)
    assert v1.controller.requirement_collection == "application"


@pytest.mark.parametrize(
    ("dashboard", "fees", "losses", "code"),
    [
        ("express", "stripe", "stripe",
         "account_controller_express_dash_without_application_losses_or_fees"),
        ("express", "application", "stripe",
         "account_controller_express_dash_without_application_losses_or_fees"),
        ("none", "stripe", "application", "account_controller_stripe_pricing_platform_liable"),
        ("full", "stripe", "application", "account_controller_stripe_pricing_platform_liable"),
        ("full", "application", "application", "invalid_fields"),
        ("full", "application", "stripe", "invalid_fields"),
    ],
)  # fmt: skip
def test_combinations_that_stripe_refuses(
    sandbox: Running, dashboard: str, fees: str, losses: str, code: str
) -> None:
    chosen = {"fees_collector": fees, "losses_collector": losses}
    problem = refused(sandbox, request(dashboard=dashboard, defaults={"responsibilities": chosen}))
    assert problem.code == code


@pytest.mark.parametrize(
    ("dashboard", "responsibilities"),
    [
        ("full", SAAS),
        ("express", MARKETPLACE),
        ("none", MARKETPLACE),
        ("none", {"fees_collector": "application", "losses_collector": "stripe"}),
        ("none", SAAS),
    ],
)
def test_combinations_that_stripe_accepts(
    sandbox: Running, dashboard: str, responsibilities: dict[str, str]
) -> None:
    made = created(
        sandbox, request(dashboard=dashboard, defaults={"responsibilities": responsibilities})
    )
    assert made.dashboard == dashboard


@pytest.mark.parametrize(
    ("without", "code"),
    [
        ("dashboard", "parameter_missing"),
        ("defaults", "parameter_missing"),
        ("contact_email", "parameter_missing"),
        ("identity", "identity_country_required"),
    ],
)
def test_a_merchant_needs(sandbox: Running, without: str, code: str) -> None:
    params = request()
    del params[without]
    assert refused(sandbox, params).code == code


def test_what_was_chosen_stays(sandbox: Running) -> None:
    client = api(sandbox)
    account = created(sandbox, request()).id
    for change in (
        {"dashboard": "full"},
        {"defaults": {"responsibilities": SAAS}},
        {"identity": {"country": "gb"}},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.v2.core.accounts.update(account, change)
    # Saying the same again is no change.
    client.v2.core.accounts.update(account, {"dashboard": "express"})


@pytest.mark.parametrize("country", ["gb", "de", "ca", "au", "sg"])
def test_a_recipient_alone_is_refused_in_some_countries(sandbox: Running, country: str) -> None:
    only = {"recipient": RECIPIENT}
    problem = refused(sandbox, request(identity={"country": country}, configuration=only))
    assert problem.code == "capability_not_available_without_other_capability"
    assert "configuration.merchant.capabilities.card_payments" in str(problem.user_message)
    both = {"recipient": RECIPIENT, "merchant": MERCHANT}
    assert created(sandbox, request(identity={"country": country}, configuration=both)).id


def test_a_customer_becomes_a_recipient_later(sandbox: Running) -> None:
    client = api(sandbox)
    made = created(
        sandbox,
        {"display_name": "Nora", "configuration": {"customer": {}}, "include": EVERYTHING},
    )
    assert made.dashboard is None
    assert made.applied_configurations == ["customer"]
    assert made.requirements.entries == []
    assert made.requirements.summary is None
    assert made.identity.country is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.accounts.update(
            made.id,
            {"configuration": {"recipient": RECIPIENT}},
        )
    params = request(configuration={"recipient": RECIPIENT})
    told = client.v2.core.accounts.update(made.id, params)
    assert told.applied_configurations == ["customer", "recipient"]
    assert told.dashboard == "express"


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


def test_null_unsets_and_an_empty_update_changes_nothing(sandbox: Running) -> None:
    client = api(sandbox)
    account = created(sandbox, request(metadata={"a": "1", "b": "2"})).id
    told = client.v2.core.accounts.update(account, {"metadata": {"a": None}})
    assert told.metadata.to_dict() == {"b": "2"}
    answer = sandbox.http.post(
        f"{sandbox.url}/v2/core/accounts/{account}",
        json={"display_name": None, "configuration": None, "defaults": {"profile": None}},
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["display_name"] is None


def test_a_configuration_can_be_taken_away(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    told = api(sandbox).v2.core.accounts.update(
        account,
        {
            "configuration": {"merchant": {"applied": False}},
            "include": ["configuration.merchant"],
        },
    )
    assert told.applied_configurations == ["recipient"]
    assert told.configuration.merchant.applied is False
    assert told.configuration.merchant.mcc == "5947"
    v1 = api(sandbox).v1.accounts.retrieve(account)
    assert set(v1.capabilities.to_dict()) == {"transfers"}


def test_lists_are_paged_by_an_address_that_is_followed_as_it_is(sandbox: Running) -> None:
    client = api(sandbox)
    made = [created(sandbox, request(display_name=f"Shop {n}")).id for n in range(5)]
    only = created(sandbox, {"configuration": {"customer": {}}}).id
    page = client.v2.core.accounts.list({"limit": 2})
    assert [one.id for one in page.data] == [only, made[4]]
    assert [one.id for one in page.auto_paging_iter()] == [only, *made[::-1]]
    sellers = client.v2.core.accounts.list({"applied_configurations": ["merchant"], "limit": 2})
    assert [one.id for one in sellers.auto_paging_iter()] == made[::-1]
    assert client.v2.core.accounts.list({"closed": True}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="page token"):
        client.v2.core.accounts.list({"page": "elsewhere"})


def test_closing_names_every_configuration(sandbox: Running) -> None:
    client = api(sandbox)
    account = onboarded(sandbox)
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.accounts.close(account, {"applied_configurations": ["merchant"]})
    told = client.v2.core.accounts.close(
        account, {"applied_configurations": ["recipient", "merchant"]}
    )
    assert told.closed is True
    assert told.applied_configurations == []
    assert client.v2.core.accounts.retrieve(account).closed is True
    assert client.v2.core.accounts.list().data == []
    assert [one.id for one in client.v2.core.accounts.list({"closed": True}).data] == [account]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v2.core.accounts.update(account, {"display_name": "Again"})
    assert caught.value.code == "account_closed"
    with pytest.raises(stripe.PermissionError):
        client.v1.balance.retrieve({}, {"stripe_account": account})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.transfers.create({"amount": 100, "currency": "usd", "destination": account})


def test_an_account_with_money_is_not_closed(sandbox: Running) -> None:
    client = api(sandbox)
    account = onboarded(sandbox)
    client.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        },
        {"stripe_account": account},
    )
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v2.core.accounts.close(
            account, {"applied_configurations": ["merchant", "recipient"]}
        )
    assert caught.value.code == "cannot_delete_account_with_balance"


def test_a_v2_seller_takes_part_in_every_kind_of_charge(sandbox: Running) -> None:
    client = api(sandbox)
    account = onboarded(sandbox)
    pay: Any = {
        "amount": 1000,
        "currency": "usd",
        "payment_method": "pm_card_bypassPending",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    direct = client.v1.payment_intents.create(
        {**pay, "application_fee_amount": 123}, {"stripe_account": account}
    )
    destination = client.v1.payment_intents.create(
        {**pay, "application_fee_amount": 123, "transfer_data": {"destination": account}}
    )
    assert (direct.status, destination.status) == ("succeeded", "succeeded")
    client.v1.payment_intents.create(pay)
    client.v1.transfers.create({"amount": 200, "currency": "usd", "destination": account})
    balance = client.v1.balance.retrieve({}, {"stripe_account": account})
    assert balance.available[0].amount + balance.pending[0].amount == 877 + 877 + 200


def test_a_merchant_without_the_recipient_configuration_gets_no_transfers(
    sandbox: Running,
) -> None:
    client = api(sandbox)
    account = onboarded(sandbox, configuration={"merchant": MERCHANT})
    # A v1 request that does not speak of capabilities leaves them as they are.
    client.v1.accounts.update(account, {"metadata": {"seen": "yes"}})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.transfers.create({"amount": 100, "currency": "usd", "destination": account})
    assert caught.value.code == "insufficient_capabilities_for_transfer"


def test_terms_are_accepted_only_where_the_platform_collects(sandbox: Running) -> None:
    signed = {"terms_of_service": {"account": {"date": "2026-11-01T10:00:00Z", "ip": "127.0.0.1"}}}
    problem = refused(sandbox, request(identity={"country": "us", "attestations": signed}))
    assert problem.code == "invalid_tos_acceptance"
    broken = {"terms_of_service": {"account": {"date": "yesterday", "ip": "127.0.0.1"}}}
    params = request(dashboard="none", identity={"country": "us", "attestations": broken})
    assert "timestamp" in str(refused(sandbox, params).user_message)


def test_strangers_get_not_found_in_the_shape_of_v2(sandbox: Running) -> None:
    account = created(sandbox, request()).id
    answer = sandbox.http.get(
        f"{sandbox.url}/v2/core/accounts/{account}",
        headers={"Authorization": "Bearer sk_test_somebody_else"},
        timeout=10,
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert set(answer.json()["error"]) <= {"code", "message", "param"}


def test_a_failed_request_is_executed_again_under_its_key(sandbox: Running) -> None:
    client = api(sandbox)
    wrong = request(dashboard="full")
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError):
            client.v2.core.accounts.create(wrong, {"idempotency_key": "once"})
    right: Any = request()
    first = client.v2.core.accounts.create(right, {"idempotency_key": "once"})
    again = client.v2.core.accounts.create(right, {"idempotency_key": "once"})
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        client.v2.core.accounts.create(
            {**right, "display_name": "Other"}, {"idempotency_key": "once"}
        )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "red"}, "parameter_unknown"),
        ({"dashboard": "custom"}, "invalid_fields"),
        ({"defaults": {"responsibilities": {"fees_collector": "stripe"}}}, "parameter_missing"),
        ({"include": ["everything"]}, "invalid_fields"),
        ({"contact_email": "nobody"}, "email_invalid"),
        ({"defaults": {"responsibilities": None}}, "parameter_missing"),
        ({"configuration": {"merchant": {"applied": True}}}, "parameter_unknown"),
        (
            {"configuration": {"merchant": {"capabilities": {"card_payments": {"requested": {}}}}}},
            "invalid_fields",
        ),
    ],
)
def test_what_the_annotations_refuse(sandbox: Running, change: dict[str, Any], code: str) -> None:
    assert refused(sandbox, request(**change)).code == code


def test_refusals_name_parameters_in_the_words_of_v2(sandbox: Running) -> None:
    params = request()
    params["defaults"] = {"responsibilities": MARKETPLACE, "profile": {"business_url": "nowhere"}}
    answer = sandbox.http.post(
        f"{sandbox.url}/v2/core/accounts",
        json=params,
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=10,
    ).json()
    assert answer["error"]["param"] == "defaults.profile.business_url"
    assert answer["error"]["code"] == "url_invalid"
