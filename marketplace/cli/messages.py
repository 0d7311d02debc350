"""`marketplace messages`: what there is to translate, and the catalogue that programs read.

Sentences come from the templates and the views (as gettext marks them), from what the guide can
say, and from errors, statuses, forms and tables, which are looked up by their English where they
are shown.
The rule that bites: a catalogue that lags behind shows two languages on one page, so a test runs
this and compares. https://babel.pocoo.org/en/latest/messages.html
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from wtforms.fields.core import UnboundField

from marketplace import database, disputes, errors, invitations, lifecycles, money, payouts
from marketplace.accounts import words
from marketplace.guide import sentences
from marketplace.ledger.story import EXPECTED_SENTENCES, NAMES, SENTENCES
from marketplace.models import Role
from marketplace.onboarding.api import choices, places, questions, refusals, steps
from marketplace.sellers import walls
from marketplace.web import drawing, faults, joining, language
from marketplace.web.seller import (
    components,
    fixed,
    forms,
    questions_page,
    questions_people,
    standing,
)

LANGUAGE = language.CHINESE.code
PO = language.FOLDER / LANGUAGE / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
# Folders of templates whose pages are to be had in every language, and single files.
TEMPLATES = (
    *("auth", "faults", "guide", "seller", "shop"),
    *("base.html", "macros.html", "money_story.html"),
)
VIEWS = (
    "catalogue",
    "charges/borders.py",
    "charges/fees.py",
    "dashboards",
    "errors.py",
    "invitations.py",
    "ledger/story.py",
    "onboarding",
    "people.py",
    "platform.py",
    "orders",
    "sellers/opening.py",
    "wallet",
    "web/auth.py",
    "web/context.py",
    "web/fields.py",
    "web/guide.py",
    "web/joining.py",
    "web/seller",
    "web/shop",
    "web/trial.py",
)
# Their labels, hints and what is said of a field that is empty.
FORMS = (forms.OpenShopForm, forms.ProductForm, joining.JoinForm)
# Tables of what Stripe's names mean for people.
TABLES = (
    *(words.WHOLE, words.LEAVES, words.PROBLEMS, words.FAMILIES, words.REASONS),
    *(
        words.CAPABILITIES,
        words.WHOSE,
        disputes.REASONS,
        refusals.SENTENCES,
        questions_page.LEGENDS,
    ),
    *(questions_people.ROLES, dict(components.TABS), dict(choices.TRADES)),
    *(dict(choices.STRUCTURES), dict(choices.BUSINESS_TYPES), dict(choices.EXEMPTIONS)),
)
STATUSES = (
    lifecycles.OrderStatus,
    lifecycles.SellerState,
    lifecycles.PayoutStatus,
    lifecycles.DisputeStatus,
)
# Calls whose first text is shown to people, and so looked up where it is shown.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(
        (
            "flash",
            "Sentence",
            *(name for name in dir(errors) if isinstance(getattr(errors, name), type)),
            *("BooleanField", "EmailField", "PasswordField", "StringField", "InputRequired"),
        )
    ),
}
MARKED = datetime(2026, 11, 21, tzinfo=UTC)  # a date that moves is a change that says nothing


def wanted() -> list[Message]:
    """Everything that is to be translated, sorted by its English."""
    found = {_id(text): text for text in (*_marked(), *sentences.sentences(), *_looked_up())}
    return [Message(found[key]) for key in sorted(found)]


def read() -> Catalog:
    """The catalogue as it is kept."""
    with PO.open("rb") as file:
        return read_po(file, LANGUAGE)


def merged(old: Catalog) -> Catalog:
    """What is wanted, with the translations that `old` has."""
    new = Catalog(
        LANGUAGE,
        project="marketplace",
        version="1",
        copyright_holder="",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        header_comment="# Simplified Chinese. Written by hand; kept in step by `make messages`.",
        creation_date=MARKED,
        revision_date=MARKED,
        fuzzy=False,
    )
    for message in wanted():
        kept = old.get(message.id)
        new.add(message.id, kept.string if kept else None)
    return new


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


@click.command("messages")
def command() -> None:
    """Collect what there is to translate, and compile the translations."""
    catalogue = merged(read())
    with PO.open("wb") as file:
        write_po(file, catalogue, width=100, no_location=True, sort_output=True)
    MO.write_bytes(compiled(catalogue))
    missing = [message.id for message in catalogue if message.id and not message.string]
    click.echo(f"{len(catalogue)} sentences, {len(missing)} without a translation")
    for text in missing:
        click.echo(f"  {text}")


def _id(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _marked() -> Iterator[str | tuple[str, ...]]:
    """What gettext marks, or what is handed to an error or a form."""
    for name in TEMPLATES:
        yield from _extract(database.ROOT / "templates" / name, "jinja2")
    for name in VIEWS:
        yield from _extract(database.ROOT / "marketplace" / name, "python")


def _extract(path: Path, method: str) -> Iterator[str | tuple[str, ...]]:
    folder, pattern = (path, "**") if path.is_dir() else (path.parent, path.name)
    found = extract_from_dir(folder, [(pattern, method)], {}, KEYWORDS)
    for _file, _line, text, _comments, _context in found:
        yield text


def _looked_up() -> Iterator[str]:
    """What is shown to people, and stands in a table or a class."""
    yield from filter(None, _of_errors())
    yield from filter(None, _of_statuses())
    yield from filter(None, _of_forms())
    yield from filter(None, _of_sellers())
    yield from (role.value for role in Role)
    yield from drawing.WORDS.values()
    yield from (*SENTENCES.values(), *EXPECTED_SENTENCES.values())
    for name in NAMES.values():
        yield from (name, name[0].upper() + name[1:])


def _of_errors() -> Iterator[str]:
    yield from money.WHY_NOT
    for sentence, advice in (*faults.WORDS.values(), faults.STALE):
        yield from (sentence, advice)
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.MarketplaceError):
            yield kind.advice
            if issubclass(kind, errors.StripeError):
                yield kind.sentence


def _of_statuses() -> Iterator[str]:
    for status in (one for kind in STATUSES for one in kind):
        yield from (status.sentence, status.value.replace("_", " "))
    yield from (state.value for state in invitations.State)


def _of_forms() -> Iterator[str]:
    for form in FORMS:
        for field in vars(form).values():
            if isinstance(field, UnboundField):
                told = (*field.args, field.kwargs.get("description"))
                yield from (text for text in told if isinstance(text, str))


def _of_sellers() -> Iterator[str]:
    """What Stripe's names mean, what our forms ask, and how a shop stands."""
    for table in TABLES:
        yield from table.values()
    yield from (words.ANYBODYS, words.UNREADABLE, words.SENT_BY_STRIPE, words.CLOSED, words.OFF)
    yield from (*questions.wordings(), *places.wordings())
    yield from (*standing.wordings(), *fixed.wordings())
    yield from (text for page in steps.PAGES.values() for text in page)
    for failure in (*payouts.FAILURES.values(), payouts.UNKNOWN):
        yield from (failure.why, failure.todo)
    for wall in walls.ALL:
        yield from (wall.what, wall.todo, wall.label)
