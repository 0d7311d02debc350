"""Forms on a page, as a person would see and send them. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_UNFILLED = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass
class Form:
    """One form: where it goes, what it holds, and the choices of its lists."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The names of its fields, unticked boxes included."""
        return self.values.keys() | self.choices.keys()


@dataclass
class Page:
    """What was found on a page: its forms, its main heading, and what it complains about."""

    forms: list[Form]
    title: str
    problems: list[str]
    codes: list[str]
    """Stripe's codes for the problems, where the page names them (`data-code`)."""

    def form_with(self, name: str) -> Form | None:
        """The first form that has a field or button of this name."""
        for form in self.forms:
            if name in form.names or any(button == name for button, _ in form.buttons):
                return form
        return None


def read(html: str) -> Page:
    """Parse a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    problems = [" ".join(text.split()) for text in reader.problems]
    return Page(
        reader.forms,
        " ".join(reader.title.split()),
        [text for text in problems if text],
        reader.codes,
    )


class _Reader(HTMLParser):
    """Collects forms; text inside `h1` is the title, inside `class="error"` a problem."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.problems: list[str] = []
        self.codes: list[str] = []
        self.title = ""
        self._select: str | None = None
        self._textarea: str | None = None
        self._listening: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what opens."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
        elif tag == "h1":
            self._listening.append((tag, "title"))
        elif "error" in found.get("class", "").split() and tag in {"p", "div", "span", "li"}:
            self.problems.append("")
            self.codes += [found["data-code"]] if found.get("data-code") else []
            self._listening.append((tag, "problem"))
        elif self._listening and tag == self._listening[-1][0]:
            self._listening.append((tag, self._listening[-1][1]))
        if self.forms:
            self._field(tag, found, dict(attrs))

    def _field(self, tag: str, found: dict[str, str], raw: dict[str, Any]) -> None:
        form = self.forms[-1]
        name = found.get("name", "")
        if tag == "button" and found.get("type", "submit") == "submit":
            form.buttons.append((name, found.get("value", "")))
        elif tag == "input" and name and found.get("type") not in _UNFILLED:
            self._input(form, name, found, raw)
        elif tag == "select" and name:
            self._select = name
            form.choices[name] = []
        elif tag == "option" and self._select:
            value = found.get("value", "")
            form.choices[self._select].append(value)
            if "selected" in raw or self._select not in form.values:
                form.values[self._select] = value
        elif tag == "textarea" and name:
            self._textarea = name
            form.values[name] = ""

    def _input(self, form: Form, name: str, found: dict[str, str], raw: dict[str, Any]) -> None:
        if found.get("type") in {"checkbox", "radio"}:
            form.choices.setdefault(name, []).append(found.get("value", "on"))
            if "checked" not in raw:
                return
        form.values[name] = found.get("value", "on" if found.get("type") == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        """Note what closes."""
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        if self._listening and self._listening[-1][0] == tag:
            self._listening.pop()

    def handle_data(self, data: str) -> None:
        """Text of a title, a problem or a text area."""
        if self._textarea is not None:
            self.forms[-1].values[self._textarea] += data
        for _, what in self._listening[-1:]:
            if what == "title":
                self.title += data
            else:
                self.problems[-1] += data
