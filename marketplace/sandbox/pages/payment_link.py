"""The address of a Payment Link: every opening makes a Checkout Session and leads to its page.

    GET /b/{code}         303 to the payment page; `prefilled_email` and `client_reference_id` in
                          the query are passed on, as Stripe does
    GET /b/{code}/thanks  what the seller says after the payment

https://docs.stripe.com/payment-links/share
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import store
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import payment_links
from marketplace.sandbox.routing import page

from . import paper

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_LONGEST = 200
_PASSED_ON = ("client_reference_id", "prefilled_email")
_RECURS = "This link sells a subscription, which the local sandbox does not cover."
_OVER = "This link is no longer active."
_RECEIVED = {
    "paid": "Your payment was received.",
    "unpaid": "Your payment is on its way; your bank takes a few days.",
}


def _found(server: Server, code: str) -> dict[str, Any] | None:
    with server.sandbox.store.transaction() as db:
        rows = store.select(db, "payment_link", None, where={"_code": code}, limit=1)
    return rows[0] if rows else None


@page("GET", "/b/{code}")
def visit(server: Server, request: Request, code: str) -> Response:
    """Begin a payment; a link that sells nothing any more says so."""
    found = _found(server, code)
    if found is None:
        return paper.page("payment_link.html", 404, heading="There is no such link", text="")
    asked = {name: request.args.get(name, "")[:_LONGEST] for name in _PASSED_ON}
    try:
        with server.sandbox.session(found["_platform"], found["_account"]) as ctx:
            session, text = _begun(ctx, ctx.get("payment_link", found["id"]), asked)
    except Refused as refusal:
        # The seller's account, say, may no longer charge.
        session, text = None, refusal.error["message"]
    if session is None:
        return paper.page("payment_link.html", heading="Nothing can be bought here", text=text)
    return paper.see_other(session["url"])


def _begun(
    ctx: Context, link: dict[str, Any], asked: dict[str, str]
) -> tuple[dict[str, Any] | None, str]:
    """The session that the opening makes, or why it makes none."""
    if not link["active"] or payment_links.exhausted(ctx, link):
        return None, link["inactive_message"] or _OVER
    if link["_recurs"]:
        return None, _RECURS
    return payment_links.visit(ctx, link, asked), ""


@page("GET", "/b/{code}/thanks")
def thanks(server: Server, request: Request, code: str) -> Response:
    """The confirmation page of a link that leads nowhere else, for a session that was completed."""
    link = _found(server, code)
    with server.sandbox.store.transaction() as db:
        found = store.get(db, request.args.get("session", ""))
    session = found[0] if found else {}
    mine = link is not None and session.get("payment_link") == link["id"]
    if link is None or not mine or session["status"] != "complete":
        return paper.page("payment_link.html", 404, heading="Nothing was paid here", text="")
    said = link["after_completion"].get("hosted_confirmation") or {}
    text = said.get("custom_message") or _RECEIVED[session["payment_status"]]
    return paper.page("payment_link.html", heading="Thank you", text=text)
