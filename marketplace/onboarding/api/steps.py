"""The forms of one account: which questions stand on which page, how far each page is.

Pure: a `Dossier` in, pages of `Field`s out. A page shows what Stripe asks for and what it was told
already, so that people can go back and correct. The rule that bites: Stripe asks for one part of a
birthday or an address at a time, and takes only the whole, so parts that belong together are always
asked together.
https://docs.stripe.com/connect/api-onboarding
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from marketplace.accounts import words
from marketplace.accounts.state import Due
from marketplace.design import AccountsApi
from marketplace.onboarding.api import questions
from marketplace.onboarding.api.dossier import (
    ASKED_BY_ROLE,
    ROLES,
    Dossier,
    Person,
    is_person,
    subject_of,
)
from marketplace.onboarding.api.places import place
from marketplace.onboarding.api.questions import Kind, Question, ask, is_document

URGENT = frozenset({Due.PAST, Due.NOW})
_DATE = ("day", "month", "year")
_WHOLE_DATE = re.compile(r"(.+\.(?:dob|registration_date))(?:\.\w+)?")
_WHOLE_ADDRESS = re.compile(
    r"(.+\.(?:\w*address(?:_kana|_kanji)?|principal_place_of_business))"
    r"(?:\.(?:country|line1|line2|town|city|state|postal_code))?"
)
_DECLARED = re.compile(r"(company\.(?:ownership|directorship|representative)_declaration)(?:\..+)?")
_REVENUE = re.compile(r"(business_profile\.annual_revenue)(?:\.\w+)?")
_OF_PEOPLE = re.compile(r"company\.(?:\w+_provided|\w+_declaration|ownership_exemption_reason)")
_ROLE = re.compile(r"relationship\.(\w+)")
_TOLD_ELSEWHERE = re.compile(r"individual\.(relationship|verification)\..+")
# What is asked of somebody new, before Stripe has been told that there is such a person.
_FIRST = ("first_name", "last_name", "email")
_ROLES = ("representative", "owner", "director", "executive")


@dataclass(frozen=True, slots=True)
class Field:
    """A question as it stands for one account.

    `value` is what Stripe holds, `given` that it holds something which it does not tell; `due` is
    None for what nobody asks for now. `either` names what may be answered in its place.
    """

    question: Question
    due: Due | None = None
    problems: tuple[str, ...] = ()
    value: str = ""
    given: bool = False
    either: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Its name in the form."""
        return self.question.code

    @property
    def needed(self) -> bool:
        """Whether the page cannot be sent without it."""
        return self.due in URGENT and not self.either and not self._stands

    @property
    def _stands(self) -> bool:
        """Something secret was given and nothing was found wrong with it."""
        return self.given and not self.problems


@dataclass(frozen=True, slots=True)
class Step:
    """One page. `wants` counts what is due on it, `checking` tells that Stripe is looking."""

    name: str
    title: str
    text: str
    fields: tuple[Field, ...] = ()
    wants: int = 0
    checking: bool = False
    problems: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`due`, `checking` or `done`."""
        return "due" if self.wants else "checking" if self.checking else "done"


def steps(dossier: Dossier, spoken: str = "en") -> tuple[Step, ...]:
    """The pages of this account, in the order in which they are best filled in."""
    names = ["business"]
    if dossier.is_individual:
        names.append("individual")
    elif dossier.business_type:
        names += ["company", "people"]
    if any(place_of(it.code) == "documents" for it in dossier.requirements) or any(
        is_document(code) for code in dossier.given
    ):
        names.append("documents")
    return tuple(_step(dossier, name, spoken) for name in [*names, "bank", "terms"])


PAGES = {
    "business": ("Your business", "What you do and what you sell."),
    "individual": ("About you", "Stripe must know who you are before it pays you."),
    "company": ("Your company", "As it stands in the company register."),
    "people": (
        "The people behind it",
        "Who speaks for the company, who owns a quarter of it or more, and who runs it.",
    ),
    "documents": ("Documents", "Stripe could not confirm something by itself and asks for papers."),
    "bank": ("Your bank account", "Where your payouts go."),
    "terms": ("Terms", "The agreement between you and Stripe."),
}


def place_of(code: str) -> str:
    """On which page a requirement stands, by its name."""
    subject = subject_of(code)
    if is_document(code):
        return "documents"
    if code.startswith("external_account"):
        return "bank"
    if code.startswith("tos_acceptance"):
        return "terms"
    if code.startswith("relationship.") or _OF_PEOPLE.match(code):
        return "people"
    if subject in {"individual", "company"}:
        return subject
    return "people" if subject else "business"


def _step(dossier: Dossier, name: str, spoken: str) -> Step:
    here = [it for it in dossier.requirements if place_of(it.code) == name]
    codes = _codes(dossier, name, [it.code for it in here])
    asked = frozenset(it.code for it in here)
    problems = (it for it in dossier.problems if it.requirement in asked)
    title, text = PAGES[name]
    return Step(
        name=name,
        title=title,
        text=text,
        fields=fields(dossier, codes, spoken),
        wants=len({words.requirement(it.code) for it in here if it.due in URGENT}),
        checking=any(it.due is Due.CHECKING for it in here),
        problems=tuple(
            dict.fromkeys(
                words.problem(it.code, it.reason)
                for it in problems
                if name in {"bank", "terms", "people"}
            )
        ),
    )


def _codes(dossier: Dossier, name: str, asked: list[str]) -> list[str]:
    """The names of the fields of a page: what is asked for, and what was told."""
    if name in {"bank", "terms"}:
        return []
    told = [it for it in (*dossier.values, *dossier.given) if place_of(it) == name]
    told = [it for it in told if not _TOLD_ELSEWHERE.fullmatch(it) or it in dossier.given]
    if name == "business":
        asked = ["business_type", *asked]
    if name == "people":
        # The page itself has only what is said of all of them; each has a page of their own.
        asked = [it for it in [*_all_named(dossier, asked), *asked] if _OF_PEOPLE.match(it)]
        told = [it for it in told if _OF_PEOPLE.match(it)]
    known = [it for it in told if ask(it, dossier.country).known]
    return [*asked, *known]


def _all_named(dossier: Dossier, asked: list[str]) -> Iterator[str]:
    """Where a role is asked for, or was filled, the company can also say that all are named."""
    for role, code in (("owner", "owners"), ("director", "directors"), ("executive", "executives")):
        if f"relationship.{role}" in asked or any(role in it.roles for it in dossier.people):
            yield f"company.{code}_provided"


def of_person(dossier: Dossier, person: Person, spoken: str = "en") -> tuple[Field, ...]:
    """The fields of the page of somebody whom Stripe knows."""
    prefix = person.stripe_id
    asked = [it.code for it in dossier.requirements if subject_of(it.code) == prefix]
    told = [f"{prefix}.{it}" for it in (*person.values, *person.given)]
    known = [it for it in told if ask(it, dossier.country).known]
    roles = [f"{prefix}.relationship.{it}" for it in (*_ROLES, "title", "percent_ownership")]
    first = [f"{prefix}.{it}" for it in _FIRST]
    codes = [it for it in [*first, *asked, *known, *roles] if not is_document(it)]
    return fields(dossier, codes, spoken, person)


def of_nobody_yet(dossier: Dossier, role: str, spoken: str = "en") -> tuple[Field, ...]:
    """The fields of the page of somebody new; `role` is ticked. The names begin with `person_new`.

    Once the person is known, Stripe says what else it wants to know of them.
    """
    prefix = NEW
    by_role = [
        f"{prefix}.{it.code.partition('.')[2]}"
        for it in dossier.requirements
        if ASKED_BY_ROLE.get(subject_of(it.code)) == role
    ]
    roles = [f"{prefix}.relationship.{it}" for it in (*_ROLES, "title", "percent_ownership")]
    codes = [*(f"{prefix}.{it}" for it in _FIRST), *by_role, *roles]
    somebody = Person(prefix, frozenset({role}), {f"relationship.{role}": "yes"})
    found = fields(dossier, [it for it in codes if not is_document(it)], spoken, somebody)
    return tuple(
        Field(it.question, Due.NOW, value=it.value)
        if it.code in {f"{prefix}.first_name", f"{prefix}.last_name"}
        else it
        for it in found
    )


NEW = "person_new"


def roles_due(dossier: Dossier) -> tuple[str, ...]:
    """The roles for which Stripe still wants somebody to be named."""
    found = []
    for it in dossier.requirements:
        role = _ROLE.fullmatch(it.code)
        named = role[1] if role else ASKED_BY_ROLE.get(subject_of(it.code), "")
        if named and it.due in URGENT:
            found.append(named)
    return tuple(sorted(set(found), key=ROLES.index))


def wants_of(dossier: Dossier, person: Person) -> tuple[str, ...]:
    """What Stripe wants to know of a person, in plain words, documents left out."""
    codes = (
        it.code
        for it in dossier.requirements
        if subject_of(it.code) == person.stripe_id and it.due in URGENT and not is_document(it.code)
    )
    return tuple(dict.fromkeys(words.requirement(code) for code in codes))


def fields(
    dossier: Dossier, codes: Iterable[str], spoken: str = "en", person: Person | None = None
) -> tuple[Field, ...]:
    """Each code, and what can only be told together with it, once and in a readable order."""
    instead = [one for code in codes for one in dossier.instead.get(code, ())]
    wanted = dict.fromkeys(
        part for code in [*codes, *instead] for part in _together(code, dossier, person)
    )
    asked = [_asked(dossier, code, spoken, person) for code in wanted]
    return tuple(_field(dossier, it, person) for it in sorted(asked, key=questions.rank))


def _asked(dossier: Dossier, code: str, spoken: str, person: Person | None) -> Question:
    question = ask(code, _country_of(dossier, code, person), spoken)
    if dossier.api is AccountsApi.V2 and dossier.country == "US" and code.endswith(".id_number"):
        return replace(question, help=questions.FOUR_DIGITS)
    return question


def _together(code: str, dossier: Dossier, person: Person | None) -> Iterator[str]:
    if found := _DECLARED.fullmatch(code):
        yield found[1]
    elif found := _WHOLE_DATE.fullmatch(code):
        yield from (f"{found[1]}.{part}" for part in _DATE)
    elif found := _REVENUE.fullmatch(code):
        yield from (f"{found[1]}.{part}" for part in ("amount", "fiscal_year_end"))
    elif is_document(code):
        front = ask(code, "").code
        yield front
        if front.endswith(".front"):
            yield f"{front.removesuffix('front')}back"
    elif found := _WHOLE_ADDRESS.fullmatch(code):
        yield from _parts(dossier, found[1], person)
    else:
        yield code
        if code == "company.tax_id" and dossier.country == "DE":
            yield "company.tax_id_registrar"  # every court counts its companies from one


def _parts(dossier: Dossier, address: str, person: Person | None) -> Iterator[str]:
    here = place(_country_of(dossier, f"{address}.city", person))
    for part in questions.ADDRESS:
        code = f"{address}.{part}"
        usual = part in {"line1", "line2", "city", "postal_code"}
        if part == "state":
            usual = here.asks_state
        if part == "country":
            usual = is_person(subject_of(address))  # a company's people live anywhere
        if usual or dossier.due(code) or _value(dossier, code, person):
            yield code


def _country_of(dossier: Dossier, code: str, person: Person | None) -> str:
    """The country in whose words an address is asked for."""
    parent, _, last = code.rpartition(".")
    lives = _value(dossier, f"{parent}.country", person) if last in questions.ADDRESS else ""
    return (lives or dossier.country).upper()


def _value(dossier: Dossier, code: str, person: Person | None) -> str:
    if person is not None:
        return person.values.get(code.removeprefix(f"{person.stripe_id}."), "")
    return dossier.values.get(code, "")


def _is_given(dossier: Dossier, code: str, person: Person | None) -> bool:
    if person is not None:
        return code.removeprefix(f"{person.stripe_id}.") in person.given
    return code in dossier.given


def _field(dossier: Dossier, question: Question, person: Person | None) -> Field:
    code = question.code
    names = frozenset(_names(question))
    due = next((it.due for it in dossier.requirements if it.code in names), None)
    if question.kind is Kind.DECLARATION:
        dues = (it.due for it in dossier.requirements if it.code.startswith(f"{code}."))
        due = due or next(dues, None)
    if code.endswith(".back"):
        due = None  # many documents have no back; Stripe says so when one is missing
    value = _value(dossier, code, person)
    if code.endswith(".country") and not value:
        value = dossier.country
    return Field(
        question=question,
        due=due,
        problems=tuple(
            dict.fromkeys(
                words.problem(it.code, it.reason)
                for it in dossier.problems
                if it.requirement in names and not code.endswith(".back")
            )
        ),
        value=value,
        given=_is_given(dossier, code, person),
        either=_either(dossier, code),
    )


def _names(question: Question) -> Iterator[str]:
    """The requirements that this field answers: its own, and those of what it is a part of."""
    code = question.code
    parts = code.split(".")
    yield code
    least = 2 if subject_of(code) else 1
    for length in range(len(parts) - 1, least - 1, -1):
        above = ".".join(parts[:length])
        if above != subject_of(code):
            yield above


def _either(dossier: Dossier, code: str) -> tuple[str, ...]:
    """The other names of a choice in which this is one; empty for all but those."""
    for original, others in dossier.instead.items():
        group = (original, *others)
        if code in group and dossier.due(original) in URGENT:
            return tuple(one for one in group if one != code)
    return ()
