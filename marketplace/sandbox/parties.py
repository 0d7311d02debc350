"""Who takes part in a payment: what an account may do, in which currency and when it is paid.

Everything that charges, transfers or refunds asks here about accounts, so that the rules of
Connect (capabilities, borders, who pays Stripe's fee) are in one place.

https://docs.stripe.com/connect/charges https://docs.stripe.com/connect/account-capabilities
"""

from __future__ import annotations

from typing import Any

from . import countries, payout_targets
from .clock import business_days
from .context import Context
from .errors import Refused

_TRANSFERS_ONLY = frozenset({"BR", "IN", "TH"})
_TRANSFERS = ("transfers", "crypto_transfers", "legacy_payments")


def application(ctx: Context) -> str:
    """The Connect application of the platform, as objects on its accounts name it."""
    return f"ca_{ctx.platform[5:]}"


def account_of(ctx: Context, identifier: str) -> dict[str, Any]:
    """The account object, to be read only; a platform that has none yet is taken for a US one."""
    found: dict[str, Any] | None = ctx.once(identifier, lambda: ctx.find(identifier, "account"))
    return found or {"id": identifier, "country": "US", "default_currency": "usd"}


def is_connected(ctx: Context, identifier: str) -> bool:
    """Whether the id names a connected account of the acting platform."""
    return (
        identifier != ctx.platform
        and ctx.find(identifier, "account") is not None
        and ctx.owner(identifier) == ctx.platform
    )


def has(account: dict[str, Any], *capabilities: str) -> bool:
    """Whether one of the capabilities is active."""
    held = account.get("capabilities") or {}
    return any(held.get(name) == "active" for name in capabilities)


def settles_in(ctx: Context, identifier: str, currency: str) -> str:
    """The currency in which an account is paid for a charge in `currency`.

    Its own when it has a bank account in that currency, its default currency otherwise.
    https://docs.stripe.com/connect/currencies
    """
    default = str(account_of(ctx, identifier).get("default_currency") or "usd")
    if currency == default:
        return currency
    banks = payout_targets.attached(ctx.acting_as(identifier))
    own = [bank["currency"] for bank in banks if bank["object"] == "bank_account"]
    return currency if currency in own else default


def available_on(ctx: Context, identifier: str, *, at_once: bool = False) -> int:
    """Unix seconds at which money that an account takes in now becomes available."""
    if at_once:
        return ctx.now
    account = account_of(ctx, identifier)
    schedule = (account.get("settings") or {}).get("payouts", {}).get("schedule", {})
    days = schedule.get("delay_days")
    if not isinstance(days, int):
        days = countries.delay_days(account.get("country"))
    return business_days(ctx.now, days)


def platform_pays_fees(account: dict[str, Any]) -> bool:
    """Whether the platform pays Stripe's fee on the account's direct charges.

    Only `application` means that: the accounts of `type=express` and `custom` read
    `application_express` and `application_custom`, and pay their own.
    https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
    """
    payer = ((account.get("controller") or {}).get("fees") or {}).get("payer")
    return bool(payer == "application")


def destination(ctx: Context, identifier: str, param: str) -> dict[str, Any]:
    """The account that money is sent to; raises `Refused` when it may not receive any."""
    if identifier == ctx.account:
        raise Refused("You cannot send funds to your own account.", param=param)
    to_platform = identifier == ctx.platform and not ctx.is_platform
    if not to_platform and not (ctx.is_platform and is_connected(ctx, identifier)):
        raise Refused(f"No such destination: '{identifier}'", code="resource_missing", param=param)
    account = account_of(ctx, identifier)
    if to_platform:
        return account
    if not has(account, *_TRANSFERS) and not was_made_of_nothing(account):
        raise Refused(
            "Your destination account needs to have at least one of the following capabilities"
            f" enabled: {', '.join(_TRANSFERS)}",
            code="insufficient_capabilities_for_transfer",
        )
    _check_border(ctx, account)
    return account


def charge_destination(ctx: Context, identifier: str, param: str) -> dict[str, Any]:
    """The account that a destination charge sends money to; raises `Refused`.

    Beyond the region, accounts in some countries are reached by separate transfers only.
    https://docs.stripe.com/connect/cross-border-payouts
    """
    account = destination(ctx, identifier, param)
    abroad = not same_region(account_of(ctx, ctx.account), account)
    if abroad and account.get("country") in _TRANSFERS_ONLY:
        raise Refused(
            f"Destination charges are not available for accounts in {account['country']}; create"
            " the transfer separately.",
            param=param,
        )
    return account


def fee_payer(ctx: Context, identifier: str) -> None:
    """Raise `Refused` when no application fee may be taken from this account.

    The text is not confirmed. https://docs.stripe.com/connect/direct-charges#collect-fees
    """
    payer, home = account_of(ctx, identifier), account_of(ctx, ctx.platform)
    if payer.get("country") == "BR" != home.get("country"):
        raise Refused(
            "Platforms outside of Brazil cannot take application fees from accounts in Brazil.",
            code="application_fees_not_allowed",
            param="application_fee_amount",
        )


def was_made_of_nothing(account: dict[str, Any]) -> bool:
    """Whether the account has a full dashboard and was never asked for any capability.

    `stripe trigger transfer.created` sends money to an account that it made with an empty request
    a moment before. Test mode is laxer than live mode there, and nowhere else that is known.
    """
    dashboard = (account.get("controller") or {}).get("stripe_dashboard", {}).get("type")
    untouched = not account.get("capabilities") and not account.get("details_submitted")
    return dashboard == "full" and untouched


def same_region(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether money may go between two accounts without cross-border payouts."""
    pair = {one.get("country"), other.get("country")}
    return len(pair) == 1 or pair <= countries.SHARED_REGION


def _check_border(ctx: Context, account: dict[str, Any]) -> None:
    """Money crosses borders within one region; beyond it only to recipient accounts of a US one.

    The text and the absence of a code are not confirmed.
    https://docs.stripe.com/connect/account-capabilities#transfers-cross-border
    """
    home = account_of(ctx, ctx.account)
    there = account.get("country")
    if same_region(home, account):
        return
    agreement = (account.get("tos_acceptance") or {}).get("service_agreement")
    if home.get("country") == "US" and agreement == "recipient":
        return
    raise Refused(
        f"Funds can't be sent to accounts located in {there} because it's restricted outside of"
        " your platform's region."
    )


def on_behalf_of(ctx: Context, identifier: str) -> None:
    """Raise `Refused` unless the platform may charge in the name of this account."""
    param = "on_behalf_of"
    if not is_connected(ctx, identifier):
        raise Refused(f"No such account: '{identifier}'", code="resource_missing", param=param)
    if not has(account_of(ctx, identifier), "card_payments"):
        raise Refused(
            "The account referenced in `on_behalf_of` needs the `card_payments` capability.",
            code="capability_not_active",
            param=param,
        )


def may_charge(ctx: Context) -> None:
    """Raise `Refused` when a connected account takes a direct charge it has no capability for."""
    if ctx.is_platform or has(account_of(ctx, ctx.account), "card_payments"):
        return
    raise Refused(
        "Your account needs the `card_payments` capability to be active before it can take"
        " direct charges.",
        code="capability_not_active",
    )
