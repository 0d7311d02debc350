"""Where a seller comes back to: the addresses of ours that a way of onboarding may need.

The rule that bites: they leave the house, so they are absolute, carry no state, and are made from
the public address of the shop.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """`return_url` and `refresh_url` are for Stripe's pages; `page_url` asks on a page of ours."""

    return_url: str
    refresh_url: str
    page_url: str
