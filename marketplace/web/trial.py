"""A demo seller for any design that can be built, from the guide; only where no money is real.

There is one such person for each design, so the button pressed twice leads to the same shop. The
rule that bites: it signs in whoever presses it, without a password, so it exists in the sandbox
alone.
https://docs.stripe.com/connect/design-an-integration
"""

import secrets

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import orm

from marketplace import people, sellers
from marketplace.database import phase
from marketplace.design import DEFAULT, EVERY, Design
from marketplace.design.acceptance import sentence
from marketplace.design.rules import judge
from marketplace.errors import Invalid, NotFound
from marketplace.guide import options
from marketplace.models import Role, User
from marketplace.web import context
from marketplace.web.auth import welcome
from marketplace.web.platform.designs import runs_here

bp = Blueprint("trial", __name__)
COUNTRY = "US"


@bp.post("/guide/try")
def open_shop() -> ResponseReturnValue:
    """Become the demo seller of a design, whose shop is opened if it is not there yet."""
    if not context.settings().sandbox:
        raise NotFound("There is nobody of that name here.")
    session = context.session()
    design, _ = options.read(options.address(DEFAULT) | request.form.to_dict())
    _check(design)
    with phase(session):
        user = _person(session, design)
        name = f"Trial shop {EVERY.index(design) + 1}"
        sellers.open_shop(session, user, name=name, country=COUNTRY, design=design)
        login = people.begin(session, user, request.user_agent.string)
    flash(
        gettext("You are %(name)s now. This shop has the design that you chose.", name=user.name),
        "good",
    )
    return welcome(login, "/sell/account")


def _check(design: Design) -> None:
    """Raise Invalid, by the name of the rule, for what nobody can build today."""
    judged = judge(design)
    if not judged.can_be_built:
        raise Invalid(f"{judged.obstacles[0].title}.", {"design": sentence(judged.obstacles[0])})
    runs_here(design)


def _person(session: orm.Session, design: Design) -> User:
    email = f"{options.short(design)}@{people.DEMO_DOMAIN}"
    try:
        return people.by_email(session, email) or people.sign_up(
            session,
            email=email,
            name=f"Trial seller {EVERY.index(design) + 1}",
            password=secrets.token_hex(16),
            role=Role.SELLER,
        )
    except Invalid:
        known = people.by_email(session, email)  # the other one of two presses was first
        if known is None:
            raise
        return known
