"""The pages of our own onboarding forms, as data for their templates.

Puts what was typed and what is wrong with it onto the fields, joins fields that belong together,
and says which page comes next. The rule that bites: what is secret is never written back into a
page, not even to whoever typed it a moment ago.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from flask import request

from marketplace import clock
from marketplace.accounts import words
from marketplace.errors import NotFound, Sentence
from marketplace.money import Money
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.dossier import Dossier, is_person, subject_of
from marketplace.onboarding.api.questions import Kind
from marketplace.onboarding.api.steps import Field, Step, steps
from marketplace.onboarding.api.uploads import MOST_BYTES, Upload

LONGEST_AGENT = 500
LEGENDS = {
    "name": "",
    "annual_revenue": "",
    "dob": "Date of birth",
    "registered": "Date of registration",
}
IDENTITY, PAPER = Sentence("identity document"), Sentence("document")
HOME = Sentence("Home address")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as the page shows it: with what was typed, and all that is wrong with it."""

    field: Field
    value: str
    faults: tuple[str, ...] = ()

    @property
    def described_by(self) -> str:
        """The ids of the hint and of what is wrong, for screen readers."""
        key, parts = self.field.question.key, []
        if self.field.question.help or self.field.given or self.field.either:
            parts.append(f"{key}-hint")
        if self.faults:
            parts.append(f"{key}-error")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading, or a single field without one."""

    name: str
    legend: str
    fields: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form that could not be used contained, and why. Faults under "" are about it all."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    status: int = 422

    @property
    def general(self) -> str:
        """What is wrong with no field in particular."""
        return self.faults.get("", "")


def groups(dossier: Dossier, fields: Sequence[Field], typed: Typed) -> list[Group]:
    """The fields of a page, those that belong together under one legend."""
    shown = [_shown(it, typed, dossier.currency) for it in fields]
    found = []
    for name, members in groupby(shown, key=lambda it: it.field.question.group):
        if name:
            found.append(Group(name.rpartition(".")[2], _legend(dossier, name), tuple(members)))
        else:
            found += [Group("", "", (one,)) for one in members]
    return found


def _legend(dossier: Dossier, name: str) -> str:
    if name in LEGENDS:
        return LEGENDS[name]
    subject = subject_of(f"{name}.x")
    person = dossier.person(subject) if is_person(subject) else None
    rest = name.removeprefix(f"{subject}.")
    if "document" in rest:
        what = words.requirement(f"{name}.files" if rest.startswith("documents") else name)
        if person is None:
            return what
        paper = IDENTITY if rest == "verification.document" else PAPER
        return Sentence("{person}: {paper}", person=person.name, paper=paper)
    return HOME if subject != "company" and rest == "address" else words.requirement(name)


def _shown(it: Field, typed: Typed, currency: str) -> Shown:
    code, question = it.code, it.question
    value = it.value
    if question.kind is Kind.MONEY and value.isdigit():
        value = Money(int(value), currency).typed()
    if typed.values:
        value = typed.values.get(code, "" if _is_tick(question.kind) else value)
    if question.secret:
        value = ""
    if question.kind is Kind.CHOICE and value and value not in dict(question.choices):
        # Stripe may hold a value that our list does not know: it stays as it is.
        it = replace(it, question=replace(question, choices=((value, value), *question.choices)))
    fault = typed.faults.get(code)
    return Shown(it, value, (fault,) if fault else it.problems)


def _is_tick(kind: Kind) -> bool:
    return kind in {Kind.TICK, Kind.DECLARATION}


def page_of(dossier: Dossier, name: str, spoken: str = "en") -> Step:
    """The page of this name. Raises NotFound where this account has none."""
    for step in steps(dossier, spoken):
        if step.name == name:
            return step
    raise NotFound("This page is not needed for your kind of business.")


def typed_text() -> dict[str, str]:
    """What the form of this request says, field by field."""
    return {name: text for name, text in request.form.items() if name != "csrf_token"}


def uploads() -> dict[str, Upload]:
    """The files that were chosen in the form of this request; read into memory, kept nowhere."""
    return dict(_uploads())


def _uploads() -> Iterator[tuple[str, Upload]]:
    for name, file in request.files.items():
        if file.filename:
            # One byte more than is allowed is enough to know that it is too large.
            yield name, Upload(file.stream.read(MOST_BYTES + 1), file.filename[-100:])


def signature() -> Signature:
    """Who agrees: now, from the address and with the browser of this request.

    Behind a proxy it is the address that the server in front was trusted to tell (TRUSTED_PROXY).
    """
    agent = request.headers.get("User-Agent", "")[:LONGEST_AGENT]
    return Signature(clock.now(), request.remote_addr or "", agent)
