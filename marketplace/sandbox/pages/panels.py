"""What a seller sees and does in a component or in the full dashboard: payments, disputes, payouts.

A panel is a piece of a page: a template under `templates/panels/`, the values it shows, and the
actions it has. An action does what the API does, by the same functions, and only when its feature
is switched on. The components of a platform's page and Stripe's own dashboard are both made of
panels.

How a program drives one: POST to the page's address with `action` (`refund`, `answer`, `accept`,
`pay_out`, `schedule`, …) and the fields of that form.

https://docs.stripe.com/connect/supported-embedded-components
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.wrappers import Request

from marketplace.sandbox import connected, currencies, payout_targets, uploads
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import (
    balance_settings,
    balance_transactions,
    disputes,
    files,
    payment_intents,
    payouts,
    refunds,
)

_ROWS = 20
_NAMES = {
    "account-management": "Account",
    "balances": "Balance",
    "disputes-list": "Disputes",
    "documents": "Documents",
    "notification-banner": "What Stripe needs from you",
    "payment-details": "Payment",
    "payment-disputes": "Disputes",
    "payments": "Payments",
    "payout-details": "Payout",
    "payouts": "Payouts",
    "payouts-list": "Payouts",
}
INTERVALS = ("daily", "weekly", "monthly", "manual")
_WEEKDAYS = "monday tuesday wednesday thursday friday".split()


def template(name: str) -> str:
    """The template of a panel; components that the sandbox has no content for share one."""
    kept = {
        "payout-details": "payouts-list",
        "payment-details": "payments",
        "payment-disputes": "disputes-list",
    }
    return f"panels/{kept.get(name, name) if name in _NAMES else 'empty'}.html"


def title(name: str) -> str:
    """What the panel is called."""
    return _NAMES.get(name, name.replace("-", " ").capitalize())


def values(ctx: Context, name: str, chosen: str = "") -> dict[str, Any]:
    """What the panel's template shows of the acting account; `chosen`: the one object's id."""
    account = connected.current(ctx)
    found: dict[str, Any] = {"account": ctx.show(account), "name": name, "title": title(name)}
    if name in {"payments", "payment-details"}:
        found["rows"] = [_payment(ctx, charge) for charge in _charges(ctx, name, chosen)]
    elif name in {"disputes-list", "payment-disputes"}:
        charges = {charge["id"] for charge in _charges(ctx, name, chosen)} if chosen else set()
        rows = [ctx.show(row) for row in ctx.every("dispute", _ROWS)]
        found["rows"] = [row for row in rows if not chosen or row["charge"] in charges]
    elif name in {"payouts", "payouts-list", "payout-details", "balances"}:
        found.update(_payouts(ctx, account, chosen if name == "payout-details" else ""))
    elif name == "documents":
        found["rows"] = [ctx.show(row) for row in ctx.every("file", _ROWS)]
    elif name == "account-management":
        found["banks"] = payout_targets.attached(ctx)
    return found


def _charges(ctx: Context, name: str, chosen: str) -> list[dict[str, Any]]:
    if name == "payments":
        return ctx.every("charge", _ROWS)
    if chosen.startswith("pi_"):
        return ctx.every("charge", _ROWS, payment_intent=chosen)
    one = ctx.find(chosen, "charge")
    return [one] if one is not None and ctx.owner(chosen) == ctx.account else []


def _payment(ctx: Context, charge: dict[str, Any]) -> dict[str, Any]:
    """A charge with what is left to refund, and why nothing is, if so."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    able = charge["status"] == "succeeded" and charge["captured"] and not charge["source_transfer"]
    cases = ctx.every("dispute", charge=charge["id"]) if charge["disputed"] else []
    lost = any(not row["is_charge_refundable"] and row["status"] != "won" for row in cases)
    intent = ctx.find(charge["payment_intent"], "payment_intent") or {"status": None}
    status = charge["status"]
    if intent["status"] == "requires_capture":
        status = "uncaptured"
    elif charge["refunded"]:
        status = "refunded"
    elif charge["disputed"]:
        status = "disputed"
    elif charge["amount_refunded"]:
        status = "partially refunded"
    return {
        **ctx.show(charge),
        "left": left if able and not lost else 0,
        "left_text": currencies.text(left, charge["currency"]).partition(" ")[0],
        "status": status,
    }


def _payouts(ctx: Context, account: dict[str, Any], chosen: str) -> dict[str, Any]:
    rows = [ctx.show(row) for row in ctx.every("payout", _ROWS)]
    balance_transactions.settle(ctx)
    return {
        "balance": ctx.show({"object": "balance", "livemode": False}),
        "banks": {one["id"]: one for one in payout_targets.attached(ctx)},
        "intervals": INTERVALS,
        "rows": [row for row in rows if not chosen or row["id"] == chosen],
        "schedule": account["settings"]["payouts"]["schedule"],
    }


def act(ctx: Context, request: Request, allowed: dict[str, bool]) -> str:
    """Do what the form asks for the acting account; answers what went wrong, or "".

    `allowed`: the features of the component. What was refused leaves nothing behind.
    """
    known = _ACTIONS.get(request.form.get("action", ""))
    if known is None or not allowed.get(known[0]):
        return "This is not available here."
    ctx.db.execute("SAVEPOINT panel")
    problem = ""
    raised = len(ctx.spread)
    try:
        known[1](ctx, request)
    except Refused as refusal:
        if not refusal.keep:
            ctx.db.execute("ROLLBACK TO panel")
            del ctx.spread[raised:]
        problem = str(refusal.error["message"])
    ctx.db.execute("RELEASE panel")
    return problem


def minor(text: str, currency: str) -> int:
    """Minor units from what a person typed (`12.34`); raises `Refused`."""
    try:
        amount = Decimal(text.strip()).scaleb(currencies.digits(currency))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != int(amount) or abs(amount) >= 10**12:
        raise Refused("Please write the amount as a number, such as 12.34.", param="amount")
    return int(amount)


def _refund(ctx: Context, request: Request) -> None:
    charge = ctx.get("charge", request.form.get("charge", ""))
    params: dict[str, Any] = {"charge": charge["id"]}
    if request.form.get("amount", "").strip():
        params["amount"] = minor(request.form["amount"], charge["currency"])
    refunds.create(ctx, params)


def _capture(ctx: Context, request: Request) -> None:
    payment_intents.capture(ctx, {}, request.form.get("intent", ""))


def _cancel(ctx: Context, request: Request) -> None:
    payment_intents.cancel(ctx, {}, request.form.get("intent", ""))


def _answer(ctx: Context, request: Request) -> None:
    """Evidence: a text, and a file if one was chosen; sent to the bank at once."""
    evidence = {"uncategorized_text": request.form.get("text", "").strip()}
    part = request.files.get("file")
    if part is not None and part.filename:
        evidence["uncategorized_file"] = files.add(ctx, uploads.of(part), "dispute_evidence")["id"]
    given = {name: value for name, value in evidence.items() if value}
    if not given:
        raise Refused("Write something or choose a file; evidence cannot be empty.")
    disputes.update(ctx, {"evidence": given}, request.form.get("dispute", ""))


def _accept(ctx: Context, request: Request) -> None:
    disputes.close(ctx, {}, request.form.get("dispute", ""))


def _pay_out(ctx: Context, request: Request, method: str = "standard") -> None:
    currency = request.form.get("currency", "")
    amount = minor(request.form.get("amount", ""), currency)
    payouts.create(ctx, {"amount": amount, "currency": currency, "method": method})


def _pay_out_instantly(ctx: Context, request: Request) -> None:
    _pay_out(ctx, request, "instant")


def _schedule(ctx: Context, request: Request) -> None:
    interval = request.form.get("interval", "")
    if interval not in INTERVALS:
        raise Refused("Please choose how often you are paid.")
    schedule: dict[str, Any] = {"interval": interval}
    if interval == "weekly":
        schedule["weekly_payout_days"] = [
            day for day in request.form.getlist("day") if day in _WEEKDAYS
        ] or _WEEKDAYS[:1]
    if interval == "monthly":
        schedule["monthly_payout_days"] = [1]
    balance_settings.update(ctx, {"payments": {"payouts": {"schedule": schedule}}})


_ACTIONS: dict[str, tuple[str, Callable[[Context, Request], None]]] = {
    "refund": ("refund_management", _refund),
    "capture": ("capture_payments", _capture),
    "cancel": ("capture_payments", _cancel),
    "answer": ("dispute_management", _answer),
    "accept": ("dispute_management", _accept),
    "pay_out": ("standard_payouts", _pay_out),
    "pay_out_instantly": ("instant_payouts", _pay_out_instantly),
    "schedule": ("edit_payout_schedule", _schedule),
}
EVERYTHING = {feature: True for feature, _ in _ACTIONS.values()}
"""The features of Stripe's own dashboard."""
