"""Where shops can be, as Stripe says, and what a seller tells of the shop before Stripe asks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for column in columns_of_sellers():
        op.add_column("sellers", column)
    op.create_table(
        "country_specs",
        sa.Column("code", sa.String(2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_country_specs"),
    )


def downgrade() -> None:
    op.drop_table("country_specs")
    for column in columns_of_sellers():
        op.drop_column("sellers", column.name)


def columns_of_sellers() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("service_agreement", sa.String(32), nullable=False, server_default="full"),
        sa.Column("website", sa.String(500), nullable=True),
        sa.Column("sells", sa.String(500), nullable=True),
        sa.Column("mcc", sa.String(4), nullable=True),
    )
