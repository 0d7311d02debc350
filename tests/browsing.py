"""Somebody at a browser without JavaScript, inside one process: signed in, reading, counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import people
from marketplace.database import phase
from marketplace.models import Role, Seller, User
from marketplace.web import context
from tests import builders


def signed_in(app: Flask, session: orm.Session, user: User) -> FlaskClient:
    """A browser in which `user` is signed in."""
    with phase(session):
        token = people.begin(session, user).token
    browser = app.test_client()
    with app.test_request_context():
        browser.set_cookie(context.cookie_name(), token)
    return browser


SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def sign_in(app: Flask, session: orm.Session) -> SignIn:
    """What puts somebody into a browser of their own."""
    return partial(signed_in, app, session)


@pytest.fixture
def olivia(app: Flask, session: orm.Session) -> FlaskClient:
    """The operator's browser."""
    return signed_in(app, session, builders.person(session, "Olivia", role=Role.OPERATOR))


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """What the app's database is asked meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    engine = context.wiring(app).engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def fresh(session: orm.Session, row: object) -> None:
    """Read a row anew; SQLite shows an open transaction only what was there when it began."""
    session.rollback()
    session.refresh(row)


@dataclass
class Keeper:
    """A seller at a browser."""

    user: User
    shop: Seller
    browser: FlaskClient

    def page(self, path: str) -> BeautifulSoup:
        """A page that is there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, path
        return BeautifulSoup(answer.get_data(as_text=True), "html.parser")

    def reads(self, path: str) -> str:
        """The words of its main part."""
        main = self.page(path).find("main")
        assert main
        return " ".join(main.get_text(" ").split())


Keep = Callable[..., Keeper]


@pytest.fixture
def keep(app: Flask, session: orm.Session) -> Keep:
    """Open somebody's shop, which can sell, and sign them in."""

    def keeper(name: str = "Bea", **values: Any) -> Keeper:
        user = builders.person(session, name)
        shop = builders.seller(session, f"{name}'s shop", user=user, **values)
        return Keeper(user, shop, signed_in(app, session, user))

    return keeper
