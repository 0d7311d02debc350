"""Form fields that know about money.

The rule that bites: WTForms' DecimalField takes Infinity and 1e400 and dies of sNaN, and Python's
`int` takes 1_000 and digits of every script. An amount is read by `Money.parse` and nothing else.
"""

import re
from collections.abc import Callable
from typing import Any

from babel import Locale
from wtforms import Field, ValidationError
from wtforms.widgets import TextInput

from marketplace.errors import Sentence
from marketplace.money import CURRENCIES, Money, NotAnAmount, can_be_charged, minimum_charge
from marketplace.web import language

_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_PERCENT = re.compile("([0-9]{1,3})(?:[.,]([0-9]{1,2}))?", re.ASCII)


class MoneyField(Field):
    """An amount typed by a person; `data` is a Money. `currency` says in what, at validation."""

    widget = TextInput()

    def __init__(
        self,
        label: str | None = None,
        validators: list[Any] | None = None,
        *,
        currency: Callable[[Any], str],
        **kwargs: Any,  # noqa: ANN401 - WTForms' own
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.currency = currency
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return self.data.typed() if isinstance(self.data, Money) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was typed; it is read when the currency is known."""
        if valuelist:
            self.typed = valuelist[0]
            self.data = None

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401 - WTForms' own
        """Read the amount; the field's error says what is wrong with it."""
        try:
            self.data = Money.parse(self.typed or "", self.currency(form))
        except NotAnAmount as error:
            raise ValidationError(Sentence(error.template, **error.values)) from error
        except ValueError as error:  # no currency either, whose own field says so
            raise ValidationError(Sentence("This cannot be charged.")) from error


class OptionalMoneyField(MoneyField):
    """An amount that may be left out; `data` is None then."""

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401 - WTForms' own
        """Read the amount, if there is one."""
        if (self.typed or "").strip():
            super().pre_validate(form)

    @property
    def amount(self) -> int | None:
        """The minor units, or None when nothing was typed."""
        return self.data.amount if isinstance(self.data, Money) else None


class PercentField(Field):
    """A share of up to two decimals; `data` is in basis points, so 2.9 is 290."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, rest = divmod(int(self.data), 100)
        return f"{whole}.{rest:02}".rstrip("0").rstrip(".")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the share; raises ValueError, which WTForms shows beside the field."""
        typed = valuelist[0].strip(" %") if valuelist else ""
        self.data = None
        found = _PERCENT.fullmatch(typed)
        if found is None:
            raise ValueError(Sentence("Write a percentage like 10 or 2.9."))
        self.data = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


class CountField(Field):
    """A whole number of ASCII digits; `data` is an int, or None when nothing was typed."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the digits; raises ValueError, which WTForms shows beside the field."""
        typed = valuelist[0].strip(" ") if valuelist else ""
        self.data = None
        if typed and not _WHOLE.fullmatch(typed):
            raise ValueError(Sentence("Write a whole number."))
        if typed:
            self.data = int(typed)


def chargeable(_form: object, field: MoneyField) -> None:
    """Validate that Stripe would charge this amount."""
    if not isinstance(field.data, Money) or can_be_charged(field.data):
        return
    least = minimum_charge(field.data.currency)
    if least is None:
        raise ValidationError(Sentence("This cannot be charged."))
    raise ValidationError(Sentence("The least that can be charged is {least}.", least=least))


def currency_choices(first: str) -> list[tuple[str, str]]:
    """Every currency that Stripe charges in, the shop's own at the top."""
    names = Locale.parse(language.locale()).currencies
    rest = sorted(CURRENCIES - {first})
    return [(it, f"{it.upper()}: {names.get(it.upper(), it.upper())}") for it in (first, *rest)]
