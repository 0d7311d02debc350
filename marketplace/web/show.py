"""How things are written for people: amounts, moments, statuses, and parts that stay up to date.

The rule that bites: an amount is formatted by its currency, never by dividing by a hundred, and a
moment is shown in UTC inside a `<time>` that carries the exact value.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import get_currency_name
from flask import Flask, Response, has_request_context, make_response, render_template, request
from flask_babel import gettext
from markupsafe import Markup

from marketplace.errors import MarketplaceError, Sentence
from marketplace.money import CurrencyName, Money
from marketplace.web import language

# A status by what it means for whoever looks at it; anything else is shown neutral.
TONES = {
    "good": "nothing_due paid fulfilled succeeded done available active enabled verified "
    "won warning_closed prevented",
    "busy": "in_review paying processing pending in_transit open requested running new "
    "under_review warning_under_review appeal_under_review",
    "care": "due past_due expired partly_refunded refunded unverified "
    "needs_response warning_needs_response appeal_needs_response refused called_off",
    "bad": "restricted failed dead cancelled canceled errored disabled inactive rejected "
    "unsupported lost",
}
_TONE = {word: tone for tone, words in TONES.items() for word in words.split()}


def money(amount: Money | int, currency: str | None = None) -> Markup:
    """An amount, unbreakable: `{{ order.total|money }}` or `{{ row.net|money(row.currency) }}`."""
    if not isinstance(amount, Money):
        amount = Money(amount, (currency or "").lower())
    shown = amount.format(language.locale())
    low = " money-negative" if amount.amount < 0 else ""
    return Markup('<span class="money{}">{}</span>').format(low, shown)


def amount(money: Money) -> str:
    """An amount as plain text, for places that take no markup."""
    return money.format(language.locale())


def day(moment: datetime) -> Markup:
    """The day of a moment: Nov 21, 2026, or 2026年11月21日."""
    shown = format_date(moment, "medium", locale=language.locale())
    return Markup('<time datetime="{}">{}</time>').format(moment.date().isoformat(), shown)


def moment(value: datetime) -> Markup:
    """A moment to the minute, in UTC: Nov 21, 2026, 3:46 AM UTC."""
    pattern = language.of_page().moment
    shown = format_datetime(value.astimezone(UTC), pattern, locale=language.locale()) + " UTC"
    exact = value.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, shown)


def words(status: str) -> str:
    """A status as people write it: `in_transit` becomes "in transit"."""
    return translated(str(status).replace("_", " "))


def translated(sentence: str) -> str:
    """A sentence that was written elsewhere, in the language of the page; still escaped.

    Unlike `_` in a template it takes any text for what it is, and fills in nothing but what a
    `Sentence` brought along.
    """
    if not has_request_context() or not sentence:
        return str(sentence)
    if not isinstance(sentence, Sentence):
        return str(gettext(str(sentence)))
    values = {name: told(value) for name, value in sentence.values.items()}
    return str(gettext(sentence.template)).format(**values)


def told(value: object) -> object:
    """A `Sentence`, an amount or a currency in the language of the page; a name as it is."""
    if isinstance(value, Sentence):
        return translated(value)
    if isinstance(value, Money):
        return amount(value)
    if isinstance(value, CurrencyName):
        return get_currency_name(value.code, count=2, locale=language.locale())
    return value


def within(sentence: str) -> str:
    """A sentence that stands inside of another one: its first letter is a small one."""
    said = translated(sentence)
    return said[:1].lower() + said[1:]


def listed(parts: Iterable[str], style: str = "standard") -> str:
    """Several things in a row, as the language of the page joins them."""
    return format_list([*parts], style, locale=language.locale())  # type: ignore[arg-type]


def problem(error: MarketplaceError) -> str:
    """What went wrong and what to do about it, for a notice on the next page."""
    return f"{translated(error.told)} {translated(error.advice)}"


def tone(status: str) -> str:
    """Which colour a status has: good, busy, care, bad or plain."""
    return _TONE.get(str(status), "plain")


def live(template: str, *, final: bool = False, **values: object) -> Response:
    """A fragment for an element with `data-poll-url`: with an ETag, so that no news costs nothing.

    `final` tells the browser to stop asking.
    """
    response = make_response(render_template(template, **values))
    response.headers["Cache-Control"] = "private, no-cache"  # kept, and asked about each time
    if final:
        response.headers["Poll-Again"] = "never"
    response.add_etag()
    response.make_conditional(request)
    return response


def install(app: Flask) -> None:
    """Make the filters known to the templates of `app`."""
    app.jinja_env.filters.update(
        money=money,
        amount=amount,
        day=day,
        moment=moment,
        words=words,
        translated=translated,
        told=told,
        within=within,
        listed=listed,
        tone=tone,
    )
