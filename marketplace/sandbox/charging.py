"""The Charge of one attempt to pay, as it looks before the bank has answered.

https://docs.stripe.com/api/charges/object
"""

from __future__ import annotations

from typing import Any

from . import ids, parties
from .cards import Card
from .context import Context

_TO_INTENT = (
    "application",
    "customer",
    "description",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "application_fee_amount",
)
_LONGEST_DESCRIPTOR = 22
_ORDINARY_RISK = 20


def new(
    ctx: Context,
    intent: dict[str, Any],
    method: dict[str, Any],
    card: Card | None,
    *,
    authenticated: bool = False,
) -> dict[str, Any]:
    """Keep a new, uncaptured charge of the acting account for the intent's amount."""
    identifier = ids.new("ch_" if card else "py_")
    charge = {
        **blank_charge(intent["amount"], intent["currency"]),
        **{name: intent[name] for name in _TO_INTENT},
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": _descriptor(ctx, intent),
        "metadata": dict(intent["metadata"]),
        "outcome": outcome(card),
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(method, intent["amount"], authenticated=authenticated),
        "receipt_url": f"{ctx.base_url}/c/receipt/{identifier}",
        "transfer_group": group(intent),
        "_bypass": bool(card and card.bypass),
        "_refund": card.refund if card else "",
    }
    if intent["transfer_data"]:
        data = intent["transfer_data"]
        charge["transfer_data"] = {
            "amount": data.get("amount"),
            "destination": data["destination"],
        }
        charge["_transfer_description"] = data.get("description")
        charge["_transfer_metadata"] = data.get("metadata")
    return ctx.new("charge", id=identifier, **charge)


def blank_charge(amount: int, currency: str) -> dict[str, Any]:
    """Every field of a Charge, as it is for a paid one of which nothing else is known."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    nothing = dict.fromkeys(
        "application application_fee application_fee_amount balance_transaction"
        " calculated_statement_descriptor customer description failure_balance_transaction"
        " failure_code failure_message on_behalf_of outcome payment_intent payment_method"
        " payment_method_details receipt_email receipt_number receipt_url review shipping source"
        " source_transfer statement_descriptor statement_descriptor_suffix transfer"
        " transfer_data transfer_group".split()
    )
    person = {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}
    return {
        **nothing,
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": person,
        "captured": False,
        "currency": currency,
        "disputed": False,
        "fraud_details": {},
        "metadata": {},
        "paid": True,
        "refunded": False,
        "status": "succeeded",
    }


def group(intent: dict[str, Any]) -> str | None:
    """The transfer group; a destination charge gets one of its own when none was given."""
    if intent["transfer_group"] or not intent["transfer_data"]:
        given: str | None = intent["transfer_group"]
        return given
    return f"group_{intent['id']}"


def _descriptor(ctx: Context, intent: dict[str, Any]) -> str:
    """What the buyer's bank statement shows: the merchant of record, then the suffix."""
    account = parties.account_of(ctx, intent["on_behalf_of"] or ctx.account)
    payments = (account.get("settings") or {}).get("payments") or {}
    prefix = payments.get("statement_descriptor") or "SANDBOX"
    suffix = intent["statement_descriptor_suffix"]
    return f"{prefix}* {suffix}"[:_LONGEST_DESCRIPTOR] if suffix else prefix


def outcome(card: Card | None, declined: str = "") -> dict[str, Any]:
    """How the network and Radar saw the payment."""
    result: dict[str, Any] = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal" if card else "not_assessed",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if card:
        result["risk_score"] = _ORDINARY_RISK
    if not declined:
        return result
    if card and card.blocked:
        return {
            **result,
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "risk_level": "highest",
            "risk_score": 90,
            "seller_message": "Radar blocked this payment.",
            "type": "blocked",
        }
    return {
        **result,
        "network_status": "declined_by_network",
        "network_decline_code": "01",
        "reason": declined,
        "seller_message": f"The bank refused the payment ({declined}).",
        "type": "issuer_declined",
    }


def _details(method: dict[str, Any], amount: int, *, authenticated: bool) -> dict[str, Any]:
    kind = method["type"]
    if kind != "card":
        return {kind: {**_DEBIT_FIELDS[kind], **_known(method[kind], kind)}, "type": kind}
    card = method["card"]
    shown = {
        name: card[name]
        for name in "brand checks country exp_month exp_year fingerprint funding last4".split()
    }
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": ids.new("", 36),
        "version": "2.2.0",
    }
    return {
        "card": {
            **shown,
            "amount_authorized": amount,
            "authorization_code": f"{amount % 1_000_000:06d}",
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": ids.new("", 15),
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": secure if authenticated else None,
            "wallet": None,
        },
        "type": "card",
    }


_DEBIT_FIELDS: dict[str, dict[str, Any]] = {
    "customer_balance": {},
    "sepa_debit": dict.fromkeys("bank_code branch_code country fingerprint last4 mandate".split()),
    "us_bank_account": dict.fromkeys(
        "account_holder_type account_type bank_name fingerprint last4 mandate payment_reference"
        " routing_number".split()
    ),
}


def _known(shown: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name in _DEBIT_FIELDS[kind]}
