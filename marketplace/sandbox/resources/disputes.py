"""Disputes: the buyer's bank takes the money back, and the seller may argue.

A chargeback withdraws the disputed amount and a fee at once; an inquiry only asks. On destination
and separate charges the platform pays and must reverse the transfer itself.

The rule that bites: evidence is submitted by default; `submit=false` only stages it, and what was
submitted is final.

https://docs.stripe.com/api/disputes https://docs.stripe.com/connect/disputes
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import book, documents, metadata, parties, settlement
from marketplace.sandbox.cards import Card
from marketplace.sandbox.clock import DAY
from marketplace.sandbox.context import Context
from marketplace.sandbox.currencies import convert
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, task, view

from . import balance_transactions, early_fraud_warnings

kind("dispute", "du_", indexed=("charge", "payment_intent"))

# The usual fee in the US; the amount, and that it is kept when the dispute is won, is not
# confirmed.
_FEE_USD = 1500
_DAYS_TO_ANSWER = 9
_REVIEW = 5
_BANK_DECIDES = 60 * DAY
_LONGEST_EVIDENCE = 150_000
_OPEN = ("needs_response", "warning_needs_response")
_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure"
    " cancellation_rebuttal customer_communication customer_email_address customer_name"
    " customer_purchase_ip customer_signature duplicate_charge_documentation"
    " duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy"
    " refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation"
    " shipping_tracking_number uncategorized_file uncategorized_text"
).split()
_NETWORK_REASONS = {"fraudulent": "10.4", "product_not_received": "13.1"}


def follow(ctx: Context, charge: dict[str, Any], card: Card) -> None:
    """What a test card does after it has paid: disputes, warnings."""
    if card.warning:
        early_fraud_warnings.warn(ctx, charge)
    if not card.dispute:
        return
    each, rest = divmod(charge["amount_captured"], card.disputes)
    for number in range(card.disputes):
        amount = each + (rest if number == 0 else 0)
        open_(ctx, charge, amount, card.dispute, inquiry=card.inquiry)


def open_(
    ctx: Context, charge: dict[str, Any], amount: int, reason: str, *, inquiry: bool
) -> dict[str, Any]:
    """Dispute `amount` minor units of a charge of the acting account."""
    due = ctx.now - ctx.now % DAY + (_DAYS_TO_ANSWER + 1) * DAY - 1
    card = charge["payment_method_details"].get("card") or {}
    dispute = ctx.new(
        "dispute",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        evidence_details={
            "due_by": due,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=inquiry,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {
                "brand": card.get("brand", "visa"),
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card.get("network", "visa"),
                "network_reason_code": _NETWORK_REASONS.get(reason),
            },
            "type": "card",
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
        _transactions=[],
    )
    charge["disputed"] = True
    ctx.save(charge)
    emit(ctx, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(ctx, dispute)
    ctx.later(due + 1, "disputes.deadline", dispute=dispute["id"])
    return dispute


def _settled(ctx: Context, dispute: dict[str, Any]) -> tuple[str, str]:
    """The disputed currency and the one in which the charge settled."""
    charge = ctx.get("charge", dispute["charge"])
    transaction = ctx.get("balance_transaction", charge["balance_transaction"])
    return dispute["currency"], transaction["currency"]


def _withdraw(ctx: Context, dispute: dict[str, Any]) -> None:
    """Take the disputed amount and the fee out of the available balance.

    The fee of a direct charge is the platform's when it pays Stripe's fees.
    """
    pair = _settled(ctx, dispute)
    fee = convert(_FEE_USD, "usd", pair[1])
    account = parties.account_of(ctx, ctx.account)
    platform_pays = not ctx.is_platform and parties.platform_pays_fees(account)
    fees = [] if platform_pays else [balance_transactions.stripe_fee(fee, pair[1], "Dispute fee")]
    transaction = settlement.move(
        ctx,
        "adjustment",
        -dispute["amount"],
        pair,
        against=book.CARDS,
        source=dispute["id"],
        fees=fees,
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    if platform_pays:
        settlement.charge_platform(ctx, fee, pair[1], f"Dispute fee for {dispute['charge']}")
    dispute["_transactions"].append(transaction["id"])
    ctx.save(dispute)
    emit(ctx, "charge.dispute.funds_withdrawn", dispute)


def _reinstate(ctx: Context, dispute: dict[str, Any]) -> None:
    transaction = settlement.move(
        ctx,
        "adjustment",
        dispute["amount"],
        _settled(ctx, dispute),
        against=book.CARDS,
        source=dispute["id"],
        category="dispute_reversal",
        description=f"Chargeback reversal for {dispute['charge']}",
    )
    dispute["_transactions"].append(transaction["id"])
    ctx.save(dispute)
    emit(ctx, "charge.dispute.funds_reinstated", dispute)


def _end(ctx: Context, dispute: dict[str, Any], status: str) -> None:
    """Close as `won` or `lost`; an inquiry is closed without either."""
    inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if inquiry else status
    ctx.save(dispute)
    if dispute["status"] == "won":
        _reinstate(ctx, dispute)
    emit(ctx, "charge.dispute.closed", dispute)


@task("disputes.deadline")
def deadline(ctx: Context, dispute: str) -> None:
    """Nobody answered in time."""
    found = ctx.find(dispute, "dispute")
    if found is not None and found["status"] in _OPEN:
        found["evidence_details"]["past_due"] = True
        _end(ctx, found, "lost")


@task("disputes.decide")
def decide(ctx: Context, dispute: str) -> None:
    """The bank has read the evidence; the text decides."""
    found = ctx.find(dispute, "dispute")
    if found is None or not found["status"].endswith("under_review"):
        return
    text = found["evidence"]["uncategorized_text"] or ""
    if text == "escalate_inquiry_evidence" and found["status"].startswith("warning"):
        found["status"] = "needs_response"
        found["is_charge_refundable"] = False
        found["payment_method_details"]["card"]["case_type"] = "chargeback"
        ctx.save(found)
        _withdraw(ctx, found)
        return
    _end(ctx, found, "won" if text == "winning_evidence" else "lost")


@view("dispute")
def show(ctx: Context, dispute: dict[str, Any]) -> dict[str, Any]:
    """A dispute shows its balance transactions in full."""
    rows = [ctx.find(identifier) for identifier in dispute["_transactions"]]
    dispute["balance_transactions"] = [ctx.show(row) for row in rows if row]
    return dispute


@route("GET", "/v1/disputes/{dispute}", "DisputeRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """Retrieve a dispute."""
    del params
    return ctx.get("dispute", dispute)


@route("POST", "/v1/disputes/{dispute}", "DisputeUpdateParams")
def update(ctx: Context, params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """Stage or submit evidence."""
    found = ctx.get("dispute", dispute)
    before = ctx.show(found)
    given = params.get("evidence") or {}
    if given and found["status"] not in _OPEN:
        raise Refused(f"This dispute is {found['status']}; it takes no more evidence.")
    documents.evidence(ctx, given)
    for name, value in given.items():
        found["evidence"][name] = value or None
    texts = [value for value in found["evidence"].values() if isinstance(value, str)]
    if sum(map(len, texts)) > _LONGEST_EVIDENCE:
        message = f"Evidence has at most {_LONGEST_EVIDENCE} characters in total."
        raise Refused(message, param="evidence")
    found["evidence_details"]["has_evidence"] = bool(texts)
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    if params.get("submit", bool(given)) and texts and found["status"] in _OPEN:
        _submit(ctx, found)
    ctx.save(found)
    emit(ctx, "charge.dispute.updated", found, before=before)
    return found


def _submit(ctx: Context, dispute: dict[str, Any]) -> None:
    dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    dispute["evidence_details"]["submission_count"] += 1
    dispute["evidence_details"]["submission_method"] = "manual"
    told = str(dispute["evidence"]["uncategorized_text"] or "").endswith("_evidence")
    due = ctx.now + (_REVIEW if told else _BANK_DECIDES)
    ctx.later(due, "disputes.decide", dispute=dispute["id"])


@route("POST", "/v1/disputes/{dispute}/close", "DisputeCloseParams")
def close(ctx: Context, params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """Accept the loss; this cannot be undone."""
    del params
    found = ctx.get("dispute", dispute)
    if found["status"] not in _OPEN:
        raise Refused(f"This dispute is {found['status']} and cannot be closed.")
    _end(ctx, found, "lost")
    return found


@route("GET", "/v1/disputes", "DisputeListParams")
def list_disputes(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's disputes, newest first."""
    return ctx.list("dispute", params, "charge", "payment_intent")
