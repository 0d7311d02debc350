"""What a basket would cost now, payment by payment, and what stands in the way of buying it.

Nothing exists at Stripe yet. The rule that bites: a basket remembers only products and quantities;
prices, stock and whether the seller can be paid are read at each look, and again under a lock when
the order is placed, because all of them change in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import charges, platform, sellers
from marketplace.charges import borders, fees, prices
from marketplace.charges.borders import Crossing
from marketplace.charges.prices import Merchant, Rate
from marketplace.charges.strategy import Party
from marketplace.design import ChargeType, FeePayer
from marketplace.errors import Sentence
from marketplace.models import Order, Product, Seller, ServiceAgreement
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
class Part:
    """One shop's goods in a quote; `commission` is what the marketplace keeps of them."""

    seller: Seller
    lines: Sequence[Line]
    total: Money
    commission: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What is paid at once, and what it costs. `problem` is about a shop or the sum, not a line.

    One part, or, with separate charges and transfers, one for each shop. `shortfall` is by how much
    Stripe's estimated fee exceeds the commission where the marketplace pays that fee, or None.
    """

    parts: Sequence[Part]
    total: Money
    commission: Money
    shortfall: Money | None
    problem: str | None

    @property
    def seller(self) -> Seller:
        """The shop, or the first of several."""
        return self.parts[0].seller

    @property
    def names(self) -> list[str]:
        """The names of the shops."""
        return [part.seller.shop_name for part in self.parts]

    @property
    def lines(self) -> list[Line]:
        """The lines of all shops."""
        return [line for part in self.parts for line in part.lines]

    @property
    def can_be_bought(self) -> bool:
        """Whether nothing stands in the way."""
        return self.problem is None and all(line.problem is None for line in self.lines)


def quotes(session: orm.Session, basket: Iterable[Wanted], *, lock: bool = False) -> list[Quote]:
    """Price a basket, one quote for each payment, in the order of the basket; two queries.

    Shops whose money is passed on by separate transfers are paid together, currency by currency;
    every other shop is paid on its own. Products that do not exist are left out. With `lock` the
    products keep still until the phase ends.
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
    home = platform.merchant(session)
    together: dict[object, dict[int, list[Product]]] = {}
    for product in (found[number] for number in wanted if number in found):
        key = _paid_with(product.seller, product.currency, home), product.currency
        together.setdefault(key, {}).setdefault(product.seller_id, []).append(product)
    return [_quote(shops.values(), wanted, home) for shops in together.values()]


def _paid_with(seller: Seller, currency: str, home: Merchant) -> object:
    """What sellers that are paid together have in common; a merchant of record stands alone."""
    joins = seller.charge_type is ChargeType.SEPARATE and not seller.on_behalf_of
    open_to = _border(seller, currency, home) is None and platform.terms_in(seller, currency)
    ready = sellers.can_be_bought_from(seller) and open_to
    return ChargeType.SEPARATE if joins and ready else seller.id


def _border(seller: Seller, currency: str, home: Merchant) -> str | None:
    """What Stripe's borders say to a sale of this shop in `currency`; `home` is the platform's."""
    terms = platform.terms_in(seller, currency)
    return borders.obstacle(
        Crossing(
            charge_type=seller.charge_type,
            platform=home.country,
            seller=seller.country,
            currency=currency,
            recipient=seller.service_agreement is ServiceAgreement.RECIPIENT,
            on_behalf_of=seller.on_behalf_of,
            commission=terms is None or bool(terms.bps or terms.fixed or terms.least),
        )
    )


def _quote(shops: Iterable[Sequence[Product]], wanted: dict[int, int], home: Merchant) -> Quote:
    parts = [_part(products, wanted) for products in shops]
    seller = parts[0].seller
    total, commission = parts[0].total, parts[0].commission
    for part in parts[1:]:
        total, commission = total + part.total, commission + part.commission
    rate = _rate(seller, total.currency, home)
    return Quote(
        parts=parts,
        total=total,
        commission=commission,
        shortfall=_loss(seller.charge_type, seller.fee_payer, total, commission, rate),
        problem=_problem(seller, total, home),
    )


def _part(products: Sequence[Product], wanted: dict[int, int]) -> Part:
    seller = products[0].seller
    lines = [_line(product, wanted[product.id]) for product in products]
    total = sum((line.total for line in lines), Money.zero(products[0].currency))
    terms = platform.terms_in(seller, total.currency)
    kept = fees.agreed(total, terms) if terms else Money.zero(total.currency)  # see `_problem`
    return Part(seller, lines, total, kept)


def loss(order: Order, home: Merchant) -> Money | None:
    """What the marketplace loses on an order by Stripe's estimated fee; None where nothing.

    The break-even guard at the sale; `home` is the platform, and the order's parts are loaded.
    Nothing is lost where the seller pays Stripe's fee.
    """
    (shop, *_others) = order.shops
    it = prices.merchant(
        order.charge_type, home, platform.merchant_of(shop), on_behalf_of=order.on_behalf_of
    )
    rate = prices.rate(it, order.currency)
    return _loss(order.charge_type, order.fee_payer, order.total, order.application_fee, rate)


def _loss(
    charge_type: ChargeType,
    fee_payer: FeePayer,
    total: Money,
    commission: Money,
    rate: Rate | None,
) -> Money | None:
    if charges.of(charge_type).roles(fee_payer).pays_stripe_fee is not Party.PLATFORM:
        return None
    return fees.shortfall(total, commission, rate)


def _rate(seller: Seller, currency: str, home: Merchant) -> Rate | None:
    """What Stripe takes of a sale of this shop in `currency`; None where we do not know."""
    shop = platform.merchant_of(seller)
    it = prices.merchant(seller.charge_type, home, shop, on_behalf_of=seller.on_behalf_of)
    return prices.rate(it, currency)


def border(session: orm.Session, seller: Seller, currency: str) -> str | None:
    """Why nobody could buy from this shop in `currency`, for the seller; None when all is well."""
    home = platform.merchant(session)
    return _border(seller, currency, home) or platform.unagreed(seller, currency)


def guard(session: orm.Session, seller: Seller, currency: str) -> str | None:
    """Warn of the sales in `currency` on which the marketplace loses money; None without any."""
    if charges.of(seller.charge_type).roles(seller.fee_payer).pays_stripe_fee is Party.SELLER:
        return None
    terms = platform.terms_in(seller, currency)
    if terms is None:
        return None
    return fees.guard(terms, currency, _rate(seller, currency, platform.merchant(session)))


def _line(product: Product, quantity: int) -> Line:
    problem = None
    if not product.active:
        problem = Sentence("This is no longer for sale.")
    elif product.stock == 0:
        problem = Sentence("This is sold out.")
    elif product.stock is not None and product.stock < quantity:
        problem = Sentence("Only {left} left.", left=product.stock)
    return Line(product, quantity, product.price.times(quantity), problem)


def _problem(seller: Seller, total: Money, home: Merchant) -> str | None:
    if not sellers.can_be_bought_from(seller):
        return Sentence("{shop} cannot take payments at the moment.", shop=seller.shop_name)
    if (border := _border(seller, total.currency, home)) is not None:
        return border
    if platform.terms_in(seller, total.currency) is None:
        return Sentence("This shop cannot sell in {currency} yet.", currency=total.currency.upper())
    if not can_be_charged(total):
        least = minimum_charge(total.currency)
        below = least is not None and total < least
        if below:
            return Sentence("The least that can be paid is {least}.", least=least)
        return Sentence("This cannot be paid at once.")
    return None
