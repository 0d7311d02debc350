"""Fetch the events that Stripe could not deliver, and keep them as if they had come.

The Stripe object is the Event list. The rules that bite: Stripe lists events for 30 days only, the
events of a connected account only to whoever asks as that account, and its own retries go on
meanwhile, so an event may come both ways and must still be kept once.
https://docs.stripe.com/webhooks/process-undelivered-events
"""

import json
import logging
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm

from marketplace import clock
from marketplace.database import phase
from marketplace.errors import Invalid
from marketplace.gateway.failures import translating
from marketplace.models import Scope, Seller
from marketplace.webhooks import inbox
from marketplace.webhooks.envelope import Envelope, read

BATCH = 100
log = logging.getLogger("marketplace.backfill")


def undelivered(
    session: orm.Session, stripe: sdk.StripeClient, since: datetime | None = None
) -> int:
    """Keep every event of both scopes that was not delivered, oldest first. Returns how many.

    `since` leaves out what is older. Raises StripeError; what was kept until then stays kept.
    """
    return sum(fetch(session, stripe, account, since) for account in (None, *_accounts(session)))


def fetch(
    session: orm.Session,
    stripe: sdk.StripeClient,
    account: str | None,
    since: datetime | None = None,
) -> int:
    """Keep the undelivered events of one account (None: the platform). Returns how many.

    https://docs.stripe.com/api/events/list
    """
    with translating():
        found = list(_listed(stripe, account, since))
    scope = Scope.CONNECT if account else Scope.PLATFORM
    with phase(session):
        for envelope in reversed(found):
            inbox.keep(session, envelope, scope)
    return len(found)


def _accounts(session: orm.Session) -> list[str]:
    with phase(session):
        known = sa.select(Seller.stripe_id).where(
            Seller.stripe_id.is_not(None), Seller.deauthorized_at.is_(None)
        )
        return [account for account in session.scalars(known) if account]


def _listed(
    stripe: sdk.StripeClient, account: str | None, since: datetime | None
) -> Iterator[Envelope]:
    params: sdk.params.EventListParams = {"delivery_success": False, "limit": BATCH}
    if since is not None:
        params["created"] = {"gte": clock.to_unix(since)}
    options: sdk.RequestOptions = {"stripe_account": account} if account else {}
    for event in stripe.v1.events.list(params, options).auto_paging_iter():
        facts = event.to_dict()
        # Read as the account itself, an event does not say whose it is; delivered ones do.
        if account:
            facts["account"] = account
        try:
            yield read(json.dumps(facts, separators=(",", ":")))
        except Invalid as error:
            log.warning("event %s is left out: %s", facts.get("id"), error)
