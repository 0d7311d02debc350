"""Balance transactions: the only way in which an account's balance changes.

`record` writes the object and the posting behind it together. `amount` is what moved, `fee` the
sum of `fee_details`, `net = amount - fee` what the balance changed by. Money that is not yet
available sits in the `pending` bucket until the clock reaches `available_on`.

https://docs.stripe.com/api/balance_transactions
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, instant
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.payout_days import run_soon
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, task, view

kind(
    "balance_transaction",
    "txn_",
    indexed=("type", "source", "payout", "currency", "_unpaid"),
    words="balance transaction",
)

_CATEGORY = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "charge_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "transfer_cancel": "transfer_reversal",
    "transfer_failure": "transfer_reversal",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "stripe_fee": "fee",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
    "reserve_transaction": "connect_reserved_funds",
    "connect_collection_transfer": "connect_collection_transfer",
    "topup": "topup",
    "topup_reversal": "topup_reversal",
    "adjustment": "other_adjustment",
}
_SALES = frozenset({"charge", "payment"})
CARD = "card"
"""The source type of all money here: of cards, and of every bank debit but the ACH of old."""
_EMPTY = {"bank_account": "bank account", "fpx": "FPX"}
_TOLD_AFTER = 60
WATCH = "balances.watch"
"""The task that looks after accounts below zero; see `negative_balances`."""


def stripe_fee(
    amount: int, currency: str, description: str = "Stripe processing fees"
) -> dict[str, Any]:
    """A fee that Stripe keeps, in minor units, for `record(fees=[…])`."""
    return {
        "type": "stripe_fee",
        "amount": amount,
        "currency": currency,
        "application": None,
        "description": description,
    }


def application_fee(amount: int, currency: str, application: str) -> dict[str, Any]:
    """A fee that goes to the platform; it waits in clearing until the platform records it."""
    return {
        "type": "application_fee",
        "amount": amount,
        "currency": currency,
        "application": application,
        "description": "application fee",
    }


def record(  # noqa: PLR0913 - one place writes all that a balance transaction says
    ctx: Context,
    type_: str,
    amount: int,
    currency: str,
    *,
    source: str | None,
    against: str,
    fees: list[dict[str, Any]] | None = None,
    available_on: int | None = None,
    description: str | None = None,
    category: str | None = None,
    exchange_rate: str | None = None,
) -> dict[str, Any]:
    """Write a balance transaction of the acting account and its posting.

    `amount`: minor units, negative when money leaves. `against`: the party on the other side of
    `amount` (`book.CARDS`, `book.BANKS`, `book.STRIPE`, `book.CLEARING`, or `book.RESERVED` for
    money that is only set aside). `available_on`: unix seconds; None or the past means at once.
    `exchange_rate` is kept as text.
    """
    fees = fees or []
    fee = sum(line["amount"] for line in fees)
    due = max(available_on or 0, ctx.now)
    transaction = ctx.new(
        "balance_transaction",
        amount=amount,
        available_on=due,
        balance_type="payments",
        currency=currency,
        description=description,
        exchange_rate=exchange_rate,
        fee=fee,
        fee_details=fees,
        net=amount - fee,
        reporting_category=category or _CATEGORY[type_],
        source=source,
        type=type_,
        payout=None,
        _unpaid=currency,
    )
    _post(ctx, transaction, against)
    return transaction


def _post(ctx: Context, transaction: dict[str, Any], against: str) -> None:
    """The posting behind a transaction, and what follows from it now or when the money is there."""
    amount, net, due = (transaction[name] for name in ("amount", "net", "available_on"))
    currency = transaction["currency"]
    bucket = "pending" if due > ctx.now else "available"
    lines = [
        book.Line(ctx.account, bucket, currency, net),
        book.Line(ctx.account, book.RESERVED, currency, -amount)
        if against == book.RESERVED
        else book.Line(against, "", currency, -amount),
    ]
    for line in transaction["fee_details"]:
        keeper = book.CLEARING if line["type"] == "application_fee" else book.STRIPE
        lines.append(book.Line(keeper, "", line["currency"], line["amount"]))
    book.post(ctx.db, transaction["id"], ctx.now, lines)
    _watch(ctx, currency, net)
    if bucket == "pending":
        book.settle_later(ctx.db, ctx.account, currency, due, net)
        ctx.later(due, "funds.settle", once=f"funds.settle:{ctx.account}:{due}")
    elif amount > 0:
        run_soon(ctx)
        if transaction["type"] in _SALES:
            # Money that skips `pending` is told of too, in test mode about a minute later.
            told = ctx.now - ctx.now % _TOLD_AFTER + 2 * _TOLD_AFTER
            ctx.later(told, "balance.tell", once=f"balance.tell:{ctx.account}:{told}")


def _watch(ctx: Context, currency: str, moved: int) -> None:
    """Have an account looked at that went below zero by this movement, or comes from there.

    It happens right after the request, when all that the request does to balances is done.
    """
    if ctx.is_platform:
        return
    held = sum(book.balance(ctx.db, ctx.account, b, currency) for b in ("pending", "available"))
    if min(held, held - moved) < 0:
        once = f"{WATCH}:{ctx.account}:{currency}"
        ctx.later(ctx.now, WATCH, once=once, currency=currency)


@task("balance.tell")
def tell(ctx: Context) -> None:
    """Say that money is available."""
    emit(ctx, "balance.available", {"object": "balance", "livemode": False})


@task("funds.settle")
def settle(ctx: Context) -> None:
    """Pending money whose day has come becomes available; payouts may follow."""
    if book.settle(ctx.db, ctx.account, ctx.now):
        emit(ctx, "balance.available", {"object": "balance", "livemode": False})
        run_soon(ctx, ctx.now)


def insufficient(source_type: str = CARD) -> Refused:
    """The refusal of a payout or transfer out of a balance that is too low.

    Stripe's words: https://github.com/stripe/stripe-node/issues/1147
    """
    return Refused(
        "You have insufficient funds in your Stripe account for this transfer."
        f" Your {_EMPTY.get(source_type, source_type)} balance is too low. You can use the"
        " /v1/balance endpoint to view your Stripe balance (for more details, see"
        " stripe.com/docs/api#balance).",
        code="balance_insufficient",
    )


def check_source_type(params: dict[str, Any]) -> None:
    """Raise `Refused` for money out of a balance in which there never is any.

    Stripe keeps the money of old ACH payments and of FPX, neither of which is covered here, apart
    from the rest. https://docs.stripe.com/api/balance/balance_object
    """
    source_type = params.get("source_type") or CARD
    if source_type in _EMPTY:
        raise insufficient(source_type)


def unpaid(ctx: Context, currency: str) -> list[dict[str, Any]]:
    """The acting account's available transactions that no automatic payout has covered yet."""
    rows = ctx.every("balance_transaction", 1_000_000, _unpaid=currency)
    return [row for row in rows if row["available_on"] <= ctx.now]


def cover(ctx: Context, transaction: dict[str, Any], payout: str) -> None:
    """Note which automatic payout paid this transaction out; lists filter by it."""
    ctx.save({**transaction, "payout": payout, "_unpaid": None})


@view("balance_transaction")
def show(ctx: Context, transaction: dict[str, Any]) -> dict[str, Any]:
    """`status` follows from the clock; the payout that paid it out is a filter, not a field."""
    transaction.pop("payout", None)
    transaction.pop("livemode", None)
    transaction["status"] = "pending" if transaction["available_on"] > ctx.now else "available"
    rate = transaction["exchange_rate"]
    # Stripe prints the rate as a JSON number; it is kept as text so that no float does sums.
    transaction["exchange_rate"] = float(rate) if rate else None
    return transaction


@view("balance")
def show_balance(ctx: Context, balance: dict[str, Any]) -> dict[str, Any]:
    """The acting account's balance, read from the book."""
    held = book.holdings(ctx.db, ctx.account)
    currencies = {currency for bucket in held.values() for currency in bucket}
    currencies.add(_default_currency(ctx))

    def rows(bucket: str) -> list[dict[str, Any]]:
        return [
            {
                "amount": (amount := held.get(bucket, {}).get(currency, 0)),
                "currency": currency,
                "source_types": {CARD: amount},
            }
            for currency in sorted(currencies)
        ]

    balance["available"] = rows("available")
    balance["pending"] = rows("pending")
    balance["instant_available"] = [instant.available(ctx, code) for code in sorted(currencies)]
    if ctx.is_platform:
        balance["connect_reserved"] = [
            {"amount": row["amount"], "currency": row["currency"]} for row in rows("reserved")
        ]
    return balance


def _default_currency(ctx: Context) -> str:
    account = ctx.find(ctx.account, "account")
    return str(account["default_currency"]) if account else "usd"


@route("GET", "/v1/balance", "BalanceRetrieveParams")
def balance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Retrieve the acting account's balance."""
    del params
    settle(ctx)
    return {"object": "balance", "livemode": False}


@route("GET", "/v1/balance_transactions/{transaction}", "BalanceTransactionRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], transaction: str) -> dict[str, Any]:
    """Retrieve a balance transaction."""
    del params
    return ctx.get("balance_transaction", transaction, param="id")


@route("GET", "/v1/balance_transactions", "BalanceTransactionListParams")
def list_transactions(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's balance transactions, newest first."""
    return ctx.list("balance_transaction", params, "type", "source", "payout", "currency")
