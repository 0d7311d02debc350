"""Bringing accounts that exist at Stripe already: of either API, and of the legacy types.

The Stripe object is an Account that was made elsewhere, by an older program or in the Dashboard.
The rule that bites: an id is no proof. The account is ours only if Stripe shows it to our key and
names it among the platform's connected accounts; what it is then follows from the object itself,
for nobody's memory of how it was made is as good.
https://docs.stripe.com/api/accounts/retrieve https://docs.stripe.com/api/accounts/list
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, platform
from marketplace.accounts import v1, v2
from marketplace.accounts.state import AccountState
from marketplace.design import AccountsApi, Design
from marketplace.design.acceptance import refuse
from marketplace.errors import Invalid, StripeMisconfigured, StripeRefused
from marketplace.gateway.failures import translating
from marketplace.models import Invitation
from marketplace.sellers.lists import by_stripe_id

LONGEST_NAME = 80
# How Stripe says that an account is unknown, or somebody else's.
STRANGERS = frozenset({"account_invalid", "not_found", "resource_missing", "forbidden"})

_ID = re.compile(r"acct_[A-Za-z0-9]{6,58}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """An account of this platform that has no shop yet, as far as a shop needs it."""

    stripe_id: str
    design: Design
    state: AccountState
    name: str
    email: str
    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What one API says of an account, before anything is concluded."""

    design: Design | None
    state: AccountState
    name: str | None
    email: str | None
    country: str | None
    currency: str | None


def look_up(
    session: orm.Session, stripe: StripeClient, account: str, api: AccountsApi = AccountsApi.V2
) -> Found:
    """An account by its id, from then on spoken of in `api`; two calls, three the first time.

    Raises Invalid, with what is wrong beside `account`, for what is no account, is a stranger's,
    the platform's own, a seller already, invited already, closed, or of a kind that no shop can
    have.
    """
    account = account.strip()
    if not _ID.fullmatch(account):
        raise _no("The id of an account begins with acct_.")
    _refuse_known(session, account)
    if (platform.settings(session).stripe_id or platform.learn(session, stripe).stripe_id) == (
        account
    ):
        raise _no("This is the platform's own account. Only connected accounts can have a shop.")
    session.commit()  # no transaction may stay open while Stripe is asked
    try:
        with translating():
            read = READERS[api](stripe, account)
            listed = _is_listed(stripe, account)
    except (StripeRefused, StripeMisconfigured) as error:
        if error.code in STRANGERS:
            raise _no("Stripe knows no such account on this platform.") from error
        raise
    if not listed:
        raise _no("Stripe does not name it among the connected accounts of this platform.")
    return _concluded(account, read)


def _concluded(account: str, read: _Read) -> Found:
    reason = read.state.disabled_reason or ""
    if reason == "closed" or reason.startswith("rejected."):
        raise _no("This account was closed or rejected. It can have no shop any more.")
    if read.design is None or read.country is None or read.currency is None:
        raise _no("This account is not set up for selling: it has no country or no dashboard yet.")
    refuse(read.design)
    return Found(
        stripe_id=account,
        design=read.design,
        state=read.state,
        name=" ".join((read.name or "").split())[:LONGEST_NAME],
        email=read.email or "",
        country=read.country.upper(),
        currency=read.currency.lower(),
    )


def _refuse_known(session: orm.Session, account: str) -> None:
    seller = by_stripe_id(session, account)
    if seller is not None:
        raise _no(f"This account belongs to {seller.shop_name} already.")
    waiting = sa.select(Invitation.id).where(
        Invitation.stripe_id == account,
        Invitation.withdrawn_at.is_(None),
        Invitation.accepted_at.is_(None),
        Invitation.expires_at > clock.now(),
    )
    if session.scalar(waiting) is not None:
        raise _no("Somebody is invited with this account already. Withdraw that invitation first.")


def _no(sentence: str) -> Invalid:
    return Invalid("The account cannot be brought in.", {"account": sentence})


def _read_v1(stripe: StripeClient, account: str) -> _Read:
    told = stripe.v1.accounts.retrieve(account).to_dict()
    profile = told.get("business_profile") or {}
    return _Read(
        v1.design(told),
        v1.state(told),
        profile.get("name"),
        told.get("email"),
        told.get("country"),
        told.get("default_currency"),
    )


def _read_v2(stripe: StripeClient, account: str) -> _Read:
    found = stripe.v2.core.accounts.retrieve(account, {"include": [*v2.INCLUDE, "identity"]})
    told = found.to_dict()
    defaults = told.get("defaults") or {}
    return _Read(
        v2.design(told),
        v2.state(told),
        # v1 knew no display name; what was made there is called as its customers know it.
        told.get("display_name") or (defaults.get("profile") or {}).get("doing_business_as"),
        told.get("contact_email"),
        (told.get("identity") or {}).get("country"),
        defaults.get("currency"),
    )


READERS: Mapping[AccountsApi, Callable[[StripeClient, str], _Read]] = {
    AccountsApi.V1: _read_v1,
    AccountsApi.V2: _read_v2,
}


def _is_listed(stripe: StripeClient, account: str) -> bool:
    """Whether Stripe lists it as connected to this platform; looked for among its age-mates.

    An account that Stripe dates for nobody but its owner cannot be looked for; that it was shown to
    our key has to do.
    """
    created = stripe.v1.accounts.retrieve(account).to_dict().get("created")
    if created is None:
        return True
    same: Any = {"created": {"gte": created, "lte": created}, "limit": 100}
    return any(it.id == account for it in stripe.v1.accounts.list(same).auto_paging_iter())
