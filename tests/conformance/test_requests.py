"""Errors, idempotency, pages and expansion: what every endpoint has in common."""

from typing import Any

import pytest
import stripe

from .conftest import Stripe

CUSTOMERS = "/v1/customers"


def raw(platform: Stripe, method: str, path: str, **params: Any) -> Any:
    """A request with parameters that the SDK's types would not let pass."""
    return platform.client.raw_request(method, path, **params)


# https://docs.stripe.com/api/errors https://docs.stripe.com/error-codes
def test_an_unknown_parameter_is_named(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        raw(platform, "post", CUSTOMERS, nonsense="1")
    error = caught.value
    assert (error.http_status, error.code, error.param) == (400, "parameter_unknown", "nonsense")


def test_a_missing_parameter_is_named(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        raw(platform, "post", "/v1/payment_intents", amount=1000)
    assert (caught.value.code, caught.value.param) == ("parameter_missing", "currency")


def test_a_word_where_a_number_belongs_is_refused(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        raw(platform, "post", "/v1/payment_intents", amount="ten", currency="usd")
    assert (caught.value.code, caught.value.param) == ("parameter_invalid_integer", "amount")


def test_what_does_not_exist_is_missing(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.payment_intents.retrieve("pi_000000000000000000000000")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_an_address_that_does_not_exist_is_missing_too(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        raw(platform, "get", "/v1/no_such_thing")
    assert caught.value.http_status == 404


# https://docs.stripe.com/api/authentication
def test_a_key_that_is_none_is_not_let_in(platform: Stripe) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        platform.client.v1.balance.retrieve(options={"api_key": "no_key_at_all"})
    assert caught.value.http_status == 401


def test_every_answer_names_its_request(platform: Stripe) -> None:
    answer = platform.client.v1.balance.retrieve().last_response
    assert answer is not None
    assert str(answer.request_id).startswith("req_")


# https://docs.stripe.com/api/idempotent_requests
def test_the_same_key_gives_the_same_answer_and_says_so(platform: Stripe) -> None:
    options: stripe.RequestOptions = {"idempotency_key": f"{platform.run}-same"}
    first = platform.client.v1.customers.create({"name": "Ada"}, options)
    again = platform.client.v1.customers.create({"name": "Ada"}, options)
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_other_parameters_is_refused(platform: Stripe) -> None:
    options: stripe.RequestOptions = {"idempotency_key": f"{platform.run}-other"}
    platform.client.v1.customers.create({"name": "Ada"}, options)
    with pytest.raises(stripe.IdempotencyError) as caught:
        platform.client.v1.customers.create({"name": "Ben"}, options)
    assert caught.value.http_status == 400


def test_a_request_that_was_not_valid_leaves_its_key_unused(platform: Stripe) -> None:
    options: Any = {"idempotency_key": f"{platform.run}-invalid"}
    with pytest.raises(stripe.InvalidRequestError):
        raw(platform, "post", CUSTOMERS, nonsense="1", **options)
    assert platform.client.v1.customers.create({"name": "Ada"}, options).name == "Ada"


def test_a_decline_is_remembered_under_its_key(platform: Stripe) -> None:
    said = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            platform.client.v1.payment_intents.create(
                {
                    "amount": 1000,
                    "currency": "usd",
                    "payment_method": "pm_card_visa_chargeDeclined",
                    "return_url": "https://example.com/back",
                    "confirm": True,
                },
                {"idempotency_key": f"{platform.run}-declined"},
            )
        intent = caught.value.error and caught.value.error.payment_intent
        assert intent
        said.append(intent.id)
    assert said[0] == said[1]


# https://docs.stripe.com/api/pagination
def test_pages_go_from_the_newest_to_the_oldest_and_back(platform: Stripe) -> None:
    email = f"{platform.run}@example.com"
    made = [platform.client.v1.customers.create({"email": email}).id for _ in range(5)]
    newest = list(reversed(made))
    listed = platform.client.v1.customers.list
    first = listed({"email": email, "limit": 2})
    assert ([row.id for row in first.data], first.has_more) == (newest[:2], True)
    second = listed({"email": email, "limit": 2, "starting_after": newest[1]})
    assert ([row.id for row in second.data], second.has_more) == (newest[2:4], True)
    last = listed({"email": email, "limit": 2, "starting_after": newest[3]})
    assert ([row.id for row in last.data], last.has_more) == (newest[4:], False)
    before = listed({"email": email, "limit": 2, "ending_before": newest[3]})
    assert [row.id for row in before.data] == newest[1:3]
    assert [row.id for row in first.auto_paging_iter()] == newest


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_rows(platform: Stripe, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        platform.client.v1.customers.list({"limit": limit})


# https://docs.stripe.com/api/expanding_objects
def test_objects_are_expanded_where_asked(platform: Stripe) -> None:
    plain = platform.pay(expand=[])
    assert isinstance(plain.latest_charge, str)
    full = platform.client.v1.payment_intents.retrieve(
        plain.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    assert full.latest_charge.balance_transaction.type == "charge"  # type: ignore[union-attr]
    with pytest.raises(stripe.InvalidRequestError):
        platform.client.v1.payment_intents.retrieve(plain.id, {"expand": ["nonsense"]})


# https://docs.stripe.com/api/metadata
def test_metadata_is_merged_and_unset_by_nothing(platform: Stripe) -> None:
    made = platform.client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = platform.client.v1.customers.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}


# https://docs.stripe.com/api/events
def test_what_happened_can_be_listed_as_an_event(platform: Stripe) -> None:
    charge = platform.pay().latest_charge.id

    def told() -> bool:
        rows = platform.client.v1.events.list({"type": "charge.succeeded", "limit": 20}).data
        return charge in [row.data.object["id"] for row in rows]

    platform.until(told)
