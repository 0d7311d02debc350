"""Which payment method types a caller may ask for, and what cannot be said together.

https://docs.stripe.com/changelog (2026-09-30.endive: `payment_method_types` was removed)
"""

from __future__ import annotations

from typing import Any

from .errors import Refused

_ALLOWED = "allowed_payment_method_types"
_RIVALS = (
    "excluded_payment_method_types",
    "automatic_payment_methods",
    "payment_method_configuration",
)


def check_exclusive(params: dict[str, Any]) -> None:
    """Raise `Refused` when `allowed_payment_method_types` comes with one of its rivals.

    That they exclude each other is documented; text and code are not confirmed.
    """
    for rival in _RIVALS:
        if params.get(_ALLOWED) and params.get(rival):
            raise Refused(
                f"You may only specify one of these parameters: {_ALLOWED}, {rival}.",
                code="parameters_exclusive",
                param=_ALLOWED,
            )
