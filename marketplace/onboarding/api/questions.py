"""Requirements as questions: for every name of Stripe's, how to ask a person for it.

`ask` is pure: a name in, a `Question` out, with label, kind of field, choices and limits. The
tables know the published names; a name that nobody knows gets a plain field all the same, and its
answer still goes where the name says. The rule that bites: Stripe decides what is asked. Nothing
here makes a question appear, and nothing here is a list of what a seller must give.
https://docs.stripe.com/connect/required-verification-information
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from babel import Locale

from marketplace.accounts import words
from marketplace.errors import Sentence
from marketplace.onboarding.api import choices
from marketplace.onboarding.api.dossier import subject_of
from marketplace.onboarding.api.places import Choices, place

ADDRESS = ("country", "line1", "line2", "town", "city", "state", "postal_code")


class Kind(StrEnum):
    """What sort of field an answer is typed into."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "tel"
    LINK = "url"
    LONG = "textarea"
    CHOICE = "select"
    TICK = "checkbox"
    NUMBER = "number"
    MONEY = "money"
    LIST = "list"
    FILE = "file"
    DECLARATION = "declaration"


@dataclass(frozen=True, slots=True)
class Question:
    """One field. `code` is its name in the form and, dotted, Stripe's name of what it gives.

    A `secret` is never shown again; `purpose` is that of an uploaded file.
    """

    code: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    autocomplete: str = "off"
    choices: Choices = ()
    longest: int = 200
    pattern: str = ""
    inputmode: str = ""
    secret: bool = False
    purpose: str = ""
    group: str = ""
    known: bool = True

    @property
    def key(self) -> str:
        """An id for labels and messages."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.code)


def _q(label: str, kind: Kind = Kind.TEXT, **more: object) -> Question:
    return replace(Question("", label, kind), **more)  # type: ignore[arg-type]


# Of a person, after `individual.` or `person_….`.
_PERSON: Mapping[str, Question] = {
    "first_name": _q("First name", autocomplete="given-name", longest=100, group="name"),
    "last_name": _q("Last name", autocomplete="family-name", longest=100, group="name"),
    "maiden_name": _q("Name at birth", longest=100),
    "full_name_aliases": _q(
        "Other names", Kind.LIST, help="Names you are or were known by, with commas between them."
    ),
    "email": _q("Email", Kind.EMAIL, autocomplete="email", longest=254),
    "phone": _q(
        "Phone",
        Kind.PHONE,
        autocomplete="tel",
        longest=30,
        help="With the country's prefix: +1 555 555 0100.",
    ),
    "dob.day": _q("Day", Kind.NUMBER, autocomplete="bday-day", longest=2, group="dob"),
    "dob.month": _q("Month", Kind.NUMBER, autocomplete="bday-month", longest=2, group="dob"),
    "dob.year": _q("Year", Kind.NUMBER, autocomplete="bday-year", longest=4, group="dob"),
    "gender": _q("Gender", Kind.CHOICE, choices=(("female", "Female"), ("male", "Male"))),
    "nationality": _q("Nationality", Kind.CHOICE),
    "political_exposure": _q(
        "Political office",
        Kind.CHOICE,
        choices=choices.EXPOSURE,
        help="High public office, held by this person, a close relative or an associate.",
    ),
    "ssn_last_4": _q(
        "Last four digits of the Social Security number",
        longest=4,
        pattern="[0-9]{4}",
        secret=True,
        inputmode="numeric",
    ),
    "id_number": _q("Identification number", longest=40, secret=True),
    "id_number_secondary": _q(
        "Second identification number",
        longest=40,
        secret=True,
        help="In Thailand, the laser code on the back of the card.",
    ),
    "relationship.title": _q("Job title", autocomplete="organization-title", longest=100),
    "relationship.percent_ownership": _q(
        "Share in the company, per cent", longest=6, inputmode="decimal", pattern="[0-9.,]{1,6}"
    ),
    "relationship.representative": _q(
        "Represents the company and may act for it",
        Kind.TICK,
        help="One person only. Somebody named later takes the place.",
    ),
    "relationship.owner": _q("Owns 25% or more of it", Kind.TICK),
    "relationship.director": _q("Sits on its board as a director", Kind.TICK),
    "relationship.executive": _q("Is a senior manager with responsibility for it", Kind.TICK),
    "relationship.authorizer": _q("Has authorised the representative", Kind.TICK),
    "relationship.legal_guardian": _q("Is the legal guardian of the representative", Kind.TICK),
}
# Whole names that are about the business.
_WHOLE: Mapping[str, Question] = {
    "business_type": _q("Kind of business", Kind.CHOICE, choices=choices.BUSINESS_TYPES),
    "business_profile.mcc": _q("What you sell", Kind.CHOICE, choices=choices.TRADES),
    "business_profile.name": _q(
        "Name of the business, as customers know it", autocomplete="organization"
    ),
    "business_profile.url": _q(
        "Website", Kind.LINK, autocomplete="url", longest=500, help="With https:// in front."
    ),
    "business_profile.product_description": _q(
        "What customers get from you",
        Kind.LONG,
        longest=40_000,
        help="What you sell, and when it reaches the customer.",
    ),
    "business_profile.support_email": _q("Email for customers", Kind.EMAIL, longest=254),
    "business_profile.support_phone": _q("Phone number for customers", Kind.PHONE, longest=30),
    "business_profile.support_url": _q("Web page for customers", Kind.LINK, longest=500),
    "business_profile.estimated_worker_count": _q("How many people work there", Kind.NUMBER),
    "business_profile.annual_revenue.amount": _q(
        "Revenue in the last year", Kind.MONEY, group="annual_revenue"
    ),
    "business_profile.annual_revenue.fiscal_year_end": _q(
        "Last day of that year",
        help="As 2025-12-31.",
        longest=10,
        pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}",
        group="annual_revenue",
    ),
    "business_profile.monthly_estimated_revenue.amount": _q("Revenue in a month", Kind.MONEY),
    "company.name": _q(
        "Registered name",
        autocomplete="organization",
        help="As it stands in the company register.",
    ),
    "company.phone": _q("Phone of the company", Kind.PHONE, autocomplete="tel", longest=30),
    "company.tax_id": _q("Company registration or tax number", longest=60, secret=True),
    "company.tax_id_registrar": _q("Court of registration", help="Such as Charlottenburg."),
    "company.vat_id": _q("VAT number", longest=60, secret=True),
    "company.registration_number": _q("Registration number", longest=60, secret=True),
    "company.structure": _q("Legal form", Kind.CHOICE, choices=choices.STRUCTURES),
    "company.registration_date.day": _q("Day", Kind.NUMBER, longest=2, group="registered"),
    "company.registration_date.month": _q("Month", Kind.NUMBER, longest=2, group="registered"),
    "company.registration_date.year": _q("Year", Kind.NUMBER, longest=4, group="registered"),
    "company.export_license_id": _q("Import Export Code", longest=60),
    "company.export_purpose_code": _q("Purpose code of exports", longest=20),
    "company.owners_provided": _q(
        "Everybody who owns 25% or more is named above, or nobody does", Kind.TICK
    ),
    "company.directors_provided": _q("All directors are named above", Kind.TICK),
    "company.executives_provided": _q("All senior managers are named above", Kind.TICK),
    "company.ownership_exemption_reason": _q(
        "Why no owners are named", Kind.CHOICE, choices=choices.EXEMPTIONS
    ),
    "company.ownership_declaration": _q(
        "What is said about the owners is true and complete", Kind.DECLARATION
    ),
    "company.directorship_declaration": _q(
        "What is said about the directors is true and complete", Kind.DECLARATION
    ),
    "company.representative_declaration": _q(
        "The representative may act for the company", Kind.DECLARATION
    ),
    "settings.payments.statement_descriptor": _q(
        "Name on card statements",
        longest=22,
        pattern=r"""[^<>\\'"*]{5,22}""",
        help="5 to 22 letters and digits, at least one letter.",
    ),
    "settings.card_payments.statement_descriptor_prefix": _q(
        "Short name on card statements",
        longest=10,
        pattern=r"""[^<>\\'"*]{2,10}""",
        help="2 to 10 letters and digits, at least one letter.",
    ),
}
_ADDRESS: Mapping[str, Question] = {
    "country": _q("Country", Kind.CHOICE, autocomplete="country"),
    "line1": _q("Street and number", autocomplete="address-line1"),
    "line2": _q("Floor, flat or suite", autocomplete="address-line2"),
    "town": _q("Town or district", autocomplete="address-level3"),
    "city": _q("City", autocomplete="address-level2", longest=100),
    "state": _q("State or region", autocomplete="address-level1", longest=100),
    "postal_code": _q("Postal code", autocomplete="postal-code", longest=20),
}
_SCRIPT = re.compile(r"_(kana|kanji)(?=\.|$)")


def ask(code: str, country: str, spoken: str = "en") -> Question:
    """The question for a requirement of an account in `country`, by Stripe's name of it.

    `spoken` is the language of the names of countries. Never fails: what is not known is asked
    with Stripe's own name as words.
    """
    if (paper := document(code)) is not None:
        return paper
    bare = _SCRIPT.sub("", code)
    script = _SCRIPT.search(code)
    found = _known(bare, country, spoken)
    if found is None:
        return Question(code, words.requirement(code), known=False)
    label = found.label
    if script:
        label = Sentence("{label} ({script})", label=Sentence(found.label), script=script[1])
    return replace(found, code=code, label=label)


def _known(code: str, country: str, spoken: str) -> Question | None:
    subject, here = subject_of(code), place(country)
    rest = code.removeprefix(f"{subject}.")
    if code in _WHOLE:
        return _of_business(_WHOLE[code], code, country)
    parent, _, last = code.rpartition(".")
    if last in _ADDRESS and "address" in parent.rpartition(".")[2]:
        return _of_address(last, parent, country, spoken)
    if parent.endswith("principal_place_of_business") and last in _ADDRESS:
        return _of_address(last, parent, country, spoken)
    if subject and subject != "company" and rest in _PERSON:
        found = _PERSON[rest]
        if rest == "id_number":
            return replace(found, label=here.id_number)
        if rest == "nationality":
            return replace(found, choices=countries(spoken))
        return found
    return None


def _of_business(found: Question, code: str, country: str) -> Question:
    if code == "company.tax_id":
        return replace(found, label=place(country).tax_id)
    if code == "company.structure" and country in choices.STRUCTURES_OF:
        return replace(found, choices=choices.STRUCTURES_OF[country])
    return found


def _of_address(part: str, parent: str, country: str, spoken: str) -> Question:
    here, found = place(country), replace(_ADDRESS[part], group=parent)
    if part == "country":
        return replace(found, choices=countries(spoken))
    if part == "postal_code":
        return replace(found, label=here.postal_code)
    if part == "city":
        return replace(found, label=here.city)
    if part == "state":
        kind = Kind.CHOICE if here.states else Kind.TEXT
        return replace(found, label=here.state, kind=kind, choices=here.states)
    return found


def countries(spoken: str) -> Choices:
    """Every country with its name, in the order of the names: people are from anywhere."""
    known = Locale.parse(spoken).territories
    pairs = ((code, str(name)) for code, name in known.items() if re.fullmatch("[A-Z]{2}", code))
    return tuple(
        sorted(
            (it for it in pairs if it[0] not in {"EU", "EZ", "UN", "ZZ", "XA", "XB"}),
            key=lambda pair: pair[1],
        )
    )


FRONT, BACK = "Front, or the page with the picture", "Back, if there is one"
DOCUMENT, MORE_PAGES = "Document", "Further pages, if any"
FOUR_DIGITS = "The last four digits are enough to begin with."
# Where a document goes: which sides it has, and for which purpose Stripe wants it uploaded.
_SIDES = re.compile(
    r"(?P<of>.*verification\.(document|additional_document))(\.(?P<side>front|back))?"
)
_PAPER = re.compile(r"(?P<of>(.*\.)?documents\.\w+)\.files")


def document(code: str) -> Question | None:
    """The question for a document or one side of it; None when this is about no document.

    https://docs.stripe.com/file-upload
    """
    if sides := _SIDES.fullmatch(code):
        of, side = sides["of"], sides["side"] or "front"
        purpose = "identity_document"
        if of.startswith("company.") or of.endswith("additional_document"):
            purpose = "additional_verification"
        label = BACK if side == "back" else FRONT
        if of.startswith("company."):
            label = MORE_PAGES if side == "back" else DOCUMENT
        return Question(f"{of}.{side}", label, Kind.FILE, purpose=purpose, group=of)
    if paper := _PAPER.fullmatch(code):
        return Question(code, DOCUMENT, Kind.FILE, purpose="account_requirement", group=paper["of"])
    return None


def wordings() -> Iterator[str]:
    """Every label, hint and choice that is written here, for translators."""
    for it in (*_PERSON.values(), *_WHOLE.values(), *_ADDRESS.values()):
        yield from (it.label, it.help, *(text for _, text in it.choices))
    yield from (FRONT, BACK, DOCUMENT, MORE_PAGES, FOUR_DIGITS)


def is_document(code: str) -> bool:
    """Whether a requirement is met by an upload."""
    return document(code) is not None


_ORDER = {code: number for number, code in enumerate((*_WHOLE, *_PERSON))}
_LAST = len(_ORDER)


def rank(question: Question) -> tuple[int, str, int]:
    """Where a question stands on its page: as people tell it, addresses after the person."""
    code = _SCRIPT.sub("", question.code)
    subject = subject_of(code)
    rest = code.removeprefix(f"{subject}.")
    if question.kind is Kind.FILE:
        return _LAST + 2, question.group, int(code.endswith("back"))
    parent, _, last = code.rpartition(".")
    if last in _ADDRESS and question.group == parent:
        found = _ORDER["dob.year" if subject != "company" else "company.phone"]
        return found, f"~{parent}", ADDRESS.index(last)
    number = _ORDER.get(code, _ORDER.get(rest))
    return (number, "", 0) if number is not None else (_LAST + 1, code, 0)
