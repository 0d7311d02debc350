"""Which API versions exist, and how one is told from nonsense.

The versions are those that the installed `stripe` package names, so that a new release of it
brings its own; what is later than its newest is refused like any version that never was. A preview
is `2026-08-26.preview`: the date of a release with another name. Behind a semicolon may stand the
names of betas, which mean nothing here.

https://docs.stripe.com/api/versioning https://docs.stripe.com/changelog
"""

from __future__ import annotations

import functools

from . import schema
from .errors import Invalid

ENDIVE = "2026-09-30.endive"
"""From here on its rules hold: payment method types, reasons to reject, links of Accounts v2."""
_NAMED_SINCE = "2024-09-30"
_PREVIEW = "preview"


@functools.cache
def known() -> frozenset[str]:
    """Every version that a request may name."""
    released = schema.versions()
    dates = {version.partition(".")[0] for version in released}
    return released | {f"{date}.{_PREVIEW}" for date in dates if date >= _NAMED_SINCE}


def check(version: str) -> None:
    """Raise `Invalid` for a version that there is not.

    The first sentence is Stripe's: https://github.com/stripe/stripe-java/issues/682
    """
    named = version.partition(";")[0].strip()
    if named not in known():
        newest = max(schema.versions())
        raise Invalid(
            f"Invalid Stripe API version: {named}. The newest that this local sandbox knows is"
            f" {newest}."
        )
