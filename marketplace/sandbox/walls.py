"""The walls that a new platform runs into, switchable so that they can be met offline.

Stripe refuses to create accounts for a platform that has not signed up for Connect, has not
accepted the responsibilities of its profile, never used Accounts v1, or chose otherwise who bears
losses. The sandbox has no such walls until somebody puts them up.

The sentences were reported by people who met them. v1 was seen without a `code`; those of v2 are
in Stripe's reference.

https://docs.stripe.com/connect https://docs.stripe.com/api/v2/core/accounts/create
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from . import store
from .errors import Refused

if TYPE_CHECKING:
    from .context import Context

EVERYBODY = "*"
"""In place of a platform's id: every platform of this sandbox."""

NAMES = {
    "connect_not_signed_up": "The platform has not signed up for Connect.",
    "profile_not_accepted": "It has not accepted the responsibilities of its profile.",
    "accounts_v1_refused": "New platforms get no Accounts v1.",
    "loss_choice_differs": "Its profile says that Stripe bears losses, and accounts say otherwise.",
}
_SETTINGS = "https://dashboard.stripe.com/settings"


def standing(db: sqlite3.Connection, platform: str) -> dict[str, Any]:
    """The walls of a platform: name -> whether it stands."""
    kept = {
        **(store.note(db, f"walls:{EVERYBODY}") or {}),
        **(store.note(db, f"walls:{platform}") or {}),
    }
    return {name: kept.get(name, False) for name in NAMES}


def put_up(db: sqlite3.Connection, platform: str, changes: dict[str, bool]) -> dict[str, Any]:
    """Put walls up or take them down; answers those of the platform."""
    name = f"walls:{platform}"
    store.note(db, name, {**(store.note(db, name) or {}), **changes})
    return standing(db, platform)


def check(ctx: Context, *, v2: bool, losses: str | None) -> None:
    """Raise `Refused` (400) when a wall stands between the platform and a new account.

    `losses`: who would bear them, `stripe` or `application`; None when nobody chose.
    """
    walls = standing(ctx.db, ctx.platform)
    if walls["connect_not_signed_up"]:
        raise Refused(
            "You can only create new accounts if you've signed up for Connect, which you can do"
            " at https://dashboard.stripe.com/connect.",
            code="platform_registration_required" if v2 else None,
        )
    if walls["accounts_v1_refused"] and not v2:
        raise Refused(
            "Stripe no longer recommends Accounts v1 for new Connect integrations. Create"
            " connected accounts with POST /v2/core/accounts instead. To go on with v1, enable"
            f" Accounts v1 support at {_SETTINGS}/developers/api-policies/feat_accounts_v1_support"
        )
    if walls["profile_not_accepted"]:
        raise Refused(
            "Please review the responsibilities of managing losses for connected accounts at"
            f" {_SETTINGS}/connect/platform-profile.",
            code="account_creation_liability_unacknowledged" if v2 else None,
        )
    # The profile of a platform behind this wall says that Stripe bears the losses.
    if walls["loss_choice_differs"] and losses == "application":
        raise Refused(
            "Your platform profile says that Stripe is liable for losses of connected accounts,"
            " and this account says that your platform is. Change one of them; the profile is at"
            f" {_SETTINGS}/connect/platform-profile."
        )
