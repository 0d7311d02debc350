"""Accounts v2: the same accounts as in v1, in other words."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .v2people import (
    MARKETPLACE,
    MERCHANT,
    SAAS,
    api,
    created,
    onboarded,
    refused,
    request,
    seen,
)


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
        timeout=60,
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


def test_null_unsets_and_an_empty_update_changes_nothing(sandbox: Running) -> None:
    client = api(sandbox)
    account = created(sandbox, request(metadata={"a": "1", "b": "2"})).id
    told = client.v2.core.accounts.update(account, {"metadata": {"a": None}})
    assert told.metadata.to_dict() == {"b": "2"}
    answer = sandbox.http.post(
        f"{sandbox.url}/v2/core/accounts/{account}",
        json={"display_name": None, "configuration": None, "defaults": {"profile": None}},
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=60,
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
        timeout=60,
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
        timeout=60,
    ).json()
    assert answer["error"]["param"] == "defaults.profile.business_url"
    assert answer["error"]["code"] == "url_invalid"
