"""What went back to the buyer of a payment, and what of it came back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
MOMENT = sa.DateTime(timezone=True)
COLUMNS = (
    ("amount_refunded", sa.BigInteger()),
    ("refunds_read_at", MOMENT),
    ("refund_failure", sa.String(80)),
    ("refund_failed_at", MOMENT),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("payments", sa.Column(name, kind, nullable=True))
    op.create_index("ix_payments_refund_failed_at", "payments", ["refund_failed_at"])


def downgrade() -> None:
    op.drop_index("ix_payments_refund_failed_at", "payments")
    with op.batch_alter_table("payments") as payments:
        for name, _ in COLUMNS:
            payments.drop_column(name)
