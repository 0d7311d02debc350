"""Taking a design or not: what the rules forbid is refused by name before Stripe is asked.

The rule that bites: what Stripe only advises against, or opens to some platforms, is no refusal.
It needs somebody who has read the reasons and says so, once, when the choice is made.
https://docs.stripe.com/connect/design-an-integration
"""

from marketplace.design.choices import Design
from marketplace.design.rules import Judgement, Rule, Verdict, judge
from marketplace.errors import Invalid

UNREAD = "Read what speaks against this choice, and say that you know it."


def refuse(design: Design) -> Judgement:
    """Raise Invalid, with the rule's title, reason and name, when `design` cannot be built."""
    judged = judge(design)
    for rule in judged.obstacles:
        if rule.verdict is Verdict.REFUSED:
            raise Invalid(f"{rule.title}.", {"design": sentence(rule)})
    return judged


def accept(design: Design, *, knowing: bool) -> Judgement:
    """The judgement on a design that may be taken; `knowing` says that its rules were read.

    Raises Invalid for one that is refused, and for one that has obstacles unless `knowing`.
    """
    judged = refuse(design)
    if judged.obstacles and not knowing:
        raise Invalid(UNREAD, {"knowing": UNREAD})
    return judged


def sentence(rule: Rule) -> str:
    """A rule in one breath, its name last, by which the guide and the sources are found."""
    return f"{rule.title}. {rule.why} (Rule {rule.id}.)"
