"""Pages that belong to nobody in particular, and what every page may show."""

from http import HTTPStatus

import sqlalchemy as sa
from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from marketplace.config import Settings
from marketplace.models import User
from marketplace.web import context

bp = Blueprint("pages", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Tell a supervisor whether the program can do its work: 200 when the database answers."""
    try:
        context.session().execute(sa.select(1))
    except SQLAlchemyError:
        return {"status": "no database"}, HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok", "sandbox": context.settings().sandbox}


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """The sign in the browser's tab."""
    return current_app.send_static_file("mark.svg")


def install(app: Flask) -> None:
    """Give every template what the frame around it shows."""
    app.context_processor(frame)


def frame() -> dict[str, object]:
    """The values of `base.html`, as functions where they cost a query."""
    return {"current_user": current_user, "settings": shown_settings(), "has": has}


def current_user() -> User | None:
    """Who is signed in."""
    return context.user()


def shown_settings() -> Settings:
    """The settings, for what the frame says about the sandbox."""
    return context.settings()


def has(endpoint: str) -> bool:
    """Tell whether a page exists, so that a menu names only pages that do."""
    return endpoint in current_app.view_functions
