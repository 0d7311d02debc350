"""What sellers offer: products, their prices and how many are left.

Nothing of this exists at Stripe; a payment page is told a name, an amount and a quantity. The rule
that bites: a price comes from here only, in any currency that Stripe charges in; whatever a form
says about price, seller or currency at checkout is never looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import platform
from marketplace.database import lock
from marketplace.errors import Invalid, NotFound, Sentence
from marketplace.models import Product, Seller
from marketplace.money import CURRENCIES, Money, can_be_charged, minimum_charge

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 4000
MOST_STOCK = 1_000_000
PAGE = 25


@dataclass(frozen=True, slots=True)
class Offer:
    """What a seller says about a product. `stock` None never runs out; `image` is a kept name."""

    title: str
    description: str
    price: Money
    stock: int | None
    image_name: str | None = None


def offer(session: orm.Session, seller: Seller, what: Offer, *, nonce: str) -> Product:
    """Put a product on sale; the same form sent twice (one `nonce`) gives one product. Flushes.

    Raises Invalid with the fields that cannot be used; a currency in which no commission is agreed
    with the seller is one of them.
    """
    _check(what, seller)
    nonce = f"{seller.token}:{nonce}"[:80]  # a nonce seen elsewhere finds nobody else's product
    product = Product(seller_id=seller.id, form_nonce=nonce)
    _write(product, what)
    try:
        with session.begin_nested():
            session.add(product)
    except IntegrityError:
        return session.scalars(sa.select(Product).where(Product.form_nonce == nonce)).one()
    return product


def change(session: orm.Session, product: Product, what: Offer) -> Product:
    """Write what the seller now says. Orders keep the price of their day. Flushes.

    Raises Invalid with the fields that cannot be used.
    """
    _check(what, session.get_one(Seller, product.seller_id))
    lock(session, product)
    _write(product, what)
    session.flush()
    return product


def take_off(session: orm.Session, product: Product) -> None:
    """Take a product off sale; it stays for the orders that name it. Flushes."""
    product.active = False
    session.flush()


def put_back(session: orm.Session, product: Product) -> None:
    """Put a product on sale again. Flushes."""
    product.active = True
    session.flush()


def of_seller(session: orm.Session, seller: Seller, product_id: int) -> Product:
    """This seller's product; raises NotFound for everybody else's."""
    product = session.get(Product, product_id)
    if product is None or product.seller_id != seller.id:
        raise NotFound("There is no such product in your shop.")
    return product


def page(
    session: orm.Session, seller: Seller, *, before: int | None = None, limit: int = PAGE
) -> Sequence[Product]:
    """A seller's products, newest first, below the id `before`; one query."""
    query = sa.select(Product).where(Product.seller_id == seller.id)
    if before is not None:
        query = query.where(Product.id < before)
    return session.scalars(query.order_by(Product.id.desc()).limit(limit)).all()


def count(session: orm.Session, seller: Seller) -> int:
    """How many products this seller has on sale."""
    query = sa.select(sa.func.count()).select_from(Product)
    return session.scalar(query.where(Product.seller_id == seller.id, Product.active)) or 0


def on_sale(
    session: orm.Session,
    *,
    seller: Seller | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Sequence[Product]:
    """Products on sale, newest first, below the id `before`, with their sellers; one query."""
    query = sa.select(Product).where(Product.active).options(orm.joinedload(Product.seller))
    if seller is not None:
        query = query.where(Product.seller_id == seller.id)
    if before is not None:
        query = query.where(Product.id < before)
    return session.scalars(query.order_by(Product.id.desc()).limit(limit)).all()


def find_on_sale(session: orm.Session, product_id: int) -> Product:
    """A product that is on sale, with its seller; raises NotFound for any other."""
    query = sa.select(Product).where(Product.id == product_id, Product.active)
    product = session.scalar(query.options(orm.joinedload(Product.seller)))
    if product is None:
        raise NotFound("This product is not on sale.")
    return product


def _check(what: Offer, seller: Seller) -> None:
    faults: dict[str, str] = {}
    if not 0 < len(what.title.strip()) <= LONGEST_TITLE:
        faults["title"] = Sentence(
            "Write a title of at most {most} characters.", most=LONGEST_TITLE
        )
    if len(what.description) > LONGEST_DESCRIPTION:
        faults["description"] = Sentence(
            "Write at most {most} characters.", most=f"{LONGEST_DESCRIPTION:,}"
        )
    if what.price.currency not in CURRENCIES:
        faults["currency"] = Sentence("Choose a currency from the list.")
    elif (fault := platform.unagreed(seller, what.price.currency)) is not None:
        faults["currency"] = fault
    elif not can_be_charged(what.price):
        least = minimum_charge(what.price.currency)
        faults["price"] = (
            Sentence("The least is {least}.", least=least)
            if least
            else Sentence("This cannot be charged.")
        )
    if what.stock is not None and not 0 <= what.stock <= MOST_STOCK:
        faults["stock"] = Sentence(
            "Write a number up to {most}, or leave it empty.", most=f"{MOST_STOCK:,}"
        )
    if faults:
        raise Invalid("This product cannot be offered like this.", faults)


def _write(product: Product, what: Offer) -> None:
    product.title = " ".join(what.title.split())
    product.description = what.description.strip()
    product.amount, product.currency = what.price.amount, what.price.currency
    product.stock = what.stock
    product.image_name = what.image_name
