"""What we know of a seller before Stripe does: the same for both Accounts APIs.

It becomes the pre-filled part of an Account. The rule that bites: once the seller has seen Stripe's
onboarding, what we know about the person can be written no more, so it is all given at the start.
https://docs.stripe.com/connect/hosted-onboarding
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

# Miscellaneous and specialty retail: what most shops of a mixed marketplace are.
# https://docs.stripe.com/connect/setting-mcc
MCC = "5999"


@dataclass(frozen=True, slots=True)
class Applicant:
    """A seller without an account. `token` finds the account again."""

    token: str
    shop_name: str
    email: str
    country: str
    shop_url: str | None = None

    @property
    def sells(self) -> str:
        """The description of the goods that Stripe asks for."""
        return f"Goods that {self.shop_name} offers in our marketplace"

    @property
    def public_url(self) -> str | None:
        """The shop's address, if Stripe could look at it."""
        return self.shop_url if self.shop_url and is_reachable(self.shop_url) else None


def is_reachable(url: str) -> bool:
    """Tell whether Stripe could look at this address; it refuses names of the local network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".test", ".internal"))
