"""Several sellers in one order: each has a part, and transfers are asked for before they are made.

Every order so far has one seller, so one part. Why an order is held moves from the attempt to pay,
where it stood as a failure, to the order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)
CHOICE = sa.String(32)
AMOUNT = sa.BigInteger()


def upgrade() -> None:
    with op.batch_alter_table("orders") as batch:
        batch.alter_column("seller_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("held_because", sa.Text(), nullable=True))
    create_order_parts()
    create_transfer_requests()
    op.execute(
        "INSERT INTO order_parts (order_id, seller_id, currency, amount, application_fee_amount,"
        " transfer_when, fulfilled_at, created_at, updated_at)"
        " SELECT id, seller_id, currency, amount, application_fee_amount,"
        " 'now', fulfilled_at, created_at, updated_at FROM orders"
    )
    op.execute(
        "UPDATE orders SET held_because = (SELECT max(failure_message) FROM payments"
        " WHERE payments.order_id = orders.id AND failure_code = 'held'"
        " AND payments.status <> 'succeeded')"
    )


def downgrade() -> None:
    op.drop_table("transfer_requests")
    op.drop_table("order_parts")
    with op.batch_alter_table("orders") as batch:
        batch.drop_column("held_because")
        batch.alter_column("seller_id", existing_type=sa.Integer(), nullable=False)


def create_order_parts() -> None:
    op.create_table(
        "order_parts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("application_fee_amount", AMOUNT, nullable=False),
        sa.Column("transfer_when", CHOICE, nullable=False),
        sa.Column("fulfilled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_parts_order_id"),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_order_parts_seller_id"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_order_parts_amount_positive")),
        sa.UniqueConstraint("order_id", "seller_id", name="uq_order_parts_order_id_seller_id"),
    )
    op.create_index("ix_order_parts_seller_id_order_id", "order_parts", ["seller_id", "order_id"])


def create_transfer_requests() -> None:
    op.create_table(
        "transfer_requests",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("nonce", sa.String(80), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("source_transaction", sa.String(64), nullable=True),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=True),
        sa.Column("failure_code", sa.String(80), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_transfer_requests_order_id"),
        sa.ForeignKeyConstraint(
            ["part_id"], ["order_parts.id"], name="fk_transfer_requests_part_id"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name="fk_transfer_requests_seller_id"
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_transfer_requests_amount_positive")),
        sa.UniqueConstraint("nonce", name="uq_transfer_requests_nonce"),
        sa.UniqueConstraint("stripe_id", name="uq_transfer_requests_stripe_id"),
        sa.UniqueConstraint("token", name="uq_transfer_requests_token"),
    )
    for column in ("order_id", "part_id", "seller_id"):
        op.create_index(f"ix_transfer_requests_{column}", "transfer_requests", [column])
    op.create_index("ix_transfer_requests_status_id", "transfer_requests", ["status", "id"])
