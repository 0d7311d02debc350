"""What a basket would cost now, shop by shop, and what stands in the way of buying it.

Nothing exists at Stripe yet. The rule that bites: a basket remembers only products and quantities;
prices, stock and whether the seller can be paid are read at each look, and again under a lock when
the order is placed, because all of them change in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import charges, sellers
from marketplace.charges import fees
from marketplace.charges.strategy import Party
from marketplace.design import ChargeType, FeePayer
from marketplace.errors import Sentence
from marketplace.models import Product, Seller
from marketplace.money import Money, can_be_charged, minimum_charge

MOST_LINES = 20
MOST_OF_ONE = 99


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of a product. Nothing about money: the buyer does not decide that."""

    product_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """A product in a basket at today's price. `problem` says why it cannot be bought like this."""

    product: Product
    quantity: int
    total: Money
    problem: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What one shop's part of a basket costs. `problem` is about the shop or the sum, not a line.

    `commission` is what the marketplace keeps; `shortfall` by how much Stripe's estimated fee
    exceeds it where the marketplace pays that fee, or None.
    """

    seller: Seller
    lines: Sequence[Line]
    total: Money
    commission: Money
    shortfall: Money | None
    problem: str | None

    @property
    def can_be_bought(self) -> bool:
        """Whether nothing stands in the way."""
        return self.problem is None and all(line.problem is None for line in self.lines)


def quotes(session: orm.Session, basket: Iterable[Wanted], *, lock: bool = False) -> list[Quote]:
    """Price a basket, one quote per shop in the order of the basket; one query.

    Products that do not exist are left out. With `lock` the products keep still until the phase
    ends.
    """
    wanted = {item.product_id: item.quantity for item in basket}
    query = (
        sa.select(Product)
        .where(Product.id.in_(wanted))
        .options(orm.joinedload(Product.seller))
        .order_by(Product.id)  # everybody locks in the same order, so nobody waits in a circle
    )
    if lock:
        query = query.with_for_update(of=Product).execution_options(populate_existing=True)
    found = {product.id: product for product in session.scalars(query)}
    shops: dict[int, list[Product]] = {}
    for product_id in wanted:
        if product_id in found:
            shops.setdefault(found[product_id].seller_id, []).append(found[product_id])
    return [_quote(products, wanted) for products in shops.values()]


def _quote(products: Sequence[Product], wanted: dict[int, int]) -> Quote:
    seller = products[0].seller
    currency = products[0].currency
    lines = [_line(product, wanted[product.id], currency) for product in products]
    total = sum((line.total for line in lines), Money.zero(currency))
    commission = fees.agreed(total, sellers.terms(seller))
    return Quote(
        seller=seller,
        lines=lines,
        total=total,
        commission=commission,
        shortfall=loss(seller.charge_type, seller.fee_payer, total, commission),
        problem=_problem(seller, total),
    )


def loss(
    charge_type: ChargeType, fee_payer: FeePayer, total: Money, commission: Money
) -> Money | None:
    """What the marketplace loses on a sale by Stripe's estimated fee; None where it loses nothing.

    The break-even guard at the sale. Nothing is lost where the seller pays Stripe's fee.
    """
    if charges.of(charge_type).roles(fee_payer).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.shortfall(total, commission)


def guard(seller: Seller, currency: str) -> str | None:
    """Warn of the sales in `currency` on which the marketplace loses money; None without any."""
    if charges.of(seller.charge_type).roles(seller.fee_payer).pays_stripe_fee is Party.SELLER:
        return None
    return fees.guard(sellers.terms(seller), currency)


def _line(product: Product, quantity: int, currency: str) -> Line:
    problem = None
    total = product.price.times(quantity)
    if not product.active:
        problem = Sentence("This is no longer for sale.")
    elif product.currency != currency:
        problem = Sentence("This has another currency; order it on its own.")
        total = Money.zero(currency)
    elif product.stock == 0:
        problem = Sentence("This is sold out.")
    elif product.stock is not None and product.stock < quantity:
        problem = Sentence("Only {left} left.", left=product.stock)
    return Line(product, quantity, total, problem)


def _problem(seller: Seller, total: Money) -> str | None:
    if not sellers.can_be_bought_from(seller):
        return Sentence("{shop} cannot take payments at the moment.", shop=seller.shop_name)
    if not can_be_charged(total):
        least = minimum_charge(total.currency)
        below = least is not None and total < least
        if below:
            return Sentence("The least that can be paid is {least}.", least=least)
        return Sentence("This cannot be paid at once.")
    return None
