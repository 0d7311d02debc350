"""The frame around every page: headers, tokens on forms, error pages, health, and what is shown."""

import logging
import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, Response, request
from flask.testing import FlaskClient

from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.errors import Invalid, StripeUnavailable, TooMany
from marketplace.money import Money
from marketplace.onboarding.api import questions
from marketplace.web import context, show

PAGES = ["/healthz", "/sign-in", "/sign-up", "/nothing-here", "/static/theme.css", "/favicon.ico"]


def text(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def value(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    assert isinstance(found, Tag), selector
    return str(found["value"])


def test_health_says_that_the_database_answers(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "sandbox": True}


def test_health_fails_when_the_database_does(app: Flask, client: FlaskClient) -> None:
    database = context.wiring(app).settings.data_dir / "marketplace.sqlite3"
    context.wiring(app).engine.dispose()
    database.unlink()
    database.mkdir()
    assert client.get("/healthz").status_code == 503


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_protecting_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_forms_may_lead_to_the_sandbox_and_not_to_stripe_or_the_other_way_round(
    client: FlaskClient, settings: Settings
) -> None:
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    assert f"form-action 'self' http://127.0.0.1:{settings.sandbox_port}" in policy
    assert "stripe.com" not in policy
    environ = {
        "STRIPE_SECRET_KEY": "sk_test_12345678",
        "SECRET_KEY": "c" * 40,
        "DATA_DIR": str(settings.data_dir),
    }
    real = create_app(Settings.from_environ(environ))
    policy = real.test_client().get("/sign-in").headers["Content-Security-Policy"]
    # Hosted onboarding is at `connect` by links of v1, and at `accounts` by those of v2.
    # https://docs.stripe.com/api/v2/core/account-links/create
    (forms,) = [rule for rule in policy.split("; ") if rule.startswith("form-action ")]
    stripes = {f"https://{name}.stripe.com" for name in ("accounts", "checkout", "connect")}
    assert {"'self'", *stripes} < set(forms.split())
    assert "12111" not in policy
    context.wiring(real).engine.dispose()


def test_pages_are_kept_by_no_cache_and_files_are(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    with client.get("/static/theme.css") as answer:
        assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/nothing-here"])
def test_pages_load_only_files_of_our_own_and_run_nothing_inline(
    client: FlaskClient, path: str
) -> None:
    page = text(client.get(path).text)
    for tag in page.select("[src], link[href]"):
        address = str(tag.get("src") or tag.get("href"))
        assert address.startswith("/"), address
        with client.get(address) as answer:
            assert answer.status_code == 200, address
    assert not page.select("style, [style], script:not([src])")
    assert not re.search(r"<[^>]+ on\w+=", str(page))


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/nothing-here"])
def test_pages_have_landmarks_one_heading_and_a_way_to_skip(client: FlaskClient, path: str) -> None:
    page = text(client.get(path).text)
    assert len(page.select("main")) == len(page.select("h1")) == 1
    assert page.select_one("html[lang]")
    assert page.select_one("header nav[aria-label]")
    first = page.select_one("body a")
    assert first is not None
    assert first["href"] == "#content"
    labels = {str(label["for"]) for label in page.select("label")}
    fields = page.select("input:not([type=hidden])")
    assert {str(field["id"]) for field in fields} == labels


def test_the_sandbox_says_so_on_every_page(client: FlaskClient, settings: Settings) -> None:
    for path in ("/sign-in", "/nothing-here"):
        page = text(client.get(path).text)
        line = page.select_one(".sandbox-line")
        assert line is not None
        assert "no real money moves" in line.text
        assert line.select_one(f"a[href='{settings.api_base}/_sandbox/']")


def test_the_host_that_a_caller_writes_is_not_believed(client: FlaskClient) -> None:
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_addresses_that_leave_the_house_are_made_from_the_settings(app: Flask) -> None:
    with app.test_request_context("/", headers={"Host": "localhost:1"}):
        assert context.public_url("auth.sign_in", next="/x") == (
            "http://127.0.0.1:4242/sign-in?next=/x"
        )


# Forms and their tokens.

POSTS = ["/sign-in", "/sign-in/demo", "/sign-up", "/sign-out"]


@pytest.fixture
def strict(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = True
    return app.test_client()


def test_the_list_of_posts_is_complete_for_signing_in_and_out(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("auth.")]
    assert {rule.rule for rule in rules if "POST" in (rule.methods or ())} == set(POSTS)


@pytest.mark.parametrize("path", POSTS)
def test_a_post_without_a_token_does_nothing(strict: FlaskClient, path: str) -> None:
    assert strict.post(path, data={"email": "a"}).status_code == 400


@pytest.mark.parametrize("path", POSTS)
def test_a_post_with_somebody_elses_token_does_nothing(
    strict: FlaskClient, app: Flask, path: str
) -> None:
    strict.get("/sign-in")
    theirs = value(text(app.test_client().get("/sign-in").text), "[name=csrf_token]")
    assert strict.post(path, data={"csrf_token": theirs}).status_code == 400


def test_a_post_with_the_token_of_its_page_goes_through(strict: FlaskClient) -> None:
    token = value(text(strict.get("/sign-up").text), "form [name=csrf_token]")
    data = {"csrf_token": token, "email": "noor@x.example", "name": "Noor", "password": "a b c d e"}
    answer = strict.post("/sign-up", data={**data, "password": "a quiet harbour"})
    assert answer.status_code == 303
    stale = strict.post("/sign-out", data={"csrf_token": token})
    assert stale.status_code == 400, "a token from before the login is worth nothing after it"
    late = strict.post("/basket/add", data={"product_id": "7", "nonce": "n", "quantity": "2"})
    again = text(late.text).select_one(".again")
    assert again is not None
    assert again.select("[name=nonce]"), "it is sent again, and shown to nobody"
    assert [it.text for it in again.select("dt, dd")] == ["Quantity", "2"]


# Error pages.


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """A page for each way to fail, and a form that fails after it was filled in."""

    @app.route("/fail/<how>", methods=["GET", "POST"])
    def fail(how: str) -> str:
        if how == "late":
            return str(request.form)
        raise {
            "invalid": Invalid("Some of this cannot be used.", {"price": "Too small."}),
            "slow": TooMany("Slow down.", 7),
            "stripe": StripeUnavailable("canary detail", code="lock_timeout", request_id="req_9"),
            "bug": ZeroDivisionError("canary bug"),
        }[how]

    app.testing = False
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nothing-here", 404, "There is nothing here."),
        ("/fail/invalid", 422, "Some of this cannot be used."),
        ("/fail/slow", 429, "Slow down."),
        ("/fail/stripe", 503, "The payment provider did not answer."),
        ("/fail/bug", 500, "Something went wrong on our side."),
    ],
)
def test_an_error_page_says_what_happened_and_what_to_do(
    failing: FlaskClient, path: str, status: int, sentence: str
) -> None:
    answer = failing.get(path)
    page = text(answer.text)
    heading = page.select_one("h1")
    assert heading is not None
    assert (answer.status_code, heading.text) == (status, sentence)
    assert page.select_one("h1 + p")
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text


def test_a_number_leads_from_the_page_to_the_log(
    failing: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for path in ("/fail/bug", "/fail/stripe"):
            code = text(failing.get(path).text).select_one("main code")
            assert code is not None
            assert code.text in caplog.text
    assert "canary bug" in caplog.text
    assert "canary detail (code lock_timeout, request req_9)" in caplog.text


def test_a_throttled_caller_is_told_for_how_long(failing: FlaskClient) -> None:
    assert failing.get("/fail/slow").headers["Retry-After"] == "7"


def test_a_wrong_method_says_which_would_do(client: FlaskClient) -> None:
    answer = client.delete("/sign-in")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_form_that_met_an_error_can_be_sent_again_without_typing(failing: FlaskClient) -> None:
    sent = {"title": '"><svg onload=alert(1)>', "price": "12.50"}
    page = text(failing.post("/fail/stripe?step=2", data=sent).text)
    form = page.select_one("form.again")
    assert form is not None
    assert form["action"] == "/fail/stripe?step=2"
    kept = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert {name: kept[name] for name in sent} == sent
    assert not page.select("svg")


def test_a_form_from_another_site_is_not_offered_again(failing: FlaskClient) -> None:
    answer = failing.post(
        "/fail/stripe", data={"title": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert not text(answer.text).select("form.again")


def test_a_password_is_never_written_into_an_error_page(failing: FlaskClient) -> None:
    answer = failing.post("/fail/stripe", data={"email": "a@x.example", "password": "canary"})
    assert "canary" not in answer.text


def test_no_secret_of_our_onboarding_forms_is_written_into_an_error_page(
    failing: FlaskClient,
) -> None:
    persons = [f"person_1.{name}" for name, it in questions._PERSON.items() if it.secret]
    whole = [name for name, it in questions._WHOLE.items() if it.secret]
    banks = ["account_number", "routing_number"]
    sent = dict.fromkeys([*persons, *whole, *banks, "individual.id_number"], "canary")
    assert len(sent) > 6
    answer = failing.post("/fail/stripe", data=sent | {"individual.first_name": "Nadia"})
    assert "canary" not in answer.text
    assert "Nadia" in answer.text


def test_ten_megabytes_are_refused_before_they_are_read(failing: FlaskClient) -> None:
    assert failing.post("/fail/late", data={"x": "x" * (10 << 20)}).status_code == 413


def test_an_error_page_is_drawn_even_when_the_database_is_gone(
    app: Flask, failing: FlaskClient
) -> None:
    failing.set_cookie("marketplace_login", "x")
    context.wiring(app).engine.dispose()
    database = context.wiring(app).settings.data_dir / "marketplace.sqlite3"
    database.unlink()
    database.mkdir()
    answer = failing.get("/fail/bug")
    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.text


# What is shown, and how.


def test_an_amount_is_shown_with_its_currency_and_a_debit_in_red() -> None:
    assert show.money(Money(1000, "jpy")) == '<span class="money">¥1,000</span>'
    assert show.money(-50, "USD") == '<span class="money money-negative">-$0.50</span>'


def test_a_moment_is_shown_in_utc_with_its_exact_value() -> None:
    moment = datetime(2026, 11, 21, 15, 4, 5, tzinfo=UTC)
    shown = show.moment(moment)
    assert 'datetime="2026-11-21T15:04:05+00:00"' in shown
    assert re.search(r">Nov 21, 2026, 3:04\s?PM UTC<", shown)
    assert show.day(moment) == '<time datetime="2026-11-21">Nov 21, 2026</time>'


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("past_due", "care"),
        ("paid", "good"),
        ("in_transit", "busy"),
        ("errored", "bad"),
        ("?", "plain"),
    ],
)
def test_a_status_has_the_colour_of_what_it_means(status: str, tone: str) -> None:
    assert show.tone(status) == tone


def test_a_live_part_costs_nothing_when_nothing_is_new(app: Flask) -> None:
    @app.get("/live")
    def part() -> Response:
        return show.live("faults/error.html", final=True, sentence="x", advice="y", status=1)

    client = app.test_client()
    first = client.get("/live")
    assert first.headers["Poll-Again"] == "never"
    again = client.get("/live", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
