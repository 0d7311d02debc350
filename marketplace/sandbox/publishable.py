"""What a publishable key may do: the few calls that a buyer's or a seller's browser makes.

`pk_test_…` stands in a public page, so it opens nothing by itself. An intent or a Checkout Session
answers only to its own client secret, and shows only what a buyer may see: no metadata, no fee, no
destination. Payment methods and tokens can be made, not read. Everything else needs a secret key.

The rule that bites: the client secret belongs to one account. For a direct charge the page has to
send `Stripe-Account` too, or the intent is not found.

https://docs.stripe.com/keys https://docs.stripe.com/payments/payment-intents#client-secret
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .context import Context
from .courier import is_loopback
from .errors import Invalid, Refused
from .routing import Route, router

_INTENT = frozenset(
    "id object amount amount_details automatic_payment_methods canceled_at cancellation_reason"
    " capture_method client_secret confirmation_method created currency description"
    " last_payment_error livemode next_action payment_method"
    " payment_method_configuration_details payment_method_types processing receipt_email"
    " setup_future_usage shipping source status".split()
)
_SETUP = frozenset(
    "id object automatic_payment_methods cancellation_reason client_secret created description"
    " last_setup_error livemode next_action payment_method payment_method_configuration_details"
    " payment_method_types status usage".split()
)
# What stripe.js learns of a session is not in the public reference; this is what a page needs.
_SESSION = frozenset(
    "id object amount_subtotal amount_total client_secret created currency customer_email"
    " expires_at line_items livemode locale mode payment_intent payment_method_types"
    " payment_status redirect_on_completion return_url setup_intent status submit_type"
    " total_details ui_mode".split()
)
_SEEN = {"payment_intent": _INTENT, "setup_intent": _SETUP, "checkout.session": _SESSION}

_METHOD = frozenset("payment_method payment_method_data payment_method_options".split())
_CONFIRM = _METHOD | frozenset(
    "client_secret confirmation_token mandate mandate_data radar_options receipt_email return_url"
    " setup_future_usage shipping use_stripe_sdk".split()
)
_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, Stripe-Account, Stripe-Context, Stripe-Version"
)


@dataclass(frozen=True)
class Door:
    """One call that stands open; `kind` is the object whose client secret has to be shown."""

    kind: str = ""
    takes: frozenset[str] | None = None
    """The parameters it takes from a browser; None for all but `refuses`."""
    refuses: frozenset[str] = frozenset()
    expands: frozenset[str] = frozenset()

    @property
    def confirms(self) -> bool:
        """Whether this call pays."""
        return self.takes is not None and "payment_method" in self.takes


_READ = frozenset({"client_secret"})
_PAGE_EXPANDS = frozenset({"payment_intent", "setup_intent", "line_items"})
DOORS = {
    ("GET", "/v1/payment_intents/{intent}"): Door(
        "payment_intent", _READ, expands=frozenset({"payment_method"})
    ),
    ("POST", "/v1/payment_intents/{intent}/confirm"): Door(
        "payment_intent", _CONFIRM, expands=frozenset({"payment_method"})
    ),
    ("GET", "/v1/setup_intents/{intent}"): Door(
        "setup_intent", _READ, expands=frozenset({"payment_method"})
    ),
    ("POST", "/v1/setup_intents/{intent}/confirm"): Door(
        "setup_intent", _CONFIRM, expands=frozenset({"payment_method"})
    ),
    ("GET", "/v1/payment_pages/{session}"): Door("checkout.session", _READ, expands=_PAGE_EXPANDS),
    ("POST", "/v1/payment_pages/{session}/confirm"): Door(
        "checkout.session",
        _READ | {"payment_method", "expected_amount", "return_url"},
        expands=_PAGE_EXPANDS,
    ),
    ("POST", "/v1/payment_methods"): Door(
        refuses=frozenset({"customer", "customer_account", "payment_method"})
    ),
    ("POST", "/v1/confirmation_tokens"): Door(),
    # A document goes from the seller's browser to Stripe without the platform in between.
    ("POST", "/v1/files"): Door(refuses=frozenset({"file_link_data"})),
    ("POST", "/v1/tokens"): Door(refuses=frozenset({"customer"})),
    ("POST", "/v2/core/account_tokens"): Door(),
    ("POST", "/v2/core/accounts/{account}/person_tokens"): Door(),
}


def is_publishable(key: str) -> bool:
    """Whether a key is one for browsers."""
    return key.startswith("pk_")


def needs_secret(param: str | None = None) -> Refused:
    """The refusal of everything that only a server may do."""
    return Refused(
        "This API call cannot be made with a publishable API key (pk_test_…). Please use a secret"
        " API key."
        if param is None
        else f"`{param}` may be sent with a secret API key only, not with a publishable one.",
        status=401,
        code="secret_key_required",
        param=param,
    )


def admit(route: Route | None) -> Door:
    """The door of a route; raises `Refused` (`secret_key_required`) where there is none."""
    door = DOORS.get((route.method, route.path)) if route is not None else None
    if door is None:
        raise needs_secret()
    return door


def take_secret(door: Door, raw: dict[str, Any]) -> str:
    """Take the client secret out of a request; raises `Refused` for what is not for browsers.

    The secret leaves the parameters because the annotations of most calls do not know it.
    """
    expand = raw.get("expand", {})
    wanted = expand.values() if isinstance(expand, dict) else expand
    if any(not isinstance(path, str) or path not in door.expands for path in wanted):
        raise needs_secret("expand")
    for name in sorted(raw.keys() - {"expand"}):
        if name in door.refuses or (door.takes is not None and name not in door.takes):
            raise needs_secret(name)
    if not door.kind:
        return ""
    secret = raw.pop("client_secret", None)
    if not isinstance(secret, str) or not secret:
        message = "Missing required param: client_secret."
        raise Invalid(message, code="parameter_missing", param="client_secret")
    return secret


def check(ctx: Context, door: Door, arguments: Mapping[str, str], secret: str) -> None:
    """Whether the client secret is that of the object named in the path; raises `Refused`.

    Which `code` Stripe gives for a wrong one is not confirmed.
    """
    if not door.kind:
        return
    (param, identifier), *_ = arguments.items()
    found = ctx.get(door.kind, identifier, param=param)
    if not secrets.compare_digest(str(found.get("client_secret") or "").encode(), secret.encode()):
        words = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
        what = words.get(door.kind, "Checkout Session")
        raise Refused(
            f"The client_secret provided does not match the client_secret of this {what}.",
            code=f"{door.kind.replace('.', '_')}_invalid_parameter",
            param="client_secret",
        )
    if door.confirms and found.get("confirmation_method") == "manual":
        raise Refused(
            f"This PaymentIntent ({identifier}) has `confirmation_method`=manual, so it can be"
            " confirmed with a secret key only.",
            code="payment_intent_invalid_parameter",
            param="confirmation_method",
        )


def shown(value: Any) -> Any:
    """An answer as a browser gets it: intents and sessions without what is the seller's."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    seen = _SEEN.get(str(value.get("object")))
    return {name: shown(item) for name, item in value.items() if seen is None or name in seen}


def cross_origin(method: str, path: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The CORS headers for a page of another loopback port; none where no door is.

    `headers` are the request's, in lower case. A preflight (OPTIONS) names the method it asks for.
    """
    origin = headers.get("origin")
    if origin is None or not is_loopback(origin):
        return {}
    if method == "OPTIONS":
        method = headers.get("access-control-request-method", "")
    found = router.find(method, path)
    if found is None or (found[0].method, found[0].path) not in DOORS:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Expose-Headers": "Request-Id, Stripe-Notice",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
