"""stripe.js and the frames of its Elements.

    GET /v3/, /stripe.js, /{release}/stripe.js   the script, with the names and calls of Stripe's
    GET /v3/elements/payment                     the frame of a Payment Element
    GET /v3/elements/card                        the same, for cards only

A page needs only another address for the script; where it came from is where it calls the API.
The rule that bites: card numbers are typed into the sandbox's frame and are sent from there, so
the shop's page, like its server, never holds one. The frame says which origin it answers to only
after the page around it has spoken.

https://docs.stripe.com/js https://docs.stripe.com/payments/payment-element
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from marketplace.sandbox.routing import page

from . import checkout, paper

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_JS = Path(__file__).parents[1] / "js"
# One script in parts: each may use the names of those before it.
_PARTS = ("wire", "frames", "elements", "payments", "checkout", "stripe")


def _script(text: str) -> Response:
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@page("GET", "/v3")
@page("GET", "/stripe.js")
def script(server: Server, request: Request) -> Response:
    """What a shop's page loads."""
    del server, request
    parts = [(_JS / "stripe" / f"{name}.js").read_text("utf-8") for name in _PARTS]
    return _script("".join(["(() => {\n'use strict';\n", *parts, "})();\n"]))


@page("GET", "/{release}/stripe.js")
def release(server: Server, request: Request, release: str) -> Response:
    """The script under the name of a release, as `@stripe/stripe-js` asks for it."""
    del release
    return script(server, request)


@page("GET", "/v3/payment-element.js")
def frame_script(server: Server, request: Request) -> Response:
    """What runs inside the frame of an Element."""
    del server, request
    return _script((_JS / "payment-element.js").read_text("utf-8"))


@page("GET", "/v3/elements/{element}")
def frame(server: Server, request: Request, element: str) -> Response:
    """The fields of an Element, empty until stripe.js says what is paid."""
    del server, request
    if element not in {"payment", "card"}:
        return Response("The sandbox has no such Element.", 404)
    person = {"name": "Bea Buyer", "email": "bea@example.com"}
    debits = {
        type_: {outcome: {_ACCOUNT[type_]: number, **person} for outcome, number in numbers.items()}
        for type_, numbers in checkout.DEBITS.items()
    }
    return paper.page(
        "payment_element.html",
        framed={},
        only="card" if element == "card" else "",
        buttons=checkout.BUTTONS,
        debits=debits,
    )


_ACCOUNT = {"sepa_debit": "iban", "us_bank_account": "account_number"}
