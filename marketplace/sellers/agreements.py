"""What is agreed with a seller and may change: charge type, onboarding, commission, how money goes.

Stripe fixes the rest when it makes the account; until then all of it may change, which is the way
on for a shop whose account Stripe refused. The Stripe objects are the account's capabilities. The
rule that bites: another charge type may need a capability that the account never asked for, so it
is asked for first and the row changes afterwards; asking twice changes nothing, and a crash in
between leaves an account that may do more than is used.
https://docs.stripe.com/connect/account-capabilities
"""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import charges, platform
from marketplace.charges import fees
from marketplace.database import lock, phase
from marketplace.design import ChargeType, Design
from marketplace.design.acceptance import accept
from marketplace.design.passing import Split, TransferWhen
from marketplace.errors import Invalid, Sentence
from marketplace.gateway.failures import translating
from marketplace.models import AccountStatus, Seller
from marketplace.sellers.accounts import refresh
from marketplace.sellers.doors import DOORS
from marketplace.sellers.opening import unsuitable

FIXED = Sentence("Stripe fixed this when it was asked for the account.")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything beside the design. The commission is in minor units of the shop's currency.

    `elsewhere` is what it has beside the percentage in one further currency; None changes none.
    """

    commission: fees.Terms
    split: Split = Split.APPLICATION_FEE
    on_behalf_of: bool = False
    transfer_when: TransferWhen = TransferWhen.NOW
    elsewhere: platform.Elsewhere | None = None

    def columns(self, design: Design) -> dict[str, object]:
        """The same as columns of a row, without what a seller of `design` has no use for.

        Raises Invalid for a commission that cannot be.
        """
        split = design.charge_type is ChargeType.DESTINATION
        later = design.charge_type is ChargeType.SEPARATE
        return {
            **platform.fee_columns(self.commission),
            "split": self.split if split else Split.APPLICATION_FEE,
            "on_behalf_of": self.on_behalf_of and design.charge_type is not ChargeType.DIRECT,
            "transfer_when": self.transfer_when if later else TransferWhen.NOW,
        }


def change(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    agreement: Agreement,
    design: Design,
    *,
    knowing: bool = False,
) -> tuple[str, ...]:
    """Agree anew with a seller; orders that were placed keep what they were placed with. Commits.

    Returns the capabilities that were asked for at Stripe because the account lacked them: one call
    for them and one to read the account again, and none without. Raises Invalid for what the rules
    refuse, for what they speak against unless `knowing`, for what is fixed, for charging a seller
    who can only be paid, and for a commission that cannot be; a StripeError when Stripe refuses,
    with nothing changed here.
    """
    before = seller.design
    accept(design, knowing=knowing or design == before)
    _may_be(seller, design)
    columns = agreement.columns(design) | asdict(design)
    _is_suitable(seller, design, on_behalf_of=bool(columns["on_behalf_of"]))
    elsewhere = agreement.elsewhere
    if elsewhere is not None:
        elsewhere.among(seller.fee_parts, seller.currency)  # raises before Stripe is asked
    cards = bool(columns["on_behalf_of"])
    missing = lacking(seller, design, cards=cards)
    stripe_id = seller.stripe_id
    if missing and stripe_id is not None:
        session.commit()  # no transaction may stay open while Stripe is asked
        with translating():
            DOORS[seller.accounts_api].widen(stripe, stripe_id, design, cards)
    with phase(session):
        lock(session, seller)
        _may_be(seller, design)  # its account may have been asked for meanwhile
        for name, value in columns.items():
            setattr(seller, name, value)
        if elsewhere is not None:
            seller.fee_parts = elsewhere.among(seller.fee_parts, seller.currency)
    if missing and stripe_id is not None:
        refresh(session, stripe, stripe_id)
    return missing


def is_fixed(seller: Seller) -> bool:
    """Whether the account was asked for, and with it everything that Stripe fixes."""
    return seller.account_status is not AccountStatus.NONE


def _may_be(seller: Seller, design: Design) -> None:
    """Raise Invalid for a design that the account of `seller` cannot have any more."""
    now = seller.design
    rest = replace(design, charge_type=now.charge_type, onboarding=now.onboarding)
    if is_fixed(seller) and rest != now:
        raise Invalid("This cannot change any more.", {"design": FIXED})


def _is_suitable(seller: Seller, design: Design, *, on_behalf_of: bool) -> None:
    """Raise Invalid, by field, for a design by which nobody in the seller's country can be paid."""
    fault = unsuitable(seller.country, seller.service_agreement, design, on_behalf_of=on_behalf_of)
    if fault:
        field = "on_behalf_of" if on_behalf_of else "design"
        raise Invalid("This cannot be agreed with a seller in this country.", {field: fault})


def lacking(seller: Seller, design: Design, *, cards: bool) -> tuple[str, ...]:
    """The capabilities of `design` for which the account has never asked.

    With `cards` also those of a seller on whose behalf the platform charges. None as long as there
    is no account.
    """
    if seller.stripe_id is None:
        return ()
    needed = charges.capabilities(design.charge_type, on_behalf_of=cards)
    return tuple(sorted(set(needed) - set(seller.capabilities)))
