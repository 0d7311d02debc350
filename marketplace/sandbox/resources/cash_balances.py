"""Cash balances: money that customers have sent by bank transfer, and every change of it.

https://docs.stripe.com/api/cash_balance
https://docs.stripe.com/api/cash_balance_transactions
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import bank_transfers, currencies, ids
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

_KIND = "customer_cash_balance_transaction"
kind(_KIND, "ccsbtxn_", indexed=("customer",), words="cash balance transaction")


def _balance(customer: dict[str, Any]) -> dict[str, Any]:
    held = {code: amount for code, amount in (customer.get("_cash") or {}).items() if amount}
    mode = customer.get("_reconciliation") or "merchant_default"
    return {
        "object": "cash_balance",
        "available": held or None,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "settings": {
            "reconciliation_mode": "automatic" if mode == "merchant_default" else mode,
            "using_merchant_default": mode == "merchant_default",
        },
    }


@route("GET", "/v1/customers/{customer}/cash_balance", "CustomerCashBalanceRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Retrieve a customer's cash balance."""
    del params
    return _balance(ctx.get("customer", customer))


@route("POST", "/v1/customers/{customer}/cash_balance", "CustomerCashBalanceUpdateParams")
def update(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Choose whether money pays waiting intents by itself."""
    found = ctx.get("customer", customer)
    mode = (params.get("settings") or {}).get("reconciliation_mode")
    if mode:
        found["_reconciliation"] = mode
        ctx.save(found)
    return _balance(found)


@route(
    "POST",
    "/v1/test_helpers/customers/{customer}/fund_cash_balance",
    "test_helpers.CustomerFundCashBalanceParams",
)
def fund(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Money from the customer's bank has arrived: `amount` minor units."""
    found = ctx.get("customer", customer)
    currency = currencies.known(params["currency"])
    if params["amount"] < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    type_ = bank_transfers.kind_of(currency)
    transfer = {
        "reference": params.get("reference") or ids.new("", 12).upper(),
        "type": type_,
        **({type_: _SENDERS[type_]} if type_ in _SENDERS else {}),
    }
    detail = {"bank_transfer": transfer}
    amount = params["amount"]
    transaction = bank_transfers.move(ctx, found, amount, currency, "funded", detail)
    if _balance(found)["settings"]["reconciliation_mode"] == "automatic":
        bank_transfers.reconcile(ctx, found, currency)
    if bank_transfers.cash(found, currency):
        emit(ctx, "cash_balance.funds_available", _balance(found))
    return transaction


_SENDERS: dict[str, dict[str, Any]] = {
    "eu_bank_transfer": {"bic": "TESTDEFF", "iban_last4": "3000", "sender_name": None},
    "gb_bank_transfer": {
        "account_number_last4": "2345",
        "sender_name": None,
        "sort_code": "108800",
    },
    "jp_bank_transfer": {"sender_bank": None, "sender_branch": None, "sender_name": None},
    "us_bank_transfer": {"network": "ach", "sender_name": None},
}


@route(
    "GET",
    "/v1/customers/{customer}/cash_balance_transactions",
    "CustomerCashBalanceTransactionListParams",
)
def list_transactions(ctx: Context, params: dict[str, Any], customer: str) -> Listing:
    """List the changes of a customer's cash balance, newest first."""
    ctx.get("customer", customer)
    return ctx.list(_KIND, params, customer=customer)


@route(
    "GET",
    "/v1/customers/{customer}/cash_balance_transactions/{transaction}",
    "CustomerCashBalanceTransactionRetrieveParams",
)
def retrieve_transaction(
    ctx: Context, params: dict[str, Any], customer: str, transaction: str
) -> dict[str, Any]:
    """Retrieve one change."""
    del params
    found = ctx.get(_KIND, transaction)
    if found["customer"] != customer:
        raise missing("cash balance transaction", transaction)
    return found
