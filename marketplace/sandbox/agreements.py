"""Service agreements: `full` for sellers in Stripe's name, `recipient` for those who only receive.

A recipient has no contract with Stripe beyond being paid, so the agreement is for sellers in other
countries than the platform's. The rule that bites: once accepted, the kind of agreement stays.

https://docs.stripe.com/connect/service-agreement-types
"""

from __future__ import annotations

from typing import Any

from . import connected
from .context import Context
from .errors import Refused
from .updates import reach

_PARAM = "tos_acceptance[service_agreement]"


def check(ctx: Context, account: dict[str, Any], params: dict[str, Any]) -> None:
    """Raise `Refused` (400) for an agreement that this account cannot have.

    The texts are near to Stripe's.
    """
    wanted = reach(params, "tos_acceptance.service_agreement")
    if not wanted:
        return
    known = reach(account, "tos_acceptance.service_agreement") or "full"
    if reach(account, "tos_acceptance.date") and wanted != known:
        raise Refused(
            f"You cannot change the service agreement of an account that accepted `{known}`.",
            param=_PARAM,
        )
    home = connected.current(ctx.acting_as(ctx.platform))["country"]
    if wanted == "recipient" and account["country"] == home:
        raise Refused(
            f"The recipient service agreement is not supported for platforms in {home} creating"
            f" accounts in {home}.",
            param=_PARAM,
        )
