"""The first road: people, sellers, what they offer, orders, Stripe's money, and the inbox.

Statuses are plain text here, so that a new one is a change of the program and not of the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
CHOICE = sa.String(32)
AMOUNT = sa.BigInteger()
TABLES = (
    "users login_sessions login_attempts "
    "sellers bank_accounts balances "
    "products orders order_lines payments "
    "balance_transactions transfers application_fees payouts "
    "inbox_events "
).split()


def upgrade() -> None:
    create_users()
    create_login_sessions()
    create_login_attempts()
    create_sellers()
    create_bank_accounts()
    create_balances()
    create_products()
    create_orders()
    create_order_lines()
    create_payments()
    create_balance_transactions()
    create_transfers()
    create_application_fees()
    create_payouts()
    create_inbox_events()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("role", CHOICE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def create_login_sessions() -> None:
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("user_agent", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_login_sessions_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_hash", name="uq_login_sessions_token_hash"),
    )
    op.create_index("ix_login_sessions_user_id", "login_sessions", ["user_id"])


def create_login_attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email_hash", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_login_attempts_email_hash_at", "login_attempts", ["email_hash", "at"])


def create_sellers() -> None:
    op.create_table(
        "sellers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("shop_name", sa.String(80), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=True),
        sa.Column("accounts_api", CHOICE, nullable=False),
        sa.Column("dashboard", CHOICE, nullable=False),
        sa.Column("onboarding", CHOICE, nullable=False),
        sa.Column("charge_type", CHOICE, nullable=False),
        sa.Column("fee_payer", CHOICE, nullable=False),
        sa.Column("loss_owner", CHOICE, nullable=False),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.Column("fee_fixed", sa.Integer(), nullable=False),
        sa.Column("account_status", CHOICE, nullable=False),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column("details_submitted", sa.Boolean(), nullable=False),
        sa.Column("charges_enabled", sa.Boolean(), nullable=False),
        sa.Column("payouts_enabled", sa.Boolean(), nullable=False),
        sa.Column("transfers_active", sa.Boolean(), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("deadline", MOMENT, nullable=True),
        sa.Column("disabled_reason", sa.String(80), nullable=True),
        sa.Column("refreshed_at", MOMENT, nullable=True),
        sa.Column("deauthorized_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sellers_user_id"),
        sa.UniqueConstraint("slug", name="uq_sellers_slug"),
        sa.UniqueConstraint("stripe_id", name="uq_sellers_stripe_id"),
        sa.UniqueConstraint("token", name="uq_sellers_token"),
        sa.UniqueConstraint("user_id", name="uq_sellers_user_id"),
    )


def create_bank_accounts() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("bank_name", sa.String(120), nullable=True),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("status", sa.String(48), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_bank_accounts_seller_id"),
        sa.UniqueConstraint("stripe_id", name="uq_bank_accounts_stripe_id"),
    )
    op.create_index("ix_bank_accounts_seller_id", "bank_accounts", ["seller_id"])


def create_balances() -> None:
    op.create_table(
        "balances",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seller_id", sa.Integer()),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("available", AMOUNT, nullable=False),
        sa.Column("pending", AMOUNT, nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_balances_seller_id"),
        sa.UniqueConstraint("seller_id", "currency", name="uq_balances_seller_id_currency"),
    )
    op.create_index(
        "uq_balances_platform_currency",
        "balances",
        ["currency"],
        unique=True,
        sqlite_where=sa.text("seller_id IS NULL"),
        postgresql_where=sa.text("seller_id IS NULL"),
    )


def create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("image_name", sa.String(80), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("form_nonce", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_products_seller_id"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_products_amount_positive")),
        sa.CheckConstraint(
            "stock IS NULL OR stock >= 0", name=op.f("ck_products_stock_not_negative")
        ),
        sa.UniqueConstraint("form_nonce", name="uq_products_form_nonce"),
    )
    op.create_index("ix_products_seller_id", "products", ["seller_id"])


def create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=True),
        sa.Column("buyer_email", sa.String(254), nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("application_fee_amount", AMOUNT, nullable=False),
        sa.Column("charge_type", CHOICE, nullable=False),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("form_nonce", sa.String(64), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("fulfilled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name="fk_orders_buyer_id"),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_orders_seller_id"),
        sa.UniqueConstraint("form_nonce", name="uq_orders_form_nonce"),
        sa.UniqueConstraint("token", name="uq_orders_token"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_orders_amount_positive")),
    )
    op.create_index("ix_orders_buyer_id_id", "orders", ["buyer_id", "id"])
    op.create_index("ix_orders_seller_id_id", "orders", ["seller_id", "id"])
    op.create_index("ix_orders_status_id", "orders", ["status", "id"])


def create_order_lines() -> None:
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("unit_amount", AMOUNT, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id"),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_order_lines_seller_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_order_lines_product_id"),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
    )
    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id"])
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id"])
    op.create_index("ix_order_lines_seller_id", "order_lines", ["seller_id"])


def create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("checkout_session_id", sa.String(128), nullable=True),
        sa.Column("checkout_url", sa.Text(), nullable=True),
        sa.Column("payment_intent_id", sa.String(64), nullable=True),
        sa.Column("charge_id", sa.String(64), nullable=True),
        sa.Column("failure_code", sa.String(80), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("stock_released", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_payments_order_id"),
        sa.UniqueConstraint("checkout_session_id", name="uq_payments_checkout_session_id"),
        sa.UniqueConstraint("idempotency_key", name="uq_payments_idempotency_key"),
    )
    op.create_index("ix_payments_charge_id", "payments", ["charge_id"])
    op.create_index("ix_payments_order_id", "payments", ["order_id"])
    op.create_index("ix_payments_payment_intent_id", "payments", ["payment_intent_id"])
    op.create_index("ix_payments_status", "payments", ["status"])


def create_balance_transactions() -> None:
    op.create_table(
        "balance_transactions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("reporting_category", sa.String(64), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("fee", AMOUNT, nullable=False),
        sa.Column("net", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("fee_details", sa.JSON(), nullable=False),
        sa.Column("available_on", MOMENT, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("source", sa.String(64), nullable=True),
        sa.Column("exchange_rate", sa.String(32), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name="fk_balance_transactions_seller_id"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_balance_transactions_order_id"
        ),
        sa.UniqueConstraint("stripe_id", name="uq_balance_transactions_stripe_id"),
    )
    op.create_index(
        "ix_balance_transactions_account_created", "balance_transactions", ["account", "created"]
    )
    op.create_index("ix_balance_transactions_order_id", "balance_transactions", ["order_id"])
    op.create_index("ix_balance_transactions_seller_id", "balance_transactions", ["seller_id"])
    op.create_index("ix_balance_transactions_source", "balance_transactions", ["source"])


def create_transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("amount_reversed", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("destination_payment", sa.String(64), nullable=True),
        sa.Column("source_transaction", sa.String(64), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_transfers_order_id"),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_transfers_seller_id"),
        sa.UniqueConstraint("stripe_id", name="uq_transfers_stripe_id"),
    )
    op.create_index("ix_transfers_destination_payment", "transfers", ["destination_payment"])
    op.create_index("ix_transfers_order_id", "transfers", ["order_id"])
    op.create_index("ix_transfers_seller_id", "transfers", ["seller_id"])
    op.create_index("ix_transfers_source_transaction", "transfers", ["source_transaction"])


def create_application_fees() -> None:
    op.create_table(
        "application_fees",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("amount_refunded", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("charge", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_application_fees_order_id"),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name="fk_application_fees_seller_id"
        ),
        sa.UniqueConstraint("stripe_id", name="uq_application_fees_stripe_id"),
    )
    op.create_index("ix_application_fees_charge", "application_fees", ["charge"])
    op.create_index("ix_application_fees_order_id", "application_fees", ["order_id"])
    op.create_index("ix_application_fees_seller_id", "application_fees", ["seller_id"])


def create_payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", CHOICE, nullable=False),
        sa.Column("arrival_date", MOMENT, nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("destination", sa.String(64), nullable=True),
        sa.Column("failure_code", sa.String(80), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["sellers.id"], name="fk_payouts_seller_id"),
        sa.UniqueConstraint("stripe_id", name="uq_payouts_stripe_id"),
    )
    op.create_index("ix_payouts_seller_id_created", "payouts", ["seller_id", "created"])


def create_inbox_events() -> None:
    op.create_table(
        "inbox_events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("scope", CHOICE, nullable=False),
        sa.Column("account", sa.String(64), nullable=True),
        sa.Column("type", sa.String(128), nullable=False),
        sa.Column("api_version", sa.String(48), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("reason_ignored", sa.Text(), nullable=True),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.UniqueConstraint("event_id", "scope", name="uq_inbox_events_event_id_scope"),
    )
    op.create_index("ix_inbox_events_account", "inbox_events", ["account"])
    op.create_index("ix_inbox_events_state_lease_until", "inbox_events", ["state", "lease_until"])
    op.create_index(
        "ix_inbox_events_state_next_try_at_id", "inbox_events", ["state", "next_try_at", "id"]
    )
    op.create_index("ix_inbox_events_type", "inbox_events", ["type"])
