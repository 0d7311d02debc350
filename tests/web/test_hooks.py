"""The addresses where Stripe's events arrive: what gets in, and what leaves no trace."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.lifecycles import InboxState
from marketplace.models import InboxEvent, Scope
from marketplace.web import context
from marketplace.web.door import Door
from marketplace.webhooks import inbox
from tests.webhooks import letters

PLATFORM, CONNECT, THIN = (inbox.PATHS[scope] for scope in Scope)
SECRETS = {
    PLATFORM: letters.SECRET,
    CONNECT: letters.CONNECT_SECRET,
    THIN: letters.THIN_SECRET,
}
everywhere = pytest.mark.parametrize("path", SECRETS)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The marketplace with a secret for each endpoint; tokens are checked as in life."""
    settings = replace(
        settings,
        webhook_secrets=("whsec_the_old_one", letters.SECRET),
        connect_webhook_secrets=(letters.CONNECT_SECRET,),
        thin_webhook_secrets=(letters.THIN_SECRET,),
    )
    app = create_app(settings)
    yield app
    context.wiring(app).engine.dispose()


def deliver(
    client: FlaskClient, body: str, header: str | None = None, *, to: str = PLATFORM
) -> TestResponse:
    header = letters.signature(body, SECRETS[to]) if header is None else header
    return client.post(
        to,
        data=body.encode(),
        content_type="application/json",
        headers={"Stripe-Signature": header},
    )


def letter(path: str, **changes: object) -> str:
    """The body of an event of the kind that comes to this address."""
    return letters.text((letters.thin if path == THIN else letters.event)(**changes))  # type: ignore[arg-type]


def stored(session: orm.Session) -> list[InboxEvent]:
    session.rollback()
    return inbox.latest(session)


@everywhere
def test_a_signed_event_is_kept_and_answered_without_a_cookie(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    answer = deliver(client, letter(path), to=path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    (only,) = stored(session)
    assert (inbox.PATHS[only.scope], only.state) == (path, InboxState.NEW)
    assert only.type == ("v2.core.account[requirements].updated" if path == THIN else "payout.paid")


@everywhere
def test_the_door_says_what_the_view_behind_it_would(
    app: Flask, session: orm.Session, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    body = letter(path)
    at_the_door = deliver(app.test_client(), body, to=path)
    assert isinstance(app.wsgi_app, Door)
    monkeypatch.setattr(app, "wsgi_app", app.wsgi_app.inside)
    inside = deliver(app.test_client(), body, to=path)
    assert (at_the_door.status, at_the_door.data) == (inside.status, inside.data)
    assert sorted(at_the_door.headers.items()) == sorted(inside.headers.items())
    assert [row.deliveries for row in stored(session)] == [2]


def test_what_the_database_does_not_take_is_not_answered_with_200(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr("marketplace.webhooks.letterbox.Letterbox.keep", full)
    assert deliver(client, letter(PLATFORM)).status_code == 500
    assert "disk full" in caplog.text


@everywhere
def test_a_second_delivery_is_answered_like_the_first(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    body = letter(path)
    assert [deliver(client, body, to=path).status_code for _ in range(3)] == [200, 200, 200]
    (only,) = stored(session)
    assert only.deliveries == 3


def test_sixteen_deliveries_at_once_are_all_answered_and_kept_once(
    app: Flask, session: orm.Session
) -> None:
    body = letters.text(letters.event())
    gate = threading.Barrier(16)
    answers: list[int] = []

    def knock() -> None:
        gate.wait()
        answers.append(deliver(app.test_client(), body).status_code)

    threads = [threading.Thread(target=knock) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 16
    (only,) = stored(session)
    assert only.deliveries == 16


def test_each_endpoint_has_a_secret_of_its_own(client: FlaskClient, session: orm.Session) -> None:
    body = letters.text(letters.event("account.updated", account="acct_tilda"))
    platforms = letters.signature(body)
    assert deliver(client, body, platforms, to=CONNECT).status_code == 403
    assert deliver(client, body, to=CONNECT).status_code == 200
    (only,) = stored(session)
    assert (only.scope, only.account) == (Scope.CONNECT, "acct_tilda")


@everywhere
def test_the_secret_of_another_endpoint_opens_nothing(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    body = letter(path)
    for other in SECRETS.keys() - {path}:
        header = letters.signature(body, SECRETS[other])
        assert deliver(client, body, header, to=path).status_code == 403
    assert stored(session) == []


def test_each_kind_of_event_is_refused_at_the_other_s_address(
    client: FlaskClient, session: orm.Session
) -> None:
    assert deliver(client, letter(PLATFORM), to=THIN).status_code == 422
    assert deliver(client, letter(THIN), to=PLATFORM).status_code == 422
    assert deliver(client, letter(THIN), to=CONNECT).status_code == 422
    assert stored(session) == []


@everywhere
def test_a_live_event_is_answered_and_ignored(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    assert deliver(client, letter(path, livemode=True), to=path).status_code == 200
    (only,) = stored(session)
    assert only.state is InboxState.IGNORED


@everywhere
@pytest.mark.parametrize(
    ("body", "header"),
    [
        (letters.text(letters.event()), ""),
        (letters.text(letters.event()), "nonsense"),
        (letters.text(letters.event()), "t=1770000000,v1=\u00e9\u00e9"),
        (letters.text(letters.event()), letters.signature("another body")),
        ("null", None),
        ("[]", None),
        ("{", None),
        ("[" * 6_000 + "]" * 6_000, None),
        ('{"object": "v2.core.event", "id": "evt_1"}', None),
        (letters.text(letters.event() | {"id": 7}), None),
        (letters.text(letters.event() | {"created": "yesterday"}), None),
        (letters.text(letters.thin()), "nonsense"),
        (letters.text(letters.thin() | {"id": 7}), None),
        (letters.text(letters.thin() | {"created": "yesterday"}), None),
    ],
    # Without the moment of the signature: parallel runners must call a test by the same name.
    ids=lambda value: None if value is None else re.sub(r"\d{9,}", "now", repr(value[:14])),
)
def test_what_is_no_event_of_stripes_is_refused_and_leaves_nothing(
    client: FlaskClient, session: orm.Session, path: str, body: str, header: str | None
) -> None:
    assert deliver(client, body, header, to=path).status_code in {403, 422}
    assert stored(session) == []


@everywhere
def test_bytes_that_are_no_text_are_refused(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    answer = client.post(path, data=b"\xff\xfe", headers={"Stripe-Signature": "t=1,v1=a"})
    assert answer.status_code == 422
    assert stored(session) == []


@everywhere
def test_an_old_signature_is_a_replay(client: FlaskClient, session: orm.Session, path: str) -> None:
    body = letter(path)
    old = letters.signature(body, SECRETS[path], age=301)
    assert deliver(client, body, old, to=path).status_code == 403
    assert stored(session) == []


@everywhere
def test_ten_mebibytes_are_refused_unread(
    client: FlaskClient, session: orm.Session, path: str
) -> None:
    body = io.BytesIO(b"x" * 10 * 1024 * 1024)
    answer = client.post(
        path,
        input_stream=body,
        content_length=10 * 1024 * 1024,
        headers={"Stripe-Signature": "t=1,v1=a"},
    )
    assert answer.status_code == 413
    assert body.tell() == 0
    assert stored(session) == []


@everywhere
def test_without_a_secret_the_endpoint_is_closed(
    settings: Settings, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    app = create_app(settings)
    body = letter(path)
    answer = deliver(app.test_client(), body, letters.signature(body, "whsec_guessed"), to=path)
    assert answer.status_code == 403
    assert "no signing secret" in caplog.text
    with context.wiring(app).sessions() as session:
        assert inbox.latest(session) == []
    context.wiring(app).engine.dispose()


@everywhere
def test_no_answer_and_no_log_line_tells_a_secret(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = deliver(client, letter(path), "t=1,v1=abc", to=path)
    told = answer.get_data(as_text=True) + caplog.text + str(answer.headers)
    assert SECRETS[path] not in told
    assert "whsec_the_old_one" not in told


@everywhere
def test_a_look_at_the_address_shows_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 405
