"""What strangers try: to be believed about the host, the address, the amount, or themselves."""

import itertools
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import orders
from marketplace.design import AccountsApi
from marketplace.lifecycles import SellerState
from marketplace.models import Order, Product, Role, Seller, User
from marketplace.orders import Wanted
from marketplace.web import context
from tests import builders
from tests.browsing import signed_in

GOOD = "a quiet harbour at night"
SPOOFED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/platform",
    "X-Rewrite-URL": "/platform",
    "X-HTTP-Method-Override": "DELETE",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}
FILE = '--b\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n'
WORDS = "\"><svg onload=alert(1)>'{{7*7}}${7*7}<script>x</script>"


@pytest.fixture
def maria(app: Flask, session: orm.Session) -> FlaskClient:
    """Maria's browser. She has an account here and no shop."""
    return signed_in(app, session, builders.person(session, "Maria"))


def _only(session: orm.Session, kind: type[Any]) -> Any:
    session.rollback()
    return session.scalars(sa.select(kind)).one()


# --- who we are ---


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:4242", "localhost@evil.example"],
)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/sell/account", "/webhooks/stripe", "/nothing"])
def test_under_another_name_nothing_is_served(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize("path", ["/", "/sign-in?next=/sell", "/sell/account", "/platform"])
def test_no_header_of_a_proxy_is_believed(client: FlaskClient, path: str) -> None:
    plain, spoofed = client.get(path), client.get(path, headers=SPOOFED)
    assert spoofed.status_code == plain.status_code
    assert spoofed.headers.get("Location") == plain.headers.get("Location")
    assert "evil" not in spoofed.text
    assert "203.0.113.9" not in spoofed.text


def test_the_throttle_counts_callers_and_not_what_they_call_themselves(client: FlaskClient) -> None:
    codes = [
        client.post(
            "/sign-in",
            data={"email": f"p{number}@x.example", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"},
        ).status_code
        for number in range(70)
    ]
    assert codes[-1] == 429


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "/..//evil.example",
        "http:///evil.example",
        "/sell\r\nLocation: https://evil.example",
    ],
)
def test_no_address_in_a_link_leads_away(app: Flask, maria: FlaskClient, wanted: str) -> None:
    del app
    for path in ("/sign-in", "/sign-up"):
        answer = maria.get(path, query_string={"next": wanted})
        assert answer.status_code in {302, 303}
        assert answer.location.startswith("/")
        assert not answer.location.startswith(("//", "/\\"))
        assert "evil" not in answer.location.partition("?")[0].partition("/..//")[0]


@pytest.mark.parametrize("api", AccountsApi)
def test_where_stripe_sends_people_back_to_is_not_for_the_caller_to_say(
    app: Flask,
    maria: FlaskClient,
    session: orm.Session,
    monkeypatch: pytest.MonkeyPatch,
    api: AccountsApi,
) -> None:
    """Whatever the request says, the addresses given to Stripe are made from PUBLIC_URL."""
    sent: list[str] = []

    def note(
        _: object, method: str, url: str, headers: Any, post_data: Any = None, **more: Any
    ) -> Any:
        del method, headers, more
        sent.append(f"{url} {post_data}")
        raise ConnectionError

    monkeypatch.setattr("marketplace.gateway.client.TracedClient.request", note)
    user = session.scalars(sa.select(User)).one()
    builders.seller(session, "Maria's mugs", user=user, accounts_api=api)
    evil = {"return_url": "https://evil.example", "refresh_url": "https://evil.example"}
    maria.post("/sell/onboarding/start", data=evil, query_string=evil, headers=SPOOFED)
    assert sent
    assert "evil" not in "".join(sent)
    site = context.wiring(app).settings.public_url
    if api is AccountsApi.V1:
        site = site.replace(":", "%3A").replace("/", "%2F")
        assert f"return_url={site}%2Fsell%2Fonboarding%2Freturn" in sent[0]
    else:
        assert f'"return_url": "{site}/sell/onboarding/return"' in sent[0]


# --- more fields than the form has ---


def test_signing_up_takes_nothing_that_was_not_asked(
    client: FlaskClient, session: orm.Session
) -> None:
    extra = {"id": "77", "role": "operator", "password_hash": "x", "created_at": "2001-01-01"}
    client.post(
        "/sign-up", data={"name": "Eve", "email": "eve@x.example", "password": GOOD, **extra}
    )
    eve = _only(session, User)
    assert (eve.id, eve.role) == (1, Role.BUYER)
    assert eve.password_hash.startswith("$argon2id$")
    assert eve.created_at.year > 2001


def test_opening_a_shop_decides_a_name_and_a_country_and_no_more(
    maria: FlaskClient, session: orm.Session
) -> None:
    extra = {
        "stripe_id": "acct_evil",
        "fee_bps": "0",
        "fee_fixed": "0",
        "state": "nothing_due",
        "transfers_active": "1",
        "charges_enabled": "1",
        "currency": "jpy",
        "slug": "platform",
        "user_id": "1000",
        "charge_type": "direct",
    }
    maria.post("/sell/open", data={"name": "Maria's mugs", "country": "US", **extra})
    shop = _only(session, Seller)
    assert (shop.stripe_id, shop.state, shop.transfers_active) == (
        None,
        SellerState.NOT_STARTED,
        False,
    )
    assert (shop.currency, shop.slug, shop.fee_bps) == ("usd", "maria-s-mugs", 1000)
    assert shop.charge_type.value == "destination"


def test_a_buyer_names_things_and_how_many_and_nothing_else(
    client: FlaskClient, session: orm.Session
) -> None:
    """The order is placed before Stripe is asked; Stripe is away here, the row tells."""
    bea, otto = builders.seller(session, "Bea"), builders.seller(session, "Otto")
    bowl = builders.product(session, bea, amount=4000)
    evil = {
        "amount": "1",
        "unit_amount": "1",
        "price": "0.01",
        "currency": "jpy",
        "application_fee_amount": "0",
        "fee": "0",
        "seller_id": str(otto.id),
        "destination": otto.stripe_id or "",
        "buyer_id": "1",
        "status": "paid",
        "token": "my-own-token",
    }
    client.post("/basket/add", data={"product_id": bowl.id, "quantity": 2, "nonce": "a", **evil})
    client.post(f"/checkout/{bea.slug}", data={"nonce": builders.nonce(), **evil})
    order = _only(session, Order)
    assert (order.amount, order.currency, order.application_fee_amount) == (8000, "usd", 800)
    assert (order.seller_id, order.buyer_id) == (bea.id, None)
    assert order.status.value in {"placed", "paying"}
    assert order.token != "my-own-token"


@pytest.mark.parametrize(
    "quantity", ["-1", "1.5", "1e3", "NaN", "Infinity", "٣", "1_0", "9" * 30, "0x1"]
)
def test_a_quantity_is_a_plain_number(
    client: FlaskClient, session: orm.Session, quantity: str
) -> None:
    bowl = builders.product(session, builders.seller(session))
    answer = client.post(
        "/basket/add", data={"product_id": bowl.id, "quantity": quantity, "nonce": "a"}
    )
    assert answer.status_code == 422
    assert "Blue bowl" not in client.get("/basket").text


# --- too much of everything ---


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/basket/add", "/webhooks/stripe"])
@pytest.mark.parametrize("kind", ["form", "parts", "json", "file"])
def test_a_body_too_large_is_refused(client: FlaskClient, path: str, kind: str) -> None:
    big = "x" * (7 << 20)
    kinds: dict[str, dict[str, Any]] = {
        "form": {"data": {"email": big}},
        "parts": {
            "data": {f"field{number}": "x" for number in range(400)},
            "content_type": "multipart/form-data",
        },
        "json": {"data": "[" * (7 << 20), "content_type": "application/json"},
        "file": {"data": FILE + big, "content_type": "multipart/form-data; boundary=b"},
    }
    assert client.post(path, **kinds[kind]).status_code in {400, 403, 413}


def test_long_words_and_odd_bytes_meet_an_error_page_and_no_crash(client: FlaskClient) -> None:
    odd = ["\x00", "\ud7ff\ufffe", "\u202e", "A" * 100_000, "'; DROP TABLE users; --", WORDS]
    fields = ("name", "email", "password", "next", "product_id", "quantity", "nonce", "state")
    paths = ("/sign-up", "/sign-in", "/sign-in/demo", "/basket/add", "/basket/change")
    for path, text in itertools.product(paths, odd):
        answer = client.post(path, data=dict.fromkeys(fields, text))
        assert answer.status_code < 500, (path, text[:20])
        assert "<svg onload" not in answer.text
    for text in odd:
        for query in ("next", "before", "state", "returned", "session_id", "product_id"):
            for path in ("/", "/sign-in", "/orders", "/sell", "/basket"):
                answer = client.get(path, query_string={query: text})
                assert answer.status_code < 500, (path, query, text[:20])
                assert "<svg onload" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../../secret_key",
        "..%2f..%2fsecret_key",
        "%2e%2e/secret_key",
        "0" * 32 + ".svg",
        "x\x00.webp",
    ],
)
def test_no_file_beside_the_pictures_is_served(client: FlaskClient, name: str) -> None:
    for folder in ("/pictures/", "/static/", "/bootstrap/static/"):
        answer = client.get(folder + name)
        assert answer.status_code == 404
        assert b"SECRET" not in answer.data


# --- words that want to be more than words ---


def test_what_people_write_is_shown_as_words_to_everybody(
    app: Flask, maria: FlaskClient, session: orm.Session
) -> None:
    user = session.scalars(sa.select(User)).one()
    user.name = WORDS
    shop = builders.seller(session, WORDS, user=user)
    bowl = builders.product(session, shop, WORDS, description=WORDS)
    order = orders.place(session, [Wanted(bowl.id, 1)], user, builders.nonce())
    operator = signed_in(app, session, builders.person(session, WORDS, role=Role.OPERATOR))
    public = ("/", f"/shops/{shop.slug}", f"/products/{bowl.id}", f"/orders/{order.token}")
    hers = ("/sell", "/sell/account", "/sell/products", f"/sell/products/{bowl.id}", "/orders")
    sales = ("/sell/orders", f"/sell/orders/{order.id}", "/sell/money")
    platform = ("", "/sellers", f"/sellers/{shop.slug}", "/orders", f"/orders/{order.token}")
    visits = [(maria, path) for path in public + hers + sales]
    visits += [(operator, f"/platform{path}") for path in platform]
    for browser, path in visits:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "&lt;svg onload" in answer.text, path
        assert "<svg onload" not in answer.text, path
        assert "<script>x" not in answer.text, path
        assert "{{7*7}}" in answer.text, path


def test_a_line_break_in_a_name_makes_no_second_line_in_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/nothing\r\nWARNING forged line", headers={"User-Agent": "a\tb"})
    client.post("/webhooks/stripe", data=b"{}", headers={"Stripe-Signature": "t=1,v1=forged\tline"})
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_a_product_of_another_shop_cannot_be_taken_over_by_a_hidden_field(
    maria: FlaskClient, session: orm.Session
) -> None:
    user = session.scalars(sa.select(User)).one()
    mine = builders.seller(session, "Maria's mugs", user=user)
    theirs = builders.product(session, builders.seller(session, "Bea"), "Blue bowl")
    mug = builders.product(session, mine, "Mug")
    evil = {"id": theirs.id, "product_id": theirs.id, "seller_id": theirs.seller_id}
    maria.post(f"/sell/products/{mug.id}", data={"title": "Taken", "price": "1.00", **evil})
    maria.post("/sell/products/new", data={"title": "New", "price": "2.00", "nonce": "n", **evil})
    session.rollback()
    rows = session.execute(sa.select(Product.title, Product.seller_id).order_by(Product.id)).all()
    bea = theirs.seller_id
    assert [tuple(row) for row in rows] == [
        ("Blue bowl", bea),
        ("Taken", mine.id),
        ("New", mine.id),
    ]
