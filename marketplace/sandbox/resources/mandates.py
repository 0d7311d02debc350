"""Mandates: the buyer's permission to debit a bank account, once or again and again.

A mandate comes into being when a bank debit is paid or set up; nobody creates one directly.

https://docs.stripe.com/api/mandates https://docs.stripe.com/payments/sepa-debit
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import ids
from marketplace.sandbox.context import Context
from marketplace.sandbox.events import emit
from marketplace.sandbox.routing import kind, route, view

kind("mandate", "mandate_", indexed=("payment_method",))


@view("mandate")
def show(ctx: Context, mandate: dict[str, Any]) -> dict[str, Any]:
    """A mandate does not say when it was made, but when it was given."""
    del ctx
    return {name: value for name, value in mandate.items() if name != "created"}


def make(
    ctx: Context,
    method: dict[str, Any],
    data: dict[str, Any] | None,
    *,
    once: tuple[int, str] | None = None,
) -> dict[str, Any]:
    """A mandate of the acting account for a bank account.

    `data`: `mandate_data` of the request; `once`: amount and currency of the only debit that it
    allows, None for any number. Stripe insists on `mandate_data` for some debits unless its own
    page shows the text; here a missing one counts as given on paper.
    """
    given = (data or {}).get("customer_acceptance") or {"type": "offline"}
    acceptance: dict[str, Any] = {
        "accepted_at": given.get("accepted_at", ctx.now),
        "type": given.get("type", "offline"),
    }
    if acceptance["type"] == "online":
        online = given.get("online") or {}
        acceptance["online"] = {name: online.get(name) for name in ("ip_address", "user_agent")}
    else:
        acceptance["offline"] = {}
    type_ = method["type"]
    shown = {"reference": ids.new("", 16).upper(), "url": ""} if type_ == "sepa_debit" else {}
    uses = "single_use" if once else "multi_use"
    return ctx.new(
        "mandate",
        customer_acceptance=acceptance,
        payment_method=method["id"],
        payment_method_details={type_: shown, "type": type_},
        status="active",
        type=uses,
        **{uses: {"amount": once[0], "currency": once[1]} if once else {}},
    )


def end(ctx: Context, mandate: dict[str, Any]) -> None:
    """A mandate that was revoked, or used up by its only debit."""
    if mandate["status"] == "active":
        before = ctx.show(mandate)
        mandate["status"] = "inactive"
        ctx.save(mandate)
        emit(ctx, "mandate.updated", mandate, before=before)


@route("GET", "/v1/mandates/{mandate}", "MandateRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], mandate: str) -> dict[str, Any]:
    """Retrieve a mandate."""
    del params
    return ctx.get("mandate", mandate)
