"""What the platform offers: the operator's defaults, and invitations with terms of their own."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CHOICE = sa.String(32)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "platform_settings",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        *terms(),
        sa.Column("pay_at_stripe", sa.Boolean(), nullable=False),
        sa.Column("pay_here", sa.Boolean(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=True),
        sa.Column("country", sa.String(2), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        *stamps(),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), primary_key=True),
        *terms(),
        sa.Column("form_nonce", sa.String(64), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("stripe_id", sa.String(64), nullable=True),
        sa.Column("country", sa.String(2), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("shop_name", sa.String(80), nullable=True),
        *stamps(),
        sa.UniqueConstraint("form_nonce", name="uq_invitations_form_nonce"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_invitations_seller_id"),
    )
    op.create_index("ix_invitations_seller_id", "invitations", ["seller_id"])
    op.create_index("ix_invitations_stripe_id", "invitations", ["stripe_id"])


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("platform_settings")


def terms() -> tuple[sa.Column[Any], ...]:
    choices = ("accounts_api", "dashboard", "onboarding", "charge_type", "fee_payer", "loss_owner")
    return (
        *(sa.Column(name, CHOICE, nullable=False) for name in choices),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.Column("fee_fixed", sa.Integer(), nullable=False),
        sa.Column("fee_min", sa.Integer(), nullable=True),
        sa.Column("fee_max", sa.Integer(), nullable=True),
        sa.Column("split", CHOICE, nullable=False),
        sa.Column("on_behalf_of", sa.Boolean(), nullable=False),
        sa.Column("transfer_when", CHOICE, nullable=False),
    )


def stamps() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
