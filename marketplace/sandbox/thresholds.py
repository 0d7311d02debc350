"""Thresholds: what an account owes only once it has taken in more.

The holder's full identification number is due in the US once the payments of an account exceed
500,000 dollars; the sandbox takes that figure for every country's later requirements, because no
other is published. What counts is what the account charged itself, or had charged on its behalf.

https://support.stripe.com/questions/us-connected-accounts-accepting-card-payments-verification-requirement-changes
"""

from __future__ import annotations

from typing import Any

from . import connected
from .context import Context
from .currencies import convert

VOLUME = 500_000_00
"""US cents."""


def follow(ctx: Context, charge: dict[str, Any]) -> None:
    """Count a charge of the acting account that was paid; past the threshold a deadline begins."""
    merchant = charge["on_behalf_of"] or ctx.account
    if merchant == ctx.platform:
        return
    account = ctx.find(merchant, "account")
    if account is None or not account["requirements"]["eventually_due"]:
        return  # everything was told already, so nothing is left to become due
    before = account.get("_volume", 0)
    account["_volume"] = before + convert(charge["amount_captured"], charge["currency"], "usd")
    platform = ctx.acting_as(ctx.platform)
    platform.save(account)
    if before <= VOLUME < account["_volume"]:
        connected.demand(platform, account, None)
