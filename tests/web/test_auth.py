"""Signing in through the browser: cookies, tokens, where one lands, and the throttle."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace import clock, people
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.models import LoginSession, Role, User
from marketplace.web import context
from marketplace.web.auth import operator_required, own_path, seller_required, signed_in

GOOD = "a quiet harbour"
COOKIE = "marketplace_login"


@pytest.fixture
def noor(session: orm.Session) -> User:
    with phase(session):
        return people.sign_up(session, email="noor@x.example", name="Noor", password=GOOD)


def sign_in(client: FlaskClient, password: str = GOOD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": "noor@x.example", "password": password, **more})


def token_of(client: FlaskClient) -> str | None:
    cookie = client.get_cookie(COOKIE)
    return cookie.value if cookie else None


def test_a_newcomer_signs_up_and_is_signed_in(client: FlaskClient, session: orm.Session) -> None:
    answer = client.post(
        "/sign-up", data={"email": "Noor@x.example", "name": "Noor", "password": GOOD}
    )
    assert (answer.status_code, answer.location) == (303, "/")
    assert token_of(client)
    assert session.scalars(sa.select(User.role)).all() == [Role.BUYER]


def test_a_newcomer_who_wants_to_sell_lands_where_shops_are_opened(client: FlaskClient) -> None:
    data = {"email": "noor@x.example", "name": "Noor", "password": GOOD, "sell": "y"}
    assert client.post("/sign-up", data=data).location == "/sell"


def test_nobody_becomes_an_operator_by_a_form(client: FlaskClient, session: orm.Session) -> None:
    data = {"email": "noor@x.example", "name": "Noor", "password": GOOD, "role": "operator"}
    client.post("/sign-up", data=data)
    assert session.scalars(sa.select(User.role)).all() == [Role.BUYER]


def test_what_was_typed_is_still_there_after_a_mistake(client: FlaskClient) -> None:
    answer = client.post(
        "/sign-up", data={"email": "noor@x.example", "name": "Noor", "password": "short"}
    )
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert page.select_one("#name")["value"] == "Noor"  # type: ignore[index]
    wrong = page.select_one("#password")
    assert wrong is not None
    assert wrong["aria-invalid"] == "true"
    assert "value" not in wrong.attrs or wrong["value"] == ""
    assert "password-error" in str(wrong["aria-describedby"])
    assert page.select_one("#password-error")


@pytest.mark.usefixtures("noor")
def test_a_login_gives_a_new_token_and_ends_the_one_before(client: FlaskClient, app: Flask) -> None:
    planted = "planted-by-mallory"
    client.set_cookie(COOKIE, planted)
    sign_in(client)
    first = token_of(client)
    assert first
    assert first != planted
    sign_in(client)
    second = token_of(client)
    assert second != first
    thief = app.test_client()
    thief.set_cookie(COOKIE, first)
    assert "Sign out" not in thief.get("/sign-in").text


@pytest.mark.usefixtures("noor")
def test_a_copied_cookie_is_dead_after_signing_out(client: FlaskClient, app: Flask) -> None:
    sign_in(client)
    token = token_of(client)
    assert token
    thief = app.test_client()
    thief.set_cookie(COOKIE, token)
    assert thief.get("/sign-in").status_code == 302
    client.post("/sign-out")
    assert token_of(client) is None
    assert thief.get("/sign-in").status_code == 200


@pytest.mark.usefixtures("noor")
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    (cookie,) = [c for c in sign_in(client).headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_on_https_both_cookies_are_bound_to_the_host(settings: Settings) -> None:
    environ = {
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": "https://shop.example",
    }
    app = create_app(Settings.from_environ(environ))
    app.config["WTF_CSRF_ENABLED"] = False
    data = {"email": "noor@x.example", "name": "Noor", "password": GOOD}
    client = app.test_client()
    made = client.post("/sign-up", data=data, base_url="https://shop.example")
    cookies = made.headers.getlist("Set-Cookie")
    assert any(re.match(r"__Host-login=\S+; Secure; HttpOnly; ", c) for c in _ordered(cookies))
    left = client.post("/sign-out", base_url="https://shop.example")
    shown = client.get("/", base_url="https://shop.example")
    assert any(c.startswith("__Host-form=") for c in cookies + left.headers.getlist("Set-Cookie"))
    assert shown.headers["Strict-Transport-Security"]
    context.wiring(app).engine.dispose()


def _ordered(cookies: list[str]) -> list[str]:
    """The attributes of a cookie that matter, in one order."""
    found = []
    for cookie in cookies:
        name, *rest = cookie.split("; ")
        wanted = [part for part in ("Secure", "HttpOnly") if part in rest]
        found.append("; ".join([name, *wanted, ""]))
    return found


@pytest.mark.usefixtures("noor")
def test_the_sixth_try_is_told_to_wait_even_with_the_right_password(client: FlaskClient) -> None:
    moment = clock.now()
    with clock.reading(lambda: moment):
        for _ in range(5):
            assert sign_in(client, "not the password").status_code == 422
        slowed = sign_in(client)
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 30
    assert "noor@x.example" in slowed.text
    assert token_of(client) is None


@pytest.mark.usefixtures("noor")
def test_one_caller_cannot_try_addresses_without_end(client: FlaskClient) -> None:
    codes = [
        client.post("/sign-in/demo", data={"email": f"{number}@x.example"}).status_code
        for number in range(61)
    ]
    assert codes[:60] == [404] * 60
    assert codes[60] == 429


OWN = ["/", "/orders/x", "/sell?tab=payouts", "/a%20b", "/x?next=https://evil.example"]
FOREIGN = [
    "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil",
    "/%2f%2fevil.example/..", "/%2fevil.example", "/%5cevil.example",
    "/\tevil", " /x", "/\r\nSet-Cookie:x",
    "javascript:alert(1)", "evil.example", "", "/é",
]  # fmt: skip


@pytest.mark.parametrize("wanted", OWN)
@pytest.mark.usefixtures("noor")
def test_after_signing_in_one_comes_back_to_a_page_of_ours(
    client: FlaskClient, wanted: str
) -> None:
    assert sign_in(client, next=wanted).location == wanted


@pytest.mark.parametrize("wanted", FOREIGN)
@pytest.mark.usefixtures("noor")
def test_nobody_is_sent_elsewhere_by_an_address(client: FlaskClient, wanted: str) -> None:
    assert own_path(wanted) == "/"
    assert sign_in(client, next=wanted).location == "/"


def test_the_demo_people_are_one_click_away_in_the_sandbox(
    client: FlaskClient, session: orm.Session
) -> None:
    with phase(session):
        people.sign_up(
            session, email="olu@demo.example", name="Olu", password=GOOD, role=Role.OPERATOR
        )
    assert "Olu" in client.get("/sign-in").text
    answer = client.post("/sign-in/demo", data={"email": "olu@demo.example"})
    assert (answer.status_code, answer.location) == (303, "/platform")


@pytest.mark.usefixtures("noor")
def test_somebody_who_is_not_of_the_demo_cannot_be_borrowed(client: FlaskClient) -> None:
    assert "Noor" not in client.get("/sign-in").text
    assert client.post("/sign-in/demo", data={"email": "noor@x.example"}).status_code == 404
    assert token_of(client) is None


def test_with_a_real_key_nobody_can_be_borrowed(settings: Settings, tmp_path: Path) -> None:
    environ = {
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.secret_key,
        "STRIPE_SECRET_KEY": "sk_test_12345678",
        "DATABASE_URL": settings.database_url,
    }
    app = create_app(Settings.from_environ(environ))
    app.config["WTF_CSRF_ENABLED"] = False
    with context.wiring(app).sessions() as session, phase(session):
        ada = people.sign_up(
            session, email="ada@demo.example", name="Ada", password=GOOD, role=Role.OPERATOR
        )
        token = people.begin(session, ada).token
    client = app.test_client()
    page = client.get("/sign-in").text
    assert "Ada" not in page
    assert "Local sandbox" not in page
    assert client.post("/sign-in/demo", data={"email": "ada@demo.example"}).status_code == 404
    # Their password is printed at the start of the sandbox, and a login may have outlived it.
    data = {"email": " Ada@Demo.example", "password": GOOD}
    assert client.post("/sign-in", data=data).status_code == 422
    client.set_cookie(COOKIE, token)
    assert client.get("/platform").location == "/sign-in?next=/platform"
    context.wiring(app).engine.dispose()


def test_nobody_signs_up_among_the_people_whom_one_click_becomes(client: FlaskClient) -> None:
    data = {"email": "Noor@demo.example", "name": "Noor", "password": GOOD}
    assert client.post("/sign-up", data=data).status_code == 422
    assert token_of(client) is None


def come_in() -> str:
    return "in"


@pytest.fixture
def guarded(app: Flask) -> FlaskClient:
    """Three pages, one behind each guard."""
    for name, guard in (
        ("somebody", signed_in),
        ("seller", seller_required),
        ("operator", operator_required),
    ):
        app.add_url_rule(f"/for-{name}", name, guard(come_in), methods=["GET", "POST"])
    return app.test_client()


@pytest.mark.parametrize("name", ["somebody", "seller", "operator"])
def test_a_guest_is_sent_to_sign_in_and_comes_back(guarded: FlaskClient, name: str) -> None:
    answer = guarded.get(f"/for-{name}?page=2")
    assert answer.location == f"/sign-in?next=/for-{name}?page%3D2"
    assert guarded.post(f"/for-{name}").location == "/sign-in"


@pytest.mark.usefixtures("noor")
def test_a_buyer_sees_what_is_for_everybody_and_no_more(guarded: FlaskClient) -> None:
    sign_in(guarded)
    assert guarded.get("/for-somebody").text == "in"
    assert guarded.get("/for-seller").location == "/sell"
    assert guarded.get("/for-operator").status_code == 403


def test_every_login_is_a_row_that_names_its_browser_shortly(
    client: FlaskClient, noor: User, session: orm.Session
) -> None:
    client.post(
        "/sign-in",
        data={"email": noor.email, "password": GOOD},
        headers={"User-Agent": "x" * 5000},
    )
    (row,) = session.scalars(sa.select(LoginSession))
    assert row.user_agent == "x" * 120
