"""The Express dashboard: what a seller sees of Stripe, reached through a login link.

A login link works once and starts a session of its own (a cookie for this path). The seller sees
the balance, the payouts and why they failed, the bank account, which they can replace, and what
Stripe knows about them.

How a program drives the form on the page: POST it with the bank's fields as named there
(`external_account[…]`) and `action=replace`; `action=test` with a `scenario` fills it in.

https://docs.stripe.com/connect/express-dashboard
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import (
    connected,
    form,
    onboarding_examples,
    onboarding_steps,
    payout_targets,
    schema,
    store,
)
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.pages import paper
from marketplace.sandbox.resources import accounts
from marketplace.sandbox.resources.account_links import open_link
from marketplace.sandbox.routing import kind, page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

kind("express_session", "express_")

_COOKIE = "express_session"
_SESSION = 3_600
_PAYOUTS = 20


@page("GET", "/express/{account}/{secret}")
def enter(server: Server, request: Request, account: str, secret: str) -> Response:
    """Use a login link: once."""
    del request
    link = _find(server, f"llink_{secret}")
    if link is None or link[0]["account"] != account:
        return _shut()
    with server.sandbox.session(link[1]) as ctx:
        found = ctx.find(link[0]["id"], "login_link")
        if found is None or found["used"] or ctx.find(account, "account") is None:
            return _shut()
        found["used"] = True
        ctx.save(found)
        token = secrets.token_urlsafe(24)
        ctx.new(
            "express_session",
            id=f"express_{token}",
            account=account,
            expires_at=ctx.now + _SESSION,
        )
    response = paper.see_other(f"/express/{account}")
    response.set_cookie(
        _COOKIE, token, httponly=True, samesite="Lax", path=f"/express/{account}", max_age=_SESSION
    )
    return response


@page("GET", "/express/{account}")
def show(server: Server, request: Request, account: str) -> Response:
    """The dashboard."""
    platform = _signed_in(server, request, account)
    if platform is None:
        return _shut()
    with server.sandbox.session(platform, account) as ctx:
        return _dashboard(ctx, {}, {})


@page("POST", "/express/{account}")
def act(server: Server, request: Request, account: str) -> Response:
    """Replace the bank account, fill in test values, update details, or sign out."""
    platform = _signed_in(server, request, account)
    if platform is None:
        return _shut()
    action = request.form.get("action", "")
    with server.sandbox.session(platform, account) as ctx:
        if action == "leave":
            return _sign_out(ctx, request)
        if action == "update":
            return _to_onboarding(ctx, account)
        return _bank(ctx, request, action)


def _find(server: Server, identifier: str) -> tuple[dict[str, Any], str] | None:
    with server.sandbox.store.transaction() as db:
        return store.get(db, identifier)


def _signed_in(server: Server, request: Request, account: str) -> str | None:
    """The platform of the account whose session the cookie holds, or None."""
    found = _find(server, f"express_{request.cookies.get(_COOKIE, '')}")
    if found is None or found[0]["account"] != account:
        return None
    session, platform = found
    alive = session["expires_at"] > server.sandbox.clock.now()
    return platform if alive and _find(server, account) is not None else None


def _shut() -> Response:
    return paper.page("express_shut.html", HTTPStatus.FORBIDDEN)


def _sign_out(ctx: Context, request: Request) -> Response:
    found = ctx.find(f"express_{request.cookies.get(_COOKIE, '')}", "express_session")
    if found is not None:
        ctx.delete(found)
    return paper.see_other(f"/express/{ctx.account}")


def _to_onboarding(ctx: Context, account: str) -> Response:
    """Missing details are given in the same form as at the start."""
    back = f"{ctx.base_url}/express/{account}"
    platform = ctx.acting_as(ctx.platform)
    link = open_link(
        platform,
        connected.current(ctx),
        purpose="account_onboarding",
        fields="eventually_due",
        refresh_url=back,
        return_url=back,
    )
    return paper.see_other(link["url"])


def _bank(ctx: Context, request: Request, action: str) -> Response:
    account = connected.current(ctx)
    step = onboarding_steps.bank(connected.case(ctx, account))
    sent = {field.name: request.form.get(field.name, "").strip() for field in step.fields}
    if action == "test":
        scenario = request.form.get("scenario", "")
        case = connected.case(ctx, account)
        return _dashboard(ctx, onboarding_examples.values(case, step, scenario), {}, scenario)
    errors = {
        field.name: f"{field.label}: please fill this in."
        for field in step.fields
        if field.required and not sent[field.name]
    }
    if not errors:
        ctx.db.execute("SAVEPOINT bank")
        try:
            _replace(ctx, account, sent)
        except Refused as refusal:
            ctx.db.execute("ROLLBACK TO bank")
            ctx.spread.clear()
            errors = {str(refusal.error.get("param", "")): refusal.error["message"]}
        ctx.db.execute("RELEASE bank")
    if errors:
        return _dashboard(ctx, sent, errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return paper.see_other(f"/express/{ctx.account}")


def _replace(ctx: Context, account: dict[str, Any], sent: dict[str, str]) -> None:
    """The new bank account becomes the default for its currency and the old one goes."""
    before = ctx.show(account)
    values = {name: value for name, value in sent.items() if value}
    values["external_account[object]"] = "bank_account"
    values["external_account[country]"] = account["country"]
    params = schema.of("AccountUpdateParams").read(form.nest(list(values.items())), "")
    accounts.apply(ctx, account, params)
    connected.refresh_status(ctx, account, before)


def _dashboard(
    ctx: Context,
    values: dict[str, str],
    errors: dict[str, str],
    scenario: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    account = connected.current(ctx)
    banks = {one["id"]: one for one in payout_targets.attached(ctx)}
    return paper.page(
        "express.html",
        status,
        account=account,
        shown=ctx.show(account),
        balance=ctx.show({"object": "balance", "livemode": False}),
        payouts=[ctx.show(one) for one in ctx.every("payout", _PAYOUTS)],
        banks=banks,
        step=onboarding_steps.bank(connected.case(ctx, account)),
        values=values,
        errors=errors,
        scenario=scenario,
    )
