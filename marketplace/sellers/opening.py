"""Opening a shop: a row of ours, before Stripe hears of anybody.

The rule that bites: most of the design is fixed when Stripe makes the account, so the row keeps its
own copy of every choice from the first day.
https://docs.stripe.com/connect/design-an-integration
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import countries, platform
from marketplace.accounts.applicant import is_reachable
from marketplace.countries import Place
from marketplace.design import ChargeType, Design
from marketplace.design.acceptance import refuse
from marketplace.errors import Invalid, Sentence
from marketplace.models import (
    AccountStatus,
    Invitation,
    PlatformSettings,
    Role,
    Seller,
    ServiceAgreement,
    User,
)
from marketplace.sellers.lists import by_slug, of

LONGEST_NAME = 80
LONGEST_TOLD = 500
NO_NAME = Sentence("Write a name of at most {most} characters.", most=LONGEST_NAME)
ONLY_PAID = Sentence(
    "Sellers there can be paid by the marketplace, and cannot be charged themselves."
)
ONLY_LATER = Sentence("Sellers there are paid by separate transfers only.")
_MCC = re.compile("[0-9]{4}", re.ASCII)
# What a commission has beside its percentage: amounts of the platform's currency.
AMOUNTS = {"fee_fixed": 0, "fee_min": None, "fee_max": None}
# What a shop is opened with besides its design.
AGREED = ("fee_bps", "fee_fixed", "fee_min", "fee_max", "split", "on_behalf_of", "transfer_when")


@dataclass(frozen=True, slots=True)
class About:
    """What a seller tells of the shop at once, so that Stripe need not ask; all of it may be empty.

    `mcc` is a merchant category code.
    """

    website: str = ""
    sells: str = ""
    mcc: str = ""

    def faults(self) -> dict[str, str]:
        """What of it cannot be used, by the name of the field."""
        found: dict[str, str] = {}
        web = self.website.startswith(("https://", "http://")) and is_reachable(self.website)
        if self.website and (not web or len(self.website) > LONGEST_TOLD):
            found["website"] = Sentence("Write the whole address, as https://shop.example.com.")
        if len(self.sells) > LONGEST_TOLD:
            found["sells"] = Sentence("Write at most {most} characters.", most=LONGEST_TOLD)
        if self.mcc and not _MCC.fullmatch(self.mcc):
            found["mcc"] = Sentence("Choose one of the list.")
        return found


NOTHING = About()


def unsuitable(
    country: str, agreement: ServiceAgreement, design: Design, *, on_behalf_of: bool
) -> str | None:
    """Why a shop of this design cannot be there; None when it can.

    https://docs.stripe.com/connect/service-agreement-types#recipient
    https://docs.stripe.com/connect/cross-border-payouts
    """
    if agreement is ServiceAgreement.FULL:
        return None
    if design.charge_type is ChargeType.DIRECT or on_behalf_of:
        return ONLY_PAID
    if design.charge_type is ChargeType.DESTINATION and country in countries.NEEDS_SEPARATE:
        return ONLY_LATER
    return None


def suitable(
    places: Mapping[str, Place], design: Design, *, on_behalf_of: bool
) -> Mapping[str, Place]:
    """Those of `places` where a shop of this design can be."""
    return {
        code: place
        for code, place in places.items()
        if not unsuitable(code, place.agreement, design, on_behalf_of=on_behalf_of)
    }


def open_shop(
    session: orm.Session,
    user: User,
    *,
    name: str,
    country: str,
    design: Design | None = None,
    terms: PlatformSettings | Invitation | None = None,
    about: About = NOTHING,
) -> Seller:
    """Open the shop of `user`, or return the one that is open already. Flushes, commits not.

    Sells in the currency of `country`, on `terms` or else on what the platform offers to
    everybody; a `design` stands above both. Of a commission that was written in another currency,
    only the percentage is taken. Most of it stays for good. Nothing is asked of Stripe yet.
    Raises Invalid with the fields that cannot be used, or with the name of the rule that forbids
    the design.
    """
    opened = of(session, user)
    if opened is not None:
        return opened
    agreed = terms or platform.settings(session)
    design = design or agreed.design
    refuse(design)
    name = " ".join(name.split())
    place = _place(session, name, country, design, about, on_behalf_of=agreed.on_behalf_of)
    home = platform.typed_in(platform.settings(session))
    seller = Seller(
        user_id=user.id,
        shop_name=name,
        country=country,
        currency=place.currency,
        service_agreement=place.agreement,
        email=user.email,
        website=about.website or None,
        sells=about.sells or None,
        mcc=about.mcc or None,
        **terms_as_columns(agreed, design, same=place.currency == home),
    )
    return _insert(session, user, seller)


def adopt(session: orm.Session, user: User, invitation: Invitation, *, name: str) -> Seller:
    """Open the shop of `user` with the account that an invitation brings. Flushes, commits not.

    What Stripe says of the account is read by the next `refresh`. Raises Invalid with the fields
    that cannot be used.
    """
    name = " ".join((name or invitation.shop_name or "").split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid("The shop cannot be opened like this.", {"name": NO_NAME})
    home = platform.typed_in(platform.settings(session))
    seller = Seller(
        user_id=user.id,
        shop_name=name,
        country=invitation.country or "",
        currency=invitation.currency or "",
        email=user.email,
        stripe_id=invitation.stripe_id,
        account_status=AccountStatus.CREATED,
        service_agreement=_agreement(session, invitation),
        **terms_as_columns(invitation, invitation.design, same=invitation.currency == home),
    )
    return _insert(session, user, seller)


def _place(
    session: orm.Session,
    name: str,
    country: str,
    design: Design,
    about: About,
    *,
    on_behalf_of: bool,
) -> Place:
    """Where the new shop will be. Raises Invalid with every field that cannot be used."""
    faults: dict[str, str] = {}
    if not 0 < len(name) <= LONGEST_NAME:
        faults["name"] = NO_NAME
    place = countries.offered(session, platform.settings(session).country).get(country)
    if place is None:
        faults["country"] = Sentence("Choose a country from the list.")
    elif fault := unsuitable(country, place.agreement, design, on_behalf_of=on_behalf_of):
        faults["country"] = fault
    faults |= about.faults()
    if place is None or faults:
        raise Invalid("The shop cannot be opened like this.", faults)
    return place


def _agreement(session: orm.Session, invitation: Invitation) -> ServiceAgreement:
    """The agreement that an account brought along must have to be paid by this platform.

    Only v1 says it of an account; who is beyond the region is paid as a recipient or not at all.
    """
    home = platform.settings(session).country
    needed = countries.agreement_of(invitation.country or "", home)
    if needed is None or invitation.charge_type is ChargeType.DIRECT:
        return ServiceAgreement.FULL
    return needed


def terms_as_columns(
    agreed: PlatformSettings | Invitation, design: Design, *, same: bool
) -> dict[str, Any]:
    """A design and the terms beside it, as the columns of a new `Seller`.

    `same` tells whether the shop's currency is the one in which the terms are written.
    """
    columns = asdict(design) | {name: getattr(agreed, name) for name in AGREED}
    return columns if same else columns | AMOUNTS


def _insert(session: orm.Session, user: User, seller: Seller) -> Seller:
    """Insert under the first free slug; two that open the same shop at once get the same one."""
    if user.role is Role.BUYER:
        user.role = Role.SELLER
    stem = _slug(seller.shop_name)
    for number in range(1, 100):
        seller.slug = stem if number == 1 else f"{stem}-{number}"
        if by_slug(session, seller.slug) is not None:
            continue
        try:
            with session.begin_nested():
                session.add(seller)
        except IntegrityError:
            opened = of(session, user)
            if opened is not None:
                return opened
            continue
        return seller
    taken = Sentence("Choose another name.")
    raise Invalid("The shop cannot be opened like this.", {"name": taken})


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-") or "shop"
