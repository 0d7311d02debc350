"""Rows that tests start from, each ready to use, every detail open to a keyword."""

import itertools
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import orm

from marketplace import clock
from marketplace.lifecycles import PayoutStatus, SellerState
from marketplace.models import (
    AccountStatus,
    Customer,
    Order,
    OrderPart,
    Payout,
    Product,
    Role,
    SavedCard,
    Seller,
    User,
)

_count = itertools.count(1)


def person(session: orm.Session, name: str = "Ada", **values: Any) -> User:
    """Somebody who can buy. The password cannot be used to sign in."""
    email = f"{name.lower().replace(' ', '.')}-{next(_count)}@example.com"
    user = User(**{"email": email, "name": name, "password_hash": "x", **values})
    session.add(user)
    session.commit()
    return user


def seller(session: orm.Session, name: str = "Bea's Bowls", **values: Any) -> Seller:
    """A seller whose connected account can be paid."""
    number = next(_count)
    owner = values.pop("user", None) or person(session, f"Owner of {name}", role=Role.SELLER)
    row = Seller(
        **{
            "user_id": owner.id,
            "shop_name": name,
            "slug": f"shop-{number}",
            "country": "US",
            "currency": "usd",
            "email": owner.email,
            "stripe_id": f"acct_builder{number}",
            "account_status": AccountStatus.CREATED,
            "state": SellerState.NOTHING_DUE,
            "details_submitted": True,
            "charges_enabled": True,
            "payouts_enabled": True,
            "transfers_active": True,
            "capabilities": {"card_payments": "active", "transfers": "active"},
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def product(
    session: orm.Session, shop: Seller, title: str = "Blue bowl", amount: int = 1000, **values: Any
) -> Product:
    """Something on sale for `amount` minor units, three in stock."""
    row = Product(
        **{
            "seller_id": shop.id,
            "title": title,
            "amount": amount,
            "currency": shop.currency,
            "stock": 3,
            "form_nonce": secrets.token_hex(8),
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def order(session: orm.Session, shop: Seller, amount: int = 1000, **values: Any) -> Order:
    """An order without lines, for what looks only at its money."""
    row = Order(
        **{
            "seller_id": shop.id,
            "currency": shop.currency,
            "amount": amount,
            "application_fee_amount": amount // 10,
            "form_nonce": secrets.token_hex(12),
            **values,
        }
    )
    session.add(row)
    session.flush()
    session.add(
        OrderPart(
            order_id=row.id,
            seller_id=shop.id,
            currency=row.currency,
            amount=row.amount,
            application_fee_amount=row.application_fee_amount,
        )
    )
    session.commit()
    return row


def payout(session: orm.Session, shop: Seller, **values: Any) -> Payout:
    """Money on its way to a shop's bank."""
    now = clock.now()
    row = Payout(
        **{
            "stripe_id": f"po_builder{next(_count)}",
            "seller_id": shop.id,
            "amount": 1000,
            "currency": "usd",
            "status": PayoutStatus.IN_TRANSIT,
            "arrival_date": now + timedelta(days=2),
            "automatic": True,
            "method": "standard",
            "created": now,
            "updated": now,
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def card(
    session: orm.Session, buyer: User, customer: str | None = None, **values: Any
) -> SavedCard:
    """A card in the wallet of a buyer, who becomes a Customer if they were none."""
    wallet = session.query(Customer).filter_by(user_id=buyer.id).one_or_none()
    if wallet is None:
        wallet = Customer(user_id=buyer.id, stripe_id=customer)
        session.add(wallet)
        session.flush()
    number = next(_count)
    row = SavedCard(
        **{
            "customer_id": wallet.id,
            "stripe_id": f"pm_builder{number}",
            "fingerprint": f"fingerprint{number}",
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": clock.now().year + 2,
            "created": clock.now(),
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def nonce() -> str:
    """What a fresh form carries."""
    return secrets.token_urlsafe(18)
