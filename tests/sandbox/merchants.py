"""Sellers for the tests of payments: connected accounts that may take money at once."""

from typing import Any

import stripe

from marketplace.sandbox import ids

from .conftest import Running

PLATFORM_PAYS = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "stripe_dashboard": {"type": "express"},
}
SELLER_PAYS = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "stripe_dashboard": {"type": "full"},
}


def seller(
    sandbox: Running,
    *,
    country: str = "US",
    able: tuple[str, ...] = ("transfers", "card_payments"),
    **more: Any,
) -> str:
    """A connected account whose capabilities in `able` are active; answers its id.

    Onboarding has tests of its own; here the capabilities are switched on behind its back.
    """
    if "type" not in more:
        more.setdefault("controller", PLATFORM_PAYS)
    wanted = {name: {"requested": True} for name in able}
    params: Any = {"country": country, "capabilities": wanted, **more}
    account = sandbox.client().v1.accounts.create(params).id
    with sandbox.sandbox.session(platform(sandbox)) as ctx:
        found = ctx.get("account", account)
        found["capabilities"] = dict.fromkeys(able, "active")
        found["charges_enabled"] = "card_payments" in able
        ctx.save(found)
    return account


def platform(sandbox: Running) -> str:
    """The platform's own account id."""
    return ids.platform_of_key(sandbox.key)


def moves(sandbox: Running, account: str | None = None) -> list[tuple[str, int, int, int, str]]:
    """The balance transactions of an account (the platform by default), oldest first.

    Each as (type, amount, fee, net, currency).
    """
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    page = sandbox.client().v1.balance_transactions.list({"limit": 100}, options)
    return [(t.type, t.amount, t.fee, t.net, t.currency) for t in reversed(page.data)]


def net(sandbox: Running, account: str | None = None) -> int:
    """The sum of what all balance transactions changed."""
    return sum(move[3] for move in moves(sandbox, account))


def told(sandbox: Running, account: str | None = None) -> list[str]:
    """The types of the events of an account, oldest first, without those about accounts."""
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    page = sandbox.client().v1.events.list({"limit": 100}, options)
    quiet = ("account.", "capability.", "person.", "balance.")
    return [e.type for e in reversed(page.data) if not e.type.startswith(quiet)]


def pay(sandbox: Running, amount: int = 1000, card: str = "pm_card_visa", **more: Any) -> Any:
    """A confirmed PaymentIntent; `on` is the account of a direct charge."""
    account = more.pop("on", None)
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    params: Any = {
        "amount": amount,
        "currency": "usd",
        "payment_method": card,
        "confirm": True,
        "return_url": "http://127.0.0.1:9/back",
        "expand": ["latest_charge"],
        **more,
    }
    return sandbox.client().v1.payment_intents.create(params, options)
