"""The schema at a glance.

`id` is ours and `stripe_id` is theirs. Amounts are integer minor units beside their currency; times
are UTC. The rule that bites: relationships never load by themselves (`lazy="raise"`), so a query
names what it needs, and a page costs the same number of queries whatever it shows.
"""

from marketplace.models.catalogue import Product
from marketplace.models.countries import CountrySpec
from marketplace.models.disputes import Dispute
from marketplace.models.inbox import InboxEvent, Scope
from marketplace.models.money import (
    ApplicationFee,
    BalanceTransaction,
    Payout,
    Transfer,
    TransferRequest,
)
from marketplace.models.orders import Order, OrderLine, OrderPart, Payment, PaymentUi
from marketplace.models.people import LoginAttempt, LoginSession, Role, User
from marketplace.models.platform import Invitation, PlatformSettings
from marketplace.models.sellers import (
    AccountStatus,
    Balance,
    BankAccount,
    Seller,
    ServiceAgreement,
)
from marketplace.models.wallet import Customer, SavedCard

__all__ = [
    "AccountStatus",
    "ApplicationFee",
    "Balance",
    "BalanceTransaction",
    "BankAccount",
    "CountrySpec",
    "Customer",
    "Dispute",
    "InboxEvent",
    "Invitation",
    "LoginAttempt",
    "LoginSession",
    "Order",
    "OrderLine",
    "OrderPart",
    "Payment",
    "PaymentUi",
    "Payout",
    "PlatformSettings",
    "Product",
    "Role",
    "SavedCard",
    "Scope",
    "Seller",
    "ServiceAgreement",
    "Transfer",
    "TransferRequest",
    "User",
]
