"""A person at a browser, without a screen: cookies, links and forms over real HTTP.

`marketplace demo` and the journeys of the test suite use the shop through it, by the words on its
buttons and the names of its fields, so a page that a person could not use fails there too. It
stops at the edge of the site: a redirect to another address is told, not followed.
"""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup
from bs4.element import Tag

from marketplace.gateway.client import direct

HOPS = 10
TIMEOUT = 30


class Lost(Exception):
    """The page has no such button, link or field; the message quotes what it does have."""


@dataclass
class Browser:
    """One person's cookies, and the page they are looking at. `site` is the shop's address."""

    site: str
    url: str = ""
    status: int = 0
    html: str = ""
    away: str | None = None
    """Where the last click wanted to go outside the site, for instance to Stripe."""
    session: requests.Session = field(default_factory=direct)

    @property
    def page(self) -> BeautifulSoup:
        """The page as a tree."""
        return BeautifulSoup(self.html, "html.parser")

    @property
    def text(self) -> str:
        """What a person reads in the page's main part."""
        page = self.page
        return " ".join((page.find("main") or page).get_text(" ").split())

    def open(self, url: str) -> "Browser":
        """Go to an address; paths are taken on the site."""
        return self._go("GET", urljoin(self.url or self.site, url))

    def follow(self, words: str) -> "Browser":
        """Click the first link that contains these words."""
        for link in self.page.select("a[href]"):
            if words in " ".join(link.get_text(" ").split()):
                return self.open(str(link["href"]))
        raise Lost(f"{self.url} has no link “{words}”: {self.text[:600]}")

    def press(
        self, words: str, *, within: str = "", files: dict[str, object] | None = None, **values: str
    ) -> "Browser":
        """Press the first button with these words, after filling its form with `values`.

        `within` narrows it to a form whose text contains it. Raises Lost for a missing button or
        for a field that the form does not have.
        """
        form, button = self._button(words, within)
        data = _filled(form)
        names = {str(tag["name"]) for tag in form.select("[name]")}
        if unknown := values.keys() - names:
            raise Lost(f"the form of “{words}” at {self.url} has no field {sorted(unknown)}")
        data = [(name, value) for name, value in data if name not in values]
        data += list(values.items())
        if button.get("name"):
            data.append((str(button["name"]), str(button.get("value", ""))))
        action = str(button.get("formaction") or form.get("action") or "")
        url = urljoin(self.url, action) if action else self.url
        if str(form.get("method", "get")).lower() == "get":
            return self._go("GET", url, params=data)
        return self._go("POST", url, data=data, files=files)

    def _button(self, words: str, within: str) -> tuple[Tag, Tag]:
        for form in self.page.find_all("form"):
            if within and within not in " ".join(form.get_text(" ").split()):
                continue
            for button in form.select("button, input[type=submit]"):
                label = button.get("value", "") if button.name == "input" else button.get_text(" ")
                spoken = f"{' '.join(str(label).split())} {button.get('aria-label', '')}"
                if words in spoken:
                    return form, button
        raise Lost(f"{self.url} has no button “{words}”: {self.text[:600]}")

    def _go(self, method: str, url: str, **sent: object) -> "Browser":
        self.away = None
        for _ in range(HOPS):
            answer = self.session.request(
                method,
                url,
                allow_redirects=False,
                timeout=TIMEOUT,
                headers={"Referer": self.url or self.site},
                **sent,  # type: ignore[arg-type]
            )
            self.url, self.status, self.html = url, answer.status_code, answer.text
            if not answer.is_redirect:
                return self
            target = urljoin(url, answer.headers["Location"])
            if urlsplit(target).netloc != urlsplit(self.site).netloc:
                self.away = target
                return self
            method, url, sent = "GET", target, {}
        raise Lost(f"{url} redirects in circles")


def _filled(form: Tag) -> list[tuple[str, str]]:
    """What the form would send if nothing were changed."""
    data = []
    for tag in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(tag["name"]), str(tag.get("type", "text"))
        if kind in {"submit", "button", "file", "image"}:
            continue
        if kind in {"checkbox", "radio"}:
            if tag.has_attr("checked"):
                data.append((name, str(tag.get("value", "on"))))
        elif tag.name == "select":
            chosen = tag.select_one("option[selected]") or tag.select_one("option")
            if chosen is not None:
                data.append((name, str(chosen.get("value", chosen.get_text()))))
        elif tag.name == "textarea":
            data.append((name, tag.get_text()))
        else:
            data.append((name, str(tag.get("value", ""))))
    return data
