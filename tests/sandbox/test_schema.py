"""What endpoints accept is what the SDK's own annotations say."""

from typing import Any

import pytest

from marketplace.sandbox import schema
from marketplace.sandbox.errors import Invalid
from marketplace.sandbox.routing import router


def read(name: str, params: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = schema.of(name).read(params, "")
    return values


def refusal(name: str, params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(Invalid) as caught:
        read(name, params)
    assert caught.value.status == 400
    return caught.value.error


def test_every_endpoint_of_the_sandbox_names_a_class_that_the_sdk_has() -> None:
    guarded = [route for route in router.routes() if route.schema is not None]
    assert len(guarded) > 10
    for route in guarded:
        assert route.schema is not None
        assert isinstance(schema.of(route.schema).fields, dict), route


def test_text_becomes_the_annotated_type() -> None:
    params = {"amount": "100", "currency": "usd", "metadata": {"0": "x"}}
    assert read("PayoutCreateParams", params) == {
        "amount": 100,
        "currency": "usd",
        "metadata": {"0": "x"},
    }


def test_a_hash_with_numbers_for_keys_is_a_list_where_a_list_is_wanted() -> None:
    params = {"url": "http://127.0.0.1", "enabled_events": {"1": "b.c", "0": "*"}}
    with pytest.raises(Invalid):
        read("WebhookEndpointCreateParams", params)
    params["enabled_events"] = {"1": "payout.paid", "0": "*"}
    assert read("WebhookEndpointCreateParams", params)["enabled_events"] == ["*", "payout.paid"]


def test_booleans_are_true_or_false_only() -> None:
    params = {"url": "u", "enabled_events": ["*"], "connect": "true"}
    assert read("WebhookEndpointCreateParams", params)["connect"] is True
    error = refusal("WebhookEndpointCreateParams", {**params, "connect": "yes"})
    assert error["param"] == "connect"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "1", "currency": "usd", "foo": "1"}, "parameter_unknown", "foo"),
        ({"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "", "currency": "usd"}, "parameter_invalid_empty", "amount"),
        ({"amount": "9" * 30, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 10**400, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": True, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1", "currency": "usd", "method": "fast"}, None, "method"),
        ({"amount": "1", "currency": {"a": "b"}}, None, "currency"),
        ({"amount": "1", "currency": "usd", "metadata": "x"}, None, "metadata"),
        ({"amount": "1", "currency": "x" * 5001}, "parameter_invalid_string", "currency"),
        ({"amount": "1", "currency": "\ud800"}, None, "currency"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    params: dict[str, Any], code: str | None, param: str
) -> None:
    error = refusal("PayoutCreateParams", params)
    assert (error.get("code"), error["param"]) == (code, param)


def test_a_fault_deep_inside_is_named_by_its_whole_path() -> None:
    params = {"controller": {"fees": {"payer": "nobody"}}}
    assert refusal("AccountCreateParams", params)["param"] == "controller[fees][payer]"
    params = {"controller": {"fees": {"prayer": "account"}}}
    assert refusal("AccountCreateParams", params)["param"] == "controller[fees][prayer]"


def test_an_element_of_a_list_is_named_by_its_number() -> None:
    params = {"url": "u", "enabled_events": ["*", {"a": "b"}]}
    assert refusal("WebhookEndpointCreateParams", params)["param"] == "enabled_events[1]"


def test_digits_of_other_scripts_are_no_list() -> None:
    params = {"url": "u", "enabled_events": {"²": "*"}}
    assert refusal("WebhookEndpointCreateParams", params)["param"] == "enabled_events"
