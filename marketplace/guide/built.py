"""What of a design this shop does itself, read from the registries that the shop runs by.

The rule that bites: a sentence about what is built goes stale with the next commit; a look into the
registry does not. Dashboards, who pays fees and who bears losses have no registry: the pages and
the ledger follow the seller's row, whatever it says, so all of those run.
"""

from importlib.util import find_spec

from marketplace import charges, onboarding, sellers
from marketplace.design import Choice, Dashboard, Design, FeePayer, LossOwner
from marketplace.guide.options import QUESTIONS, Question

# No set: enums of strings are equal when their text is, and `platform` is two choices.
_OTHERS: tuple[Choice, ...] = (*Dashboard, *FeePayer, *LossOwner)


def runs_here(choice: Choice) -> bool:
    """Whether the shop can run with this choice today."""
    registered: tuple[Choice, ...] = (
        *sellers.DOORS,
        *onboarding.WAYS,
        *charges.STRATEGIES,
        *_OTHERS,
    )
    return any(choice is known for known in registered)


def described_only(design: Design) -> list[Question]:
    """The questions that `design` answers in a way that the shop does not run yet."""
    return [q for q in QUESTIONS if not runs_here(q.chosen(design).choice)]


def exists(module: str) -> bool:
    """Whether a module of ours is there: `marketplace.charges.direct`."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
