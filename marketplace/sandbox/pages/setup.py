"""The bank's 3-D Secure page for a card that is only saved.

    GET  /c/setup/{token}   the question
    POST /c/setup/{token}   `action` is `complete` or `fail`; 303 to the `return_url`

https://docs.stripe.com/payments/3d-secure
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from marketplace.sandbox import setting_up, store
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import checkout_sessions, checkout_ui_modes
from marketplace.sandbox.routing import page

from . import checkout, paper

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_WAIT = 10.0


def _challenged(server: Server, token: str) -> dict[str, Any]:
    with server.sandbox.store.transaction() as db:
        rows = store.select(db, "setup_intent", None, where={"_challenge": token}, limit=1)
    if not rows:
        raise NotFound
    return rows[0]


@page("GET", "/c/setup/{token}")
def challenge(server: Server, request: Request, token: str) -> Response:
    """Ask whether it is the holder who saves the card."""
    framed = checkout.in_frame(request)
    return paper.page("challenge.html", intent=_challenged(server, token), framed=framed)


@page("POST", "/c/setup/{token}")
def answer(server: Server, request: Request, token: str) -> Response:
    """Pass the challenge or fail it."""
    intent = _challenged(server, token)
    passed = request.form.get("action") == "complete"
    events: list[str] = []
    with server.sandbox.session(intent["_platform"], intent["_account"]) as ctx:
        intent = ctx.get("setup_intent", intent["id"])
        if intent["_challenge"] != token:
            raise NotFound
        try:
            setting_up.answer_challenge(ctx, intent, passed=passed)
        except Refused as refusal:
            if not refusal.keep:
                raise
            passed = False
        session = ctx.find(intent.get("_session"), "checkout.session")
        address = _back(intent, passed=passed)
        if session is not None:
            address = checkout_ui_modes.paying(ctx, session)
            if passed:
                events = [checkout_sessions.complete(ctx, session, intent)["id"]]
                address = checkout_ui_modes.done(ctx, session)
    server.sandbox.courier.await_event(events, _WAIT)
    if intent.get("_in_page") and checkout.in_frame(request) is not None:
        return paper.page("challenge_done.html", intent=intent, framed={"signal": "challenged"})
    if not address:
        return paper.page("challenge_done.html", intent=intent)
    return paper.see_other(address)


def _back(intent: dict[str, Any], *, passed: bool) -> str:
    """The `return_url` with what Stripe adds to it; empty when none was given."""
    told = {
        "setup_intent": intent["id"],
        "setup_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if passed else "failed",
    }
    address = intent["_return_url"] or ""
    return address and f"{address}{'&' if '?' in address else '?'}{urlencode(told)}"
