"""Payouts: an account's available balance on its way to its bank.

A payout takes its money from the balance when it is made, travels (`pending`, `in_transit`) and
ends as `paid`, `failed` or `canceled`; only a failure or cancellation brings the money back, by a
balance transaction of its own. Automatic payouts empty the balance per currency on the days that
the account's schedule names. The rule that bites: a bank that refuses a payout is `errored`, and
nothing more leaves until it is replaced; the money waits in the balance.

https://docs.stripe.com/api/payouts https://docs.stripe.com/connect/manage-payout-schedule
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, connected, instant, payout_targets, settlement
from marketplace.sandbox.clock import business_days, midnight
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.payout_days import next_payout_day, run_soon
from marketplace.sandbox.render import Listing
from marketplace.sandbox.resources import balance_transactions, external_accounts
from marketplace.sandbox.routing import kind, route, task

__all__ = ["run_soon"]  # external accounts ask for a payout once a bank account was replaced

kind("payout", "po_", indexed=("status", "destination", "arrival_date"))

_DESCRIPTOR_LONGEST = 22
_SUBMITTED_AFTER = 3_600
_INSTANT_TAKES = 1_800
_WHOLE_HUNDREDS = frozenset({"huf", "isk", "twd", "ugx"})

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account has restrictions on the kind or number of"
    " payments it can receive.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debit transactions are not approved on this bank account.",
    "declined": "The bank declined this payout.",
    "insufficient_funds": "There were insufficient funds in the Stripe account to make this"
    " payout.",
    "invalid_account_number": "The account number is not correct.",
    "invalid_currency": "The bank account cannot take payments in this currency.",
    "no_account": "No bank account with this number was found at the bank.",
}
"""`failure_code` and the sentence that goes with it; https://docs.stripe.com/api/payouts/failures"""


@task("payouts.automatic")
def automatic(ctx: Context) -> None:
    """Pay out what is available, when today is one of the account's payout days."""
    account = ctx.find(ctx.account, "account")
    if account is None or not account["payouts_enabled"]:
        return
    schedule = account["settings"]["payouts"]["schedule"]
    if schedule["interval"] == "manual":
        return
    day = next_payout_day(schedule, ctx.now)
    if day > midnight(ctx.now):
        run_soon(ctx, day)
        return
    for currency, amount in book.holdings(ctx.db, ctx.account).get("available", {}).items():
        destination = external_accounts.default_for(ctx, account, currency)
        # What the account wants to keep stays behind: `minimum_balance_by_currency`.
        payable = amount - (account.get("_minimum_balances") or {}).get(currency, 0)
        if currency in _WHOLE_HUNDREDS:
            payable -= payable % 100
        if payable > 0 and destination is not None:
            _pay_automatically(ctx, payable, currency, destination)


def _pay_automatically(
    ctx: Context, amount: int, currency: str, destination: dict[str, Any]
) -> None:
    covered = balance_transactions.unpaid(ctx, currency)
    payout = start(ctx, amount, currency, destination, automatic=True)
    for transaction in covered:
        balance_transactions.cover(ctx, transaction, payout["id"])
    own = ctx.get("balance_transaction", payout["balance_transaction"])
    balance_transactions.cover(ctx, own, payout["id"])


def start(
    ctx: Context,
    amount: int,
    currency: str,
    destination: dict[str, Any] | None,
    *,
    automatic: bool = False,
    **fields: Any,
) -> dict[str, Any]:
    """Take the money from the balance and put the payout on its way.

    A negative `amount` takes it from the bank into the balance instead.
    """
    at_once = fields.get("method") == "instant"
    sent, arrival = _dates(ctx, instant=at_once, automatic=automatic)
    blank = _blank(destination, arrival, automatic=automatic)
    payout = ctx.new("payout", amount=amount, currency=currency, **{**blank, **fields})
    fees = _instant_fee(ctx, payout) if at_once else []
    taken = balance_transactions.record(
        ctx, "payout", -amount, currency, source=payout["id"], against=book.BANKS, fees=fees
    )
    payout["balance_transaction"] = taken["id"]
    ctx.save(payout)
    emit(ctx, "payout.created", payout)
    ctx.later(sent, "payouts.send", payout=payout["id"])
    ctx.later(max(sent, arrival), "payouts.arrive", payout=payout["id"])
    return payout


def _blank(destination: dict[str, Any] | None, arrival: int, *, automatic: bool) -> dict[str, Any]:
    """What a payout says apart from its money, unless more is asked of it."""
    nothing = dict.fromkeys(
        "application_fee application_fee_amount balance_transaction failure_balance_transaction"
        " failure_code failure_message original_payout payout_method reversed_by"
        " statement_descriptor trace_id".split()
    )
    return {
        **nothing,
        "arrival_date": arrival,
        "automatic": automatic,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": destination["id"] if destination else None,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "source_type": balance_transactions.CARD,
        "status": "pending",
        "type": destination["object"] if destination else "bank_account",
    }


def _instant_fee(ctx: Context, payout: dict[str, Any]) -> list[dict[str, Any]]:
    """The fee that the payout itself pays; the platform's is booked there.

    It stays paid when the payout fails; whether Stripe gives it back is not documented.
    """
    fee = instant.fee(payout["amount"], payout["currency"])
    if instant.pays_itself(ctx):
        line = "Instant payout fee"
        return [balance_transactions.stripe_fee(fee, payout["currency"], line)]
    settlement.charge_platform(
        ctx, fee, payout["currency"], f"Instant payout fee for {payout['id']}"
    )
    return []


def _dates(ctx: Context, *, instant: bool, automatic: bool) -> tuple[int, int]:
    """When the payout goes to the bank and when it arrives, in unix seconds.

    How long a payout stays `pending` is not documented; an hour leaves time to cancel it. A
    standard payout arrives on the next business day, the fast end of Stripe's "1-2 days".
    On a platform of its own Stripe's test mode has been seen to go from `payout.created` to
    `payout.paid` within about a second (stripe-cli issue 604), so a manual payout does here too.
    """
    if ctx.is_platform and not automatic:
        return ctx.now, midnight(ctx.now)
    if instant:
        return ctx.now, ctx.now + _INSTANT_TAKES
    return ctx.now + _SUBMITTED_AFTER, business_days(ctx.now, 1)


@task("payouts.send")
def send(ctx: Context, payout: str) -> None:
    """The payout is handed to the bank; from here on it cannot be canceled."""
    found = ctx.get("payout", payout)
    if found["status"] != "pending":
        return
    before = ctx.show(found)
    found["status"] = "in_transit"
    found["trace_id"] = {"status": "pending", "value": None}
    if found["automatic"]:
        found["reconciliation_status"] = "completed"
    ctx.save(found)
    emit(ctx, "payout.updated", found, before=before)
    if found["automatic"]:
        emit(ctx, "payout.reconciliation_completed", found)


@task("payouts.arrive")
def arrive(ctx: Context, payout: str) -> None:
    """The bank took the payout, or sends it back."""
    found = ctx.get("payout", payout)
    if found["status"] != "in_transit":
        return
    destination = ctx.find(found["destination"])
    code = external_accounts.payout_failure(destination) if destination else None
    if destination is not None and code is not None:
        _fail(ctx, found, destination, code)
        return
    found["status"] = "paid"
    found["trace_id"] = {"status": "unsupported", "value": None}
    ctx.save(found)
    emit(ctx, "payout.paid", found)


def _fail(ctx: Context, payout: dict[str, Any], destination: dict[str, Any], code: str) -> None:
    """The money returns to the balance and the bank account is out of use."""
    payout["status"] = "failed"
    payout["failure_code"] = code
    payout["failure_message"] = FAILURES.get(code, FAILURES["could_not_process"])
    payout["trace_id"] = {"status": "unsupported", "value": None}
    _bring_back(ctx, payout, "payout_failure")
    emit(ctx, "payout.failed", payout)
    external_accounts.mark_errored(ctx, destination)


def _bring_back(ctx: Context, payout: dict[str, Any], type_: str) -> None:
    returned = balance_transactions.record(
        ctx, type_, payout["amount"], payout["currency"], source=payout["id"], against=book.BANKS
    )
    payout["failure_balance_transaction"] = returned["id"]
    ctx.save(payout)


@route("POST", "/v1/payouts", "PayoutCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Pay out by hand: `amount` minor units of the acting account's available balance."""
    account = None if ctx.is_platform else connected.current(ctx)
    currency = params["currency"].lower()
    amount = params["amount"]
    _check_amount(amount, currency)
    descriptor = params.get("statement_descriptor")
    if descriptor and len(descriptor) > _DESCRIPTOR_LONGEST:
        message = f"The statement descriptor has at most {_DESCRIPTOR_LONGEST} characters."
        raise Refused(message, param="statement_descriptor")
    if account is not None and not account["payouts_enabled"]:
        message = "Payouts are disabled for this account; its requirements say why."
        raise Refused(message, code="payouts_not_allowed")
    destination = _destination(ctx, params, currency)
    balance_transactions.check_source_type(params)
    if params.get("method") == "instant":
        instant.check(ctx, destination, amount, currency)
    if amount > book.balance(ctx.db, ctx.account, "available", currency):
        raise balance_transactions.insufficient()
    chosen = {name: params[name] for name in _GIVEN if name in params}
    metadata = merged(None, params.get("metadata"))
    return start(ctx, amount, currency, destination, metadata=metadata, **chosen)


_GIVEN = ("description", "method", "source_type", "statement_descriptor")


def _check_amount(amount: int, currency: str) -> None:
    """Stripe's minimum depends on the country and is not published; here it is 1 minor unit."""
    if amount < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if currency in _WHOLE_HUNDREDS and amount % 100:
        message = f"Payouts in {currency.upper()} must be divisible by 100."
        raise Refused(message, param="amount")


def _destination(ctx: Context, params: dict[str, Any], currency: str) -> dict[str, Any] | None:
    """Where the payout goes; a platform without a bank account pays an imaginary one."""
    wanted = params.get("destination")
    known = payout_targets.attached(ctx)
    if wanted is not None:
        chosen = [one for one in known if one["id"] == wanted]
        if not chosen:
            raise missing("external account", wanted, "destination")
    else:
        chosen = [
            one for one in known if one["currency"] == currency and one["default_for_currency"]
        ]
        if not chosen and not ctx.is_platform:
            raise Refused(
                f"There is no bank account or debit card for {currency.upper()} on this account."
                " Add an external account first.",
                param="destination",
            )
    for one in chosen:
        _check_usable(one, currency)
        return one
    return None


def _check_usable(destination: dict[str, Any], currency: str) -> None:
    if destination["status"] == "errored":
        raise Refused(
            "A payout to this bank account failed. Replace it before you pay out to it again.",
            code="bank_account_unusable",
            param="destination",
        )
    if destination["currency"] != currency:
        message = f"The external account takes {destination['currency'].upper()} only."
        raise Refused(message, param="currency")


@route("GET", "/v1/payouts/{payout}", "PayoutRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], payout: str) -> dict[str, Any]:
    """Retrieve a payout."""
    del params
    return ctx.get("payout", payout)


@route("GET", "/v1/payouts", "PayoutListParams")
def list_payouts(ctx: Context, params: dict[str, Any]) -> Listing:
    """List payouts, newest first; `arrival_date` may be a range."""
    return ctx.list("payout", params, "status", "destination", "arrival_date")


@route("POST", "/v1/payouts/{payout}", "PayoutUpdateParams")
def update(ctx: Context, params: dict[str, Any], payout: str) -> dict[str, Any]:
    """Update a payout's metadata, the only thing of it that can change."""
    found = ctx.get("payout", payout)
    before = ctx.show(found)
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "payout.updated", found, before=before)
    return found


@route("POST", "/v1/payouts/{payout}/cancel", "PayoutCancelParams")
def cancel(ctx: Context, params: dict[str, Any], payout: str) -> dict[str, Any]:
    """Take a payout back while it is pending; its money returns to the balance."""
    del params
    found = ctx.get("payout", payout)
    if found["status"] != "pending":
        message = f"Payouts can be canceled only while pending; this one is {found['status']}."
        raise Refused(message)
    if found["automatic"]:
        message = "An automatic payout cannot be canceled."
        raise Refused(message)
    found["status"] = "canceled"
    _bring_back(ctx, found, "payout_cancel")
    emit(ctx, "payout.canceled", found)
    return found
