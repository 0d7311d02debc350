"""The receipt that `charge.receipt_url` leads to: what was paid, how, and what came back.

https://docs.stripe.com/receipts
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import store
from marketplace.sandbox.routing import page

from . import paper

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server


@page("GET", "/c/receipt/{charge}")
def show(server: Server, request: Request, charge: str) -> Response:
    """The receipt of one charge; its id is the secret."""
    del request
    with server.sandbox.store.transaction() as db:
        found = store.get(db, charge)
    if found is None or found[0]["object"] != "charge" or not found[0]["paid"]:
        return paper.page("pay_closed.html", 404, session=None, landing="")
    card = found[0]["payment_method_details"].get("card")
    return paper.page("receipt.html", charge=found[0], card=card)
