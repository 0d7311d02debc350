"""What on the platform needs a person, each with the page where it is dealt with.

A pure reading of counts: no query, no call. The rule that bites: whatever fails silently (an
endpoint that hears nothing, a payout that came back, a payment that does not fit its order) costs
money for as long as nobody looks, so it stands on the first page in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.lifecycles import InboxState, SellerState
from marketplace.money import Money
from marketplace.web import show
from marketplace.webhooks.doctor import Finding


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to look at: a sentence, how bad it is, and the page that shows more."""

    text: str
    tone: str
    endpoint: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Losses:
    """Where money may be lost if nobody looks: how many of each; failures of the last 30 days.

    `owed` is what the platform's balances at Stripe lack, above zero, each in its currency.
    """

    held_payments: int
    failed_payouts: int
    failed_refunds: int
    failed_transfers: int
    disputes: int
    owed: Sequence[Money] = ()


def concerns(
    *,
    events: Mapping[InboxState, int],
    sellers: Mapping[SellerState, int],
    losses: Losses,
    endpoints: Sequence[Finding],
    forms_due: bool = False,
    keyless: bool = False,
) -> list[Concern]:
    """List what needs attention, the gravest first; empty when all is well.

    `forms_due` says that our own onboarding forms want to be compared with Stripe's requirements,
    `keyless` that Stripe's parts of our pages have no publishable key.
    """
    found = [
        *_of_money(losses),
        *_of_events(events, endpoints),
        *_of_sellers(sellers),
        *_of_forms(due=forms_due),
        *_of_key(missing=keyless),
    ]
    return sorted(found, key=lambda concern: concern.tone != "bad")


def _of_key(*, missing: bool) -> Iterator[Concern]:
    if missing:
        text = "STRIPE_PUBLISHABLE_KEY is not set: nothing of Stripe's is shown inside our pages."
        yield Concern(text, "care", "platform.design", {"_anchor": "account"})


def _of_forms(*, due: bool) -> Iterator[Concern]:
    if due:
        text = "Half a year is over: compare our own onboarding forms with what Stripe requires."
        yield Concern(text, "care", "platform.home", {"_anchor": "forms"})


def _of_money(losses: Losses) -> Iterator[Concern]:
    for money in losses.owed:
        lack = f"The platform's balance at Stripe lacks {show.amount(money)}"
        text = f"{lack}: refunds and transfers may wait until it is covered."
        yield Concern(text, "bad", "platform.home", {"_anchor": "money"})
    if losses.held_payments:
        text = f"{_count(losses.held_payments, 'payment')} did not fit the order: look at it."
        yield Concern(text, "bad", "platform.order_list")
    if losses.failed_payouts:
        count = _count(losses.failed_payouts, "payout")
        text = f"{count} came back from the bank in the last 30 days."
        yield Concern(text, "bad", "platform.payout_list", {"status": "failed"})
    if losses.failed_refunds:
        count = _count(losses.failed_refunds, "refund")
        text = f"{count} did not reach the buyer in the last 30 days."
        yield Concern(text, "bad", "platform.order_list")
    if losses.failed_transfers:
        count = _count(losses.failed_transfers, "transfer")
        text = f"{count} to a shop did not come about in the last 30 days: decide about it."
        yield Concern(text, "bad", "platform.order_list")
    if losses.disputes:
        text = f"{_count(losses.disputes, 'dispute')} unanswered: evidence has to be sent in time."
        yield Concern(text, "bad", "platform.dispute_list")


def _of_events(events: Mapping[InboxState, int], endpoints: Sequence[Finding]) -> Iterator[Concern]:
    if dead := events[InboxState.DEAD]:
        text = f"{_count(dead, 'event')} failed too often: look, then replay."
        yield Concern(text, "bad", "platform.event_list", {"state": "dead"})
    if failed := events[InboxState.FAILED]:
        text = f"{_count(failed, 'event')} failed and will be tried again soon."
        yield Concern(text, "care", "platform.event_list", {"state": "failed"})
    for endpoint in endpoints:
        if endpoint.status in {"disabled", "unverified"}:
            yield Concern(f"{endpoint.path}: {endpoint.advice}", "bad", "platform.event_list")


def _of_sellers(sellers: Mapping[SellerState, int]) -> Iterator[Concern]:
    if restricted := sellers[SellerState.RESTRICTED]:
        text = f"{_count(restricted, 'seller')} switched off by Stripe or the platform."
        yield Concern(text, "bad", "platform.seller_list", {"state": "restricted"})
    if late := sellers[SellerState.PAST_DUE]:
        text = f"{_count(late, 'seller')} past due with what Stripe asks for."
        yield Concern(text, "care", "platform.seller_list", {"state": "past_due"})


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
