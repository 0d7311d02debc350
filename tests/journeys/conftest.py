"""A town for the journeys: a running sandbox, a running marketplace, and people with browsers.

Nothing is patched: pages, webhooks and the API travel over loopback HTTP, the SDK is the real one,
and events are signed and delivered by the sandbox. After each journey the sandbox's book must
balance.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import orm
from stripe import RequestOptions
from waitress.server import create_server

from marketplace import platform
from marketplace.application import create_app
from marketplace.cli import run
from marketplace.cli.browser import Browser
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.design import Design
from marketplace.gateway import client
from marketplace.lifecycles import InboxState
from marketplace.models import Seller
from marketplace.sandbox import hands
from marketplace.web import context
from marketplace.webhooks import inbox
from tests.running import Running
from tests.stopping import stop

PASSWORD = "a good long sentence"


@dataclass
class Town:
    """Everything that runs, and what people do in it."""

    settings: Settings
    stripe: Running
    http: Any
    wiring: context.Wiring
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """The shop's address."""
        return self.settings.public_url

    def browser(self, name: str) -> Browser:
        """The browser of a person; a new name is a guest with an empty cookie jar."""
        return self.browsers.setdefault(name, Browser(self.site))

    @contextlib.contextmanager
    def database(self) -> Iterator[orm.Session]:
        """A look into the marketplace's database."""
        with self.wiring.sessions() as session:
            yield session

    def settle(self) -> None:
        """Wait until every webhook was delivered and everything it led to is done.

        Events at two doors come in either order, and what one tells of may be unknown until the
        other is there. Such an event would be tried again in a second; here, at once.
        """
        self.stripe.settle()
        assert self.wiring.work.wait_idle(60), "the inbox does not come to rest"
        with self.database() as session, phase(session):
            inbox.replay_all(session, InboxState.FAILED)
        assert self.wiring.work.wait_idle(60), "the inbox does not come to rest"
        self.stripe.settle()

    def advance(self, days: int = 0, seconds: int = 0) -> None:
        """Let time pass at Stripe, and what follows from it here."""
        self.stripe.advance(days * 86_400 + seconds)
        self.settle()

    def sign_up(self, name: str, *, sell: bool = False) -> Browser:
        """A new person; their address is made from the name."""
        browser = self.browser(name)
        browser.open("/sign-up")
        email = f"{name.lower().replace(' ', '.')}@example.com"
        if sell:
            browser.press("Sign up", name=name, email=email, password=PASSWORD, sell="y")
        else:
            browser.press("Sign up", name=name, email=email, password=PASSWORD)
        assert browser.status == 200, browser.text
        return browser

    def choose(self, design: Design) -> None:
        """Make `design` what new shops are opened with, as the operator's page does."""
        with self.database() as session:
            platform.choose(session, design, knowing=True)
            session.commit()

    def begin_shop(self, name: str, shop: str, country: str = "US") -> Browser:
        """A new person with an open shop, in front of the button that leads to Stripe."""
        browser = self.sign_up(name, sell=True)
        return browser.open("/sell").press("Open the shop", name=shop, country=country)

    def open_shop(
        self, name: str, shop: str, country: str = "US", fill: Mapping[str, str] | None = None
    ) -> Browser:
        """A new seller who has finished onboarding. `fill`: answers instead of the test values."""
        browser = self.begin_shop(name, shop, country)
        browser.press("Set up payments with Stripe")
        assert browser.away, browser.text
        browser.open(self.onboard(browser.away, fill=fill))
        self.settle()
        return browser

    def offer(self, seller: Browser, title: str, price: str, stock: str = "5") -> None:
        """A product on sale."""
        seller.open("/sell/products/new")
        seller.press("Put it on sale", title=title, price=price, stock=stock)
        assert seller.status == 200, seller.text

    def order(self, buyer: Browser, title: str) -> str:
        """Put one into the basket and order; returns the address of Stripe's payment page."""
        buyer.open("/").follow(title).press("Put into the basket")
        buyer.open("/basket").follow("Check out").press("Order and pay")
        assert buyer.away, buyer.text
        return buyer.away

    def onboard(
        self, url: str, *, leave_at: str | None = None, fill: Mapping[str, str] | None = None
    ) -> str:
        """Fill in Stripe's hosted onboarding; returns where it sent the seller."""
        return hands.onboard(url, leave_at=leave_at, fill=fill)

    def pay(
        self,
        url: str,
        *,
        card: str = hands.CARD,
        three_d_secure: str = "complete",
        debit: str | None = None,
    ) -> str:
        """Pay on Stripe's payment page; returns where it sent the buyer."""
        return hands.pay(url, card=card, three_d_secure=three_d_secure, debit=debit)

    def seller(self, shop: str) -> Seller:
        """The row of a shop, by its name."""
        with self.database() as session:
            found = session.query(Seller).filter_by(shop_name=shop).one()
            session.expunge(found)
            return found

    def balance(self, account: str | None = None) -> dict[str, dict[str, int]]:
        """What an account (or the platform) holds at Stripe: bucket -> currency -> minor units."""
        options: RequestOptions = {"stripe_account": account} if account else {}
        balance = self.wiring.stripe.v1.balance.retrieve(options=options).to_dict()
        return {
            bucket: {row["currency"]: row["amount"] for row in balance[bucket]}
            for bucket in ("available", "pending")
        }


@pytest.fixture
def start_town(
    tmp_path: Path, settings: Settings, start_sandbox: Callable[[Path | str], Running]
) -> Iterator[Callable[[], Town]]:
    """Start the sandbox and the marketplace; both stop when the test ends."""
    with contextlib.ExitStack() as stack:

        def start() -> Town:
            return stack.enter_context(_town(settings, start_sandbox(tmp_path / "stripe.sqlite3")))

        yield start


@pytest.fixture
def town(start_town: Callable[[], Town]) -> Town:
    """A town where nobody lives yet."""
    return start_town()


@contextlib.contextmanager
def _town(settings: Settings, stripe: Running) -> Iterator[Town]:
    sandbox_port = int(stripe.url.rpartition(":")[2])
    # The socket is kept from here on, so that no other program takes the port in between.
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    settings = replace(
        settings, sandbox_port=sandbox_port, port=port, public_url=f"http://127.0.0.1:{port}"
    )
    secrets = run.register(client.connect(settings), settings.public_url, settings.data_dir)
    settings = run.with_secrets(settings, secrets)
    app = create_app(settings)
    http = create_server(app, sockets=[door], threads=8, ident=None)
    thread = threading.Thread(target=http.run, name="marketplace", daemon=True)
    thread.start()
    wiring = context.wiring(app)
    wiring.work.start()
    _await(f"{settings.public_url}/healthz")
    town = Town(settings, stripe, http, wiring)
    try:
        yield town
    finally:
        wiring.work.stop()
        stop(http)
        thread.join(60)
        for browser in town.browsers.values():
            browser.session.close()
        wiring.engine.dispose()


def _await(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=60).ok:
                return
        time.sleep(0.02)
    raise AssertionError(f"{url} does not answer")
