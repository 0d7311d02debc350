"""The look: text can be read on every ground it stands on, by day and by night."""

import re

import pytest

from marketplace import database

TEXT = 4.5  # WCAG 2.2, 1.4.3
PAIRS = [
    ("ink", "paper"), ("ink", "sheet"), ("soft", "paper"), ("soft", "sheet"), ("water", "paper"),
    ("water", "sheet"), ("on-water", "water"), ("on-water", "water-deep"),
    ("lamp-ink", "lamp-ground"), ("good", "good-ground"), ("busy", "busy-ground"),
    ("care", "care-ground"), ("bad", "bad-ground"), ("plain", "plain-ground"), ("bad", "sheet"),
    ("bad", "paper"), ("sheet", "bad"), ("ink", "bs-tertiary-bg"), ("soft", "bs-tertiary-bg"),
]  # fmt: skip


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(scheme: str) -> None:
    css = (database.ROOT / "marketplace/web/static/theme.css").read_text("utf-8")
    day, _, night = css.partition("prefers-color-scheme: dark")
    named = colours(day) | (colours(night) if scheme == "dark" else {})
    weak = {
        f"{text} on {ground}": round(contrast(named[text], named[ground]), 2)
        for text, ground in PAIRS
        if contrast(named[text], named[ground]) < TEXT
    }
    assert weak == {}


def test_motion_stops_for_those_who_asked_for_it_and_focus_is_visible() -> None:
    css = (database.ROOT / "marketplace/web/static/theme.css").read_text("utf-8")
    assert "prefers-reduced-motion: reduce" in css
    assert re.search(r":focus-visible \{ outline: 3px", css)
