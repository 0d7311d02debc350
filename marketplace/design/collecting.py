"""How much Stripe asks of a seller at the start: all that it will ever ask, or only what is due.

Not one of the six choices of a `Design`: it is said anew with every link and every component. The
rule that bites: a seller who was asked for little is asked again as sales grow, by a deadline, and
is switched off who does not see it.
https://docs.stripe.com/connect/hosted-onboarding#choose-your-onboarding-requirements
"""

from enum import StrEnum


class Collect(StrEnum):
    """The `fields` of Stripe's `collection_options`."""

    EVENTUALLY = "eventually_due"
    CURRENTLY = "currently_due"
