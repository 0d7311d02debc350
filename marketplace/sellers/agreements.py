"""What is agreed with a seller and may change: charge type, onboarding, commission, how money goes.

Stripe fixes the rest when it makes the account. The Stripe objects are the account's capabilities.
The rule that bites: another charge type may need a capability that the account never asked for, so
it is asked for first and the row changes afterwards; asking twice changes nothing, and a crash in
between leaves an account that may do more than is used.
https://docs.stripe.com/connect/account-capabilities
"""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import charges, platform
from marketplace.charges import fees
from marketplace.database import lock, phase
from marketplace.design import ChargeType, Design, Onboarding
from marketplace.design.acceptance import accept
from marketplace.design.passing import Split, TransferWhen
from marketplace.gateway.failures import translating
from marketplace.models import Seller
from marketplace.sellers.accounts import refresh
from marketplace.sellers.doors import DOORS


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
    *,
    charge_type: ChargeType,
    onboarding: Onboarding,
    knowing: bool = False,
) -> tuple[str, ...]:
    """Agree anew with a seller; orders that were placed keep what they were placed with. Commits.

    Returns the capabilities that were asked for at Stripe because the account lacked them: one call
    for them and one to read the account again, and none without. Raises Invalid for what the rules
    refuse, for what they speak against unless `knowing`, and for a commission that cannot be; a
    StripeError when Stripe refuses, with nothing changed here.
    """
    before = seller.design
    design = replace(before, charge_type=charge_type, onboarding=onboarding)
    accept(design, knowing=knowing or design == before)
    columns = agreement.columns(design) | asdict(design)
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
        for name, value in columns.items():
            setattr(seller, name, value)
        if elsewhere is not None:
            seller.fee_parts = elsewhere.among(seller.fee_parts, seller.currency)
    if missing and stripe_id is not None:
        refresh(session, stripe, stripe_id)
    return missing


def lacking(seller: Seller, design: Design, *, cards: bool) -> tuple[str, ...]:
    """The capabilities of `design` for which the account has never asked.

    With `cards` also those of a seller on whose behalf the platform charges. None as long as there
    is no account.
    """
    if seller.stripe_id is None:
        return ()
    needed = charges.capabilities(design.charge_type, on_behalf_of=cards)
    return tuple(sorted(set(needed) - set(seller.capabilities)))
