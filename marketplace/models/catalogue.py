"""What sellers offer.

Products and prices are ours: Stripe is told a name, an amount and a quantity at checkout. The rule
that bites: `stock` is None for goods that never run out, and 0 for goods that have.
"""

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Stamped
from marketplace.models.sellers import Seller
from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.models.orders import OrderLine


class Product(Stamped, Base):
    """Something for sale, at `amount` minor units of `currency` a piece."""

    __tablename__ = "products"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name="stock_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    image_name: Mapped[str | None] = mapped_column(sa.String(80))
    stock: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    # The same form sent twice carries the same nonce and gives the same product.
    form_nonce: Mapped[str] = mapped_column(
        sa.String(80), unique=True, default=lambda: secrets.token_hex(16)
    )

    seller: Mapped[Seller] = relationship(back_populates="products", lazy="raise")
    order_lines: Mapped[list["OrderLine"]] = relationship(back_populates="product", lazy="raise")

    @property
    def price(self) -> Money:
        """What one costs."""
        return Money(self.amount, self.currency)
