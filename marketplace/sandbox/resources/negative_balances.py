"""Accounts below zero: what is held for them, debited from their bank and written off at last.

A dispute or a reversed transfer can push a connected account below zero. Where the platform bears
its losses, as much is held on the platform (`connect_reserved`) until the account is positive
again. If the account allows it (`debit_negative_balances`) its bank is debited, by an automatic
payout with a negative amount. After 180 days the platform pays, or Stripe where Stripe bears the
losses.

The rule that bites: pending money counts. An account with as much on its way is not below zero.

https://docs.stripe.com/connect/account-balances#accounting-for-negative-balances
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, countries, store
from marketplace.sandbox.clock import DAY, business_days
from marketplace.sandbox.context import Context
from marketplace.sandbox.routing import task

from . import balance_transactions, external_accounts, payouts

_COLLECTED_AFTER = 180 * DAY
_LINGERS = 3
_DEBITED = countries.SHARED_REGION | {"AU", "NZ"}
"""Where banks are debited: AU, CA, NZ, US and Europe (GB and the SEPA countries)."""


def shortfall(ctx: Context, currency: str) -> int:
    """How far the acting account is below zero, in minor units; 0 when it is not."""
    held = sum(book.balance(ctx.db, ctx.account, b, currency) for b in ("pending", "available"))
    return max(0, -held)


def _platform_bears(account: dict[str, Any]) -> bool:
    return bool(account["controller"]["losses"]["payments"] == "application")


@task(balance_transactions.WATCH)
def watch(ctx: Context, currency: str) -> None:
    """The acting account went below zero, moved there, or came back."""
    account = ctx.find(ctx.account, "account")
    if account is None or ctx.is_platform:
        return
    short = shortfall(ctx, currency)
    if _platform_bears(account):
        _reserve(ctx, currency, short)
    since = _note(ctx, "since", currency)
    if not short:
        _note(ctx, "since", currency, 0)
        return
    once = f"{ctx.account}:{currency}"
    due = business_days(ctx.now, 1)
    ctx.later(due, "balances.debit", once=f"balances.debit:{once}", currency=currency)
    if not since:
        _note(ctx, "since", currency, ctx.now)
        _collect_later(ctx, currency, ctx.now)


def _note(ctx: Context, what: str, currency: str, value: int | None = None) -> int:
    """A number remembered for the acting account and a currency; 0 when there is none."""
    return int(store.note(ctx.db, f"negative:{what}:{ctx.account}:{currency}", value) or 0)


def _reserve(ctx: Context, currency: str, short: int) -> None:
    """Hold on the platform what the account is short of, and release what it no longer is.

    The platform's reserve is kept in the account's currency; how Stripe shows it to a platform
    that is paid in another one is not documented.
    """
    held = _note(ctx, "held", currency)
    until = _note(ctx, "until", currency)
    if short < held and until > ctx.now:
        # What a bank debit brought in may still bounce.
        once = f"{balance_transactions.WATCH}:{ctx.account}:{currency}:{until}"
        ctx.later(until, balance_transactions.WATCH, once=once, currency=currency)
        return
    if short == held:
        return
    verb = "Hold" if short > held else "Release"
    balance_transactions.record(
        ctx.acting_as(ctx.platform),
        "reserve_transaction",
        held - short,
        currency,
        source=None,
        against=book.RESERVED,
        description=f"{verb} for the negative balance of {ctx.account}",
    )
    _note(ctx, "held", currency, short)


@task("balances.debit")
def debit(ctx: Context, currency: str) -> None:
    """Take what the account is short of from its bank account, never from a card."""
    account = ctx.find(ctx.account, "account")
    short = shortfall(ctx, currency)
    if account is None or not short or account["country"] not in _DEBITED:
        return
    if not account["settings"]["payouts"]["debit_negative_balances"]:
        return
    bank = external_accounts.default_for(ctx, account, currency)
    if bank is None or bank["object"] != "bank_account":
        return
    _note(ctx, "until", currency, business_days(ctx.now, _LINGERS))
    payouts.start(ctx, -short, currency, bank, automatic=True)


def _collect_later(ctx: Context, currency: str, since: int) -> None:
    once = f"balances.collect:{ctx.account}:{currency}"
    due = since + _COLLECTED_AFTER
    ctx.later(due, "balances.collect", once=once, currency=currency)


@task("balances.collect")
def collect(ctx: Context, currency: str) -> None:
    """Whoever bears the losses pays for an account that stayed below zero for 180 days.

    That Stripe's own cover is booked as an adjustment is not documented.
    """
    account = ctx.find(ctx.account, "account")
    short, since = shortfall(ctx, currency), _note(ctx, "since", currency)
    if account is None or not short:
        return
    if ctx.now < since + _COLLECTED_AFTER:
        _collect_later(ctx, currency, since)
        return
    if not _platform_bears(account):
        balance_transactions.record(
            ctx,
            "adjustment",
            short,
            currency,
            source=None,
            against=book.STRIPE,
            description="Negative balance covered by Stripe",
        )
        return
    for party, amount in ((ctx, short), (ctx.acting_as(ctx.platform), -short)):
        balance_transactions.record(
            party,
            "connect_collection_transfer",
            amount,
            currency,
            source=None,
            against=book.CLEARING,
            description=f"Negative balance of {ctx.account}",
        )
