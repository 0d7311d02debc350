"""What a hosted form is made of: its inputs and its pages.

A field is named like the parameter of Stripe's API that it becomes (`individual[address][city]`).
People of a company are `person[…]`, each on a page of their own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One input. `requirement` is the name that it satisfies."""

    name: str
    requirement: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True

    @property
    def is_birthday(self) -> bool:
        """Whether this is a part of the date of birth, which is asked for in one line."""
        return ".dob." in self.requirement

    @property
    def key(self) -> str:
        """An id for labels and messages."""
        return self.name.replace("[", "-").replace("]", "")

    def words(self, value: str) -> str:
        """A value as people read it."""
        return "Yes" if self.type == "checkbox" else dict(self.options).get(value, value)


@dataclass(frozen=True)
class Step:
    """One page of the form."""

    name: str
    title: str
    intro: str
    fields: tuple[Field, ...]
    scenarios: tuple[tuple[str, str], ...] = ()
    person: str = ""
    """Whom the page is about; empty for a person who is not there yet, and for other pages."""


def parameter(requirement: str) -> str:
    """`individual[dob][day]` from `individual.dob.day`."""
    first, *rest = requirement.split(".")
    return first + "".join(f"[{step}]" for step in rest)
