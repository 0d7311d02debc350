"""What Stripe says of a transfer, copied into our tables, with what arrived at the seller.

The rule that bites: a transfer that a destination charge makes carries no metadata of ours, so it
finds its order by the charge behind it or by its transfer group; one that we asked for names the
request, which is done as soon as anybody has heard of it.
https://docs.stripe.com/api/transfers
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import clock, ledger
from marketplace.charges import separate
from marketplace.database import lock, phase
from marketplace.gateway.client import StripeClient
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import id_of, seller_of
from marketplace.lifecycles import TransferStatus, allowed, move
from marketplace.models import Transfer, TransferRequest


def refresh(session: orm.Session, stripe: StripeClient, transfer_id: str) -> bool:
    """Read a transfer, and what arrived at the seller, from Stripe and mirror both.

    Two calls, one when the arrival is known. Returns whether it belongs to an order of ours. Raises
    StripeError. https://docs.stripe.com/api/transfers/retrieve
    """
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        transfer = stripe.v1.transfers.retrieve(
            transfer_id, {"expand": ["balance_transaction", "reversals.data.balance_transaction"]}
        ).to_dict()
    with phase(session):
        order = ledger.charged_order(
            session,
            charges=[id_of(transfer.get("source_transaction"))],
            transfer_group=transfer.get("transfer_group"),
        )
        order_id = order.id if order else None
        keep(session, transfer, order_id=order_id)
    record_arrival(session, stripe, transfer, order_id=order_id)
    _record_reversals(session, stripe, transfer, order_id=order_id)
    return order is not None


def keep(session: orm.Session, transfer: Mapping[str, Any], *, order_id: int | None) -> None:
    """Mirror a transfer, as plain data, and its balance transaction when that came expanded."""
    seller_id = seller_of(session, id_of(transfer["destination"]))
    values = {
        "stripe_id": transfer["id"],
        "order_id": order_id,
        "seller_id": seller_id,
        "amount": transfer["amount"],
        "amount_reversed": transfer.get("amount_reversed") or 0,
        "currency": transfer["currency"],
        "destination_payment": id_of(transfer.get("destination_payment")),
        "source_transaction": id_of(transfer.get("source_transaction")),
        "created": clock.from_unix(transfer["created"]),
    }
    ledger.keep_row(session, Transfer, values)
    _done(session, transfer)
    transaction = transfer.get("balance_transaction")
    if isinstance(transaction, Mapping):
        ledger.keep_transaction(
            session, transaction, account=None, seller_id=seller_id, order_id=order_id
        )


def _done(session: orm.Session, transfer: Mapping[str, Any]) -> None:
    """Tell the request that asked for this transfer that it is made."""
    token = (transfer.get("metadata") or {}).get(separate.REQUEST)
    if not token:
        return
    request = session.scalar(sa.select(TransferRequest).where(TransferRequest.token == token))
    if request is not None and allowed(
        TransferStatus, lock(session, request).status, TransferStatus.MADE
    ):
        request.status = move(TransferStatus, request.status, TransferStatus.MADE)
        request.stripe_id = transfer["id"]
        session.flush()


def _record_reversals(
    session: orm.Session,
    stripe: StripeClient,
    transfer: Mapping[str, Any],
    *,
    order_id: int | None,
) -> None:
    """Mirror what came back of a transfer, on both balances; a call for each that is not known.

    https://docs.stripe.com/api/transfer_reversals/object
    """
    account = id_of(transfer["destination"])
    for reversal in _reversals(stripe, transfer):
        left, came = (
            id_of(reversal.get("destination_payment_refund")),
            reversal["balance_transaction"],
        )
        if left and not ledger.knows(session, account=account, source=left, order_id=order_id):
            ledger.record(session, stripe, account=account, source=left, order_id=order_id)
        with phase(session):
            seller_id = seller_of(session, account)
            if isinstance(came, Mapping):
                ledger.keep_transaction(
                    session, came, account=None, seller_id=seller_id, order_id=order_id
                )


def _reversals(stripe: StripeClient, transfer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All reversals of a transfer, which itself shows the latest ten.

    https://docs.stripe.com/api/transfer_reversals/list
    """
    shown = transfer.get("reversals") or {}
    if not shown.get("has_more"):
        return list(shown.get("data", ()))
    with translating():
        listed = stripe.v1.transfers.reversals.list(
            transfer["id"], {"limit": 100, "expand": ["data.balance_transaction"]}
        )
        return [reversal.to_dict() for reversal in listed.auto_paging_iter()]


def record_arrival(
    session: orm.Session,
    stripe: StripeClient,
    transfer: Mapping[str, Any],
    *,
    order_id: int | None,
) -> None:
    """Mirror what a transfer became on the seller's own balance, unless it is known already.

    At most one call, made as the seller's account. Raises StripeError.
    """
    account, arrived = id_of(transfer["destination"]), id_of(transfer.get("destination_payment"))
    if not (account and arrived):
        return
    if not ledger.knows(session, account=account, source=arrived, order_id=order_id):
        ledger.record(session, stripe, account=account, source=arrived, order_id=order_id)
