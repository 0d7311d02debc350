"""Who buys: a customer, or an account of v2 that has the configuration of a customer.

Requests name the second one in `customer_account`, and objects show it there. Inside the sandbox
`customer` holds the id of whichever it is, so that all that pays knows of one buyer only.

https://docs.stripe.com/connect/use-accounts-as-customers
"""

from __future__ import annotations

from typing import Any

from .accounts_v2 import reading
from .context import Context
from .errors import Invalid, Refused, missing

_ACCOUNT = "acct_"
_PARAMETER = "customer_account"


def named(raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters with the buyer in `customer`; raises `Invalid` (400) when two are named."""
    if not raw.get(_PARAMETER):
        return raw
    if raw.get("customer"):
        message = "You may only specify one of these parameters: customer, customer_account."
        raise Invalid(message, code="parameters_exclusive", param=_PARAMETER)
    rest = {name: value for name, value in raw.items() if name != _PARAMETER}
    return {**rest, "customer": raw[_PARAMETER]}


def known(ctx: Context, identifier: str) -> str:
    """The id of a buyer of the acting account; raises `Refused` for one who is none."""
    if not identifier.startswith(_ACCOUNT):
        ctx.get("customer", identifier)
        return identifier
    found = ctx.find(identifier, "account")
    if found is None or ctx.owner(identifier) != ctx.account:
        raise missing("account", identifier, _PARAMETER)
    if "customer" not in reading.applied(found):
        raise Refused(
            f"The account {identifier} cannot be a customer: it has no customer configuration.",
            param=_PARAMETER,
        )
    return identifier
