"""Balance settings: when and where an account's balance goes, in one object of its own.

The same state as `settings.payouts` of the v1 account, and more: minimum balances that automatic
payouts leave behind. It is the way for accounts that v2 knows. Reached with the `Stripe-Account`
header for a connected account, without it for the platform itself.

https://docs.stripe.com/api/balance-settings
https://docs.stripe.com/payouts/minimum-balances-for-automatic-payouts
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import connected, countries, currencies
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.payout_days import run_soon
from marketplace.sandbox.resources import accounts
from marketplace.sandbox.routing import kind, route, view

kind("balance_settings", "bset_")

_DAYS = {"weekly": "weekly_payout_days", "monthly": "monthly_payout_days"}
_LONGEST_DELAY = 31
_LAST_DAY = 31
_ITSELF = {"object": "balance_settings"}


@view("balance_settings")
def show(ctx: Context, told: dict[str, Any]) -> dict[str, Any]:
    """Read from the account."""
    account = connected.current(ctx)
    payouts = account["settings"]["payouts"]
    schedule = payouts["schedule"]
    days = {name: schedule[name] for name in _DAYS.values() if name in schedule}
    for interval, name in _DAYS.items():
        anchor = schedule.get(f"{interval}_anchor")
        if anchor is not None:
            days.setdefault(name, [anchor])
    timing: dict[str, Any] = {"delay_days": schedule["delay_days"], "start_of_day": None}
    if account.get("_delay_override"):
        timing["delay_days_override"] = account["_delay_override"]
    told["payments"] = {
        "debit_negative_balances": payouts["debit_negative_balances"],
        "payouts": {
            # There are none; a null here is more than the Python SDK can read.
            "automatic_transfer_rules_by_currency": {},
            "minimum_balance_by_currency": account.get("_minimum_balances") or None,
            "schedule": {"interval": schedule["interval"], **days},
            "statement_descriptor": payouts["statement_descriptor"],
            "status": "enabled" if account["payouts_enabled"] else "disabled",
        },
        "settlement_timing": timing,
    }
    return told


@route("GET", "/v1/balance_settings", "BalanceSettingsRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Retrieve the acting account's balance settings."""
    del ctx, params
    return _ITSELF


@route("POST", "/v1/balance_settings", "BalanceSettingsUpdateParams")
def update(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change the acting account's balance settings."""
    account = connected.current(ctx)
    before, shown = ctx.show(_ITSELF), ctx.show(account)
    told = params.get("payments") or {}
    payouts = dict(told.get("payouts") or {})
    if payouts.pop("automatic_transfer_rules_by_currency", None):
        message = "This sandbox has no financial accounts that money could be moved to."
        raise Refused(message, param="payments[payouts][automatic_transfer_rules_by_currency]")
    if "minimum_balance_by_currency" in payouts:
        _keep_minimums(account, payouts.pop("minimum_balance_by_currency"))
    if "debit_negative_balances" in told:
        payouts["debit_negative_balances"] = told["debit_negative_balances"]
    schedule = _schedule(payouts.pop("schedule", None))
    timing = told.get("settlement_timing") or {}
    if "delay_days_override" in timing:
        schedule["delay_days"] = _delay(account, timing["delay_days_override"])
    if schedule:
        payouts["schedule"] = schedule
    accounts.apply(ctx, account, {"settings": {"payouts": payouts}})
    connected.refresh_status(ctx, account, shown)
    if ctx.show(_ITSELF) != before:
        emit(ctx, "balance_settings.updated", _ITSELF, before=before)
        run_soon(ctx)
    return _ITSELF


def _keep_minimums(account: dict[str, Any], given: Any) -> None:
    """`""` forgets all of them, `""` for one currency that one."""
    known = {} if given == "" else dict(account.get("_minimum_balances") or {})
    for name, amount in (given or {}).items():
        currency = currencies.known(name, "payments[payouts][minimum_balance_by_currency]")
        if amount == "":
            known.pop(currency, None)
        elif amount < 0:
            raise Refused(
                "A minimum balance cannot be negative.",
                code="parameter_invalid_integer",
                param=f"payments[payouts][minimum_balance_by_currency][{name}]",
            )
        else:
            known[currency] = amount
    account["_minimum_balances"] = known


def _schedule(given: dict[str, Any] | None) -> dict[str, Any]:
    """The schedule as v1 keeps it; raises `Refused` for days that do not fit the interval."""
    if not given:
        return {}
    base = "payments[payouts][schedule]"
    interval = given.get("interval")
    for name, days in _DAYS.items():
        if days in given and interval != name:
            message = f"`{days}` can only be given when `interval` is `{name}`."
            raise Refused(message, param=f"{base}[{days}]")
        if interval == name and not given.get(days):
            raise Refused(
                f"`{days}` is required when `interval` is `{name}`.",
                code="parameter_missing",
                param=f"{base}[{days}]",
            )
    if any(not 1 <= day <= _LAST_DAY for day in given.get("monthly_payout_days", [])):
        message = "Days of the month are numbers from 1 to 31."
        raise Refused(message, param=f"{base}[monthly_payout_days]")
    return dict(given)


def _delay(account: dict[str, Any], wanted: int | str) -> int | str:
    if wanted == "":
        account["_delay_override"] = None
        return "minimum"
    least = countries.delay_days(account["country"])
    if not least <= int(wanted) <= _LONGEST_DELAY:
        raise Refused(
            f"`delay_days_override` must be between {least} and {_LONGEST_DELAY}.",
            param="payments[settlement_timing][delay_days_override]",
        )
    account["_delay_override"] = int(wanted)
    return int(wanted)
