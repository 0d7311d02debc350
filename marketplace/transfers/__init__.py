"""Money on its way from the platform to a seller.

A destination charge makes its Transfer by itself; with separate charges we make one for each
seller, at once or when the operator has decided. Both are mirrored alike, and what arrives at the
seller is a payment (`py_…`) on the seller's own balance, readable only as that account. The rule
that bites: without `source_transaction` a transfer needs money that is available already, and a
platform's card payments are pending for days.
https://docs.stripe.com/api/transfers
"""

from marketplace.transfers.deciding import decide, undecided
from marketplace.transfers.dividing import Left, disputed, left, requests_of
from marketplace.transfers.mirrors import keep, record_arrival, refresh
from marketplace.transfers.passing import left_behind, pass_on

__all__ = [
    "Left",
    "decide",
    "disputed",
    "keep",
    "left",
    "left_behind",
    "pass_on",
    "record_arrival",
    "refresh",
    "requests_of",
    "undecided",
]
