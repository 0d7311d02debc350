"""In which language a guide speaks: a look-up of its sentences, and a locale for its amounts.

Rules, options and steps are written in English where they are decided, and stay data; whoever shows
them passes each sentence through a voice. The rule that bites: a sentence is looked up by its
English, so values are filled in after the look-up and never before, and names that programs read
(parameters, events, verdicts in JSON) are not looked up at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_percent

from marketplace.money import BASIS_POINTS, Money


@dataclass(frozen=True, slots=True)
class Voice:
    """`say` finds the sentence of the language; `locale` says how amounts are written in it."""

    say: Callable[[str], str]
    locale: str

    def tell(self, sentence: str, **values: object) -> str:
        """The sentence with its `{places}` filled."""
        return self.say(sentence).format(**values)

    def money(self, amount: Money) -> str:
        """An amount as the readers of this language write it."""
        return amount.format(self.locale)

    def percent(self, bps: int) -> str:
        """Basis points as the readers of this language write them: "2.9%"."""
        return format_percent(Decimal(bps) / BASIS_POINTS, "#,##0.##%", self.locale)


ENGLISH = Voice(str, "en_US")
