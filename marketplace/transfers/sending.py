"""One transfer that was asked for, made once, whatever became of the tries before.

Repeated under the same key with the very same parameters; a key that Stripe may have forgotten is
looked for first, by the token in the transfer's metadata. The rule that bites: after a refund the
whole share is not due any more, and a repetition would send it. So then it is only looked for: what
Stripe has made counts as any transfer before a refund does, and what it has not is called off.
https://docs.stripe.com/api/idempotent_requests
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import orm
from stripe.params import TransferCreateParams

from marketplace import clock
from marketplace.charges import separate
from marketplace.database import lock, phase
from marketplace.errors import StripeError, StripeMisconfigured, StripeUnavailable
from marketplace.gateway import keys
from marketplace.gateway.client import StripeClient
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import Facts
from marketplace.lifecycles import TransferStatus, move
from marketplace.models import Order, Seller, TransferRequest
from marketplace.money import Money
from marketplace.transfers import dividing, mirrors

# After so long nobody is asking any more: Stripe has done what it was asked, or never will.
QUIET = timedelta(minutes=10)
CALLED_OFF = "Money went back to the buyer or the bank before this was made."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What may be done about a request now, taken at `at`: look for the transfer, make it, both."""

    at: datetime
    look: bool
    send: bool


def make(session: orm.Session, stripe: StripeClient, request: TransferRequest) -> None:
    """Make one transfer that was asked for, or find the one that an earlier try made. Commits.

    One that is not due any more, after a refund or in a dispute, is called off once it is sure that
    no try is under way; until then nothing happens. Raises StripeUnavailable and
    StripeMisconfigured; any other refusal ends the request. https://docs.stripe.com/api/transfers/create
    """
    turn = _take(session, request)
    if turn is None:
        return
    params = _params(session, request)
    session.commit()  # nothing stays open while Stripe thinks
    try:
        with translating():
            made = _found(stripe, request, params) if turn.look else None
            if made is None and turn.send:
                key = keys.key("transfer", request.token)
                made = stripe.v1.transfers.create(params, {"idempotency_key": key}).to_dict()
    except (StripeUnavailable, StripeMisconfigured):
        raise  # nobody knows, or nothing was judged: the same key finds out
    except StripeError as error:
        refused = TransferStatus.REFUSED
        _end(session, request, refused, error.code or "refused", error.for_operator())
        return
    if made is None:
        called_off = TransferStatus.CALLED_OFF
        _end(session, request, called_off, "refunded", CALLED_OFF, since=turn.at)
        return
    with phase(session):
        mirrors.keep(session, made, order_id=request.order_id)
    mirrors.record_arrival(session, stripe, made, order_id=request.order_id)


def _take(session: orm.Session, request: TransferRequest) -> _Turn | None:
    """Judge anew, while nobody else can, what may be done, and note when; None: nothing now."""
    with phase(session):
        order = lock(session, session.get_one(Order, request.order_id))
        if lock(session, request).status is not TransferStatus.REQUESTED:
            return None
        send = dividing.still_due(session, order, request)
        now = clock.now()
        if not send and now - request.updated_at < QUIET:
            return None
        request.updated_at = now
        session.flush()
        return _Turn(now, look=not send or keys.forgotten(request.created_at), send=send)


def _params(session: orm.Session, request: TransferRequest) -> TransferCreateParams:
    destination = session.get_one(Seller, request.seller_id).stripe_id or ""
    order = session.get_one(Order, request.order_id)
    return separate.transfer_params(
        Money(request.amount, request.currency),
        destination,
        reference=order.token,
        title=f"Order {order.id}",
        request=request.token,
        source=request.source_transaction,
    )


def _found(
    stripe: StripeClient, request: TransferRequest, params: TransferCreateParams
) -> Facts | None:
    listed = stripe.v1.transfers.list(
        {"transfer_group": params["transfer_group"], "limit": 100, "expand": _EXPANDED}
    )
    rows = (row.to_dict() for row in listed.auto_paging_iter())
    mine = (row for row in rows if row["metadata"].get(separate.REQUEST) == request.token)
    return next(mine, None)


_EXPANDED = ["data.balance_transaction"]


def _end(
    session: orm.Session,
    request: TransferRequest,
    status: TransferStatus,
    code: str,
    message: str,
    *,
    since: datetime | None = None,
) -> None:
    """End a request unless it has ended, or, given `since`, somebody has taken it up meanwhile."""
    log.error("order %s is not passed on: %s", request.order_id, message)
    with phase(session):
        lock(session, request)
        if request.status is not TransferStatus.REQUESTED:
            return
        if since is not None and request.updated_at != since:
            return
        request.status = move(TransferStatus, request.status, status)
        request.failure_code, request.failure_message = code[:80], message
