"""`marketplace demo`: the whole story in the terminal, over the shop's own pages.

A seller onboards, a buyer pays, the order becomes paid because a signed webhook said so, time
passes, and the payout reaches the bank. Everything runs in a temporary folder on free ports, and
every balance is compared with what it must be: one cent off is a failure, with exit code 1.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import requests
import stripe

from marketplace import config
from marketplace.cli.browser import Browser, Lost
from marketplace.config import Settings
from marketplace.gateway import client
from marketplace.money import Money

DAY = 86_400
READY_SECONDS = 60.0
FACT_SECONDS = 20.0
PRICE = "48.00"
# Stripe's test card that every bank declines. https://docs.stripe.com/testing#declined-payments
DECLINED_CARD = "4000000000000002"
# What must come out, in cents: the marketplace keeps 10 % of 48.00, and Stripe takes 2.9 % + 0.30.
PAID = 4800
COMMISSION = 480
STRIPE_FEE = 169
SELLER_SHARE = PAID - COMMISSION
PLATFORM_SHARE = COMMISSION - STRIPE_FEE


class Wrong(Exception):
    """The story did not end as it must."""


class Refused(Wrong):
    """A page of the sandbox said no; the message is what it said."""


def tell(*, keep: bool = False) -> int:
    """Tell the story; returns 0 only if every balance is what it must be."""
    folder = Path(tempfile.mkdtemp(prefix="marketplace-demo-"))
    settings = Settings.from_environ(
        {"DATA_DIR": str(folder), "PORT": str(_free_port()), "SANDBOX_PORT": str(_free_port())}
    )
    began = time.monotonic()
    try:
        with _running(settings):
            _play(settings)
    except (Wrong, Lost, requests.RequestException, stripe.StripeError) as error:
        click.echo(f"\n  The story went wrong: {error}", err=True)
        return 1
    finally:
        if keep:
            click.echo(f"\n  The data is kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    click.echo(f"\n  Every balance is what it must be. ({time.monotonic() - began:.1f} s)\n")
    return 0


def _play(settings: Settings) -> None:
    api = client.connect(settings)
    nadia, ben = Browser(settings.public_url), Browser(settings.public_url)
    _say("Nadia opens a shop and onboards at Stripe.")
    shop = _open_shop(settings, nadia)
    account = _account_of(api, shop)
    _say(f"  her connected account is {account}; payments work")
    _say(f"Nadia offers a hand-woven basket for {PRICE} USD.")
    _offer(nadia)
    _say("Ben buys it, first with a card that is declined, then with one that works.")
    _buy(settings, ben)
    platform_before = _total(api, None)
    order = _pay(settings, ben)
    _say(f"  {order}")
    _check("the seller's balance", _total(api, account), SELLER_SHARE)
    _check("the platform's balance", _total(api, None) - platform_before, PLATFORM_SHARE)
    _money_story(ben)
    _say("Some days pass: the money becomes available and is paid out.")
    _sandbox(settings, "advance", "7d")
    payout = _payout(api, account)
    _check("the payout to her bank", payout.amount, SELLER_SHARE)
    _check("the seller's balance afterwards", _total(api, account), 0)
    _await(nadia, "/sell/money", "paid")
    _say(f"  Nadia's page says that {_dollars(payout.amount)} reached her bank")
    with client.direct() as http:
        sheet = http.get(f"{settings.api_base}/_sandbox/balance_sheet", timeout=10).json()
    if sheet["faults"]:
        raise Wrong(f"the sandbox's book does not balance: {sheet['faults']}")
    _say("The sandbox's double-entry book sums to zero.")


def _open_shop(settings: Settings, nadia: Browser) -> str:
    nadia.open("/sign-in").press("Nadia")
    nadia.open("/sell").press("Open the shop", name="Nadia weaves", country="US")
    nadia.press("Set up payments with Stripe")
    if not nadia.away:
        raise Wrong(f"onboarding did not start: {nadia.text}")
    back = _sandbox(settings, "onboard", "-", text=nadia.away)
    nadia.open(back)
    _await(nadia, "/sell/account", "All set")
    return "Nadia weaves"


def _offer(nadia: Browser) -> None:
    nadia.open("/sell/products/new")
    nadia.press("Put it on sale", title="Hand-woven basket", price=PRICE, stock="3")


def _buy(settings: Settings, ben: Browser) -> None:
    ben.open("/sign-in").press("Ben")
    ben.open("/").follow("Hand-woven basket").press("Put into the basket")
    ben.open("/basket").follow("Check out").press("Order and pay")
    if not ben.away:
        raise Wrong(f"the payment page did not open: {ben.text}")
    try:
        _sandbox(settings, "pay", "--card", DECLINED_CARD, "-", text=ben.away)
    except Refused as refusal:
        _say(f"  {str(refusal).rsplit(': ', 1)[-1]}")
    else:
        raise Wrong("a card that must be declined was accepted")


def _pay(settings: Settings, ben: Browser) -> str:
    back = _sandbox(settings, "pay", "-", text=ben.away or "")
    ben.open(back)
    _await(ben, ben.url, "Your order is paid")
    return "the webhook came, and the order is paid"


def _money_story(ben: Browser) -> None:
    for row in ben.page.select(".money-story table tbody tr, table.money tbody tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        _say("  " + "  ".join(cells))


def _payout(api: stripe.StripeClient, account: str) -> stripe.Payout:
    payouts = api.v1.payouts.list(options={"stripe_account": account}).data
    if len(payouts) != 1 or payouts[0].status != "paid":
        raise Wrong(f"one paid payout was expected, not {[p.status for p in payouts]}")
    return payouts[0]


def _account_of(api: stripe.StripeClient, shop: str) -> str:
    for account in api.v1.accounts.list({"limit": 20}).data:
        profile = account.business_profile
        if profile is not None and profile.name == shop:
            if not account.charges_enabled or not account.payouts_enabled:
                raise Wrong(f"{account.id} cannot take payments yet")
            return account.id
    raise Wrong(f"no account belongs to {shop}")


def _total(api: stripe.StripeClient, account: str | None) -> int:
    """Available and pending dollars of an account, in cents."""
    balance = api.v1.balance.retrieve(options={"stripe_account": account} if account else {})
    available = sum(row.amount for row in balance.available if row.currency == "usd")
    return available + sum(row.amount for row in balance.pending if row.currency == "usd")


def _check(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise Wrong(f"{what} is {_dollars(found)} and must be {_dollars(expected)}")
    _say(f"  {what}: {_dollars(found)}")


def _dollars(cents: int) -> str:
    return Money(cents, "usd").format()


def _await(browser: Browser, path: str, words: str) -> None:
    """Look at a page until it says these words."""
    end = time.monotonic() + FACT_SECONDS
    while words not in browser.open(path).text:
        if time.monotonic() > end:
            raise Wrong(f"{browser.url} does not say “{words}”: {browser.text[:400]}")
        time.sleep(0.1)


def _say(line: str) -> None:
    click.echo(f"  {line}")


def _sandbox(settings: Settings, *arguments: str, text: str = "") -> str:
    """Act on the sandbox's pages as a person would; returns the last line that it printed."""
    command = [sys.executable, "-m", "marketplace.sandbox", *arguments]
    environ = {**os.environ, "SANDBOX_PORT": str(settings.sandbox_port)}
    done = subprocess.run(  # noqa: S603 - our own program
        command, input=text, text=True, capture_output=True, timeout=120, check=False, env=environ
    )
    if done.returncode:
        raise Refused(f"sandbox {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return (done.stdout.strip().splitlines() or [""])[-1]


@contextlib.contextmanager
def _running(settings: Settings) -> Iterator[None]:
    """`marketplace run` in a process of its own, stopped at the end."""
    names = set(config.NAMES)
    environ = {name: value for name, value in os.environ.items() if name not in names}
    environ |= {
        "DATA_DIR": str(settings.data_dir),
        "PORT": str(settings.port),
        "SANDBOX_PORT": str(settings.sandbox_port),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "marketplace.cli", "run"]
    # Its own folder, so that a .env lying about cannot point the demo at real test mode.
    child = subprocess.Popen(  # noqa: S603 - our own program
        command, env=environ, cwd=settings.data_dir, stdout=subprocess.DEVNULL
    )
    try:
        _until_ready(f"{settings.public_url}/healthz", child)
        yield
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()


def _until_ready(url: str, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    with client.direct() as http:
        while time.monotonic() < end and child.poll() is None:
            with contextlib.suppress(requests.RequestException):
                if http.get(url, timeout=1).ok:
                    return
            time.sleep(0.1)
    raise Wrong("the marketplace did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
