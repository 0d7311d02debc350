"""What was typed, read against the questions that were asked.

Pure. Only what the page asks for is read, so nobody can slip in a parameter of their own; what did
not change is not sent again, because Stripe checks anew whatever it is told. The rule that bites:
an empty secret means "as it was", an empty line that had something in it means "take it away".
https://docs.stripe.com/connect/api-onboarding
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.errors import Sentence
from marketplace.money import Money, NotAnAmount
from marketplace.onboarding.api.questions import Kind
from marketplace.onboarding.api.steps import Field

_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SPLIT = re.compile(r"\s*,\s*")
HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """Who agreed: when (UTC-aware), from which address, with which browser."""

    date: datetime
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What is to be sent, by the names of v1, and what cannot be, with the reason.

    A date or an address is here wholly or not at all.
    """

    values: Mapping[str, Any]
    faults: Mapping[str, str]


def read(
    fields: Iterable[Field],
    typed: Mapping[str, str],
    currency: str = "usd",
    *,
    all_new: bool = False,
) -> Answers:
    """Read a form. `typed` maps field names to text; a tick that is not set is not in it.

    Uploads are no text and are left out here. Amounts are typed in `currency`. `all_new` says that
    Stripe knows none of it yet, so what the fields began with counts as typed.
    """
    asked = [it for it in fields if it.question.kind is not Kind.FILE]
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in asked:
        try:
            values[field.code] = _read(field, typed.get(field.code, "").strip(), currency)
        except ValueError as fault:
            faults[field.code] = fault.args[0]
    if not faults:
        faults.update(_nothing_of_a_choice(asked, values))
    changed = {
        it.code
        for it in asked
        if it.code in values and (_is_news(it, values[it.code]) or (all_new and values[it.code]))
    }
    groups = {it.question.group for it in asked if it.code in changed and _is_whole(it)}
    told = {
        it.code: values[it.code]
        for it in asked
        if it.code in changed or (_is_whole(it) and it.question.group in groups)
        if values.get(it.code) is not None
        if values[it.code] != "" or it.value
    }
    money = [it.code for it in asked if it.question.kind is Kind.MONEY and it.code in told]
    told |= {f"{code.removesuffix('.amount')}.currency": currency for code in money}
    return Answers(told, faults)


def _is_whole(field: Field) -> bool:
    """Whether this is a part of something that Stripe takes only as a whole."""
    group = field.question.group
    return bool(group) and group != "name" and field.question.kind is not Kind.FILE


def _is_news(field: Field, value: Any) -> bool:  # noqa: ANN401 - text, numbers, lists, truth
    if value is None:
        return False
    if isinstance(value, bool):
        return value is not (field.value == "yes")
    if field.question.kind is Kind.LIST:
        return ", ".join(value) != field.value
    return str(value) != field.value


def _read(field: Field, text: str, currency: str) -> Any:  # noqa: ANN401 - text, numbers, lists, truth
    """One answer as Stripe takes it; None for a secret left as it was.

    Raises ValueError with a `Sentence` for whoever typed it.
    """
    question = field.question
    if question.kind in {Kind.TICK, Kind.DECLARATION}:
        if field.needed and not text and not field.value:
            raise ValueError(Sentence("This has to be confirmed."))
        return bool(text) if question.kind is Kind.TICK or text else None
    if not text:
        if field.needed and not (question.secret and field.given):
            raise ValueError(Sentence("Stripe needs an answer here."))
        return None if question.secret else ([] if question.kind is Kind.LIST else "")
    if len(text) > question.longest:
        raise ValueError(Sentence("Write at most {most} characters.", most=question.longest))
    return _READERS.get(question.kind, _text)(field, text, currency)


def _text(field: Field, text: str, _currency: str) -> object:
    question = field.question
    if question.code.endswith("percent_ownership"):
        return _per_cent(text)
    if question.pattern and not re.fullmatch(question.pattern, text):
        raise ValueError(Sentence(question.help or "This does not look right."))
    return text


def _per_cent(text: str) -> str:
    try:
        share = Decimal(text.replace(",", ".").removesuffix("%").strip())
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 < share <= HUNDRED:
        raise ValueError(Sentence("Write a number of per cent, from 1 to 100."))
    return f"{share:f}"


def _email(_field: Field, text: str, _currency: str) -> object:
    if not _EMAIL.fullmatch(text):
        raise ValueError(Sentence("Write an email address, like name@example.com."))
    return text


def _number(_field: Field, text: str, _currency: str) -> object:
    if not _WHOLE.fullmatch(text):
        raise ValueError(Sentence("Write digits only."))
    return int(text)


def _link(_field: Field, text: str, _currency: str) -> object:
    return text if "://" in text else f"https://{text}"


def _choice(field: Field, text: str, _currency: str) -> object:
    if text != field.value and text not in dict(field.question.choices):
        raise ValueError(Sentence("Choose one of the list."))
    return text


def _money(_field: Field, text: str, currency: str) -> object:
    try:
        return Money.parse(text, currency).amount
    except NotAnAmount as fault:
        raise ValueError(Sentence(fault.template, **fault.values)) from fault


def _list(_field: Field, text: str, _currency: str) -> object:
    return [one for one in _SPLIT.split(text) if one]


_READERS = {
    Kind.EMAIL: _email,
    Kind.NUMBER: _number,
    Kind.LINK: _link,
    Kind.CHOICE: _choice,
    Kind.MONEY: _money,
    Kind.LIST: _list,
}


def _nothing_of_a_choice(asked: list[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Where one of several may be answered, one of them has to be."""
    return {
        it.code: Sentence("Answer this or the other question beside it.")
        for it in asked
        if it.either
        and not values.get(it.code)
        and not any(values.get(other) for other in it.either)
    }
