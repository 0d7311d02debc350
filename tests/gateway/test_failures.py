"""Stripe's errors in our words: every class of the SDK is mapped, none by its text."""

import pytest
import stripe

from marketplace.errors import (
    MarketplaceError,
    PaymentRefused,
    StripeError,
    StripeMisconfigured,
    StripeRefused,
    StripeUnavailable,
)
from marketplace.gateway.failures import TRANSLATIONS, translate, translating


def leaves(kind: type[stripe.StripeError]) -> set[type[stripe.StripeError]]:
    below = kind.__subclasses__()
    return {kind} if not below else {leaf for child in below for leaf in leaves(child)}


def refusal(code: str | None, status: int = 400) -> stripe.InvalidRequestError:
    body = {"error": {"code": code, "message": "Canary."}}
    return stripe.InvalidRequestError(
        "Canary.", "account", code, http_status=status, json_body=body, headers={"request-id": "r1"}
    )


def test_every_error_of_the_sdk_is_mapped() -> None:
    known = {kind for kind in leaves(stripe.StripeError) if kind.__module__.startswith("stripe")}
    assert len(known) > 30
    assert known == set(TRANSLATIONS)


def test_an_error_that_a_later_sdk_adds_is_not_taken_for_a_refusal() -> None:
    class Novel(stripe.StripeError):
        pass

    error = translate(Novel("?"))
    assert isinstance(error, StripeUnavailable)
    assert error.done_is_unknown


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (stripe.APIConnectionError("timed out"), StripeUnavailable),
        (stripe.APIError("500", http_status=500), StripeUnavailable),
        (stripe.RateLimitError("429", http_status=429), StripeUnavailable),
        (stripe.AuthenticationError("401", http_status=401), StripeMisconfigured),
        (stripe.PermissionError("403", http_status=403), StripeMisconfigured),
        (refusal("resource_missing", 404), StripeRefused),
        (refusal("livemode_mismatch"), StripeMisconfigured),
        (refusal("lock_timeout", 409), StripeUnavailable),
        (refusal(None), StripeRefused),
        (stripe.IdempotencyError("other", http_status=400), StripeRefused),
        (stripe.IdempotencyError("in use", http_status=409), StripeUnavailable),
    ],
)
def test_class_status_and_code_decide(
    error: stripe.StripeError, kind: type[MarketplaceError]
) -> None:
    assert type(translate(error)) is kind


def test_only_a_rate_limit_is_known_to_have_done_nothing() -> None:
    limited = translate(stripe.RateLimitError("429"))
    broken = translate(stripe.APIConnectionError("gone"))
    assert isinstance(limited, StripeUnavailable)
    assert isinstance(broken, StripeUnavailable)
    assert (limited.done_is_unknown, broken.done_is_unknown) == (False, True)


def test_a_declined_card_keeps_its_codes_and_not_stripes_sentence() -> None:
    body = {"error": {"code": "card_declined", "decline_code": "insufficient_funds"}}
    declined = stripe.CardError("Canary.", None, "card_declined", json_body=body)
    error = translate(declined)
    assert isinstance(error, PaymentRefused)
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    assert "Canary" not in str(error)


def test_the_operator_learns_all_and_the_page_nothing() -> None:
    with pytest.raises(StripeError) as told, translating():
        raise refusal("resource_missing", 404)
    assert "Canary" not in str(told.value)
    assert told.value.for_operator() == (
        "StripeRefused: Canary. (code resource_missing, param account, request r1)"
    )


def test_what_is_not_stripes_passes_through() -> None:
    with pytest.raises(KeyError), translating():
        raise KeyError("ours")
