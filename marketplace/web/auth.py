"""Signing up, in and out; and who may see a page.

The login cookie is not Flask's: it holds a token whose row in the database can be revoked. The rule
that bites: `next` comes from the address bar, so it is followed only to a path of our own.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, request, session, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, StringField

from marketplace import people
from marketplace.database import phase
from marketplace.errors import Forbidden, Invalid, NotFound, Sentence, TooMany
from marketplace.models import Role, User
from marketplace.web import context

bp = Blueprint("auth", __name__)
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


class SignInForm(FlaskForm):
    """Address and password."""

    email = EmailField("Email", render_kw={"autocomplete": "username", "required": True})
    password = PasswordField(
        "Password", render_kw={"autocomplete": "current-password", "required": True}
    )


class SignUpForm(FlaskForm):
    """A new person. Whether they sell is decided by opening a shop, not here."""

    name = StringField("Name", render_kw={"autocomplete": "name", "required": True})
    email = EmailField("Email", render_kw={"autocomplete": "username", "required": True})
    password = PasswordField(
        "Password",
        description=Sentence(
            "At least {least} characters. A short sentence is good.", least=people.LEAST_PASSWORD
        ),
        render_kw={"autocomplete": "new-password", "required": True},
    )
    sell = BooleanField("I want to sell")


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form; in the sandbox, the people of the demo too."""
    if context.user():
        return redirect(own_path(request.args.get("next")))
    return _sign_in_page(SignInForm())


@bp.post("/sign-in")
def sign_in_with_password() -> ResponseReturnValue:
    """Check the password and set the cookie."""
    form = SignInForm()
    agent = request.user_agent.string
    try:
        if not context.settings().sandbox:
            _none_of_the_demo(form.email.data or "", people.WRONG)
        login = people.sign_in(
            context.session(), form.email.data or "", form.password.data or "", agent
        )
    except (Invalid, TooMany) as error:
        form.password.errors = [error.told]
        response = make_response(_sign_in_page(form), error.http_status)
        if isinstance(error, TooMany):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    return welcome(login, own_path(request.form.get("next"), login.user))


@bp.post("/sign-in/demo")
def sign_in_as_demo() -> ResponseReturnValue:
    """Become one of the people of the demo with one click; only where no money is real."""
    person = people.by_email(context.session(), request.form.get("email", ""))
    if not context.settings().sandbox or person is None or not people.is_demo(person):
        raise NotFound("There is nobody of that name here.")
    with phase(context.session()):
        login = people.begin(context.session(), person, request.user_agent.string)
    return welcome(login, own_path(request.form.get("next"), person))


@bp.get("/sign-up")
def sign_up() -> ResponseReturnValue:
    """Show the form for a new person."""
    if context.user():
        return redirect(own_path(request.args.get("next")))
    return render("auth/sign_up.html", form=SignUpForm(), next=request.args.get("next", ""))


@bp.post("/sign-up")
def sign_up_with_password() -> ResponseReturnValue:
    """Make the person and sign them in."""
    form = SignUpForm()
    database = context.session()
    try:
        _none_of_the_demo(form.email.data or "", people.TAKEN)
        with phase(database):
            user = people.sign_up(
                database,
                email=form.email.data or "",
                name=form.name.data or "",
                password=form.password.data or "",
            )
            login = people.begin(database, user, request.user_agent.string)
    except Invalid as error:
        for name, fault in error.fields.items():
            form[name].errors = [fault]
        page = render("auth/sign_up.html", form=form, next=request.form.get("next", ""))
        return page, error.http_status
    wanted = request.form.get("next")
    return welcome(login, "/sell" if form.sell.data and not wanted else own_path(wanted, user))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Revoke the login, here and for whoever copied the cookie."""
    token = request.cookies.get(context.cookie_name())
    if token:
        with phase(context.session()):
            people.sign_out(context.session(), token)
    session.clear()
    flash("You are signed out.", "info")
    response = make_response(redirect("/"))
    response.delete_cookie(context.cookie_name(), secure=context.settings().secure, httponly=True)
    return response


def signed_in(view: View[P]) -> View[P]:
    """Let only people in who are signed in; send the others to do so and bring them back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if context.user() else to_sign_in()

    return guarded


def seller_required(view: View[P]) -> View[P]:
    """Let only people in who have a shop (`context.seller()`); others are asked to open one."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if context.user() is None:
            return to_sign_in()
        if context.seller() is None:
            flash("Open a shop first.", "info")
            return redirect("/sell")
        return view(*args, **kwargs)

    return guarded


def operator_required(view: View[P]) -> View[P]:
    """Let only the people in who run the marketplace."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        user = context.user()
        if user is None:
            return to_sign_in()
        if user.role is not Role.OPERATOR:
            raise Forbidden("Only the people who run the marketplace see this.")
        return view(*args, **kwargs)

    return guarded


def to_sign_in() -> Response:
    """Redirect a guest to sign in, and back to this page afterwards if it can be loaded again."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    flash("Sign in to go on.", "info")
    return make_response(redirect(url_for("auth.sign_in", next=back or None)))


def own_path(wanted: str | None, user: User | None = None) -> str:
    """`wanted` if it is a path of ours, else where this person starts."""
    if wanted and _is_own_path(wanted):
        return wanted
    start = {Role.OPERATOR: "/platform", Role.SELLER: "/sell"}
    return start.get(user.role, "/") if user else "/"


def _is_own_path(wanted: str) -> bool:
    plain = unquote(wanted)
    if not re.fullmatch(r"/[\x21-\x5b\x5d-\x7e]*", wanted) or plain.startswith(("//", "/\\")):
        return False
    parts = urlsplit(wanted)
    return not parts.scheme and not parts.netloc and "\\" not in plain


def _none_of_the_demo(email: str, told: Sentence) -> None:
    """Raise Invalid for the people of the demo: everybody knows their password."""
    if people.is_demo_address(email):
        raise Invalid(told, {"email": told})


def _sign_in_page(form: SignInForm) -> str:
    demo = people.demo_people(context.session()) if context.settings().sandbox else []
    wanted = request.values.get("next", "")
    return render("auth/sign_in.html", form=form, demo=demo, next=wanted)


def welcome(login: people.SignedIn, path: str) -> Response:
    """Hand a fresh login over to the browser, in place of the one it had, and lead on to `path`."""
    old = request.cookies.get(context.cookie_name())
    if old:
        with phase(context.session()):
            people.sign_out(context.session(), old)
    session.pop(
        "csrf_token", None
    )  # a token that was planted before the login is worth nothing now
    response = make_response(redirect(path, 303))
    response.set_cookie(
        context.cookie_name(),
        login.token,
        max_age=int(people.STAY_SIGNED_IN.total_seconds()),
        secure=context.settings().secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response
