"""Trigger cards: a payment that makes the seller's outstanding requirements urgent.

They work on direct charges and on charges made on behalf of an account, and only while something
is eventually due.

https://docs.stripe.com/connect/testing#trigger-cards
"""

from __future__ import annotations

from typing import Any

from . import connected
from .cards import Card
from .context import Context

_BLOCKS = {"next_requirements": None, "charge_block": "charges", "payout_block": "payouts"}


def follow(ctx: Context, charge: dict[str, Any], card: Card) -> None:
    """Do what the card's number stands for, after a charge of the acting account was paid."""
    merchant = charge["on_behalf_of"] or ctx.account
    account = ctx.find(merchant, "account")
    if not card.trigger or account is None or merchant == ctx.platform:
        return
    if account["requirements"]["eventually_due"]:
        platform = ctx.acting_as(ctx.platform)
        connected.demand(platform, account, _BLOCKS[card.trigger])
