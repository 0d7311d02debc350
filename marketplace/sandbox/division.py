"""How a payment is divided: which fees and transfers fit its charge type.

The rule that bites: a destination charge has either `application_fee_amount` or
`transfer_data[amount]`, and a charge of the platform's own has no fee at all.

https://docs.stripe.com/connect/charges
"""

from __future__ import annotations

from typing import Any

from . import parties
from .context import Context
from .errors import Refused


def check(ctx: Context, params: dict[str, Any], amount: int) -> None:
    """Whether fee and transfer fit the charge type; raises `Refused` with Stripe's param.

    The exact texts are not confirmed; which combinations are refused is documented.
    """
    fee = params.get("application_fee_amount")
    data = params.get("transfer_data") or {}
    part = data.get("amount")
    if data.get("destination"):
        parties.charge_destination(ctx, data["destination"], "transfer_data[destination]")
    if fee is not None:
        check_fee(ctx, fee, amount, divided="destination" in data)
        parties.fee_payer(ctx, data.get("destination") or ctx.account)
    if part is None:
        return
    param = "transfer_data[amount]"
    if fee is not None:
        raise Refused(
            "You may pass either `application_fee_amount` or `transfer_data[amount]`, not both.",
            code="parameters_exclusive",
            param=param,
        )
    if not 0 < part <= amount:
        raise Refused(
            f"The transfer amount must be positive and not exceed the charge ({amount}).",
            param=param,
        )


def check_fee(ctx: Context, fee: int, amount: int, *, divided: bool) -> None:
    """Whether the platform may keep `fee` of `amount`; `divided`: the payment has a destination."""
    param = "application_fee_amount"
    if ctx.is_platform and not divided:
        raise Refused(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a"
            " direct payment (using the Stripe-Account header) or destination payment (using"
            " `transfer_data[destination]`).",
            param=param,
        )
    if fee < 0 or (not ctx.is_platform and not 0 < fee < amount):
        raise Refused(
            "The application fee of a direct charge must be positive and less than the charge.",
            param=param,
        )
