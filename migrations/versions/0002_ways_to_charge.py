"""Ways to charge: commissions with limits, how a share is passed on, and whose account is charged.

An order keeps how it is charged; an attempt to pay keeps the account on which Stripe has it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHOICE = sa.String(32)


def upgrade() -> None:
    for table, columns in columns_by_table().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in columns_by_table().items():
        for column in columns:
            op.drop_column(table, column.name)


def columns_by_table() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "sellers": (
            sa.Column("fee_min", sa.Integer(), nullable=True),
            sa.Column("fee_max", sa.Integer(), nullable=True),
            sa.Column("split", CHOICE, nullable=False, server_default="application_fee"),
            sa.Column("on_behalf_of", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("transfer_when", CHOICE, nullable=False, server_default="now"),
        ),
        "orders": (
            sa.Column("fee_payer", CHOICE, nullable=False, server_default="platform"),
            sa.Column("split", CHOICE, nullable=False, server_default="application_fee"),
            sa.Column("on_behalf_of", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("statement_descriptor_suffix", sa.String(22), nullable=True),
        ),
        "payments": (sa.Column("stripe_account", sa.String(64), nullable=True),),
    }
