"""Account debits: the platform takes money out of a connected account's balance.

Two requests do the same: a charge with `source=acct_…`, which answers a `py_…` payment on the
platform, and a transfer in the account's name (`Stripe-Account`) to the platform. Behind both is
one transfer from the account, so the money comes back by refunding the payment.

The rule that bites: only accounts whose losses the platform bears can be debited, only in their
own currency, and never below zero.

https://docs.stripe.com/connect/account-debits
"""

from __future__ import annotations

from typing import Any

from . import book, metadata, parties, settlement
from .context import Context
from .currencies import known
from .errors import Refused, missing
from .events import emit


def check(ctx: Context, identifier: str, amount: int, currency: str) -> None:
    """Raise `Refused` unless the platform may take `amount` minor units from the account.

    That an account may be pushed below zero where Stripe has switched on connected reserves for
    the platform is documented; the sandbox takes them as switched off. The texts are not
    confirmed.
    """
    account = ctx.find(identifier, "account")
    if account is None or not parties.is_connected(ctx, identifier):
        raise missing("account", identifier, "source")
    if account["controller"]["losses"]["payments"] != "application":
        raise Refused(
            "You can debit only connected accounts whose negative balances your platform is"
            " liable for.",
            param="source",
        )
    home = parties.account_of(ctx, ctx.platform)
    if not parties.same_region(home, account):
        raise Refused(
            f"You cannot debit an account in {account['country']}: it is outside of your"
            " platform's region.",
            param="source",
        )
    if currency != account["default_currency"]:
        raise Refused(
            f"Account debits must be in the account's default currency"
            f" ({account['default_currency']}).",
            param="currency",
        )
    if book.balance(ctx.db, identifier, "available", currency) < amount:
        raise Refused(
            f"Insufficient available funds in the account {identifier} for this debit.",
            code="balance_insufficient",
        )


def take(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Debit an account by the parameters of a charge; answers the platform's `py_…` payment."""
    if not ctx.is_platform:
        raise Refused(
            "Only the platform may debit its connected accounts.", code="platform_account_required"
        )
    amount, currency = params["amount"], known(params["currency"])
    check(ctx, params["source"], amount, currency)
    told = settlement.Told()
    transfer = settlement.send(
        ctx.acting_as(params["source"]),
        amount,
        currency,
        ctx.platform,
        told,
        source=None,
        due=ctx.now,
        group=params.get("transfer_group"),
        description=params.get("description"),
    )
    payment = ctx.get("charge", transfer["destination_payment"])
    payment["description"] = params.get("description")
    payment["metadata"] = metadata.merged(None, params.get("metadata"))
    payment["source"] = {"id": params["source"], "object": "account"}
    ctx.save(payment)
    told.tell()
    emit(ctx, "charge.succeeded", payment)
    return payment
