"""What we know of a seller before Stripe does: the same for both Accounts APIs.

It becomes the pre-filled part of an Account. The rule that bites: once the seller has seen Stripe's
onboarding, what we know about the person can be written no more, so it is all given at the start.
https://docs.stripe.com/connect/hosted-onboarding
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

# Miscellaneous and specialty retail: what most shops of a mixed marketplace are.
# https://docs.stripe.com/connect/setting-mcc
MCC = "5999"
# A statement descriptor has 5 to 22 signs, at least one letter, and none of these.
# https://docs.stripe.com/get-started/account/statement-descriptors
SHORTEST, LONGEST = 5, 22
_FORBIDDEN = re.compile(r"""[<>\\'"*]|[^\x20-\x7e]""")


@dataclass(frozen=True, slots=True)
class Applicant:
    """A seller without an account. `token` finds the account again.

    `website`, `description` and `trade` (a merchant category code) are what the seller told; a
    `recipient` can be paid and do nothing else.
    """

    token: str
    shop_name: str
    email: str
    country: str
    shop_url: str | None = None
    website: str | None = None
    description: str | None = None
    trade: str | None = None
    recipient: bool = False

    @property
    def mcc(self) -> str:
        """The merchant category code: what was chosen, or that of a mixed shop."""
        return self.trade or MCC

    @property
    def statement_descriptor(self) -> str | None:
        """The shop's name as it can stand on card statements; None when too little is left of it.

        https://docs.stripe.com/get-started/account/statement-descriptors
        """
        plain = unicodedata.normalize("NFKD", self.shop_name).encode("ascii", "ignore").decode()
        kept = " ".join(_FORBIDDEN.sub("", plain).split())[:LONGEST].strip()
        usable = len(kept) >= SHORTEST and any(sign.isalpha() for sign in kept)
        return kept.upper() if usable else None

    @property
    def sells(self) -> str:
        """The description of the goods that Stripe asks for."""
        return self.description or f"Goods that {self.shop_name} offers in our marketplace"

    @property
    def public_url(self) -> str | None:
        """The seller's website, or the shop's address here; None for what Stripe cannot see."""
        known = (self.website, self.shop_url)
        return next((url for url in known if url and is_reachable(url)), None)


def is_reachable(url: str) -> bool:
    """Tell whether Stripe could look at this address; it refuses names of the local network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".test", ".internal"))
