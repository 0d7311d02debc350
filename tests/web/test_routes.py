"""Every address of the marketplace, and what each kind of person finds there.

The table is compared with the URL map, so a new route fails here until somebody has decided who may
see it. `other` is a seller at whose rows nobody points; the numbers and tokens in the addresses are
those of `owner`. The order matters a little: what is done above is there below.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from marketplace import invitations, orders
from marketplace.application import create_app
from marketplace.charges import fees
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.design import DEFAULT
from marketplace.models import Role, Scope, User
from marketplace.orders import Wanted
from marketplace.sellers import Agreement
from marketplace.web import context
from marketplace.webhooks import envelope, inbox
from tests import builders
from tests.browsing import signed_in
from tests.running import Running
from tests.sandbox import merchants
from tests.webhooks import letters

PEOPLE = ("guest", "buyer", "other", "owner", "operator")
# page: shown · on: done, and led on to another page of ours · stripe: led to Stripe's pages
# in: led to sign in · open: led to open a shop · 403, 404, 422 and the like: an error page
TABLE = """
GET  /healthz                             page   page   page   page   page
GET  /favicon.ico                         page   page   page   page   page
GET  /static/<filename>                   page   page   page   page   page
GET  /bootstrap/static/<filename>         page   page   page   page   page
GET  /pictures/<name>                     page   page   page   page   page
GET  /                                    page   page   page   page   page
GET  /shops/<slug>                        page   page   page   page   page
GET  /products/<product_id>               page   page   page   page   page
POST /basket/add                          on     on     on     on     on
POST /basket/change                       on     on     on     on     on
GET  /basket                              page   page   page   page   page
GET  /checkout/<slug>                     page   page   page   page   page
POST /checkout/<slug>                     stripe stripe stripe stripe stripe
GET  /orders                              in     page   page   page   page
GET  /orders/<token>                      page   page   page   page   page
GET  /orders/<token>/live                 page   page   page   page   page
POST /orders/<token>/pay                  stripe stripe stripe stripe stripe
GET  /orders/<token>/pay                  on     on     on     on     on
POST /orders/<token>/pay/secret           409    409    409    409    409
POST /orders/<token>/check                on     on     on     on     on
GET  /orders/<token>/return               on     on     on     on     on
POST /orders/<token>/cancel               on     on     on     on     on
GET  /cards                               in     page   page   page   page
GET  /cards/new                           in     page   page   page   page
POST /cards/<card_id>/remove              in     404    404    on     404
POST /cards/new/secret                    in     page   page   page   page
POST /cards/hosted                        in     stripe stripe stripe stripe
GET  /cards/return                        in     on     on     on     on
GET  /guide                               page   page   page   page   page
GET  /guide/start                         page   page   page   page   page
GET  /guide/compare                       page   page   page   page   page
GET  /guide.json                          page   page   page   page   page
GET  /guide.md                            page   page   page   page   page
GET  /guide/prompt.md                     page   page   page   page   page
GET  /sell                                page   page   page   page   page
GET  /sell/account                        in     open   page   page   open
GET  /sell/account/live                   in     open   page   page   open
POST /sell/account/check                  in     open   on     on     open
POST /sell/onboarding/start               in     open   stripe stripe open
POST /sell/onboarding/hosted              in     open   stripe stripe open
GET  /sell/onboarding                     in     open   on     on     open
POST /sell/onboarding/session             in     open   409    409    open
POST /sell/components/<place>/session     in     open   409    409    open
GET  /sell/onboarding/refresh             in     open   stripe stripe open
GET  /sell/onboarding/return              in     open   on     on     open
POST /sell/dashboard                      in     open   409    409    open
GET  /sell/questions                      in     open   on     on     open
GET  /sell/questions/<part>               in     open   409    409    open
POST /sell/questions/<part>               in     open   409    409    open
GET  /sell/questions/bank                 in     open   409    409    open
POST /sell/questions/bank                 in     open   409    409    open
GET  /sell/questions/terms                in     open   409    409    open
POST /sell/questions/terms                in     open   409    409    open
GET  /sell/questions/people               in     open   409    409    open
POST /sell/questions/people               in     open   409    409    open
GET  /sell/questions/people/new           in     open   409    409    open
POST /sell/questions/people/new           in     open   409    409    open
GET  /sell/questions/people/<person_id>   in     open   409    409    open
POST /sell/questions/people/<person_id>   in     open   409    409    open
POST /sell/questions/people/<person_id>/remove in open  409    409    open
GET  /sell/products                       in     open   page   page   open
GET  /sell/products/new                   in     open   page   page   open
POST /sell/products/new                   in     open   on     on     open
GET  /sell/products/<product_id>          in     open   404    page   open
POST /sell/products/<product_id>          in     open   404    on     open
POST /sell/products/<product_id>/off      in     open   404    on     open
POST /sell/products/<product_id>/on       in     open   404    on     open
GET  /sell/orders                         in     open   page   page   open
GET  /sell/orders/<order_id>              in     open   404    page   open
POST /sell/orders/<order_id>/sent         in     open   404    409    open
GET  /sell/payments                       in     open   page   page   open
GET  /sell/disputes                       in     open   page   page   open
GET  /sell/documents                      in     open   page   page   open
GET  /sell/money                          in     open   page   page   open
POST /sell/money/check                    in     open   on     on     open
GET  /platform                            in     403    403    403    page
GET  /platform/calls                      in     403    403    403    page
GET  /platform/sellers                    in     403    403    403    page
GET  /platform/sellers/<slug>             in     403    403    403    page
POST /platform/sellers/<slug>/refresh     in     403    403    403    on
POST /platform/sellers/<slug>/terms       in     403    403    403    on
GET  /platform/design                     in     403    403    403    page
POST /platform/design                     in     403    403    403    on
POST /platform/design/terms               in     403    403    403    on
POST /platform/design/account             in     403    403    403    on
GET  /platform/invitations                in     403    403    403    page
GET  /platform/invitations/new            in     403    403    403    page
POST /platform/invitations/new            in     403    403    403    page
GET  /platform/invitations/import         in     403    403    403    page
POST /platform/invitations/import         in     403    403    403    422
POST /platform/invitations/<row_id>/renew in     403    403    403    page
POST /platform/invitations/<row_id>/withdraw in  403    403    403    on
GET  /platform/orders                     in     403    403    403    page
GET  /platform/orders/<token>             in     403    403    403    page
POST /platform/orders/<token>/refresh     in     403    403    403    on
POST /platform/orders/<token>/transfers   in     403    403    403    on
GET  /platform/payouts                    in     403    403    403    page
GET  /platform/disputes                   in     403    403    403    page
POST /platform/balance/refresh            in     403    403    403    on
GET  /platform/events                     in     403    403    403    page
GET  /platform/events/<row_id>            in     403    403    403    page
GET  /platform/events/<row_id>/progress   in     403    403    403    page
POST /platform/events/<row_id>/replay     in     403    403    403    on
POST /platform/events/replay              in     403    403    403    on
POST /platform/events/backfill            in     403    403    403    on
POST /platform/sellers/<slug>/close       in     403    403    403    on
GET  /join/<link>                         page   page   page   page   404
POST /join/<link>                         in     on     409    409    404
POST /webhooks/stripe                     403    403    403    403    403
POST /webhooks/stripe/connect             403    403    403    403    403
POST /webhooks/stripe/thin                403    403    403    403    403
POST /sell/open                           in     on     on     on     on
GET  /sign-in                             page   on     on     on     on
GET  /sign-up                             page   on     on     on     on
POST /sign-in                             422    422    422    422    422
POST /sign-in/demo                        404    404    404    404    404
POST /sign-up                             422    422    422    422    422
POST /sign-out                            on     on     on     on     on
POST /guide/try                           on     on     on     on     on
"""
TERMS = {"fee_bps": "7.5", "split": "application_fee", "transfer_when": "now"}
# What is sent, where something must be.
SENT = {
    "shop.basket_add": {"product_id": "{product_id}", "quantity": "1", "nonce": "n1"},
    "shop.basket_change": {"product_id": "{product_id}", "quantity": "2"},
    "shop.checkout_pay": {"nonce": "a-nonce-of-a-till-form"},
    "seller.open": {"name": "One more shop", "country": "US"},
    "seller.product_new": {"title": "A cup", "price": "12.00", "nonce": "n2"},
    "seller.product": {"title": "A larger cup", "price": "14.00"},
    "platform.replay_all": {"state": "dead"},
    "platform.set_terms": TERMS | {"pay_here": "y"},
    "platform.change_terms": TERMS,
    "platform.invite": TERMS | {"email": "maria@example.com", "nonce": "n3"},
    "platform.bring": TERMS | {"email": "maria@example.com", "account": "{token}"},
    "joining.take": {"name": "An invited shop", "country": "US"},
}
# Files: the same for everybody, and named by what is in them.
FILES = {"static": "theme.css", "bootstrap.static": "css/bootstrap.min.css"}
CONVERTER = re.compile("<[a-z]+(\\(.*?\\))?:")
# These ask Stripe on a GET, because they are the way back from it.
ASKING = {"shop.order_return", "shop.card_return", "seller.returned", "seller.refresh_link"}


def addresses(app: Flask) -> list[tuple[str, Rule]]:
    """Each method of each rule, as the table writes it."""
    return [
        (f"{method} {CONVERTER.sub('<', rule.rule)}", rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def expected() -> dict[str, dict[str, str]]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    return {f"{line[0]} {line[1]}": dict(zip(PEOPLE, line[2:], strict=True)) for line in lines}


@dataclass
class World:
    """A shop whose account is at the sandbox, a buyer's order, and everybody else."""

    app: Flask
    browsers: dict[str, FlaskClient]
    values: dict[str, str | int]

    def visit(self, who: str, address: str, rule: Rule) -> TestResponse:
        """Ask for an address as one of the people. Its values are the owner's."""
        method = address.split(maxsplit=1)[0]
        data = SENT.get(rule.endpoint, {}) if method == "POST" else {}
        filled = {name: text.format(**self.values) for name, text in data.items()}
        with self.app.test_request_context():
            values: dict[str, Any] = {name: self.values.get(name) for name in rule.arguments}
            if "filename" in values:
                values["filename"] = FILES[rule.endpoint]
            path = self.app.url_for(rule.endpoint, _method=method, **values)
        return self.browsers[who].open(path, method=method, data=filled)

    def outcome(self, answer: TestResponse) -> str:
        if answer.status_code == 200:
            return "page"
        if answer.status_code not in {302, 303}:
            return str(answer.status_code)
        target = urlsplit(answer.location)
        if target.netloc:
            port = context.wiring(self.app).settings.sandbox_port
            return "stripe" if target.netloc == f"127.0.0.1:{port}" else target.netloc
        return {"/sign-in": "in", "/sell": "open"}.get(target.path, "on")


@pytest.fixture
def world(settings: Settings, sandbox: Running) -> Iterator[World]:
    sandbox.key = settings.stripe_key
    settings = replace(settings, sandbox_port=int(sandbox.url.rpartition(":")[2]))
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    with context.wiring(app).sessions() as session:
        users = {
            "buyer": builders.person(session, "Ben"),
            "other": builders.person(session, "Otto", role=Role.SELLER),
            "owner": builders.person(session, "Bea", role=Role.SELLER),
            "operator": builders.person(session, "Olivia", role=Role.OPERATOR),
        }
        values = _rows(session, users, [merchants.seller(sandbox) for _ in range(2)])
        browsers = {"guest": app.test_client()}
        for name, user in users.items():
            browsers[name] = signed_in(app, session, user)
    uploads = settings.data_dir / "uploads"
    uploads.mkdir()
    (uploads / str(values["name"])).write_bytes(b"RIFF")
    yield World(app, browsers, values)
    context.wiring(app).engine.dispose()


def _rows(
    session: orm.Session, users: dict[str, User], accounts: list[str]
) -> dict[str, str | int]:
    """What the addresses name: the rows of `owner`."""
    builders.seller(session, "Otto's oranges", user=users["other"], stripe_id=accounts[0])
    shop = builders.seller(session, "Bea's bowls", user=users["owner"], stripe_id=accounts[1])
    bowl = builders.product(session, shop)
    order = orders.place(session, [Wanted(bowl.id, 1)], users["buyer"], builders.nonce())
    card = builders.card(session, users["owner"])
    letter = envelope.read(letters.text(letters.event()))
    with phase(session):
        row = inbox.keep(session, letter, Scope.PLATFORM)
    return {
        "slug": shop.slug,
        "product_id": bowl.id,
        "order_id": order.id,
        "token": order.token,
        "card_id": card.id,
        "row_id": row,
        "link": _invited(session),
        "name": "0" * 32 + ".webp",
        "place": "account",
        "part": "business",
        "person_id": "person_1",
    }


def _invited(session: orm.Session) -> str:
    """An invitation for whoever has the link."""
    with phase(session):
        sent = invitations.invite(
            session,
            email="somebody@example.com",
            design=DEFAULT,
            agreement=Agreement(fees.Terms(bps=700)),
            nonce=builders.nonce(),
        )
    return str(sent.token)


def test_every_route_is_classified(app: Flask) -> None:
    assert {address for address, _ in addresses(app)} == set(expected())


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_finds_what_is_theirs_and_nothing_else(world: World, who: str) -> None:
    rules = dict(addresses(world.app))
    found, wrongly_asking = {}, []
    trace = context.wiring(world.app).trace
    for address in expected():
        before = len(trace.calls())
        with closing(world.visit(who, address, rules[address])) as answer:
            found[address] = world.outcome(answer)
        asked = len(trace.calls()) > before
        if asked and address.startswith("GET") and rules[address].endpoint not in ASKING:
            wrongly_asking.append(address)
    assert found == {address: row[who] for address, row in expected().items()}
    assert wrongly_asking == []


NOBODYS: dict[str, str | int] = {
    "slug": "no-such-shop",
    "product_id": 2**31 - 1,
    "order_id": 2**31 - 1,
    "token": "no-such-order",
    "card_id": 2**31 - 1,
    "link": "no-such-invitation",
    "row_id": 2**31 - 1,
    "name": "1" * 32 + ".webp",
    "place": "no-such-place",
}


@pytest.mark.parametrize("who", ["owner", "operator"])
def test_what_does_not_exist_is_not_found_by_anybody(world: World, who: str) -> None:
    """The operator too gets 404, and no row too large for the database makes it stumble."""
    table = expected()
    world.values = NOBODYS
    for address, rule in addresses(world.app):
        led_on = address == "GET /checkout/<slug>"  # to the basket, which says what is left
        if led_on or table[address][who] in {"open", "403"}:
            continue
        if rule.arguments & NOBODYS.keys():
            with closing(world.visit(who, address, rule)) as answer:
                assert answer.status_code == 404, address


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_that_no_row_can_have_is_not_found(world: World, number: int) -> None:
    for address, rule in addresses(world.app):
        for name in rule.arguments & {"product_id", "order_id", "row_id", "card_id"}:
            path = CONVERTER.sub("<", rule.rule).replace(f"<{name}>", str(number))
            answer = world.browsers["owner"].open(path, method=address.split(maxsplit=1)[0])
            assert answer.status_code == 404, path


def test_no_form_does_anything_without_its_token(world: World) -> None:
    """Every POST, as whoever may send it: refused before it is looked at. Stripe's are signed."""
    world.app.config["WTF_CSRF_ENABLED"] = True
    for address, rule in addresses(world.app):
        if address.startswith("POST") and not rule.endpoint.startswith("hooks."):
            for who in PEOPLE:
                assert world.visit(who, address, rule).status_code == 400, (address, who)
    assert context.wiring(world.app).trace.calls() == []


def test_every_answer_carries_the_protecting_headers_and_no_trace_is_given(world: World) -> None:
    """On pages, redirects and errors alike, for a guest and for those who see most."""
    for address, rule in addresses(world.app):
        path = CONVERTER.sub("<", rule.rule)
        for name, value in world.values.items():
            path = path.replace(f"<{name}>", str(value))
        path = path.replace("<filename>", FILES.get(rule.endpoint, ""))
        for who in ("guest", "owner", "operator"):
            for method in (address.split(maxsplit=1)[0], "TRACE", "OPTIONS"):
                browser = world.browsers[who]
                with closing(browser.open(path, method=method, headers=CANARY)) as answer:
                    _is_protected(answer, rule.endpoint)
                    assert "canary" not in answer.text
                    assert method != "TRACE" or answer.status_code == 405, address


# The same for everybody: whatever lies between us and a browser may keep it.
PUBLIC = FILES.keys() | {"pages.favicon", "seller.picture"}
CANARY = {"X-Canary": "canary", "Sec-Fetch-Site": "same-origin"}


def _is_protected(answer: TestResponse, endpoint: str) -> None:
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    kept_by_nobody = headers.get("Cache-Control") in {"no-store", "private, no-cache"}
    assert kept_by_nobody or endpoint in PUBLIC, endpoint
