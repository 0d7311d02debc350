"""Refusals in Stripe's shape: `{"error": {"type", "code", "message", "param", …}}`.

A resource raises `Refused`; the wire turns it into an answer. Work that was done before the
refusal is rolled back, except where Stripe keeps it too: a declined card leaves a failed charge
and a `last_payment_error` behind, so declines are raised with `keep=True`.

Shapes: https://docs.stripe.com/api/errors
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request that Stripe would answer with an error.

    `status` is the HTTP status, `kind` Stripe's error `type`; further keyword arguments become
    fields of the error object (`decline_code`, `charge`, `payment_intent`, …).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keep: bool = False,
        **extra: Any,
    ) -> None:
        """Keep what the answer needs."""
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param
        self.error.update(extra)


class Invalid(Refused):
    """The parameters do not have the shape that the endpoint documents; nothing was executed.

    Stripe does not remember such an answer under the request's idempotency key.
    """


def missing(what: str, identifier: str, param: str = "id") -> Refused:
    """404 for an object that does not exist, or not for the account that asks."""
    return Refused(
        f"No such {what}: '{identifier}'", status=404, code="resource_missing", param=param
    )


def empty(path: str) -> Invalid:
    """400 for "" where there is nothing to unset."""
    return Invalid(
        f"An empty string was passed for '{path}'. Stripe takes empty values as a wish to unset "
        f"a parameter, and '{path}' cannot be unset.",
        code="parameter_invalid_empty",
        param=path,
    )
