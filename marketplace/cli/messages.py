"""`marketplace messages`: what there is to translate, and the catalogue that programs read.

Sentences come from the templates and the public views (as gettext marks them), from what the guide
can say, and from errors and statuses, which are looked up by their English where they are shown.
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

from marketplace import database, errors, lifecycles
from marketplace.guide import sentences
from marketplace.ledger.story import EXPECTED_SENTENCES, NAMES, SENTENCES
from marketplace.models import Role
from marketplace.web import drawing, faults, language

LANGUAGE = language.CHINESE.code
PO = language.FOLDER / LANGUAGE / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
# Folders of templates whose pages are to be had in every language, and single files.
TEMPLATES = ("auth", "faults", "guide", "shop", "base.html", "macros.html", "money_story.html")
VIEWS = (
    "charges/borders.py",
    "errors.py",
    "ledger/story.py",
    "people.py",
    "orders",
    "wallet",
    "web/auth.py",
    "web/context.py",
    "web/guide.py",
    "web/shop",
)
# Calls whose first text is shown to people, and so looked up where it is shown.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(
        (
            "flash",
            "Sentence",
            *(name for name in dir(errors) if isinstance(getattr(errors, name), type)),
            *("BooleanField", "EmailField", "PasswordField", "StringField"),
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
    for sentence, advice in (*faults.WORDS.values(), faults.STALE):
        yield from (sentence, advice)
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.MarketplaceError):
            yield kind.advice
            if issubclass(kind, errors.StripeError):
                yield kind.sentence
    for status in lifecycles.OrderStatus:
        yield from (status.sentence, status.value.replace("_", " "))
    yield from (role.value for role in Role)
    yield from drawing.WORDS.values()
    yield from (*SENTENCES.values(), *EXPECTED_SENTENCES.values())
    for name in NAMES.values():
        yield from (name, name[0].upper() + name[1:])
