"""The wallet: buyers' Customers and saved cards, and in which way each attempt is paid."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=True),
        sa.Column("setups_done", sa.Integer(), nullable=False),
        sa.Column("setup_intent_id", sa.String(64), nullable=True),
        sa.Column("setup_session_id", sa.String(128), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_customers_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("token", name="uq_customers_token"),
        sa.UniqueConstraint("user_id", name="uq_customers_user_id"),
        sa.UniqueConstraint("stripe_id", name="uq_customers_stripe_id"),
    )
    op.create_table(
        "saved_cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("brand", sa.String(32), nullable=False),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=False),
        sa.Column("exp_year", sa.Integer(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("detached_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_saved_cards_customer_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_cards"),
        sa.UniqueConstraint("stripe_id", name="uq_saved_cards_stripe_id"),
    )
    op.create_index("ix_saved_cards_customer_id", "saved_cards", ["customer_id"])
    hosted = sa.Column("ui", sa.String(32), nullable=False, server_default="hosted")
    op.add_column("payments", hosted)
    op.add_column("payments", sa.Column("customer", sa.String(64), nullable=True))
    op.add_column("payments", sa.Column("payment_method", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("payments") as batch:
        for name in ("payment_method", "customer", "ui"):
            batch.drop_column(name)
    op.drop_table("saved_cards")
    op.drop_table("customers")
