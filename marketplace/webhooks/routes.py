"""Which event sends whom to look: event type -> scope and concept, as data.

The Stripe objects are whatever the events are about. The rule that bites: the scopes are separate
registrations at Stripe. Transfers, fees and the payments that the platform takes are its own and
come to /webhooks/stripe; what happens to sellers, and to payments on their accounts, comes, with
`account`, to /webhooks/stripe/connect, and is looked up on that account and no other; what
Accounts v2 tells of the same sellers comes, thin and in the platform's own name, to
/webhooks/stripe/thin. An endpoint registered the wrong way hears nothing, or the wrong half, and
never complains. So the scope of every event is checked, and a misdirected one says what to correct.
https://docs.stripe.com/connect/webhooks https://docs.stripe.com/api/events/types
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe as sdk
from sqlalchemy import orm

from marketplace import disputes, ledger, orders, payouts, sellers, transfers, wallet
from marketplace.database import phase
from marketplace.ledger.mirrors import id_of
from marketplace.lifecycles import InboxState
from marketplace.models import Scope
from marketplace.webhooks.inbox import PATHS, SETTINGS, Claim

# An event may overtake the commit that makes its object known to us, but not for long.
TRIES_WHILE_UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class Hint:
    """What an event is about: the id of its object and the account where it lives.

    What was read at Stripe after `heard_at` knows of it already.
    """

    type: str
    scope: Scope
    account: str | None
    object: Mapping[str, Any]
    heard_at: datetime | None

    @property
    def id(self) -> str:
        """The id of the object, or "" for one without (a balance has none)."""
        found = self.object.get("id")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event: done, ignored with a reason, or failed and to be tried again."""

    state: InboxState
    reason: str | None = None


Handler = Callable[[orm.Session, sdk.StripeClient, Hint], bool]


@dataclass(frozen=True, slots=True)
class Route:
    """Who looks the fact up, and in which scopes the event may come.

    The handler answers False when nothing of ours goes by that id (yet).
    """

    handle: Handler
    scopes: frozenset[Scope]


def handle(session: orm.Session, stripe: sdk.StripeClient, claim: Claim) -> Outcome:
    """Look up what the claimed event is about. Raises whatever the concept raises."""
    hint = _hint(claim)
    route = ROUTES.get(hint.type)
    if route is None:
        return Outcome(InboxState.IGNORED, f"Nothing here depends on {hint.type}.")
    reason = _misdirected(hint, route)
    if reason is not None:
        return Outcome(InboxState.IGNORED, reason)
    if route.handle(session, stripe, hint):
        return Outcome(InboxState.DONE)
    unknown = f"Nothing of ours goes by {_subject(hint)}."
    if claim.attempts < TRIES_WHILE_UNKNOWN:
        return Outcome(InboxState.FAILED, f"{unknown} It may be on its way; tried again shortly.")
    return Outcome(InboxState.IGNORED, f"{unknown} Another program may use the same account.")


def types(scope: Scope) -> list[str]:
    """The event types to register for at the endpoint of `scope`.

    https://docs.stripe.com/api/webhook_endpoints/create#create_webhook_endpoint-enabled_events
    """
    return sorted(name for name, route in ROUTES.items() if scope in route.scopes)


def _hint(claim: Claim) -> Hint:
    event = json.loads(claim.body)
    # A thin event names its object and carries no copy of it.
    thin = claim.scope is Scope.THIN
    found = (event.get("related_object") or {}) if thin else event["data"]["object"]
    return Hint(claim.type, claim.scope, claim.account, found, claim.due_at)


def _subject(hint: Hint) -> str:
    return " of ".join(part for part in (hint.id, hint.account) if part) or hint.type


def _misdirected(hint: Hint, route: Route) -> str | None:
    """Say what is registered wrongly, when the event is not where it belongs."""
    if hint.scope is Scope.PLATFORM and hint.account is not None:
        right = Scope.CONNECT
        found = f"It is about the connected account {hint.account}"
    elif hint.scope is Scope.CONNECT and hint.account is None:
        right = Scope.PLATFORM
        found = "It is about the platform's own account"
    elif hint.scope in route.scopes:
        return None
    else:
        whose = "connected account" if hint.account else "platform's own account"
        return f"{hint.type} is not followed for the {whose}."
    return (
        f"{found} and came to {PATHS[hint.scope]}. Register {PATHS[right]} for it at Stripe and "
        f"put that endpoint's signing secret into {SETTINGS[right]}."
    )


def _seller(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    return bool(sellers.refresh(session, stripe, hint.account or "", heard_at=hint.heard_at))


def _seller_of_v2(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    # v1 tells of the same change with `account.updated`; whichever comes first is looked up.
    return bool(sellers.refresh(session, stripe, hint.id, heard_at=hint.heard_at))


def _deauthorized(session: orm.Session, _stripe: sdk.StripeClient, hint: Hint) -> bool:
    # The one event whose word is taken: after it the account can no longer be read.
    with phase(session):
        return bool(sellers.deauthorized(session, hint.account or ""))


def _checkout(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    return bool(orders.settle(session, stripe, hint.id, hint.account))


def _payment(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    return bool(orders.refresh_payment(session, stripe, hint.id, hint.account))


def _charge(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    known = bool(orders.refresh_charge(session, stripe, hint.id, hint.account))
    if known and hint.account is not None:
        # Stripe tells when money becomes available, never that more of it is pending.
        payouts.refresh_balance(session, stripe, hint.account)
    return known


def _refund(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    # One that has failed leaves no trace on its charge, so the refunds themselves are read.
    charge = id_of(hint.object.get("charge"))
    if charge is None or not orders.refresh_refunds(session, stripe, charge, hint.account):
        return False
    return payouts.refresh_balance(session, stripe, hint.account)


def _transfer(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    known = bool(transfers.refresh(session, stripe, hint.id))
    destination = hint.object.get("destination")
    if known and isinstance(destination, str):
        # Stripe tells when money becomes available, never that more of it is pending.
        payouts.refresh_balance(session, stripe, destination)
    return known


def _fee(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    # `application_fee.refund.updated` is about the refund, which names its fee.
    fee = hint.object.get("fee") if hint.object.get("object") == "fee_refund" else hint.id
    known = bool(ledger.refresh_application_fee(session, stripe, str(fee)))
    if known:
        payouts.refresh_balance(session, stripe, None)
    account = hint.object.get("account")
    if known and hint.type == "application_fee.refunded" and isinstance(account, str):
        payouts.refresh_balance(session, stripe, account)
    return known


def _payout(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    if payouts.refresh(session, stripe, hint.id, hint.account) is None:
        return False
    return payouts.refresh_balance(session, stripe, hint.account)


def _payout_failed(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    # The bank account is "errored" now, and Stripe tells only some platforms in an event.
    known = _payout(session, stripe, hint)
    return known and (hint.account is None or _seller(session, stripe, hint))


def _dispute(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    row = disputes.refresh(session, stripe, hint.id, hint.account)
    if row is None:
        return False
    payouts.refresh_balance(session, stripe, hint.account)
    # Mirrored, but its charge may not be known as an order's yet: look once more in a moment.
    return row.order_id is not None


def _card(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    # Once detached it names its customer no more; then the mirror knows whose it was.
    customer = id_of(hint.object.get("customer"))
    if customer:
        return wallet.refresh_customer(session, stripe, customer)
    return wallet.refresh_card(session, stripe, hint.id)


def _customer(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    return wallet.forgotten(session, stripe, hint.id)


def _balance(session: orm.Session, stripe: sdk.StripeClient, hint: Hint) -> bool:
    return payouts.refresh_balance(session, stripe, hint.account)


_OWN = frozenset({Scope.PLATFORM})
_CONNECTED = frozenset({Scope.CONNECT})
_BOTH = _OWN | _CONNECTED
_THIN = frozenset({Scope.THIN})
_V2 = "v2.core.account"
ROUTES: Mapping[str, Route] = {
    "account.updated": Route(_seller, _CONNECTED),
    "capability.updated": Route(_seller, _CONNECTED),
    "account.external_account.created": Route(_seller, _CONNECTED),
    "account.external_account.updated": Route(_seller, _CONNECTED),
    "account.external_account.deleted": Route(_seller, _CONNECTED),
    "account.application.deauthorized": Route(_deauthorized, _CONNECTED),
    "checkout.session.completed": Route(_checkout, _BOTH),
    "checkout.session.async_payment_succeeded": Route(_checkout, _BOTH),
    "checkout.session.async_payment_failed": Route(_checkout, _BOTH),
    "checkout.session.expired": Route(_checkout, _BOTH),
    "payment_intent.succeeded": Route(_payment, _BOTH),
    "payment_intent.payment_failed": Route(_payment, _BOTH),
    "payment_intent.canceled": Route(_payment, _BOTH),
    "charge.succeeded": Route(_charge, _BOTH),
    "charge.updated": Route(_charge, _BOTH),
    "charge.refunded": Route(_charge, _BOTH),
    "charge.refund.updated": Route(_refund, _BOTH),
    "refund.updated": Route(_refund, _BOTH),
    "refund.failed": Route(_refund, _BOTH),
    "charge.dispute.created": Route(_dispute, _BOTH),
    "charge.dispute.updated": Route(_dispute, _BOTH),
    "charge.dispute.closed": Route(_dispute, _BOTH),
    "charge.dispute.funds_withdrawn": Route(_dispute, _BOTH),
    "charge.dispute.funds_reinstated": Route(_dispute, _BOTH),
    "payment_method.attached": Route(_card, _OWN),
    "payment_method.updated": Route(_card, _OWN),
    "payment_method.automatically_updated": Route(_card, _OWN),
    "payment_method.detached": Route(_card, _OWN),
    "setup_intent.succeeded": Route(_card, _OWN),
    "customer.deleted": Route(_customer, _OWN),
    "transfer.created": Route(_transfer, _OWN),
    "transfer.updated": Route(_transfer, _OWN),
    "transfer.reversed": Route(_transfer, _OWN),
    "application_fee.created": Route(_fee, _OWN),
    "application_fee.refunded": Route(_fee, _OWN),
    "application_fee.refund.updated": Route(_fee, _OWN),
    "payout.created": Route(_payout, _BOTH),
    "payout.updated": Route(_payout, _BOTH),
    "payout.paid": Route(_payout, _BOTH),
    "payout.failed": Route(_payout_failed, _BOTH),
    "payout.canceled": Route(_payout, _BOTH),
    "balance.available": Route(_balance, _BOTH),
    # Not `created`: it comes before we have remembered the answer that says the same.
    f"{_V2}.updated": Route(_seller_of_v2, _THIN),
    f"{_V2}.closed": Route(_seller_of_v2, _THIN),
    f"{_V2}[defaults].updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[requirements].updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[future_requirements].updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[configuration.merchant].updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[configuration.merchant].capability_status_updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[configuration.recipient].updated": Route(_seller_of_v2, _THIN),
    f"{_V2}[configuration.recipient].capability_status_updated": Route(_seller_of_v2, _THIN),
}
