"""A real browser: Debian's Chromium, driven by Playwright, with its complaints written down."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from marketplace.cli import messages
from tests.journeys.conftest import start_town, town

__all__ = ["start_town", "town"]

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = Path(os.environ.get("ARTIFACTS") or ROOT / "artifacts")
QUIET = (
    "--no-sandbox",  # as root in a container there is none to be had
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESKTOP = (360, 780), (1440, 900)
PATIENCE = 60_000
"""Milliseconds after which nobody waits any longer; a machine may be slow, and still be right."""
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder needs the browser; `-m "not browser"` leaves it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


ENGLISH, CHINESE = "en-US", "zh-CN"
_SENTENCE = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,}){3,}")
_IN_CHINESE = {str(it.id): str(it.string) for it in messages.read() if it.id}


@dataclass
class Person:
    """Somebody at a screen. Whatever the browser complains of is a fault of our pages.

    What tests write in English is looked for as this person reads it, where it is ours.
    """

    name: str
    context: BrowserContext
    page: Page
    language: str = ENGLISH
    complaints: list[str] = field(default_factory=list)
    pictures: int = 0

    def listen(self) -> None:
        """Write down what the console says, scripts that fail, and files that are not there."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on(
            "response",
            lambda answer: (
                self.complaints.append(f"{answer.status} {answer.url}")
                if answer.status >= 500
                else None
            ),
        )

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.complaints.append(f"{said.type}: {said.text} ({said.location.get('url')})")

    def open(self, url: str) -> None:
        self.page.goto(url)

    def said(self, words: str) -> str:
        """A whole sentence of our pages as this person reads it; Stripe's own stay English."""
        return words if self.language == ENGLISH else _IN_CHINESE.get(words, words)

    def reads_own_language(self) -> None:
        """The page is in this person's language, says so, and has no English sentence left."""
        self.page.wait_for_load_state()
        tag = self.page.locator("html").get_attribute("lang")
        assert tag == ("en" if self.language == ENGLISH else self.language), self.page.url
        if self.language != ENGLISH:
            assert _SENTENCE.findall(self.page.locator("main").inner_text()) == [], self.page.url

    def press(self, words: str) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=self.said(words)).first.click()

    def follow(self, words: str) -> None:
        """Follow a link by its words."""
        self.page.get_by_role("link", name=self.said(words)).first.click()

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, text in fields.items():
            self.page.locator(f"input[name='{name}'], textarea[name='{name}']").first.fill(text)

    def reads(self, words: str) -> None:
        """See these words within some seconds, without doing anything."""
        self.page.get_by_text(self.said(words)).first.wait_for(timeout=PATIENCE)

    def picture(self, title: str) -> None:
        """Keep what is on the screen, and see to it that nothing sticks out at the side."""
        self.page.wait_for_load_state()
        self.pictures += 1
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        name = re.sub("[^a-z0-9]+", "-", f"{self.name} {self.pictures:02} {title}".lower())
        self.page.screenshot(path=str(ARTIFACTS / f"{name}.png"), full_page=True)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{title} is {wide} pixels too wide for {self.name}"


def happens(condition: Callable[[], bool]) -> None:
    """What a server is told by a page that is left already holds a moment later."""
    end = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests fail, because what they prove would be unproven."""
    binary = next(filter(None, map(shutil.which, NAMES)), None)
    assert binary, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=list(QUIET))
        yield browser
        browser.close()


Meet = Callable[..., Person]


@pytest.fixture
def meet(chromium: Browser) -> Iterator[Meet]:
    """Bring somebody with a screen of a size; in the end no browser may have complained."""
    people: list[Person] = []

    def person(
        name: str,
        size: tuple[int, int] = DESKTOP,
        *,
        script: bool = True,
        language: str = ENGLISH,
    ) -> Person:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            locale=language,
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE)
        found = Person(name, context, context.new_page(), language)
        found.listen()
        people.append(found)
        return found

    yield person
    for one in people:
        one.context.close()
    assert [complaint for one in people for complaint in one.complaints] == []
