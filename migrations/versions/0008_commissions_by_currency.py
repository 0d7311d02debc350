"""What a commission has beside its percentage is agreed currency by currency."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    column = sa.Column("fee_parts", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    op.add_column("sellers", column)


def downgrade() -> None:
    op.drop_column("sellers", "fee_parts")
