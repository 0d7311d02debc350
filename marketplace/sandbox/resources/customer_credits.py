"""A customer's credit balance: what the next invoice would be lessened or raised by.

It is a number beside the customer and no money: nothing in the sandbox's book moves, and as there
are no invoices nothing uses it up. The rule that bites: negative is credit, positive is owed, and
the first entry fixes the customer's currency.

https://docs.stripe.com/api/customer_balance_transactions
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import currencies, metadata
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

kind(
    "customer_balance_transaction",
    "cbtxn_",
    indexed=("customer",),
    words="customer balance transaction",
)

_BASE = "/v1/customers/{customer}/balance_transactions"


@route("POST", _BASE, "CustomerBalanceTransactionCreateParams")
def create(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Change the balance by `amount` minor units; negative is in the customer's favour."""
    holder = ctx.get("customer", customer)
    currency = currencies.known(params["currency"])
    if holder["currency"] not in {None, currency}:
        raise Refused(
            f"You cannot combine currencies on a single customer. This customer has"
            f" {holder['currency']}.",
            code="customer_balance_currency_mismatch",
            param="currency",
        )
    before = ctx.show(holder)
    holder["currency"] = currency
    holder["balance"] += params["amount"]
    made = ctx.new(
        "customer_balance_transaction",
        amount=params["amount"],
        checkout_session=None,
        credit_note=None,
        currency=currency,
        customer=customer,
        customer_account=None,
        description=params.get("description"),
        ending_balance=holder["balance"],
        invoice=None,
        metadata=metadata.merged(None, params.get("metadata")),
        type="adjustment",
    )
    ctx.save(holder)
    emit(ctx, "customer.updated", holder, before=before)
    return made


def _get(ctx: Context, customer: str, identifier: str) -> dict[str, Any]:
    ctx.get("customer", customer)
    found = ctx.get("customer_balance_transaction", identifier, param="transaction")
    if found["customer"] != customer:
        raise missing("customer balance transaction", identifier, "transaction")
    return found


@route("GET", _BASE + "/{transaction}", "CustomerBalanceTransactionRetrieveParams")
def retrieve(
    ctx: Context, params: dict[str, Any], customer: str, transaction: str
) -> dict[str, Any]:
    """Retrieve an entry."""
    del params
    return _get(ctx, customer, transaction)


@route("POST", _BASE + "/{transaction}", "CustomerBalanceTransactionUpdateParams")
def update(ctx: Context, params: dict[str, Any], customer: str, transaction: str) -> dict[str, Any]:
    """Change description and metadata; an amount is corrected by another entry."""
    found = _get(ctx, customer, transaction)
    if "description" in params:
        found["description"] = params["description"] or None
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    return found


@route("GET", _BASE, "CustomerBalanceTransactionListParams")
def list_entries(ctx: Context, params: dict[str, Any], customer: str) -> Listing:
    """List a customer's entries, newest first."""
    ctx.get("customer", customer)
    return ctx.list("customer_balance_transaction", params, customer=customer)
