"""A customer's tax ids: numbers that would stand on invoices.

They are kept and shown; no authority is behind the sandbox, so those that Stripe has checked stay
`pending` and all others are `unavailable`, which is what Stripe says of types it cannot check.

https://docs.stripe.com/api/tax_ids https://docs.stripe.com/billing/customer/tax-ids
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, kind, route

kind("tax_id", "txi_", indexed=("customer",), words="tax ID")

_BASE = "/v1/customers/{customer}/tax_ids"
_CHECKED = ("eu_vat", "gb_vat", "au_abn")
_SHORTEST, _LONGEST = 4, 30


@route("POST", _BASE, "CustomerTaxIdCreateParams")
def create(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Keep a tax id; only its length is looked at, where Stripe knows each type's form."""
    ctx.get("customer", customer)
    return keep(ctx, customer, params, "value")


def keep(ctx: Context, customer: str, given: dict[str, Any], param: str) -> dict[str, Any]:
    """A new tax id (`type`, `value`) of a customer of the acting account; tells of it.

    `param` names the value in refusals.
    """
    type_, value = given["type"], given["value"].strip()
    if not _SHORTEST <= len(value) <= _LONGEST:
        raise Refused(f"Invalid value for {type_}.", code="tax_id_invalid", param=param)
    made = ctx.new(
        "tax_id",
        country=value[:2].upper() if type_ == "eu_vat" else type_[:2].upper(),
        customer=customer,
        customer_account=None,
        owner={"customer": customer, "customer_account": None, "type": "customer"},
        type=type_,
        value=value,
        verification={
            "status": "pending" if type_ in _CHECKED else "unavailable",
            "verified_address": None,
            "verified_name": None,
        },
    )
    emit(ctx, "customer.tax_id.created", made)
    return made


@include("customer", "tax_ids")
def of_customer(ctx: Context, customer: dict[str, Any]) -> dict[str, Any]:
    """A customer's tax ids, where they are asked for."""
    url = f"/v1/customers/{customer['id']}/tax_ids"
    return sublist(ctx, ctx.every("tax_id", customer=customer["id"]), url)


def _get(ctx: Context, customer: str, identifier: str) -> dict[str, Any]:
    ctx.get("customer", customer)
    found = ctx.get("tax_id", identifier, param="id")
    if found["customer"] != customer:
        raise missing("tax ID", identifier)
    return found


@route("GET", _BASE + "/{tax_id}", "CustomerTaxIdRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], customer: str, tax_id: str) -> dict[str, Any]:
    """Retrieve a tax id."""
    del params
    return _get(ctx, customer, tax_id)


@route("DELETE", _BASE + "/{tax_id}", "CustomerTaxIdDeleteParams")
def delete(ctx: Context, params: dict[str, Any], customer: str, tax_id: str) -> dict[str, Any]:
    """Delete a tax id."""
    del params
    found = _get(ctx, customer, tax_id)
    emit(ctx, "customer.tax_id.deleted", found)
    return ctx.delete(found)


@route("GET", _BASE, "CustomerTaxIdListParams")
def list_tax_ids(ctx: Context, params: dict[str, Any], customer: str) -> Listing:
    """List a customer's tax ids, newest first."""
    ctx.get("customer", customer)
    return ctx.list("tax_id", params, customer=customer)
