"""How each Accounts API is called: make an account, read one, find one that we lost sight of.

The Stripe object is an Account, under v1 or v2; which of the two a seller's account is spoken of in
is on the row. The rule that bites: under v2 whatever is not named in `include` comes back as null,
and the bank accounts still have to be asked for under v1.
https://docs.stripe.com/connect/accounts-v2
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import stripe as sdk
from stripe import StripeClient

from marketplace import clock
from marketplace.accounts import v1, v2
from marketplace.accounts.applicant import Applicant
from marketplace.accounts.state import AccountState
from marketplace.design import AccountsApi, Dashboard, Design
from marketplace.design.shape import capabilities
from marketplace.gateway import keys
from marketplace.models import Seller, ServiceAgreement

# By how much our clock may be ahead of Stripe's.
SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Door:
    """How one Accounts API makes an account, reads one, and finds one that we lost sight of.

    `widen` asks for the capabilities that a design needs, and for cards besides where told to;
    asking for what an account has already changes nothing.
    """

    create: Callable[[StripeClient, Seller, str | None], AccountState]
    read: Callable[[StripeClient, str], AccountState]
    find: Callable[[StripeClient, Seller], AccountState | None]
    widen: Callable[[StripeClient, str, Design, bool], None]


def _applicant(seller: Seller, shop_url: str | None) -> Applicant:
    return Applicant(
        token=seller.token,
        shop_name=seller.shop_name,
        email=seller.email,
        country=seller.country,
        shop_url=shop_url,
        website=seller.website,
        description=seller.sells,
        trade=seller.mcc,
        recipient=seller.service_agreement is ServiceAgreement.RECIPIENT,
    )


def _create_v1(stripe: StripeClient, seller: Seller, shop_url: str | None) -> AccountState:
    account = stripe.v1.accounts.create(
        v1.create_params(seller.design, _applicant(seller, shop_url)),
        {"idempotency_key": keys.key("account", seller.token)},
    )
    return v1.state(account.to_dict())


def _read_v1(stripe: StripeClient, stripe_account_id: str) -> AccountState:
    return v1.state(stripe.v1.accounts.retrieve(stripe_account_id).to_dict())


def _find_v1(stripe: StripeClient, seller: Seller) -> AccountState | None:
    since = clock.to_unix(seller.created_at - SKEW)
    listed = stripe.v1.accounts.list({"created": {"gte": since}, "limit": 100})
    states = (v1.state(account.to_dict()) for account in listed.auto_paging_iter())
    return next((it for it in states if it.metadata.get("seller") == seller.token), None)


def _widen_v1(stripe: StripeClient, account: str, design: Design, cards: bool) -> None:  # noqa: FBT001
    names = {*capabilities(design), *(("card_payments", "transfers") if cards else ())}
    wanted: Any = {name: {"requested": True} for name in sorted(names)}
    stripe.v1.accounts.update(account, {"capabilities": wanted})


def _create_v2(stripe: StripeClient, seller: Seller, shop_url: str | None) -> AccountState:
    """Ask for the least; ask for cards too where Stripe says that it wants both."""
    design, applicant = seller.design, _applicant(seller, shop_url)
    try:
        account = stripe.v2.core.accounts.create(
            v2.create_params(design, applicant),
            {"idempotency_key": keys.key("account", seller.token)},
        )
    except sdk.InvalidRequestError as refusal:
        if refusal.code != v2.NEEDS_CARDS or applicant.recipient:
            raise  # with cards it would be no recipient, and nothing could be transferred to it
        account = stripe.v2.core.accounts.create(
            v2.create_params(design, applicant, with_cards=True),
            {"idempotency_key": keys.key("account", seller.token, 1)},
        )
    return v2.state(account.to_dict())


def _read_v2(stripe: StripeClient, stripe_account_id: str) -> AccountState:
    found = stripe.v2.core.accounts.retrieve(stripe_account_id, {"include": [*v2.INCLUDE]})
    account = found.to_dict()
    banks: list[dict[str, Any]] = []
    # v2 tells only their ids. The banks of a full Dashboard are Stripe's and the seller's business.
    if not account.get("closed") and account.get("dashboard") != Dashboard.FULL:
        held = stripe.v1.accounts.external_accounts.list(stripe_account_id, {"limit": 100})
        banks = held.to_dict()["data"]
    return v2.state(account, banks)


def _find_v2(stripe: StripeClient, seller: Seller) -> AccountState | None:
    """Look through all accounts: the list of v2 can be narrowed neither by time nor by metadata."""
    for account in stripe.v2.core.accounts.list({"limit": 100}).auto_paging_iter():
        if (account.to_dict().get("metadata") or {}).get("seller") == seller.token:
            return _read_v2(stripe, account.id)
    return None


def _widen_v2(stripe: StripeClient, account: str, design: Design, cards: bool) -> None:  # noqa: FBT001
    stripe.v2.core.accounts.update(account, v2.widening(design, with_cards=cards))


DOORS: Mapping[AccountsApi, Door] = {
    AccountsApi.V1: Door(_create_v1, _read_v1, _find_v1, _widen_v1),
    AccountsApi.V2: Door(_create_v2, _read_v2, _find_v2, _widen_v2),
}
