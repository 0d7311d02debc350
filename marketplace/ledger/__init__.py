"""Who holds which money now: mirrors of Stripe's balances, the money story, and the invariants.

Balance transactions, application fees and (in `transfers`) transfers are copied as Stripe tells
them. The rule that bites: nothing in a story is computed from what we asked for once the mirrored
rows are in; until then every figure says that it is only expected.
https://docs.stripe.com/reports/balance-transaction-types
"""

from marketplace.ledger.invariants import check
from marketplace.ledger.mirrors import (
    charged_order,
    keep_application_fee,
    keep_row,
    keep_transaction,
    knows,
    record,
    record_bill,
    record_disputes,
    refresh_application_fee,
    seller_of,
)
from marketplace.ledger.movements import Movement
from marketplace.ledger.statements import Month, months, sales
from marketplace.ledger.story import Holding, MoneyStory, of_seller, story

__all__ = [
    "Holding",
    "MoneyStory",
    "Month",
    "Movement",
    "charged_order",
    "check",
    "keep_application_fee",
    "keep_row",
    "keep_transaction",
    "knows",
    "months",
    "of_seller",
    "record",
    "record_bill",
    "record_disputes",
    "refresh_application_fee",
    "sales",
    "seller_of",
    "story",
]
