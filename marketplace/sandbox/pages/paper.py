"""How pages are written: Jinja templates with autoescape, a theme, and a strict content policy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response

_HERE = Path(__file__).parent
_ZERO = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE = frozenset("bhd jod kwd omr tnd".split())
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self';"
    " connect-src 'self'; form-action *; base-uri 'none'; frame-ancestors 'none'"
)

# An embedded component is a frame on the platform's own page, which is on this machine too.
FRAMED = POLICY.replace(
    "frame-ancestors 'none'", "frame-ancestors http://127.0.0.1:* http://localhost:*"
)

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def money(amount: int, currency: str) -> str:
    """`12.34 USD` from minor units."""
    digits = 0 if currency in _ZERO else 3 if currency in _THREE else 2
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 10**digits)
    text = f"{whole:,}" + (f".{part:0{digits}d}" if digits else "")
    return f"{sign}{text} {currency.upper()}"


def moment(at: int) -> str:
    """Unix seconds as a date and time in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y, %H:%M UTC")


def hour(at: int) -> str:
    """Unix seconds as a short date and time with seconds, for lists."""
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M:%S")


def ahead(seconds: int) -> str:
    """A length of time in its two largest units: `2 days 3 hours`."""
    parts = []
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2])


_templates.filters.update(moment=moment, hour=hour, ahead=ahead)
_templates.globals["money"] = money


def page(
    template: str, status: int = 200, *, framed: dict[str, Any] | None = None, **values: Any
) -> Response:
    """Render a template of `pages/templates`.

    `framed`: what the frame of an embedded component tells the page around it (`signal`,
    `detail`, `leave`, `claim`); None for a page of its own, which nobody may frame.
    """
    text = _templates.get_template(template).render(framed=framed, **values)
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY if framed is None else FRAMED
    response.headers["Cache-Control"] = "no-store"
    return response


def see_other(url: str) -> Response:
    """Redirect after a POST, so that a reload repeats nothing."""
    return Response("", 303, {"Location": url, "Cache-Control": "no-store"})
