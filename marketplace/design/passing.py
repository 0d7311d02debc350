"""How a seller's share leaves the platform: two details of charges that are made on the platform.

Neither belongs to the six choices of a `Design`: both may change from sale to sale, and each order
keeps the answers of its day. The rule that bites: with `transfer_amount` the seller's Stripe
account shows only the net amount, and no ApplicationFee exists that a refund could give back.
https://docs.stripe.com/connect/destination-charges#collect-fees
"""

from enum import StrEnum


class Split(StrEnum):
    """How a destination charge names the seller's share."""

    APPLICATION_FEE = "application_fee"
    TRANSFER_AMOUNT = "transfer_amount"


class TransferWhen(StrEnum):
    """When a separate charge is passed on: as soon as it is paid, or when the operator says so."""

    NOW = "now"
    LATER = "later"
