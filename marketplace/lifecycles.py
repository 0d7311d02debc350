"""Every status, what it means in a sentence, and the moves that are allowed, as data.

An order, an attempt to pay for it, a seller, a payout and a kept event each have a life of their
own. The rule that bites: Stripe's facts arrive late, twice and out of order, so a status is never
assigned; it is moved with `move`, which knows the table and refuses the rest.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self, TypeVar

from marketplace.errors import IllegalMove


class Status(StrEnum):
    """A string that knows what it means: `member.value` is stored, `member.sentence` is shown."""

    _value_: str
    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Self:
        """Keep the sentence beside the value; `OrderStatus("paid")` looks a member up."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


class OrderStatus(Status):
    """From placed to fulfilled, and the ways in which it ends early."""

    PLACED = "placed", "The buyer said yes; no payment was started yet."
    PAYING = "paying", "A payment page is open for the buyer."
    PROCESSING = "processing", "The buyer has paid by a method whose bank answers later."
    PAID = "paid", "Stripe confirmed the money; the seller can send the goods."
    FULFILLED = "fulfilled", "The seller has handed over the goods."
    EXPIRED = "expired", "The time to pay ran out, and the goods went back on sale."
    CANCELLED = "cancelled", "It was called off before any money moved."
    FAILED = "failed", "The payment failed; the buyer may try again."
    PARTLY_REFUNDED = "partly_refunded", "Part of the money went back to the buyer."
    REFUNDED = "refunded", "All the money went back to the buyer."


class PaymentStatus(Status):
    """One attempt to pay an order: one Checkout Session, or the PaymentIntent of a saved card."""

    REQUESTED = "requested", "We are about to ask Stripe for a payment page, or have just asked."
    OPEN = "open", "The payment page exists and waits for the buyer."
    PROCESSING = "processing", "The buyer is done, and the bank has yet to answer."
    SUCCEEDED = "succeeded", "The money was taken."
    FAILED = "failed", "The bank or Stripe said no for good; this attempt is over."
    EXPIRED = "expired", "The payment page closed before the buyer paid."


class SellerState(Status):
    """Where a seller stands with Stripe's requirements: five states, and the time before them."""

    NOT_STARTED = "not_started", "There is no Stripe account for this seller yet."
    NOTHING_DUE = "nothing_due", "Stripe asks for nothing; payments and payouts work."
    DUE = "due", "Stripe asks for something, and there is time to answer."
    PAST_DUE = "past_due", "The time to answer is over, and something is switched off until then."
    IN_REVIEW = "in_review", "Stripe is checking what was sent; there is nothing to do but wait."
    RESTRICTED = "restricted", "Stripe or the platform has switched the account off."


class PayoutStatus(Status):
    """A payout from a Stripe balance to a bank; the names are Stripe's."""

    PENDING = "pending", "It is made and has not left Stripe."
    IN_TRANSIT = "in_transit", "It is on its way to the bank."
    PAID = "paid", "It should have arrived; the bank can still return it within days."
    FAILED = "failed", "The bank sent it back, and the money is in the Stripe balance again."
    CANCELED = "canceled", "It was called off before it left."


class DisputeStatus(Status):
    """A buyer's bank asks for money back, or takes it; the names are Stripe's."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response", "The bank asks, and has taken nothing yet."
    WARNING_UNDER_REVIEW = "warning_under_review", "The bank has an answer and looks at it."
    WARNING_CLOSED = "warning_closed", "The bank asked, and it came to nothing."
    NEEDS_RESPONSE = "needs_response", "The bank took the money; evidence can win it back."
    UNDER_REVIEW = "under_review", "The bank has the evidence and decides."
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response", "The other side appealed; it wants an answer."
    APPEAL_UNDER_REVIEW = "appeal_under_review", "The appeal is answered, and the bank decides."
    WON = "won", "The bank decided for the seller; the money is back."
    LOST = "lost", "The bank decided for the buyer; the money stays away."
    PREVENTED = "prevented", "It was settled before it became a dispute."


class TransferStatus(Status):
    """A seller's share on its way from the platform: what we asked for, and what became of it."""

    REQUESTED = "requested", "We are about to ask Stripe for the transfer, or have just asked."
    MADE = "made", "Stripe has made it; the money is on the seller's balance."
    REFUSED = "refused", "Stripe said no; the money is still with the marketplace."
    CALLED_OFF = "called_off", "Money went back to the buyer or the bank before it was made."


class InboxState(Status):
    """A webhook event that we keep."""

    NEW = "new", "It is verified and kept, and waits for its turn."
    RUNNING = "running", "A worker holds it until its lease ends."
    DONE = "done", "What it told was looked up and recorded."
    IGNORED = "ignored", "Nothing of ours depends on it; the reason is kept beside it."
    FAILED = "failed", "Handling it failed; it will be tried again."
    DEAD = "dead", "It failed too often; a person has to look and replay it."


S = TypeVar("S", bound=Status)


def _from_anywhere(states: type[S], *, start: S) -> dict[S, frozenset[S]]:
    """Build the table of states that Stripe decides: any may follow any, none leads to `start`."""
    later = frozenset(states) - {start}
    return {state: later - {state} for state in states}


ORDER: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset(
        {OrderStatus.PAYING, OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.FAILED}
    ),
    OrderStatus.PAYING: frozenset(
        {
            OrderStatus.PROCESSING,
            OrderStatus.PAID,
            OrderStatus.EXPIRED,
            OrderStatus.CANCELLED,
            OrderStatus.FAILED,
        }
    ),
    OrderStatus.PROCESSING: frozenset({OrderStatus.PAID, OrderStatus.FAILED}),
    OrderStatus.PAID: frozenset(
        {OrderStatus.FULFILLED, OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED}
    ),
    OrderStatus.FULFILLED: frozenset({OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED}),
    OrderStatus.EXPIRED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.FAILED: frozenset({OrderStatus.PAYING, OrderStatus.CANCELLED}),
    # A refund that the buyer's bank sends back did not happen.
    OrderStatus.PARTLY_REFUNDED: frozenset(
        {OrderStatus.REFUNDED, OrderStatus.PAID, OrderStatus.FULFILLED}
    ),
    OrderStatus.REFUNDED: frozenset(
        {OrderStatus.PARTLY_REFUNDED, OrderStatus.PAID, OrderStatus.FULFILLED}
    ),
}
PAYMENT: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    # A crash may hide the moment when the page opened, so an asked-for attempt may turn out to be
    # anything that an open one can become.
    PaymentStatus.REQUESTED: frozenset(PaymentStatus) - {PaymentStatus.REQUESTED},
    PaymentStatus.OPEN: frozenset(
        {
            PaymentStatus.PROCESSING,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
        }
    ),
    PaymentStatus.PROCESSING: frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED}),
    PaymentStatus.SUCCEEDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.EXPIRED: frozenset(),
}
SELLER: Mapping[SellerState, frozenset[SellerState]] = _from_anywhere(
    SellerState, start=SellerState.NOT_STARTED
)
PAYOUT: Mapping[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.PENDING: frozenset(PayoutStatus) - {PayoutStatus.PENDING},
    PayoutStatus.IN_TRANSIT: frozenset(
        {PayoutStatus.PAID, PayoutStatus.FAILED, PayoutStatus.CANCELED}
    ),
    # Stripe says "paid" on the arrival date; a bank may still return it for some days.
    PayoutStatus.PAID: frozenset({PayoutStatus.FAILED}),
    PayoutStatus.FAILED: frozenset(),
    PayoutStatus.CANCELED: frozenset(),
}
_DECIDED = frozenset({DisputeStatus.WON, DisputeStatus.LOST})
_APPEALS = frozenset({DisputeStatus.APPEAL_NEEDS_RESPONSE, DisputeStatus.APPEAL_UNDER_REVIEW})
# Moved by Stripe alone, never by us: it is here to be read and drawn.
DISPUTE: Mapping[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: frozenset(
        {
            DisputeStatus.WARNING_UNDER_REVIEW,
            DisputeStatus.WARNING_CLOSED,
            DisputeStatus.NEEDS_RESPONSE,
            DisputeStatus.PREVENTED,
        }
    ),
    DisputeStatus.WARNING_UNDER_REVIEW: frozenset(
        {DisputeStatus.WARNING_CLOSED, DisputeStatus.NEEDS_RESPONSE}
    ),
    DisputeStatus.WARNING_CLOSED: frozenset(),
    DisputeStatus.NEEDS_RESPONSE: _DECIDED | {DisputeStatus.UNDER_REVIEW},
    DisputeStatus.UNDER_REVIEW: _DECIDED | _APPEALS,
    DisputeStatus.APPEAL_NEEDS_RESPONSE: _DECIDED | {DisputeStatus.APPEAL_UNDER_REVIEW},
    DisputeStatus.APPEAL_UNDER_REVIEW: _DECIDED,
    # A decision is not always the last one.
    DisputeStatus.WON: _APPEALS | {DisputeStatus.LOST},
    DisputeStatus.LOST: _APPEALS | {DisputeStatus.WON},
    DisputeStatus.PREVENTED: frozenset(),
}
TRANSFER: Mapping[TransferStatus, frozenset[TransferStatus]] = {
    TransferStatus.REQUESTED: frozenset(TransferStatus) - {TransferStatus.REQUESTED},
    TransferStatus.MADE: frozenset(),
    TransferStatus.REFUSED: frozenset(),
    # Should Stripe have made it after all, then it is made.
    TransferStatus.CALLED_OFF: frozenset({TransferStatus.MADE}),
}
INBOX: Mapping[InboxState, frozenset[InboxState]] = {
    InboxState.NEW: frozenset({InboxState.RUNNING, InboxState.IGNORED}),
    InboxState.RUNNING: frozenset(
        {
            InboxState.NEW,
            InboxState.DONE,
            InboxState.IGNORED,
            InboxState.FAILED,
            InboxState.DEAD,
        }
    ),
    # A replay makes any finished event new again.
    InboxState.DONE: frozenset({InboxState.NEW}),
    InboxState.IGNORED: frozenset({InboxState.NEW}),
    InboxState.FAILED: frozenset({InboxState.RUNNING, InboxState.NEW, InboxState.DEAD}),
    InboxState.DEAD: frozenset({InboxState.NEW}),
}
TABLES: Mapping[type[Status], Mapping[Any, frozenset[Any]]] = {
    OrderStatus: ORDER,
    PaymentStatus: PAYMENT,
    SellerState: SELLER,
    PayoutStatus: PAYOUT,
    DisputeStatus: DISPUTE,
    TransferStatus: TRANSFER,
    InboxState: INBOX,
}


def allowed(kind: type[S], current: S, target: S) -> bool:
    """Tell whether `current` may become `target`. Staying is no move, and is allowed."""
    return target == current or target in TABLES[kind][current]


def move(kind: type[S], current: S, target: S) -> S:
    """Return `target`, or raise IllegalMove when `current` may not become it.

    A fact that comes twice asks to move to where we are; that is no move, and no error.
    """
    if not allowed(kind, current, target):
        raise IllegalMove(kind.__name__, current.value, target.value)
    return target


def mermaid(kind: type[Status]) -> str:
    """Return the table of `kind` as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state.value}: {state.sentence}" for state in kind]
    for state, targets in TABLES[kind].items():
        lines += [f"    {state.value} --> {target.value}" for target in kind if target in targets]
        if not targets:
            lines.append(f"    {state.value} --> [*]")
    return "\n".join(lines) + "\n"
