"""How much Stripe asks of sellers at the start."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    everything = sa.text("'eventually_due'")
    column = sa.Column("collect", sa.String(32), nullable=False, server_default=everything)
    op.add_column("platform_settings", column)


def downgrade() -> None:
    op.drop_column("platform_settings", "collect")
