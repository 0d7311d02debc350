"""What the platform offers to new sellers, and what Stripe says of the platform's own account.

The Stripe object is the Account behind our key. The operator's decisions are one row, and until
something is decided the built-in defaults stand in. The rule that bites: a default is for shops
that are still to be opened; the ones that are open keep what was agreed with them.
https://docs.stripe.com/api/accounts/retrieve
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from stripe import StripeClient

from marketplace.charges import fees
from marketplace.charges.prices import Merchant
from marketplace.database import lock, phase
from marketplace.design import DEFAULT, Design
from marketplace.design.acceptance import accept
from marketplace.design.collecting import Collect
from marketplace.design.passing import Split, TransferWhen
from marketplace.errors import Invalid, Sentence, StripeError
from marketplace.gateway.failures import translating
from marketplace.models import PlatformSettings, Seller
from marketplace.money import BASIS_POINTS, CURRENCIES, CurrencyName, most_digits

ONLY = 1
# More than any sale can be; the database counts no further than this anyway.
MOST_FEE = 99_999_999
USUAL = fees.Terms(bps=1000)
NO_AMOUNT = "Write an amount of nothing or more."
CROSSED = "The most is below the least."

log = logging.getLogger(__name__)


def fee_columns(terms: fees.Terms) -> dict[str, int | None]:
    """A commission as the columns of whatever row keeps it.

    Raises Invalid with the columns whose values cannot be.
    """
    columns = {
        "fee_bps": terms.bps,
        "fee_fixed": terms.fixed,
        "fee_min": terms.least,
        "fee_max": terms.most,
    }
    faults = {
        name: NO_AMOUNT
        for name, value in columns.items()
        if value is not None and not 0 <= value <= MOST_FEE
    }
    if not 0 <= terms.bps < BASIS_POINTS:
        faults["fee_bps"] = "Write a share from 0 to less than 100 percent."
    if terms.least is not None and terms.most is not None and terms.least > terms.most:
        faults["fee_max"] = CROSSED
    if faults:
        raise Invalid("This commission cannot be.", faults)
    return columns


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a commission has beside its percentage in a further currency, in its minor units.

    All three None: nothing is agreed in it any more.
    """

    currency: str
    fixed: int | None = None
    least: int | None = None
    most: int | None = None

    def among(self, kept: Mapping[str, Any], home: str) -> dict[str, Any]:
        """`kept`, the `fee_parts` of a seller, with this added, replaced or removed.

        `home` is the shop's own currency. Raises Invalid with the fields that cannot be.
        """
        amounts = {"fixed": self.fixed, "least": self.least, "most": self.most}
        limit = 10 ** most_digits(self.currency)
        faults = {
            f"other_{name}": NO_AMOUNT
            for name, value in amounts.items()
            if value is not None and not 0 <= value < limit
        }
        if self.currency == home:
            faults["other_currency"] = "What is agreed in the shop's own currency stands above."
        elif self.currency not in CURRENCIES:
            faults["other_currency"] = "Choose a currency from the list."
        if self.least is not None and self.most is not None and self.least > self.most:
            faults["other_most"] = CROSSED
        if faults:
            raise Invalid("This commission cannot be.", faults)
        others = {it: parts for it, parts in kept.items() if it != self.currency}
        gone = all(value is None for value in amounts.values())
        return others if gone else others | {self.currency: amounts}


def terms_in(seller: Seller, currency: str) -> fees.Terms | None:
    """The commission on a sale of this shop in `currency`; None where none is agreed."""
    own = fees.Terms(seller.fee_bps, seller.fee_fixed, seller.fee_min, seller.fee_max)
    return fees.terms_for(currency, own, seller.currency, seller.fee_parts)


def unagreed(seller: Seller, currency: str) -> str | None:
    """Tell the seller that no commission is agreed for sales in `currency`; None when one is."""
    if terms_in(seller, currency) is not None:
        return None
    known: str = CurrencyName(seller.currency)
    for other in sorted(seller.fee_parts):
        known = Sentence("{one} and {other}", one=known, other=CurrencyName(other))
    return Sentence(
        "The commission is agreed in {known} only. Ask the marketplace before you sell in "
        "{currency}.",
        known=known,
        currency=CurrencyName(currency),
    )


def typed_in(offered: PlatformSettings) -> str:
    """The currency in which the platform's own terms and invitations are written."""
    return offered.currency or "usd"


def settings(session: orm.Session) -> PlatformSettings:
    """What was decided, or the built-in defaults; one query. Changing the answer changes nothing.

    `country`, `currency` and `stripe_id` are None until the platform's account was read.
    """
    row = session.get(PlatformSettings, ONLY)
    return row or PlatformSettings(
        id=ONLY,
        **asdict(DEFAULT),
        **fee_columns(USUAL),
        split=Split.APPLICATION_FEE,
        on_behalf_of=False,
        transfer_when=TransferWhen.NOW,
        pay_at_stripe=True,
        pay_here=True,
        collect=Collect.EVENTUALLY,
    )


def merchant(session: orm.Session) -> Merchant:
    """The platform as buyers' merchant: where it is and what it is paid in, if that is known."""
    offered = settings(session)
    return Merchant(offered.country, offered.currency)


def merchant_of(seller: Seller) -> Merchant:
    """A seller as buyers' merchant."""
    return Merchant(seller.country, seller.currency or None)


def choose(session: orm.Session, design: Design, *, knowing: bool = False) -> None:
    """Make `design` the default of shops that are still to be opened. Flushes, commits not.

    Raises Invalid for a design that the rules refuse, by the rule's name, and for one that they
    speak against unless `knowing`. https://docs.stripe.com/connect/design-an-integration
    """
    accept(design, knowing=knowing)
    row = _row(session)
    for name, value in asdict(design).items():
        setattr(row, name, value)
    session.flush()


def set_terms(
    session: orm.Session,
    commission: fees.Terms,
    *,
    pay_at_stripe: bool,
    pay_here: bool,
    collect: Collect = Collect.EVENTUALLY,
) -> None:
    """Set the commission of new shops, where buyers may pay, and how much Stripe asks at the start.

    Flushes, commits not.

    Raises Invalid for a commission that cannot be, and when buyers could pay nowhere.
    """
    columns = fee_columns(commission)
    if not (pay_at_stripe or pay_here):
        raise Invalid("Buyers must be able to pay.", {"pay_at_stripe": "Offer at least one way."})
    row = _row(session)
    for name, value in columns.items():
        setattr(row, name, value)
    row.pay_at_stripe, row.pay_here, row.collect = pay_at_stripe, pay_here, collect
    session.flush()


def learn(session: orm.Session, stripe: StripeClient) -> PlatformSettings:
    """Read the platform's own account at Stripe and keep where it is. One call. Commits.

    https://docs.stripe.com/api/accounts/retrieve
    """
    return keep_account(session, own_account(session, stripe))


def own_account(session: orm.Session, stripe: StripeClient) -> Mapping[str, Any]:
    """What Stripe says of the account behind our key, as plain data; one call, never repeated.

    Raises StripeError. https://docs.stripe.com/api/accounts/retrieve
    """
    session.commit()  # no transaction may stay open while Stripe is asked
    with translating():
        return stripe.v1.accounts.retrieve_current(options={"max_network_retries": 0}).to_dict()


def keep_account(session: orm.Session, own: Mapping[str, Any]) -> PlatformSettings:
    """Keep which account is the platform's own, and where it is. Commits."""
    with phase(session):
        row = _row(session)
        row.stripe_id = own["id"]
        row.country = (own.get("country") or "").upper() or None
        row.currency = own.get("default_currency")
    return row


def learn_once(session: orm.Session, stripe: StripeClient) -> None:
    """Read the platform's own account unless it is known; a chore, so it never raises for Stripe.

    Nothing that a buyer or seller looks at waits for this: where it is not known yet, nothing is
    concluded from it.
    """
    if settings(session).stripe_id is not None:
        session.commit()
        return
    try:
        learn(session, stripe)
    except StripeError as error:
        log.warning("the platform's own account: %s", error.for_operator())


def _row(session: orm.Session) -> PlatformSettings:
    """The row, made when it is not there, and kept from others until the phase ends."""
    row = session.get(PlatformSettings, ONLY)
    if row is None:
        row = settings(session)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            row = session.get_one(PlatformSettings, ONLY)
    return lock(session, row)
