"""Hands: what a person does on the hosted pages, done by a program over plain HTTP.

`onboard` fills in the onboarding form with Stripe's test values, `pay` pays on the payment page.
Both read the pages' forms as they come, follow redirects as long as they stay in the sandbox, and
answer the address at which the sandbox lets the visitor go, without visiting it: that page belongs
to the app. Real hosted pages refuse programs (they ask for a CAPTCHA), so this works here only.

    python -m marketplace.sandbox onboard URL
    python -m marketplace.sandbox pay URL --card 4000000000000002
    python -m marketplace.sandbox advance 2d
    python -m marketplace.sandbox reset
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from .forms import Form, Page, read

CARD = "4242424242424242"
_EXPIRY = "12/39"
_MOST_PAGES = 60
_TIMEOUT = 30
_REFUSED = 400


class Stuck(Exception):
    """The page did not let the visitor on; the message says what it complained of."""


class Declined(Stuck):
    """The payment was refused; `code` is Stripe's (`insufficient_funds`)."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Visitor:
    """A person at a page of the sandbox, with a cookie jar."""

    http: requests.Session
    origin: str
    url: str = ""
    page: Page | None = None
    left_for: str | None = None

    def open(self, url: str) -> None:
        """Go to an address."""
        self._follow(self.http.get(url, timeout=_TIMEOUT, allow_redirects=False))

    def send(self, form: Form, values: Mapping[str, str]) -> None:
        """Fill a form in and send it."""
        target = urljoin(self.url, form.action or self.url)
        data = {**form.values, **values}
        self._follow(self.http.post(target, data=data, timeout=_TIMEOUT, allow_redirects=False))

    def _follow(self, answer: requests.Response) -> None:
        """Follow redirects inside the sandbox; the first one out ends the visit."""
        for _ in range(_MOST_PAGES):
            self.url = answer.url
            if not answer.is_redirect:
                break
            target = urljoin(self.url, answer.headers["Location"])
            if _origin(target) != self.origin:
                self.left_for = target
                return
            answer = self.http.get(target, timeout=_TIMEOUT, allow_redirects=False)
        self.page = read(answer.text)
        if answer.status_code >= _REFUSED and answer.status_code not in _CORRECTABLE:
            raise Stuck(f"{self._where()}: {self.page.title or answer.text[:200]}")

    def form_with(self, name: str) -> Form:
        """The form on this page that has the field or button; raises `Stuck`."""
        form = self.page.form_with(name) if self.page else None
        if form is None:
            raise Stuck(f"{self._where()} has no form with '{name}'")
        return form

    def asks(self, name: str) -> bool:
        """Whether the visit goes on with a form that has this field or button."""
        here = self.page if self.left_for is None else None
        return here is not None and here.form_with(name) is not None

    def stuck(self) -> Stuck:
        """The reason why this page does not go away."""
        problems = self.page.problems if self.page else []
        return Stuck(f"{self._where()}: {' '.join(problems) or 'the page came back'}")

    def _where(self) -> str:
        """The page's last path segment; the rest of the address is a secret."""
        return f"the page '{urlsplit(self.url).path.rpartition('/')[2]}'"


_CORRECTABLE = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.PAYMENT_REQUIRED})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _direct() -> requests.Session:
    """Connections to a program on this machine: past the proxy that the environment names."""
    session = requests.Session()
    session.trust_env = False
    return session


def _visitor(http: requests.Session, url: str) -> Visitor:
    return Visitor(http, _origin(url))


def onboard(
    url: str,
    *,
    scenario: str = "",
    fill: Mapping[str, str] | None = None,
    leave_at: str | None = None,
) -> str:
    """Fill in hosted onboarding with test values; answers where the seller was sent.

    The embedded form goes the same way, from the address of its frame, and ends in the frame.

    `scenario`: the outcome to ask for, on the steps that offer it (the first one otherwise).
    `fill`: values instead of the test values, by field name
    (`{"external_account[account_number]": "000111111113"}`). `leave_at`: the step at which the
    seller goes away; the steps before it are saved. Raises `Stuck`.
    """
    with _direct() as http:
        seller = _visitor(http, url)
        seller.open(url)
        for _ in range(_MOST_PAGES):
            if seller.left_for is not None:
                return seller.left_for
            if _stays(seller.url) and not seller.asks("action"):
                return seller.url  # an embedded form stays, and tells the page around it
            _onboarding_page(seller, scenario, fill or {}, leave_at)
    raise seller.stuck()


def _onboarding_page(
    seller: Visitor, scenario: str, fill: Mapping[str, str], leave_at: str | None
) -> None:
    here = seller.url
    form = seller.form_with("action")
    step = urlsplit(here).path.rpartition("/")[2]
    if step == leave_at:
        seller.send(form, {"action": "leave"})
        return
    if ("action", "finish") in form.buttons:
        seller.send(form, {"action": "finish"})
    else:
        if ("action", "test") in form.buttons:
            wanted = {"scenario": scenario} if scenario in form.choices.get("scenario", []) else {}
            seller.send(form, {"action": "test", **wanted})
            form = seller.form_with("action")
        given = {name: value for name, value in fill.items() if name in form.names}
        seller.send(form, {"action": "next", **given})
    if seller.left_for is None and seller.url == here:
        raise seller.stuck()


def pay(
    url: str,
    *,
    card: str = CARD,
    three_d_secure: str = "complete",
    email: str = "buyer@example.com",
    debit: str | None = None,
) -> str:
    """Pay on the page of a session or a Payment Link; answers where the buyer was sent.

    `card`: a test card's number. `three_d_secure`: `complete` or `fail`, should the bank ask.
    `debit`: `succeeds` or `fails`, to pay by bank debit instead. Raises `Declined` when the bank
    says no (the session stays open: try again with another card) and `Stuck` otherwise.
    """
    with _direct() as http:
        buyer = _visitor(http, url)
        buyer.open(url)
        form = buyer.form_with("number")
        typed = {"number": card, "exp": _EXPIRY, "cvc": "123"}
        if not form.values.get("email", email):
            typed["email"] = email
        action = f"debit:{debit}" if debit else "pay"
        buyer.send(form, {**typed, "action": action})
        if buyer.asks("action") and not buyer.asks("number"):
            buyer.send(buyer.form_with("action"), {"action": three_d_secure})
        if buyer.left_for is not None:
            return buyer.left_for
        if _stays(buyer.url) and not buyer.asks("action"):
            return buyer.url
        problem = buyer.stuck()
        codes = buyer.page.codes if buyer.page else []
        raise Declined(str(problem), codes[0]) if codes else problem


_ENDS = ("/b/", "/c/embed/", "/connect-js/", "/_sandbox/doors")


def _stays(url: str) -> bool:
    """Whether a visit may end on this page of the sandbox itself.

    An embedded page tells the page around it, a Payment Link may thank the buyer, and the
    workbench takes back whom it let in.
    """
    return urlsplit(url).path.startswith(_ENDS)


def advance(base_url: str, duration: str) -> dict[str, Any]:
    """Push the clock by `2d`, `3h`, … and wait for what that sets off; answers the new time."""
    with _direct() as http:
        answer = http.post(
            f"{base_url}/_sandbox/clock", data={"advance": duration}, timeout=4 * _TIMEOUT
        )
    if answer.status_code >= _REFUSED:
        raise Stuck(answer.text)
    told: dict[str, Any] = answer.json()
    return told


def reset(base_url: str) -> None:
    """Empty the sandbox."""
    with _direct() as http:
        http.post(f"{base_url}/_sandbox/reset", timeout=_TIMEOUT).raise_for_status()


COMMANDS = ("onboard", "pay", "advance", "reset")


def main(arguments: list[str]) -> int:
    """The command line of the hands; prints where the visitor was sent, answers the exit code."""
    options = _parser().parse_args(arguments)
    base_url = options.sandbox.rstrip("/")
    try:
        if options.command == "onboard":
            fill = dict(pair.partition("=")[::2] for pair in options.set)
            told = onboard(
                _address(options.url), scenario=options.scenario, fill=fill, leave_at=options.leave
            )
        elif options.command == "pay":
            told = pay(
                _address(options.url), card=options.card, three_d_secure=options.three_d_secure
            )
        elif options.command == "advance":
            now = advance(base_url, options.duration)["now"]
            told = datetime.fromtimestamp(now, UTC).strftime("It is now %d %B %Y, %H:%M UTC.")
        else:
            reset(base_url)
            told = "The sandbox is empty."
    except (Stuck, requests.RequestException) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{told}\n")
    return 0


def _address(given: str) -> str:
    """The link, or `-` for one on standard input: a command line is for everybody to read."""
    return sys.stdin.readline().strip() if given == "-" else given


def _parser() -> argparse.ArgumentParser:
    port = os.environ.get("SANDBOX_PORT", "12111")
    parser = argparse.ArgumentParser(prog="marketplace sandbox", description=__doc__)
    parser.add_argument("--sandbox", default=f"http://127.0.0.1:{port}", metavar="URL")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("onboard", help="fill in hosted onboarding with test values")
    command.add_argument("url", help="the account link, or - to read it from standard input")
    command.add_argument("--scenario", default="", help="an outcome that the steps offer")
    command.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    command.add_argument("--leave", metavar="STEP", help="go away at this step")
    command = commands.add_parser("pay", help="pay on the hosted payment page")
    command.add_argument(
        "url", help="the address of a session or link, or - to read it from standard input"
    )
    command.add_argument("--card", default=CARD, metavar="NUMBER")
    command.add_argument("--three-d-secure", choices=("complete", "fail"), default="complete")
    command = commands.add_parser("advance", help="push the clock")
    command.add_argument("duration", help="such as 90s, 15m, 3h, 2d or 1w")
    commands.add_parser("reset", help="forget everything")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
