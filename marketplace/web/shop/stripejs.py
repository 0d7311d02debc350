"""Stripe.js in pages of ours: where it comes from, and the client secret it asks us for.

The rule that bites: Stripe.js is loaded from Stripe (or the sandbox) and never copied, and its
client secret is fetched by the page at each view, by whoever may pay, and never written into HTML
that a history or a cache could keep. https://docs.stripe.com/js/including
"""

from collections.abc import Callable

from flask import jsonify, make_response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from marketplace.errors import MarketplaceError
from marketplace.web import context, headers

# The major release that belongs to the SDK's API version. https://docs.stripe.com/sdks/stripejs-versioning
RELEASE = "endive"


def loaded(guest: headers.Guest = headers.STRIPE_JS) -> dict[str, str | None]:
    """What a template needs to load Stripe.js; opens the page's policy to it."""
    settings = context.settings()
    headers.allow(guest)
    base = settings.api_base or "https://js.stripe.com"
    return {
        "stripe_js": f"{base}/{RELEASE}/stripe.js",
        "publishable_key": settings.stripe_publishable_key,
    }


def usable() -> bool:
    """Whether we may show Stripe.js: without a publishable key there is only Stripe's page."""
    return context.settings().stripe_publishable_key is not None


def answered(ask: Callable[[], str]) -> ResponseReturnValue:
    """The client secret as the page's script wants it, or what went wrong, in a sentence."""
    try:
        return jsonify(clientSecret=ask())
    except MarketplaceError as error:
        message = f"{gettext(str(error))} {gettext(error.advice)}"
        return make_response(jsonify(message=message), error.http_status)
