"""What a view may reach during a request: the database session, Stripe, settings, and who asks.

`create_app` wires these once; concepts get them handed in. The rule that bites: an address that
leaves the house (to Stripe, in a mail) is built from PUBLIC_URL with `public_url`, never from the
Host header, which is whatever the caller wrote.
"""

from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from flask import Flask, current_app, g, request, url_for
from sqlalchemy import orm

from marketplace import people
from marketplace.config import Settings
from marketplace.errors import Forbidden, NotFound
from marketplace.gateway.client import StripeClient
from marketplace.gateway.trace import Trace
from marketplace.models import Seller, User
from marketplace.webhooks.work import Engine


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything that lives as long as the program."""

    settings: Settings
    engine: sa.Engine
    sessions: orm.sessionmaker[orm.Session]
    stripe: StripeClient
    trace: Trace
    work: Engine


def wiring(app: Flask | None = None) -> Wiring:
    """The wiring of `app`, or of the app that serves this request."""
    return cast("Wiring", (app or current_app).extensions["marketplace"])


def settings() -> Settings:
    """The settings the program was started with."""
    return wiring().settings


def stripe() -> StripeClient:
    """The one Stripe client of the process."""
    return wiring().stripe


def session() -> orm.Session:
    """The database session of this request; closed, and rolled back, when the request ends."""
    if "session" not in g:
        g.session = wiring().sessions()
    return cast("orm.Session", g.session)


def user() -> User | None:
    """Who is signed in, looked up once per request; None for a guest."""
    if "user" not in g:
        token = request.cookies.get(cookie_name())
        found = people.holder(session(), token) if token else None
        # A login of the sandbox may have outlived it: its people are nobody where money is real.
        g.user = None if found and people.is_demo(found) and not settings().sandbox else found
    return cast("User | None", g.user)


def seller() -> Seller | None:
    """The shop of whoever is signed in, looked up once per request."""
    if "seller" not in g:
        owner = user()
        query = sa.select(Seller).where(Seller.user_id == owner.id) if owner else None
        g.seller = None if query is None else session().scalar(query)
    return cast("Seller | None", g.seller)


def person() -> User:
    """Whoever is signed in, for views that let nobody else in."""
    found = user()
    if found is None:
        raise Forbidden("Sign in first.")
    return found


def shop() -> Seller:
    """The shop of whoever is signed in, for views under `seller_required`."""
    found = seller()
    if found is None:
        raise NotFound("There is no shop here.")
    return found


def cookie_name() -> str:
    """The login cookie. `__Host-` binds it to this host; browsers grant that on https only."""
    return "__Host-login" if settings().secure else "marketplace_login"


def public_url(endpoint: str, **values: object) -> str:
    """The absolute address of a page of ours, for Stripe and for mails."""
    return settings().public_url + url_for(endpoint, **values)  # type: ignore[arg-type]


def forget(_error: BaseException | None = None) -> None:
    """Close the request's session; what was not committed is gone."""
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()
