"""Incidents: what Stripe, a bank or a seller may do to an account or a charge at any moment.

No request of the platform causes them, so they are ordered here: a payout that fails, a
capability that is lost, a requirement on an account that was done or the announcement of one, a
seller who leaves, a fraud
warning, a dispute. Each is one transaction that moves money and raises events as the real thing
would; the rule that bites is that all of them arrive as webhooks and nothing else.

https://docs.stripe.com/connect/handling-api-verification https://docs.stripe.com/disputes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import connected, store
from .clock import DAY
from .context import Context
from .errors import Refused, missing
from .resources import accounts, disputes, early_fraud_warnings, external_accounts, payouts

if TYPE_CHECKING:
    from .program import Sandbox

Values = Mapping[str, Any]
_ANNOUNCED = 90


def payout_failure(ctx: Context, values: Values) -> str:
    """The bank will refuse the account's next payout with this failure code (durably kept)."""
    code = str(values.get("code") or "could_not_process")
    if code not in payouts.FAILURES:
        raise Refused(f"`code` must be one of {', '.join(payouts.FAILURES)}.", param="code")
    account = connected.current(ctx)
    currency = str(values.get("currency") or account["default_currency"])
    bank = external_accounts.default_for(ctx, account, currency)
    if bank is None:
        raise Refused(f"This account has no bank account for {currency.upper()}.", param="currency")
    ctx.save({**bank, "_payout_failure": code})
    return f"The next payout to {bank['id']} fails with {code}."


def capability_lost(ctx: Context, values: Values) -> str:
    """Stripe takes a capability away; it stays inactive until `capability_restored`."""
    account = connected.current(ctx)
    name = str(values.get("capability") or "card_payments")
    if name not in account["_requested"]:
        raise Refused(f"This account has not requested {name}.", param="capability")
    account["_lost"] = sorted({*account.get("_lost", ()), name})
    connected.refresh_status(ctx, account)
    return f"{name} is {account['capabilities'][name]}."


def capability_restored(ctx: Context, values: Values) -> str:
    """Stripe gives a capability back."""
    account = connected.current(ctx)
    name = str(values.get("capability") or "card_payments")
    account["_lost"] = [lost for lost in account.get("_lost", ()) if lost != name]
    connected.refresh_status(ctx, account)
    return f"{name} is {account['capabilities'].get(name, 'unrequested')}."


def requirement(ctx: Context, values: Values) -> str:
    """Stripe asks for something more; `blocked` (charges or payouts) stops these at once."""
    account = connected.current(ctx)
    name = str(values.get("requirement") or "individual.verification.document")
    blocked = values.get("blocked") or None
    if blocked not in {None, "charges", "payouts"}:
        raise Refused("`blocked` is charges, payouts or nothing.", param="blocked")
    if connected.case(ctx, account).has(name):
        raise Refused(f"The account has provided {name} already.", param="requirement")
    account["_demanded"] = sorted({*account["_demanded"], name})
    account["_blocked"] = blocked
    connected.refresh_status(ctx, account)
    return f"{name} is due."


def announcement(ctx: Context, values: Values) -> str:
    """Stripe says that it will ask for something more in `days` (90 unless told)."""
    account = connected.current(ctx)
    name = str(values.get("requirement") or "individual.verification.document")
    days = int(values.get("days") or _ANNOUNCED)
    if days < 1:
        raise Refused("`days` is at least 1.", param="days")
    if connected.case(ctx, account).has(name):
        raise Refused(f"The account has provided {name} already.", param="requirement")
    connected.announce(ctx, account, name, ctx.now + days * DAY)
    return f"{name} will be due in {days} days."


def deauthorised(ctx: Context, values: Values) -> str:
    """The seller disconnects from the platform, which loses access at once."""
    del values
    accounts.delete(ctx.acting_as(ctx.platform), {}, ctx.account)
    return f"{ctx.account} has left the platform."


def early_fraud_warning(ctx: Context, values: Values) -> str:
    """The card network suspects a charge; no money moves."""
    charge = ctx.get("charge", str(values["charge"]))
    early_fraud_warnings.warn(ctx, charge)
    return f"{charge['id']} is under suspicion."


def dispute(ctx: Context, values: Values) -> str:
    """The buyer disputes a charge: wholly, or `amount` minor units of it."""
    charge = ctx.get("charge", str(values["charge"]))
    amount = int(values.get("amount") or charge["amount_captured"] - charge["amount_refunded"])
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"] or charge["disputed"] or not 0 < amount <= left:
        raise Refused("This charge cannot be disputed for that amount.", param="amount")
    inquiry = str(values.get("inquiry", "")).lower() in {"1", "true", "on"}
    reason = str(values.get("reason") or "fraudulent")
    opened = disputes.open_(ctx, charge, amount, reason, inquiry=inquiry)
    return f"{opened['id']} was opened."


ON_ACCOUNTS: dict[str, Callable[[Context, Values], str]] = {
    "payout_failure": payout_failure,
    "capability_lost": capability_lost,
    "capability_restored": capability_restored,
    "requirement": requirement,
    "announcement": announcement,
    "deauthorised": deauthorised,
}
ON_CHARGES: dict[str, Callable[[Context, Values], str]] = {
    "early_fraud_warning": early_fraud_warning,
    "dispute": dispute,
}


def happen(sandbox: Sandbox, values: Values) -> str:
    """Let an incident happen now; answers a sentence, raises `Refused`.

    `kind` names it; `account` or `charge` says to whom; the rest is the incident's own.
    """
    kind = str(values["kind"])
    on_account = kind in ON_ACCOUNTS
    subject = str(values.get("account" if on_account else "charge") or "")
    with sandbox.store.transaction() as db:
        found = store.get(db, subject)
        if found is None or found[0]["object"] != ("account" if on_account else "charge"):
            what = "account" if on_account else "charge"
            raise missing(what, subject, what)
        account = subject if on_account else found[1]
        owner = store.get(db, account)
        # The platform's own account belongs to nobody who could be asked for.
        platform = owner[1] if owner and owner[1].startswith("acct_") else account
        with sandbox.session(platform, account) as ctx:
            return (ON_ACCOUNTS[kind] if on_account else ON_CHARGES[kind])(ctx, values)
