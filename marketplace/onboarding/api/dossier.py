"""What Stripe holds of one account, and what it still asks: all that the forms are made from.

A dossier is read from Stripe for one page and thrown away with it; nothing in it is ever written
to our database. Its names are those of Accounts v1 (`individual.first_name`, `person_1.dob.day`),
in which `v1` and `v2` both write it. The rule that bites: a number that was given is never told
again, only that it was given, so what is secret is in `given` and not in `values`.
https://docs.stripe.com/connect/handling-api-verification
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.accounts.state import Bank, Due, Problem, Requirement
from marketplace.design import AccountsApi
from marketplace.errors import Sentence

ROLES = ("representative", "owner", "director", "executive", "legal_guardian", "authorizer")
# Whoever is asked for by role is not known yet: `owners.email`, `representative.dob.day`.
ASKED_BY_ROLE = {
    "representative": "representative",
    "owners": "owner",
    "directors": "director",
    "executives": "executive",
    "legal_guardian": "legal_guardian",
    "authorizer": "authorizer",
}
NAMELESS = Sentence("A person without a name yet")
_PERSON = re.compile(r"person_\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody behind a company. `mark` is the nonce of the form in which we first heard of them.

    `values` and `given` have the names without the person's id: `first_name`.
    """

    stripe_id: str
    roles: frozenset[str]
    values: Mapping[str, str]
    given: frozenset[str] = frozenset()
    mark: str = ""

    @property
    def name(self) -> str:
        """What people call them; a role when Stripe was told no name yet."""
        parts = (self.values.get("first_name"), self.values.get("last_name"))
        return " ".join(part for part in parts if part) or NAMELESS


@dataclass(frozen=True, slots=True)
class Dossier:
    """One account as the forms see it. `country` is two capital letters.

    `instead` says what may be given in place of a requirement, by its name.
    """

    api: AccountsApi
    country: str
    currency: str
    requirements: tuple[Requirement, ...]
    problems: tuple[Problem, ...]
    values: Mapping[str, str]
    given: frozenset[str] = frozenset()
    people: tuple[Person, ...] = ()
    banks: tuple[Bank, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def business_type(self) -> str:
        """`individual`, `company`, `non_profit`, `government_entity`, or nothing yet."""
        return self.values.get("business_type", "")

    @property
    def is_individual(self) -> bool:
        """Whether one person is the whole business."""
        return self.business_type == "individual"

    @property
    def accepted(self) -> bool:
        """Whether the terms were agreed to."""
        return "tos_acceptance.date" in self.values

    def due(self, code: str) -> Due | None:
        """How urgent this is; None when Stripe does not ask for it."""
        return next((it.due for it in self.requirements if it.code == code), None)

    def person(self, stripe_id: str) -> Person | None:
        """The person of this id."""
        return next((it for it in self.people if it.stripe_id == stripe_id), None)

    def marked(self, nonce: str) -> Person | None:
        """The person whom a form with this nonce has already added."""
        return next((it for it in self.people if nonce and it.mark == nonce), None)


def subject_of(code: str) -> str:
    """Whom a requirement is about: `individual`, `company`, a person's id, a role, or nobody."""
    first, _, rest = code.partition(".")
    if rest and (first in {"individual", "company"} or first in ASKED_BY_ROLE):
        return first
    return first if rest and _PERSON.fullmatch(first) else ""


def is_person(subject: str) -> bool:
    """Whether a subject is the id of a person."""
    return bool(_PERSON.fullmatch(subject))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - an answer of Stripe's
    """Every filled leaf of an answer as dotted name and text; lists of plain words are joined."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield path, ", ".join(value)
    elif isinstance(value, bool):
        if value:
            yield path, "yes"
    elif isinstance(value, float):
        yield path, f"{value:g}"
    elif value is not None and value != "":
        yield path, str(value)


def nested(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as the hashes that Stripe's parameters are: `a.b` becomes `{a: {b: …}}`."""
    told: dict[str, Any] = {}
    for path, value in answers.items():
        *steps, last = path.split(".")
        target = told
        for step in steps:
            target = target.setdefault(step, {})
        target[last] = value
    return told
