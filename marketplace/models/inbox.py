"""Webhook events as they came, kept once.

Stripe delivers at least once, in any order, and to as many endpoints as match. The rule that bites:
the same event id may come legitimately in two scopes (own account and connected accounts), so the
pair is unique, and a second delivery of a pair only counts up `deliveries`.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import Base, choice
from marketplace.lifecycles import InboxState


class Scope(StrEnum):
    """Which of our endpoints, with which secret, the event came to."""

    PLATFORM = "platform"
    CONNECT = "connect"
    THIN = "thin"


class InboxEvent(Base):
    """One verified event, its body as received, and how far we came with it."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "scope"),
        # Claims look for what is due, and for leases that ran out, oldest first.
        sa.Index(None, "state", "next_try_at", "id"),
        sa.Index(None, "state", "lease_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(128))
    scope: Mapped[Scope] = mapped_column(choice(Scope))
    account: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    type: Mapped[str] = mapped_column(sa.String(128), index=True)
    api_version: Mapped[str | None] = mapped_column(sa.String(48))
    livemode: Mapped[bool]
    created: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    body: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[InboxState] = mapped_column(choice(InboxState), default=InboxState.NEW)
    attempts: Mapped[int] = mapped_column(default=0)
    deliveries: Mapped[int] = mapped_column(default=1)
    lease_until: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    reason_ignored: Mapped[str | None] = mapped_column(sa.Text)
    handled_at: Mapped[datetime | None]
