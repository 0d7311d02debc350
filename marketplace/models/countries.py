"""Where shops can be opened, as Stripe last said.

One row for each country whose accounts this platform may pay. The rule that bites: the list is
Stripe's and changes without notice, so it is fetched anew and never edited.
https://docs.stripe.com/api/country_specs
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base


class CountrySpec(Base):
    """A country by its two letters, and the currency in which its accounts are paid out."""

    __tablename__ = "country_specs"

    code: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    currency: Mapped[str] = mapped_column(sa.String(3))
    refreshed_at: Mapped[datetime]
