"""Embedded Checkout: the payment page in a frame of the shop's own page.

    GET, POST /c/embed/{client secret}   as `/c/pay/{session}`, for `ui_mode=embedded_page`

The client secret is what opens it; stripe.js has shown it to the API, together with the
publishable key, before it makes the frame. After the payment the frame tells the page around it,
which goes to the `return_url` or calls `onComplete`.

https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox.resources import checkout_ui_modes
from marketplace.sandbox.routing import page

from . import checkout

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server


def _found(server: Server, secret: str) -> dict[str, Any] | None:
    identifier = secret.partition("_secret_")[0]
    found = checkout.find(server, identifier, checkout_ui_modes.EMBEDDED)
    if found is None or not secrets.compare_digest(
        found["client_secret"].encode(), secret.encode()
    ):
        return None
    return found


@page("GET", "/c/embed/{secret}")
def show(server: Server, request: Request, secret: str) -> Response:
    """The payment page, or the word that it is paid."""
    del request
    return checkout.opened(server, _found(server, secret))


@page("POST", "/c/embed/{secret}")
def pay(server: Server, request: Request, secret: str) -> Response:
    """The button of the payment page."""
    return checkout.tried(server, request, _found(server, secret))
