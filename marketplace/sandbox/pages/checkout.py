"""The hosted payment page, as a person sees it and as a program drives it.

    GET  /c/pay/{cs_…}        the form; a session that is over says so instead
    POST /c/pay/{cs_…}        fields `number`, `exp` (MM/YY), `cvc`, `name`, `email`; `action` is
                              `pay` (the card typed), `card:<number>` (that test card),
                              `debit:succeeds` or `debit:fails` (a bank debit, decided days later)
    GET  /c/challenge/{token} 3-D Secure
    POST /c/challenge/{token} `action` is `complete` or `fail`

A payment ends in 303 to the session's `success_url`, but only after every webhook endpoint was
told once of `checkout.session.completed`, or ten seconds later: that is what Stripe does, and why
a shop may fulfil in the webhook and still greet the buyer with a paid order. A challenge is 303 to
its page. A decline or a mistake in the form is 402 with the form again, the reason in an element
of the class `error`; the attribute `data-code` names Stripe's code.

https://docs.stripe.com/checkout/fulfillment https://docs.stripe.com/testing
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import cards, challenges, parties, processing, store
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import (
    checkout_sessions,
    checkout_ui_modes,
    customers,
    line_items,
    payment_methods,
)
from marketplace.sandbox.routing import page

from . import paper

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_WAIT = 10.0
_LONGEST = 200
_NOBODY = "buyer@example.com"
_EXPIRY = re.compile(r"\s*([0-9]{1,2})\s*/?\s*([0-9]{2}|[0-9]{4})\s*", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+\.[^@\s]+|[^@\s]+@localhost", re.ASCII)
_FIELDS = ("number", "exp", "cvc", "name", "email")

# The buttons of the page: what they are called, what happens, and which card does it.
BUTTONS = (
    ("Pays", "Visa, available in two business days", "4242424242424242"),
    ("Pays, available at once", "No waiting for the balance", "4000000000000077"),
    ("Asks for 3-D Secure", "Then pays", "4000002760003184"),
    ("3-D Secure, then declined", "The bank refuses after all", "4000008400001629"),
    ("Declined", "The bank gives no reason", "4000000000000002"),
    ("Insufficient funds", "Declined", "4000000000009995"),
    ("Expired card", "Declined", "4000000000000069"),
    ("Disputed", "Pays, then the buyer's bank takes it back", "4000000000000259"),
    ("Inquiry", "Pays, then the bank asks", "4000000000001976"),
    ("Refund comes back", "Pays; a refund fails later", "4000000000005126"),
)
DEBITS = {
    "sepa_debit": {"succeeds": "AT611904300234573201", "fails": "AT861904300235473202"},
    "us_bank_account": {"succeeds": "000123456789", "fails": "000222222227"},
}


@dataclass
class Typed:
    """What came with the form, and what is wrong with it: field -> (code, sentence)."""

    values: dict[str, str]
    action: str = ""
    problems: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Ended:
    """How a try to pay ended: where to go, or what to say; the events to wait for."""

    address: str = ""
    typed: Typed | None = None
    events: list[str] = field(default_factory=list)


def find(server: Server, identifier: str, ui_mode: str) -> dict[str, Any] | None:
    """The session of this id, when it is one that is paid in this way."""
    with server.sandbox.store.transaction() as db:
        found = store.get(db, identifier)
    session = found[0] if found else {}
    is_session = session.get("object") == "checkout.session" and session["ui_mode"] == ui_mode
    return session if is_session else None


@page("GET", "/c/pay/{session}")
def show(server: Server, request: Request, session: str) -> Response:
    """The payment page."""
    del request
    return opened(server, find(server, session, checkout_ui_modes.HOSTED))


def opened(server: Server, found: dict[str, Any] | None) -> Response:
    """The form of a session that is open, a word about one that is not."""
    if found is None:
        return _closed(None)
    with server.sandbox.session(found["_platform"], found["_account"]) as ctx:
        found = ctx.get("checkout.session", found["id"])
        if found["status"] != "open":
            return _closed(found)
        typed = Typed({"email": customers.email_of(ctx, found)})
        problem = _last_problem(ctx, found)
        if problem:
            typed.problems["number"] = (problem["code"], problem["message"])
        return _form(ctx, found, typed)


def _last_problem(ctx: Context, session: dict[str, Any]) -> dict[str, Any] | None:
    """Why the latest try did not work, when the buyer comes back from a challenge."""
    paying = ctx.find(session["payment_intent"], "payment_intent") or {}
    saving = ctx.find(session["setup_intent"], "setup_intent") or {}
    return paying.get("last_payment_error") or saving.get("last_setup_error")


@page("POST", "/c/pay/{session}")
def pay(server: Server, request: Request, session: str) -> Response:
    """The button of the payment page."""
    return tried(server, request, find(server, session, checkout_ui_modes.HOSTED))


def tried(server: Server, request: Request, found: dict[str, Any] | None) -> Response:
    """Pay, once: a second press of the button finds the session complete."""
    if found is None:
        return _closed(None)
    values = {name: request.form.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    typed = Typed(values, request.form.get("action", "pay"))
    try:
        with server.sandbox.session(found["_platform"], found["_account"]) as ctx:
            found = ctx.get("checkout.session", found["id"])
            if found["status"] == "expired":
                return _closed(found)
            if found["status"] == "complete":
                ended = Ended(checkout_ui_modes.done(ctx, found))
            else:
                ended = _try(ctx, found, typed)
            if ended.typed is not None:
                return _form(ctx, found, ended.typed, 402)
    except Refused as refusal:
        # The shop's request has become impossible, say because the seller lost a capability.
        # Nothing of the attempt is kept.
        _blame(typed, refusal)
        with server.sandbox.session(found["_platform"], found["_account"]) as ctx:
            return _form(ctx, found, typed, 402)
    return _away(server, ended)


def _away(server: Server, ended: Ended) -> Response:
    """Leave the page, after the webhooks had their chance."""
    server.sandbox.courier.await_event(ended.events, _WAIT)
    return paper.see_other(ended.address)


def _try(ctx: Context, session: dict[str, Any], typed: Typed) -> Ended:
    """One attempt; what a declined one leaves behind is kept, so nothing is raised."""
    email = _email(ctx, session, typed)
    method = _method(ctx, session, typed) if not typed.problems else None
    if method is None or typed.problems:
        return Ended(typed=typed)
    method["billing_details"] = payment_methods.billing(
        {"email": email, "name": typed.values["name"]}
    )
    ctx.save(method)
    buyer = {"email": email, "name": typed.values["name"]}
    try:
        intent = checkout_sessions.pay(ctx, session, method, buyer)
    except Refused as refusal:
        if not refusal.keep:
            raise
        _blame(typed, refusal)
        return Ended(typed=typed)
    return _next(ctx, session, intent)


def _next(ctx: Context, session: dict[str, Any], intent: dict[str, Any]) -> Ended:
    if intent["status"] == "requires_action":
        address = intent["next_action"]["redirect_to_url"]["url"]
        framed = session["ui_mode"] == checkout_ui_modes.EMBEDDED
        return Ended(f"{address}?{challenges.FRAMED}=frame" if framed else address)
    event = checkout_sessions.complete(ctx, session, intent)
    return Ended(checkout_ui_modes.done(ctx, session), events=[event["id"]])


def _email(ctx: Context, session: dict[str, Any], typed: Typed) -> str:
    """The buyer's address; the buttons for test cards do without one."""
    email: str = session["customer_email"] or typed.values["email"]
    if not email and typed.action != "pay":
        email = customers.email_of(ctx, session)
    if not email and typed.action != "pay":
        return _NOBODY
    if not _EMAIL.fullmatch(email):
        typed.problems["email"] = ("email_invalid", "Enter an e-mail address such as a@b.example.")
    return email


def _method(ctx: Context, session: dict[str, Any], typed: Typed) -> dict[str, Any] | None:
    """The payment method that the button or the typed card stands for."""
    kind, _, value = typed.action.partition(":")
    if kind == "debit":
        type_ = _debit_type(session)
        if type_ is None or value not in DEBITS[type_]:
            typed.problems["number"] = ("", "This session takes no bank debits.")
            return None
        return payment_methods.from_debit(ctx, type_, DEBITS[type_][value])
    if kind == "card" and value in cards.CARDS:
        return payment_methods.from_card(ctx, cards.CARDS[value])
    return _typed_card(ctx, typed)


def _debit_type(session: dict[str, Any]) -> str | None:
    return next((t for t in session["payment_method_types"] if t in DEBITS), None)


def _typed_card(ctx: Context, typed: Typed) -> dict[str, Any] | None:
    match = _EXPIRY.fullmatch(typed.values["exp"])
    if match is None:
        typed.problems["exp"] = ("invalid_expiry_month", "Write the expiry as MM/YY.")
    if not typed.values["cvc"]:
        typed.problems["cvc"] = ("invalid_cvc", "The security code is missing.")
    if not typed.values["number"]:
        typed.problems["number"] = ("invalid_number", "The card number is missing.")
    if match is None or typed.problems:
        return None
    month, year = int(match[1]), cards.full_year(int(match[2]))
    try:
        card = cards.check(typed.values["number"], month, year, typed.values["cvc"], ctx.now)
    except Refused as refusal:
        _blame(typed, refusal)
        return None
    return payment_methods.from_card(ctx, card, month=month, year=year)


def _blame(typed: Typed, refusal: Refused) -> None:
    """Put the refusal beside the field that it is about."""
    code = refusal.error.get("decline_code") or refusal.error.get("code", "")
    beside = {"exp_month": "exp", "exp_year": "exp", "cvc": "cvc"}
    if refusal.error.get("code") in {"incorrect_cvc", "invalid_cvc"}:
        name = "cvc"
    elif refusal.error.get("code") == "expired_card":
        name = "exp"
    else:
        name = beside.get(refusal.error.get("param", ""), "number")
    typed.problems[name] = (code, refusal.error["message"])


def _shop(ctx: Context, session: dict[str, Any]) -> str:
    """Whose page this is: the merchant of record."""
    account = parties.account_of(ctx, session["_data"].get("on_behalf_of") or ctx.account)
    profile = account.get("business_profile") or {}
    dashboard = (account.get("settings") or {}).get("dashboard") or {}
    return str(dashboard.get("display_name") or profile.get("name") or "the shop")


def _form(ctx: Context, session: dict[str, Any], typed: Typed, status: int = 200) -> Response:
    values = {name: typed.values.get(name, "") for name in _FIELDS}
    return paper.page(
        "pay.html",
        status,
        session=session,
        items=[ctx.show(item) for item in line_items.of(ctx, session["id"])],
        shop=_shop(ctx, session),
        values=values,
        problems=typed.problems,
        buttons=BUTTONS,
        debit=_debit_type(session),
        manual=session["_data"].get("capture_method") == "manual",
        framed={} if session["ui_mode"] == checkout_ui_modes.EMBEDDED else None,
    )


def _closed(session: dict[str, Any] | None) -> Response:
    """A session that was paid, has expired or never was."""
    status = 404 if session is None else 200
    landing = checkout_ui_modes.landing(session) if session else ""
    framed = None
    if session is not None and session["ui_mode"] == checkout_ui_modes.EMBEDDED:
        stays = session["redirect_on_completion"] != "always"
        detail = {"landing": "" if stays else landing}
        framed = {"signal": "complete", "detail": detail} if session["status"] == "complete" else {}
        landing = detail["landing"]
    return paper.page("pay_closed.html", status, session=session, landing=landing, framed=framed)


def _challenged(server: Server, token: str) -> dict[str, Any] | None:
    with server.sandbox.store.transaction() as db:
        rows = store.select(db, "payment_intent", None, where={"_challenge": token}, limit=1)
    return rows[0] if rows else None


@page("GET", "/c/challenge/{token}")
def challenge(server: Server, request: Request, token: str) -> Response:
    """The bank's 3-D Secure page."""
    intent = _challenged(server, token)
    if intent is None:
        return _closed(None)
    return paper.page("challenge.html", intent=intent, framed=in_frame(request))


def in_frame(request: Request) -> dict[str, Any] | None:
    """What `paper.page` wants for a challenge that stripe.js shows in a frame."""
    return {} if request.args.get(challenges.FRAMED) == "frame" else None


@page("POST", "/c/challenge/{token}")
def answer(server: Server, request: Request, token: str) -> Response:
    """Pass the challenge or fail it."""
    intent = _challenged(server, token)
    if intent is None:
        return _closed(None)
    passed = request.form.get("action") == "complete"
    with server.sandbox.session(intent["_platform"], intent["_account"]) as ctx:
        intent = ctx.get("payment_intent", intent["id"])
        if intent["_challenge"] != token:
            return _closed(None)
        session = ctx.find(intent.get("_session"), "checkout.session")
        if session is not None and session["status"] != "open":
            return _closed(session)
        ended = _answered(ctx, intent, session, passed=passed)
    if intent.get("_in_page") and in_frame(request) is not None:
        # The page around the frame reads the intent again and goes on from there.
        server.sandbox.courier.await_event(ended.events, _WAIT)
        return paper.page("challenge_done.html", intent=intent, framed={"signal": "challenged"})
    if not ended.address:
        return paper.page("challenge_done.html", intent=intent)
    return _away(server, ended)


def _answered(
    ctx: Context, intent: dict[str, Any], session: dict[str, Any] | None, *, passed: bool
) -> Ended:
    failed = False
    try:
        processing.answer_challenge(ctx, intent, passed=passed)
    except Refused as refusal:
        if not refusal.keep:
            raise
        failed = True
    if session is None:
        told = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "failed" if failed else "succeeded",
        }
        back = intent["_return_url"]
        joint = "&" if "?" in (back or "") else "?"
        return Ended(f"{back}{joint}{urlencode(told)}" if back else "")
    if failed:
        return Ended(checkout_ui_modes.paying(ctx, session))
    return _next(ctx, session, intent)
