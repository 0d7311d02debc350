"""The workbench's doors: every page of Stripe that a person might open now, without a link at hand.

`POST /_sandbox/doors` with `account` and `door` (`onboarding` or `dashboard`) makes the link that
the platform would have made and goes there; open payments and Payment Links have addresses already.

The rule that bites: going through onboarding here counts as the platform's own link does, so
Stripe guards the account's data from then on.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import configuration, connected, store
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.pages import paper
from marketplace.sandbox.resources import login_links
from marketplace.sandbox.resources.account_links import open_link
from marketplace.sandbox.routing import page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_HERE = "/_sandbox/doors"
_LISTED = 50


@page("GET", _HERE)
def doors(server: Server, request: Request) -> Response:
    """Accounts with their onboarding and dashboard, open payments, Payment Links."""
    del request
    return _page(server)


def _page(server: Server, problem: str = "", status: int = HTTPStatus.OK) -> Response:
    with server.sandbox.store.transaction() as db:
        found = store.select(db, "account", None, limit=_LISTED)
        is_open = {"status": "open"}
        sessions = store.select(db, "checkout.session", None, where=is_open, limit=_LISTED)
        links = store.select(db, "payment_link", None, where={"active": True}, limit=_LISTED)
    return paper.page(
        "workbench_doors.html",
        status,
        now=server.sandbox.clock.now(),
        ahead=server.sandbox.clock.offset,
        problem=problem,
        sellers=[
            (row, configuration.of(row).dashboard) for row in found if connected.is_somebodys(row)
        ],
        sessions=[session for session in sessions if session["url"]],
        links=links,
    )


@page("POST", _HERE)
def enter(server: Server, request: Request) -> Response:
    """Go through a door as an account; says why when it is shut."""
    account = request.form.get("account", "")
    with server.sandbox.store.transaction() as db:
        found = store.get(db, account)
    if found is None or found[0]["object"] != "account" or not connected.is_somebodys(found[0]):
        return _page(server, "There is no such account.", HTTPStatus.NOT_FOUND)
    try:
        with server.sandbox.session(found[1]) as ctx:
            if request.form.get("door") == "dashboard":
                return paper.see_other(login_links.create(ctx, {}, account)["url"])
            here = f"{ctx.base_url}{_HERE}"
            link = open_link(
                ctx,
                ctx.get("account", account),
                purpose="account_onboarding",
                fields="eventually_due",
                refresh_url=here,
                return_url=here,
            )
    except Refused as refusal:
        return _page(server, refusal.error["message"], HTTPStatus.CONFLICT)
    return paper.see_other(link["url"])
