"""Top-ups: the platform's own money, debited from its bank, for transfers that no sale pays for.

A top-up is `pending` while the bank is asked, and only then can it be canceled. When the bank has
paid the balance grows, at once available; when it refuses, `failure_code` says why. The rule that
bites: a bank may take the money back later (`reversed`), although it has been spent.

https://docs.stripe.com/api/topups https://docs.stripe.com/connect/top-ups
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import banks, book, cards, currencies, ids, payout_targets
from marketplace.sandbox.clock import business_days
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, task

from . import balance_transactions, payment_methods

kind("topup", "tu_", indexed=("status", "amount"))

_DESCRIPTOR_LONGEST = 15
_MOST = 99_999_999
_BANK_DAYS = 1
_GOOD_BANK = "btok_us_verified"

_SENTENCES = {
    "account_closed": "The bank account has been closed.",
    "debit_not_authorized": "Debits are not authorised on this bank account.",
    "insufficient_funds": "The bank account does not hold enough for this top-up.",
    "invalid_currency": "The bank account cannot pay in this currency.",
    "no_account": "No bank account with this number was found.",
}


@route("POST", "/v1/topups", "TopupCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask the bank for `amount` minor units.

    How long a top-up stays pending in test mode is not documented; here it is one business day,
    the same as a payout, where the live ACH debit takes five or six.
    """
    currency = currencies.known(params["currency"])
    _check(params)
    bank = _bank(ctx, params, currency)
    due = business_days(ctx.now, _BANK_DAYS)
    topup = ctx.new(
        "topup",
        amount=params["amount"],
        balance_transaction=None,
        currency=currency,
        description=params.get("description"),
        expected_availability_date=due,
        failure_code=None,
        failure_message=None,
        initiated_by="user",
        metadata=merged(None, params.get("metadata")),
        payment_method=bank.get("payment_method"),
        payment_method_options=params.get("payment_method_options"),
        source=bank.get("source"),
        statement_descriptor=params.get("statement_descriptor"),
        status="pending",
        transfer_group=params.get("transfer_group"),
        _failure=bank.get("failure"),
        _platform=ctx.platform,
    )
    ctx.later(due, "topups.decide", topup=topup["id"])
    emit(ctx, "topup.created", topup)
    return topup


def give(ctx: Context, amount: int, currency: str, description: str) -> None:
    """A top-up of the acting account that the bank pays at once."""
    made = create(ctx, {"amount": amount, "currency": currency, "description": description})
    decide(ctx, made["id"])


def _check(params: dict[str, Any]) -> None:
    if params["amount"] < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if params["amount"] > _MOST:
        message = f"Amount must be no more than {_MOST}."
        raise Refused(message, code="amount_too_large", param="amount")
    descriptor = params.get("statement_descriptor") or ""
    if len(descriptor) > _DESCRIPTOR_LONGEST or not descriptor.isascii():
        raise Refused(
            f"The statement descriptor has at most {_DESCRIPTOR_LONGEST} ASCII characters.",
            param="statement_descriptor",
        )
    if params.get("source") and params.get("payment_method"):
        raise Refused(
            "You may only specify one of these parameters: source, payment_method.",
            code="parameters_exclusive",
            param="source",
        )


def _bank(ctx: Context, params: dict[str, Any], currency: str) -> dict[str, Any]:
    """What pays: `source` or `payment_method` as shown, and the `failure` it will meet."""
    if params.get("payment_method"):
        method = payment_methods.resolve(ctx, params["payment_method"])
        if method["type"] != "us_bank_account":
            raise Refused(
                "Top-ups take PaymentMethods of the type us_bank_account only.",
                param="payment_method",
            )
        number = method["_number"]
        failure = cards.DEBITS.get(number) or banks.payout_failure(number)
        return {"payment_method": method["id"], "failure": failure}
    given = params.get("source")
    if given is None and currency != "usd":
        # The bank account of the Dashboard; only a US one has the shape that a Source describes.
        return {}
    raw = payout_targets.ready_made(given or _GOOD_BANK)
    if raw is None or raw["object"] != "bank_account":
        raise missing("source", str(given), "source")
    bank = payout_targets.bank_account(raw)
    return {"source": _source(ctx, bank, currency), "failure": bank["_payout_failure"]}


def _source(ctx: Context, bank: dict[str, Any], currency: str) -> dict[str, Any]:
    """The bank account as the deprecated Source object, which top-ups still show."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "id": ids.new("src_"),
        "object": "source",
        "ach_debit": {
            "bank_name": bank["bank_name"],
            "country": bank["country"],
            "fingerprint": bank["fingerprint"],
            "last4": bank["last4"],
            "routing_number": bank["routing_number"],
            "type": "individual",
        },
        "allow_redisplay": None,
        "amount": None,
        "client_secret": ids.new("src_client_secret_"),
        "created": ctx.now,
        "currency": currency,
        "flow": "code_verification",
        "livemode": False,
        "metadata": {},
        "owner": {
            "address": address,
            "email": None,
            "name": None,
            "phone": None,
            "verified_address": None,
            "verified_email": None,
            "verified_name": None,
            "verified_phone": None,
        },
        "statement_descriptor": None,
        "status": "chargeable",
        "type": "ach_debit",
        "usage": "reusable",
    }


@task("topups.decide")
def decide(ctx: Context, topup: str) -> None:
    """The bank has answered."""
    found = ctx.get("topup", topup)
    if found["status"] != "pending":
        return
    if found["_failure"]:
        found["status"] = "failed"
        found["failure_code"] = found["_failure"]
        found["failure_message"] = _SENTENCES.get(found["_failure"], "The bank refused.")
        found["expected_availability_date"] = None
        ctx.save(found)
        emit(ctx, "topup.failed", found)
        return
    taken = balance_transactions.record(
        ctx,
        "topup",
        found["amount"],
        found["currency"],
        source=topup,
        against=book.BANKS,
        description=found["description"],
    )
    found["status"] = "succeeded"
    found["balance_transaction"] = taken["id"]
    ctx.save(found)
    emit(ctx, "topup.succeeded", found)


def take_back(ctx: Context, topup: dict[str, Any]) -> None:
    """The bank takes a top-up of the acting account back; raises `Refused` unless it was paid.

    No test token does this; `POST /_sandbox/topups/{topup}/reverse` does.
    """
    if topup["status"] != "succeeded":
        raise Refused(f"Only succeeded top-ups are reversed; this one is {topup['status']}.")
    balance_transactions.record(
        ctx,
        "topup_reversal",
        -topup["amount"],
        topup["currency"],
        source=topup["id"],
        against=book.BANKS,
    )
    topup["status"] = "reversed"
    ctx.save(topup)
    emit(ctx, "topup.reversed", topup)


@route("GET", "/v1/topups/{topup}", "TopupRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], topup: str) -> dict[str, Any]:
    """Retrieve a top-up."""
    del params
    return ctx.get("topup", topup)


@route("POST", "/v1/topups/{topup}", "TopupUpdateParams")
def update(ctx: Context, params: dict[str, Any], topup: str) -> dict[str, Any]:
    """Change description and metadata."""
    found = ctx.get("topup", topup)
    if "description" in params:
        found["description"] = params["description"] or None
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    return found


@route("POST", "/v1/topups/{topup}/cancel", "TopupCancelParams")
def cancel(ctx: Context, params: dict[str, Any], topup: str) -> dict[str, Any]:
    """Cancel a top-up that is still pending."""
    del params
    found = ctx.get("topup", topup)
    if found["status"] != "pending":
        raise Refused(f"Top-ups can be canceled only while pending; this one is {found['status']}.")
    found["status"] = "canceled"
    found["expected_availability_date"] = None
    ctx.save(found)
    emit(ctx, "topup.canceled", found)
    return found


@route("GET", "/v1/topups", "TopupListParams")
def list_topups(ctx: Context, params: dict[str, Any]) -> Listing:
    """List top-ups, newest first; `amount` may be a range."""
    return ctx.list("topup", params, "status", "amount")
