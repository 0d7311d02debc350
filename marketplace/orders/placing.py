"""Placing an order: the basket becomes rows, the goods are set aside, the attempt is written down.

Nothing is asked of Stripe here; this is the intent that is committed before the call. The rule that
bites: the same form may arrive twice, even twice at once, so its nonce is unique in the database
and decides, not a look-up before.
"""

import re
from collections.abc import Sequence

from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import sellers
from marketplace.charges import descriptor
from marketplace.database import phase
from marketplace.design import ChargeType, FeePayer
from marketplace.errors import Conflict, Invalid, SellerNotReady, Sentence, SoldOut
from marketplace.models import Order, OrderLine, OrderPart, User
from marketplace.money import Money
from marketplace.orders import lists, opening, stock
from marketplace.orders.quotes import MOST_LINES, MOST_OF_ONE, Line, Part, Quote, Wanted, quotes
from marketplace.orders.ways import Way

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def place(
    session: orm.Session,
    wanted: Sequence[Wanted],
    buyer: User | None,
    nonce: str,
    *,
    seen: Money | None = None,
    way: Way | None = None,
) -> Order:
    """Place one order for goods paid at once; the same `nonce` again gives the same order. Commits.

    `way` is how the first attempt is to be paid; None: on Stripe's page. Amounts come from the
    products alone; `seen` is the total the buyer was shown, only to notice that it changed. Raises
    Invalid for a form that is not ours, and, with nothing kept, SoldOut, SellerNotReady or Conflict
    for whatever changed since the buyer looked.
    """
    if not _NONCE.fullmatch(nonce):
        raise Invalid("This form is not complete. Load the page again.")
    try:
        with phase(session):
            order = lists.by_nonce(session, nonce)
            if order is None:
                order = _insert(session, _quote(session, wanted, seen), buyer, nonce, way)
    except IntegrityError:
        order = lists.by_nonce(session, nonce)  # the other one of two at once was first
        if order is None:
            raise
    if order.buyer_id != (buyer.id if buyer else None):
        raise Conflict("This form was used by somebody else. Load the page again.")
    return order


def _quote(session: orm.Session, wanted: Sequence[Wanted], seen: Money | None) -> Quote:
    if not 0 < len(wanted) <= MOST_LINES:
        raise Invalid(Sentence("An order has 1 to {most} different things in it.", most=MOST_LINES))
    if any(not 0 < item.quantity <= MOST_OF_ONE for item in wanted):
        raise Invalid(Sentence("Take 1 to {most} of a thing.", most=MOST_OF_ONE))
    found = quotes(session, wanted, lock=True)
    if len(found) != 1 or len(found[0].lines) != len({item.product_id for item in wanted}):
        raise Conflict("Something in your basket is not there any more. Look at it again.")
    quote = found[0]
    if quote.problem:
        ready = all(sellers.can_be_bought_from(part.seller) for part in quote.parts)
        raise Conflict(quote.problem) if ready else SellerNotReady(quote.problem)
    for line in quote.lines:
        _must_be_there(line)
    if seen is not None and seen != quote.total:
        told = Sentence(
            "The price has changed: it is {total} now. Nothing was charged.", total=quote.total
        )
        raise Conflict(told)
    return quote


def _must_be_there(line: Line) -> None:
    if line.problem is None:
        return
    left = line.product.stock
    if line.product.active and left is not None and left < line.quantity:
        raise SoldOut(line.product.title, left)
    told = Sentence("{article}: {problem}", article=line.product.title, problem=line.problem)
    raise Conflict(told)


def _suffix(quote: Quote) -> str | None:
    """The shop's name on the bank statement; a merchant of record has a statement of its own."""
    seller = quote.seller
    if len(quote.parts) > 1 or seller.on_behalf_of or seller.charge_type is ChargeType.DIRECT:
        return None
    return descriptor.suffix(seller.shop_name)


def _insert(
    session: orm.Session, quote: Quote, buyer: User | None, nonce: str, way: Way | None
) -> Order:
    alone = len(quote.parts) == 1
    order = Order(
        buyer_id=buyer.id if buyer else None,
        buyer_email=buyer.email if buyer else None,
        seller_id=quote.seller.id if alone else None,
        currency=quote.total.currency,
        amount=quote.total.amount,
        application_fee_amount=quote.commission.amount,
        charge_type=quote.seller.charge_type,
        fee_payer=quote.seller.fee_payer if alone else FeePayer.PLATFORM,
        split=quote.seller.split,
        on_behalf_of=quote.seller.on_behalf_of,
        statement_descriptor_suffix=_suffix(quote),
        form_nonce=nonce,
    )
    session.add(order)
    session.flush()
    for part in quote.parts:
        _insert_part(session, order, part)
    session.add(opening.attempt_for(order, quote.seller, way or Way()))
    stock.reserve(session, ((line.product.id, line.quantity) for line in quote.lines))
    session.flush()
    return order


def _insert_part(session: orm.Session, order: Order, part: Part) -> None:
    session.add(
        OrderPart(
            order_id=order.id,
            seller_id=part.seller.id,
            currency=part.total.currency,
            amount=part.total.amount,
            application_fee_amount=part.commission.amount,
            transfer_when=part.seller.transfer_when,
        )
    )
    for line in part.lines:
        session.add(
            OrderLine(
                order_id=order.id,
                seller_id=part.seller.id,
                product_id=line.product.id,
                title=line.product.title,
                unit_amount=line.product.amount,
                quantity=line.quantity,
            )
        )
