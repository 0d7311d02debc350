"""Stripe's errors in our words.

The SDK raises a class by HTTP status and, under v2, by error type. The rule that bites: the text of
an error changes without notice, so only the class, the status and the `code` decide; and after a
timeout, a 5xx or a 409 nobody knows whether Stripe did it.
https://docs.stripe.com/error-low-level
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stripe
from stripe import oauth_error

from marketplace.errors import (
    Forbidden,
    MarketplaceError,
    PaymentRefused,
    StripeMisconfigured,
    StripeRefused,
    StripeUnavailable,
)

CONFLICT = 409
SERVER_ERROR = 500
# Refusals that only the operator can lift, whatever the request was about.
PLATFORM_CODES = frozenset(
    {
        "account_creation_liability_unacknowledged",
        "account_invalid",
        "api_key_expired",
        "livemode_mismatch",
        "platform_account_required",
        "platform_api_key_expired",
        "platform_registration_required",
        "secret_key_required",
        "testmode_charges_only",
        "tls_version_unsupported",
    }
)


def _unavailable(error: stripe.StripeError) -> MarketplaceError:
    # Even a connection that could not be opened is unknown: the SDK may have tried before.
    return StripeUnavailable(_detail(error), code=_code(error), request_id=error.request_id)


def _slowed(error: stripe.StripeError) -> MarketplaceError:
    return StripeUnavailable(
        _detail(error), code=_code(error), request_id=error.request_id, done_is_unknown=False
    )


def _misconfigured(error: stripe.StripeError) -> MarketplaceError:
    return StripeMisconfigured(
        _detail(error), code=_code(error), param=_param(error), request_id=error.request_id
    )


def _refused(error: stripe.StripeError) -> MarketplaceError:
    if error.http_status == CONFLICT or (error.http_status or 0) >= SERVER_ERROR:
        return _unavailable(error)
    if _code(error) in PLATFORM_CODES:
        return _misconfigured(error)
    return StripeRefused(
        _detail(error), code=_code(error), param=_param(error), request_id=error.request_id
    )


def _declined(error: stripe.StripeError) -> MarketplaceError:
    decline = getattr(error.error, "decline_code", None)
    return PaymentRefused("The card was declined.", error.code, decline)


def _forged(_error: stripe.StripeError) -> MarketplaceError:
    return Forbidden("The signature does not belong to this message.")


TRANSLATIONS: dict[type[stripe.StripeError], Callable[[stripe.StripeError], MarketplaceError]] = {
    stripe.APIConnectionError: _unavailable,
    stripe.APIError: _unavailable,
    stripe.RateLimitError: _slowed,
    stripe.AuthenticationError: _misconfigured,
    stripe.PermissionError: _misconfigured,
    stripe.CardError: _declined,
    stripe.SignatureVerificationError: _forged,
    # The same key with other parameters (our mistake), or the same key in use this moment (409).
    stripe.IdempotencyError: _refused,
    stripe.InvalidRequestError: _refused,
    # v2: what the object or the account cannot do.
    stripe.AlreadyCanceledError: _refused,
    stripe.BlockedByStripeError: _refused,
    stripe.CannotProceedError: _refused,
    stripe.CapabilityNotEnabledError: _refused,
    stripe.ControlledByAlternateResourceError: _refused,
    stripe.FinancialAccountNotOpenError: _refused,
    stripe.FxQuoteNeedsRefreshError: _refused,
    stripe.InsufficientFundsError: _refused,
    stripe.InvalidPaymentMethodError: _refused,
    stripe.InvalidPayoutMethodError: _refused,
    stripe.InvalidVaultedCredentialError: _refused,
    stripe.NotCancelableError: _refused,
    stripe.RecipientNotNotifiableError: _refused,
    stripe.TemporarySessionExpiredError: _refused,
    stripe.VerificationAttemptFailedError: _refused,
    stripe.VerificationExpiredError: _refused,
    stripe.VerificationNotInitiatedError: _refused,
    # v2: what only the platform's owner can change.
    stripe.FeatureNotEnabledError: _misconfigured,
    stripe.QuotaExceededError: _misconfigured,
    # OAuth: joining existing accounts.
    oauth_error.InvalidClientError: _misconfigured,
    oauth_error.InvalidGrantError: _refused,
    oauth_error.InvalidRequestError: _refused,
    oauth_error.InvalidScopeError: _refused,
    oauth_error.UnsupportedGrantTypeError: _refused,
    oauth_error.UnsupportedResponseTypeError: _refused,
}


def translate(error: stripe.StripeError) -> MarketplaceError:
    """Return our error for one of the SDK's. A class nobody knows is not assumed harmless."""
    for kind in type(error).__mro__:
        if kind in TRANSLATIONS:
            return TRANSLATIONS[kind](error)
    return _unavailable(error)


@contextmanager
def translating() -> Iterator[None]:
    """Raise what goes wrong with Stripe inside the block as an error of `marketplace.errors`."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error) from error


def _code(error: stripe.StripeError) -> str | None:
    # The SDK leaves `code` empty on errors by status (401, 403, 429); the body has it all the same.
    code = error.code or getattr(error.error, "code", None)
    return str(code) if code else None


def _detail(error: stripe.StripeError) -> str:
    return error.user_message or type(error).__name__


def _param(error: stripe.StripeError) -> str | None:
    param = getattr(error, "param", None) or getattr(error, "invalid_param", None)
    return str(param) if param else None
