"""Payouts: an account's available balance on its way to its bank.

https://docs.stripe.com/api/payouts
"""

from __future__ import annotations

from marketplace.sandbox.payout_days import run_soon
from marketplace.sandbox.routing import kind

__all__ = ["run_soon"]

kind("payout", "po_", indexed=("status", "destination", "arrival_date"))
