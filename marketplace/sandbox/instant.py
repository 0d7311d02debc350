"""Instant payouts: the balance on a debit card or bank account within half an hour, for a fee.

Stripe's fee comes out of the account's balance, so less than the balance can be sent
(`net_available`), unless the platform pays the account's fees.

The rule that bites: an account in another country than its platform, in a currency that is not
its own, or under the recipient agreement has no instant payouts at all.

https://docs.stripe.com/payouts/instant-payouts https://docs.stripe.com/connect/instant-payouts
"""

from __future__ import annotations

from typing import Any

from . import book, parties, payout_targets
from .context import Context
from .currencies import convert
from .errors import Refused

# The US price, converted elsewhere; prices and limits of other countries are not confirmed.
_PER_MILLE = 10
_LEAST_USD = 50
_MOST_USD = 999_900


def pays_itself(ctx: Context) -> bool:
    """Whether the acting account pays the fee; otherwise its platform does."""
    return ctx.is_platform or not parties.platform_pays_fees(parties.account_of(ctx, ctx.account))


def fee(amount: int, currency: str) -> int:
    """Stripe's fee for an instant payout of `amount` minor units."""
    least = convert(_LEAST_USD, "usd", currency)
    return max((amount * _PER_MILLE + 500) // 1000, least)


def most(ctx: Context, currency: str) -> int:
    """What the acting account can send at most: its available balance less the fee."""
    held = book.balance(ctx.db, ctx.account, "available", currency)
    if not pays_itself(ctx):
        return max(held, 0)
    least = convert(_LEAST_USD, "usd", currency)
    return max(min(held - least, held * 1000 // (1000 + _PER_MILLE)), 0)


def destinations(ctx: Context, currency: str) -> list[dict[str, Any]]:
    """The acting account's cards and bank accounts that take instant payouts in a currency."""
    if _why_not(ctx, currency) is not None:
        return []
    targets = payout_targets.attached(ctx)
    return [one for one in targets if one["currency"] == currency and _takes(one)]


def _takes(destination: dict[str, Any]) -> bool:
    methods = destination.get("available_payout_methods") or []
    return "instant" in methods and destination["status"] != "errored"


def available(ctx: Context, currency: str) -> dict[str, Any]:
    """A row of `balance.instant_available` of the acting account."""
    targets = destinations(ctx, currency)
    held = max(book.balance(ctx.db, ctx.account, "available", currency), 0) if targets else 0
    net = most(ctx, currency) if targets else 0
    row: dict[str, Any] = {
        "amount": held,
        "currency": currency,
        "source_types": {"card": held},
    }
    if targets:
        row["net_available"] = [
            {"amount": net, "destination": one["id"], "source_types": {"card": net}}
            for one in targets
        ]
    return row


def _why_not(ctx: Context, currency: str) -> Refused | None:
    """What keeps the account from instant payouts in a currency. The codes are Stripe's."""
    account = parties.account_of(ctx, ctx.account)
    agreement = (account.get("tos_acceptance") or {}).get("service_agreement")
    if agreement == "recipient":
        return Refused(
            "Accounts under the recipient service agreement have no instant payouts.",
            code="instant_payouts_unsupported",
            param="method",
        )
    if account.get("country") != parties.account_of(ctx, ctx.platform).get("country"):
        return Refused(
            "Instant payouts are made only to accounts in the platform's own country.",
            code="instant_payouts_config_disabled",
            param="method",
        )
    if currency != account.get("default_currency"):
        return Refused(
            f"Instant payouts in {currency.upper()} are not available to this account.",
            code="instant_payouts_currency_disabled",
            param="currency",
        )
    return None


def check(ctx: Context, destination: dict[str, Any] | None, amount: int, currency: str) -> None:
    """Raise `Refused` unless `amount` minor units can be sent to the destination at once."""
    refusal = _why_not(ctx, currency)
    if refusal is not None:
        raise refusal
    if destination is None or not _takes(destination):
        raise Refused(
            "This external account cannot receive instant payouts.",
            code="instant_payouts_unsupported",
            param="method",
        )
    if amount > convert(_MOST_USD, "usd", currency):
        raise Refused(
            "The amount is more than an instant payout may have.",
            code="instant_payouts_limit_exceeded",
            param="amount",
        )
    if amount > most(ctx, currency):
        raise Refused(
            "The balance that is available for instant payouts is too low for this payout and"
            " its fee.",
            code="balance_insufficient",
        )
