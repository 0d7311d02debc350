"""From a basket to a paid order: place, start the payment, settle, hand over, call off.

Each attempt to pay is a Checkout Session, on Stripe's page or in our form, or the PaymentIntent of
a saved card. The rule that bites: nobody's word that an order is paid counts but Stripe's. The
return page, every event and the sweep all end in `settle` or `settle_intent`, which read it anew,
compare it with the order, and move both once.
https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from marketplace.orders.declines import reason
from marketplace.orders.ending import cancel, fulfil
from marketplace.orders.lists import (
    TO_SEND,
    for_buyer,
    for_platform,
    for_seller,
    held,
    load,
    of_seller,
    part_of,
    refunds_failed,
    waiting,
)
from marketplace.orders.paying import can_be_paid, client_secret, start_payment
from marketplace.orders.placing import place
from marketplace.orders.quotes import (
    MOST_LINES,
    MOST_OF_ONE,
    Line,
    Quote,
    Wanted,
    border,
    guard,
    loss,
    quotes,
)
from marketplace.orders.refunded import explain as explain_refund
from marketplace.orders.settling import (
    refresh_charge,
    refresh_payment,
    refresh_refunds,
    settle,
)
from marketplace.orders.sweeping import finish_passing_on, finish_requested
from marketplace.orders.ways import Way, ask

__all__ = [
    "MOST_LINES",
    "MOST_OF_ONE",
    "TO_SEND",
    "Line",
    "Quote",
    "Wanted",
    "Way",
    "ask",
    "border",
    "can_be_paid",
    "cancel",
    "client_secret",
    "explain_refund",
    "finish_passing_on",
    "finish_requested",
    "for_buyer",
    "for_platform",
    "for_seller",
    "fulfil",
    "guard",
    "held",
    "load",
    "loss",
    "of_seller",
    "part_of",
    "place",
    "quotes",
    "reason",
    "refresh_charge",
    "refresh_payment",
    "refresh_refunds",
    "refunds_failed",
    "settle",
    "start_payment",
    "waiting",
]
