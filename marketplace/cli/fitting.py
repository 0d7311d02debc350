"""Whether the database and the key belong together, asked once before anybody is served.

The Stripe object is the Account behind the key. The rule that bites: accounts, orders and cards of
one Stripe account are strangers to every other, the sandbox's included, and the same rows under
another key fail one by one, in the middle of payments. So a database that was used with another
account is refused at the start. https://docs.stripe.com/keys
"""

import logging

from sqlalchemy import orm

from marketplace import people, platform
from marketplace.config import Settings
from marketplace.errors import ConfigError, StripeError
from marketplace.gateway.client import StripeClient

UNKEYED = (
    "STRIPE_PUBLISHABLE_KEY is not set: buyers pay on Stripe's page only, and no form or component "
    "of Stripe's can be shown inside our pages."
)
OTHERS = (
    "DATABASE_URL holds what belongs to the Stripe account {kept}, and {key} is of {own}. "
    "Use the key of that account, or another database."
)
SANDBOX = (
    "DATABASE_URL holds the people of the local sandbox, and STRIPE_SECRET_KEY is set. "
    "Use a database of its own for Stripe's test mode."
)

log = logging.getLogger("marketplace.run")


def check(settings: Settings, session: orm.Session, stripe: StripeClient) -> None:
    """Compare the account behind the key with the one that the database was used with; one call.

    A database that was used with none belongs to this one from now on. Commits. Raises ConfigError
    when they differ. A Stripe that does not answer, or does not tell this key, stops nobody: it is
    asked again later, and said in the log.
    """
    if settings.stripe_publishable_key is None:
        log.warning(UNKEYED)
    kept = platform.settings(session).stripe_id
    if kept is None and not settings.sandbox and people.are_demo(session):
        raise ConfigError([SANDBOX])
    try:
        own = platform.own_account(session, stripe)
    except StripeError as error:
        log.warning("the platform's own account: %s", error.for_operator())
        return
    if kept not in {None, own["id"]}:
        key = "the sandbox" if settings.sandbox else "STRIPE_SECRET_KEY"
        raise ConfigError([OTHERS.format(kept=kept, key=key, own=own["id"])])
    platform.keep_account(session, own)
