"""A whole journey, watched: what must stay secret is in no log line, no page and no table.

The log is turned up to DEBUG for everything, libraries too, because that is what somebody does who
looks for a mistake. Looked for are the secrets themselves, not words that resemble them.
"""

import logging
import re
from pathlib import Path

import pytest
from sqlalchemy import orm

from marketplace import people
from marketplace.cli.browser import Browser
from marketplace.models import Role
from marketplace.webhooks.inbox import PATHS
from tests import builders
from tests.journeys.conftest import Town

PASSWORD = "canary-password-of-nadia"
ACCOUNT = "000999999991"
SHARED = ("/", "/orders", "/sell", "/sell/account", "/sell/products", "/sell/orders", "/sell/money")
OPERATORS = ("", "/sellers", "/orders", "/payouts", "/events", "/calls")


def _journey(town: Town) -> dict[str, str]:
    """From signing up to paid out; returns every secret that was used, by name."""
    nadia, ben = town.browser("Nadia"), town.browser("Ben")
    nadia.open("/sign-up").press(
        "Sign up", name="Nadia", email="nadia@example.com", password=PASSWORD, sell="y"
    )
    nadia.press("Open the shop", name="Nadia weaves", country="US")
    nadia.press("Set up payments with Stripe")
    secrets = {"account link": nadia.away or ""}
    nadia.open(town.onboard(nadia.away or "", fill={"external_account[account_number]": ACCOUNT}))
    town.settle()
    town.offer(nadia, "Woven rug", "48.00")
    nadia.open("/sell/account").press("Open my Stripe dashboard")
    secrets["login link"] = nadia.away or ""
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    town.advance(days=7)
    nadia.open("/sign-in").press("Sign out")
    nadia.open("/sign-in").press("Sign in", email="nadia@example.com", password="canary-wrong")
    nadia.open("/sign-in").press("Sign in", email="nadia@example.com", password=PASSWORD)
    settings = town.settings
    return secrets | {
        "password": PASSWORD,
        "mistyped password": "canary-wrong",
        "bank account": ACCOUNT,
        "Stripe key": settings.stripe_key,
        "signing secret": settings.webhook_secrets[0],
        "signing secret of Connect": settings.connect_webhook_secrets[0],
        "cookie key": settings.secret_key,
        "login": nadia.session.cookies.get("marketplace_login") or "",
    }


def _found(secrets: dict[str, str], text: str) -> list[str]:
    """The names of the secrets in a text; of a link, the part that opens it."""
    assert all(len(secret) > 8 for secret in secrets.values()), secrets
    tails = {name: re.split(r"[/?=]", secret)[-1] for name, secret in secrets.items()}
    return [name for name, tail in tails.items() if tail in text]


def _pages(town: Town, browser: Browser, paths: tuple[str, ...]) -> str:
    return "\n".join(browser.open(town.site + path).html for path in paths)


def test_no_secret_is_written_anywhere(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        secrets = _journey(town)
        nadia = town.browser("Nadia")
        order = ("/sell/orders/1",)
        shown = _pages(town, nadia, SHARED + order) + _pages(town, town.browser("Ben"), ("/",))
        nadia.open("/no/such/page")
        shown += nadia.html + _platform(town)
    # The people's own browsers run in the main thread, and the sandbox is somebody else's program.
    ours = [
        it
        for it in caplog.records
        if it.threadName != "MainThread" and not it.name.startswith("sandbox")
    ]
    logged = "\n".join(f"{it.name} {it.getMessage()} {it.__dict__}" for it in ours)
    assert len(ours) > 50, "the log was not turned up"
    assert _found(secrets, logged) == []
    assert _found(secrets, shown) == []
    assert _found(secrets, _stored(town.settings.data_dir)) == []


def _platform(town: Town) -> str:
    """Every page of the operator, the bodies of all events among them."""
    with town.database() as session:
        token = _operator(session)
    olivia = town.browser("Olivia")
    olivia.session.cookies.set("marketplace_login", token)
    pages = _pages(town, olivia, tuple(f"/platform{path}" for path in OPERATORS))
    events = sorted(set(re.findall(r"/platform/events/\d+", pages)))
    assert len(events) > 10
    return pages + _pages(town, olivia, tuple(events))


def _operator(session: orm.Session) -> str:
    olivia = builders.person(session, "Olivia", role=Role.OPERATOR)
    token = people.begin(session, olivia).token
    session.commit()
    return token


def _stored(folder: Path) -> str:
    """Every byte of the database and of what lies beside it; the two files of secrets are known."""
    kept = {"secret_key", "sandbox_endpoints.json"}
    files = [it for it in folder.rglob("*") if it.is_file() and it.name not in kept]
    ours = [it for it in files if not it.name.startswith("stripe.sqlite3")]
    assert any(it.name == "marketplace.sqlite3" for it in ours)
    return "\n".join(it.read_bytes().decode("latin-1") for it in ours)


def test_the_files_of_secrets_are_for_their_owner_alone(town: Town) -> None:
    endpoints = town.settings.data_dir / "sandbox_endpoints.json"
    assert all(path in endpoints.read_text() for path in PATHS.values())
    assert endpoints.stat().st_mode & 0o077 == 0
