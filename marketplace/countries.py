"""Where a shop can be opened, in which currency it sells, and under which agreement it is paid.

The Stripe object is a CountrySpec: the platform's own names the countries that it can transfer to,
each other names its currency. They are fetched once a day as a chore and kept in a table, so no
page waits for Stripe; until they were fetched, the platform's own region stands in. The rule that
bites: a balance can be transferred freely inside one region only. Beyond it, a platform in the
United States may pay accounts under the recipient agreement, which can do nothing but be paid; any
other platform may not, and an account made there all the same fails at its first sale.
https://docs.stripe.com/api/country_specs https://docs.stripe.com/connect/cross-border-payouts
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from babel import Locale
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock
from marketplace.accounts import countries as regional
from marketplace.database import phase
from marketplace.errors import StripeError
from marketplace.gateway.failures import translating
from marketplace.models import CountrySpec, ServiceAgreement

FRESH = timedelta(days=1)
# Whose sellers can be paid elsewhere under the recipient agreement.
PAYS_ABROAD = "US"
# Paid from abroad by separate transfers and top-ups only; a destination charge is refused.
NEEDS_SEPARATE = frozenset({"BR", "IN", "TH"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A country where a shop can be opened."""

    code: str
    currency: str
    agreement: ServiceAgreement


def offered(session: orm.Session, home: str | None) -> Mapping[str, Place]:
    """Where shops can be, by code; `home` is the platform's country, None while it is unknown.

    One query.
    """
    known = {row.code: row.currency for row in session.scalars(sa.select(CountrySpec))}
    if not known:
        known = {code: regional.currency(code) for code in regional.OFFERED}
    places = {}
    for code, currency in known.items():
        agreement = agreement_of(code, home)
        if agreement is not None:
            # A country that adopted the euro is there before every list says so.
            places[code] = Place(code, regional.NEWER.get(code, currency), agreement)
    return places


def agreement_of(code: str, home: str | None) -> ServiceAgreement | None:
    """Under which agreement a platform in `home` can pay an account in `code`, if it can."""
    home = home or PAYS_ABROAD
    if code == home or {code, home} <= set(regional.OFFERED):
        return ServiceAgreement.FULL
    if home == PAYS_ABROAD:
        return ServiceAgreement.RECIPIENT
    return None


def names(places: Mapping[str, Place], spoken: str = "en") -> tuple[tuple[str, str], ...]:
    """The places as pairs of code and name, in the order of the names."""
    known = Locale.parse(spoken).territories
    return tuple(sorted(((it, str(known.get(it, it))) for it in places), key=lambda pair: pair[1]))


def learn(session: orm.Session, stripe: StripeClient) -> None:
    """Fetch the country specs if those we have are older than a day; a chore. Commits.

    Two or three calls, or none. What Stripe cannot say now stays as it was.
    https://docs.stripe.com/api/country_specs/list
    """
    oldest = session.scalar(sa.select(sa.func.min(CountrySpec.refreshed_at)))
    session.commit()  # no transaction may stay open while Stripe is asked
    if oldest is not None and oldest > clock.now() - FRESH:
        return
    try:
        found = _fetched(stripe)
    except StripeError as error:
        log.warning("the country specs: %s", error.for_operator())
        return
    with phase(session):
        session.execute(sa.delete(CountrySpec))
        now = clock.now()
        session.add_all(
            CountrySpec(code=code, currency=currency, refreshed_at=now)
            for code, currency in sorted(found.items())
        )


def _fetched(stripe: StripeClient) -> dict[str, str]:
    """The currency of each country that the platform can transfer to."""
    with translating():
        own = stripe.v1.accounts.retrieve_current()
        listed = stripe.v1.country_specs.list({"limit": 100})
        specs = {it.id: it for it in listed.auto_paging_iter()}
    home = specs.get(own.country or "")
    payable = set(home.supported_transfer_countries) if home else set(specs)
    return {code: it.default_currency for code, it in specs.items() if code in payable}
