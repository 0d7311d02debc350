"""The people and the shop that a first start finds in place, in the sandbox only.

Everything goes through the same concepts as a visitor's clicks: an account is made at the sandbox,
its hosted onboarding page is filled in over HTTP, the products are offered. Each step looks first
whether it was done, so a start that was interrupted is completed by the next one.
"""

import subprocess
import sys
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import catalogue, onboarding, people, sellers
from marketplace.catalogue import Offer
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.models import Product, Role, Seller, User
from marketplace.money import Money

PASSWORD = "a friendly demo"  # noqa: S105 - printed at the start, for people of the sandbox only
ONBOARDING_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    name: str
    role: Role

    @property
    def email(self) -> str:
        """Made of the first name; `people.DEMO_DOMAIN` marks whom one click may become."""
        return f"{self.name.split()[0].lower()}@{people.DEMO_DOMAIN}"


OPERATOR = Person("Olivia Park", Role.OPERATOR)
SELLER = Person("Sam Ortiz", Role.SELLER)
NEWCOMER = Person("Nadia Haddad", Role.BUYER)
BUYER = Person("Ben Fischer", Role.BUYER)
PEOPLE = (OPERATOR, SELLER, NEWCOMER, BUYER)
SHOP = "Lumen Candles"
COUNTRY = "US"
# Minor units of the shop's currency. One thing is single, so that it can be sold out.
OFFERS = (
    Offer("Cedar candle", "Hand-poured soy wax, burns for 40 hours.", Money(2400, "usd"), 25),
    Offer("Beeswax pair", "Two tapered candles of pure beeswax.", Money(1800, "usd"), None),
    Offer("Brass snuffer", "Puts a flame out without smoke.", Money(3250, "usd"), 8),
    Offer("Glass lantern", "The last one from the old workshop.", Money(6900, "usd"), 1),
)


def prepare(
    sessions: orm.sessionmaker[orm.Session], stripe: StripeClient, settings: Settings
) -> None:
    """Make whatever of the demo is missing. Calls the sandbox only while its seller is new."""
    with sessions() as session:
        with phase(session):
            for person in PEOPLE:
                _person(session, person)
            owner = _person(session, SELLER)
            seller = sellers.open_shop(session, owner, name=SHOP, country=COUNTRY)
        if not seller.details_submitted:
            _onboard(session, stripe, seller, settings)
        with phase(session):
            for number, offer in enumerate(OFFERS):
                _offer(session, seller, offer, number)


def _person(session: orm.Session, person: Person) -> User:
    return people.by_email(session, person.email) or people.sign_up(
        session, email=person.email, name=person.name, password=PASSWORD, role=person.role
    )


def _onboard(
    session: orm.Session, stripe: StripeClient, seller: Seller, settings: Settings
) -> None:
    addresses = onboarding.Addresses(
        return_url=f"{settings.public_url}/sell/onboarding/return",
        refresh_url=f"{settings.public_url}/sell/onboarding/refresh",
        page_url=f"{settings.public_url}/sell/onboarding",
    )
    link = onboarding.start(session, stripe, seller, addresses)
    # The link goes through a pipe: a command line is for every user of the machine to read.
    subprocess.run(
        [sys.executable, "-m", "marketplace.sandbox.hands", "onboard", "-"],
        input=link,
        text=True,
        stdout=subprocess.DEVNULL,
        timeout=ONBOARDING_SECONDS,
        check=True,
    )
    sellers.refresh(session, stripe, seller.stripe_id or "")


def _offer(session: orm.Session, seller: Seller, offer: Offer, number: int) -> None:
    taken = sa.select(Product.id).where(
        Product.seller_id == seller.id, Product.title == offer.title
    )
    if session.scalar(taken) is None:
        catalogue.offer(session, seller, offer, nonce=f"demo-{number}")
