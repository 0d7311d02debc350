"""The full Stripe dashboard of a seller: payments, disputes, payouts, what Stripe still needs.

Accounts with `stripe_dashboard.type=full` sign in at Stripe with a password of their own. There
are no passwords here: `/dashboard` lists the accounts that may sign in, and choosing one starts a
session (a cookie for that account's pages). Anybody who reaches the sandbox may be any seller.

How a program drives it: POST `/dashboard` with `account`, then the forms of the panels (see
`panels`) at `/dashboard/<account>/<panel>`.

https://docs.stripe.com/connect/stripe-dashboard
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import configuration, connected, store
from marketplace.sandbox.context import Context
from marketplace.sandbox.pages import panels, paper
from marketplace.sandbox.resources.account_links import open_link
from marketplace.sandbox.routing import kind, page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

kind("dashboard_session", "dash_")

_COOKIE = "dashboard_session"
_SESSION = 8 * 3_600
_LISTED = 100
PANELS = ("payments", "disputes-list", "payouts", "account-management", "documents")


@page("GET", "/dashboard")
def doors(server: Server, request: Request) -> Response:
    """The accounts that have a full dashboard, newest first."""
    del request
    with server.sandbox.store.transaction() as db:
        rows = store.select(db, "account", None, limit=_LISTED)
        found = [row for row in rows if _has_dashboard(row)]
        sellers = [(row, owner[1]) for row in found if (owner := store.get(db, row["id"]))]
    return paper.page("dashboard_doors.html", sellers=sellers)


@page("POST", "/dashboard")
def sign_in(server: Server, request: Request) -> Response:
    """Be one of them."""
    account = request.form.get("account", "")
    found = _find(server, account)
    if found is None or found[0]["object"] != "account" or not _has_dashboard(found[0]):
        return _shut()
    token = secrets.token_urlsafe(24)
    with server.sandbox.session(found[1]) as ctx:
        ctx.new(
            "dashboard_session", id=f"dash_{token}", account=account, expires_at=ctx.now + _SESSION
        )
    response = paper.see_other(f"/dashboard/{account}")
    response.set_cookie(
        _COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        path=f"/dashboard/{account}",
        max_age=_SESSION,
    )
    return response


@page("GET", "/dashboard/{account}")
def front(server: Server, request: Request, account: str) -> Response:
    """The first page: payments."""
    return show(server, request, account, PANELS[0])


@page("GET", "/dashboard/{account}/{panel}")
def show(server: Server, request: Request, account: str, panel: str) -> Response:
    """One panel of the dashboard, below the balance and what is due."""
    platform = _signed_in(server, request, account)
    if platform is None or panel not in PANELS:
        return _shut()
    with server.sandbox.session(platform, account) as ctx:
        return _page(ctx, panel)


@page("POST", "/dashboard/{account}/{panel}")
def act(server: Server, request: Request, account: str, panel: str) -> Response:
    """Refund, answer a dispute, pay out, give details, sign out."""
    platform = _signed_in(server, request, account)
    if platform is None or panel not in PANELS:
        return _shut()
    action = request.form.get("action", "")
    with server.sandbox.session(platform, account) as ctx:
        if action == "leave":
            known = ctx.find(f"dash_{request.cookies.get(_COOKIE, '')}", "dashboard_session")
            if known is not None:
                ctx.delete(known)
            return paper.see_other("/dashboard")
        if action == "update":
            return _to_form(ctx, panel)
        problem = panels.act(ctx, request, panels.EVERYTHING)
        if problem:
            return _page(ctx, panel, problem, HTTPStatus.UNPROCESSABLE_ENTITY)
    return paper.see_other(f"/dashboard/{account}/{panel}")


def _has_dashboard(account: dict[str, Any]) -> bool:
    return (
        account["controller"]["type"] != "account" and configuration.of(account).dashboard == "full"
    )


def _find(server: Server, identifier: str) -> tuple[dict[str, Any], str] | None:
    with server.sandbox.store.transaction() as db:
        return store.get(db, identifier)


def _signed_in(server: Server, request: Request, account: str) -> str | None:
    """The platform of the account whose session the cookie holds, or None."""
    found = _find(server, f"dash_{request.cookies.get(_COOKIE, '')}")
    if found is None or found[0]["account"] != account or _find(server, account) is None:
        return None
    alive = found[0]["expires_at"] > server.sandbox.clock.now()
    return found[1] if alive else None


def _shut() -> Response:
    return paper.page("dashboard_shut.html", HTTPStatus.FORBIDDEN)


def _to_form(ctx: Context, panel: str) -> Response:
    """Stripe asks for details in the same form as at the start."""
    back = f"{ctx.base_url}/dashboard/{ctx.account}/{panel}"
    link = open_link(
        ctx.acting_as(ctx.platform),
        connected.current(ctx),
        purpose="account_update" if panel == "account-management" else "account_onboarding",
        fields="eventually_due",
        refresh_url=back,
        return_url=back,
    )
    return paper.see_other(link["url"])


def _page(ctx: Context, panel: str, problem: str = "", status: int = HTTPStatus.OK) -> Response:
    return paper.page(
        "dashboard.html",
        status,
        tabs=[(name, panels.title(name)) for name in PANELS],
        panel=panels.template(panel),
        here=f"/dashboard/{ctx.account}/{panel}",
        allowed=panels.EVERYTHING,
        problem=problem,
        **panels.values(ctx, panel),
    )
