"""The operator's pages: what needs attention, sellers, orders, payouts, and Stripe's events.

Everything shown is read from our own tables; Stripe is asked only by a button. The rule that bites:
an operator sees every seller's money, so each view here is behind `operator_required`, and what an
event's body or a call's parameters could give away is taken out before it is shown.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock, ledger, orders, payouts, sellers
from marketplace.database import phase
from marketplace.errors import NotFound
from marketplace.lifecycles import InboxState, OrderStatus, PayoutStatus, SellerState
from marketplace.models import Seller
from marketplace.web import attention, context, hooks, paging, show
from marketplace.web.auth import operator_required
from marketplace.webhooks import backfill, doctor, envelope, inbox

bp = Blueprint("platform", __name__, url_prefix="/platform")
C = TypeVar("C", bound=StrEnum)
R = TypeVar("R", bound=paging.HasId)
RECENT = timedelta(days=30)
REPLAYED = {"failed": InboxState.FAILED, "dead": InboxState.DEAD}


@bp.get("")
@operator_required
def home() -> ResponseReturnValue:
    """What needs a person, how the endpoints are, and what the platform holds."""
    session = context.session()
    endpoints = doctor.examine(session, context.settings(), hooks.refusals())
    events, shops = inbox.counts(session), sellers.count_by_state(session)
    return render_template(
        "platform/home.html",
        concerns=attention.concerns(
            events=events,
            sellers=shops,
            failed_payouts=payouts.failed_since(session, clock.now() - RECENT),
            held=orders.held(session),
            endpoints=endpoints,
        ),
        endpoints=endpoints,
        events=events,
        shops=shops,
        balances=payouts.balances(session),
        latest=orders.for_platform(session, limit=5),
    )


@bp.get("/sellers")
@operator_required
def seller_list() -> ResponseReturnValue:
    """Every shop and where it stands with Stripe."""
    state = _chosen(SellerState, "state")
    rows = sellers.page(
        context.session(), before=paging.before(), state=state, limit=paging.ROWS + 1
    )
    return _listing("platform/sellers.html", rows, state=state, states=list(SellerState))


@bp.get("/sellers/<slug>")
@operator_required
def seller(slug: str) -> ResponseReturnValue:
    """One shop: requirements, capabilities, bank accounts, balance, latest payouts."""
    session, shop = context.session(), _shop(slug)
    return render_template(
        "platform/seller.html",
        shop=shop,
        tasks=sellers.tasks(shop),
        banks=sellers.bank_accounts(session, shop),
        balances=payouts.balances(session, shop),
        payouts=payouts.latest(session, seller=shop, limit=5),
        explain=payouts.explain,
    )


@bp.post("/sellers/<slug>/refresh")
@operator_required
def refresh_seller(slug: str) -> ResponseReturnValue:
    """Ask Stripe now how the account and its balance are."""
    session, shop = context.session(), _shop(slug)
    if shop.stripe_id is None:
        flash("There is no Stripe account for this shop yet.", "warning")
    else:
        sellers.refresh(session, context.stripe(), shop.stripe_id)
        payouts.refresh_balance(session, context.stripe(), shop.stripe_id)
        flash("Read again from Stripe.", "success")
    return redirect(url_for("platform.seller", slug=slug))


@bp.get("/orders")
@operator_required
def order_list() -> ResponseReturnValue:
    """Every order, and those that a person must look at."""
    session, status = context.session(), _chosen(OrderStatus, "status")
    rows = orders.for_platform(
        session, before=paging.before(), status=status, limit=paging.ROWS + 1
    )
    held = orders.held(session)
    return _listing("platform/orders.html", rows, state=status, states=list(OrderStatus), held=held)


@bp.get("/orders/<token>")
@operator_required
def order(token: str) -> ResponseReturnValue:
    """One order: what was bought, the attempts to pay, and who holds which money."""
    session = context.session()
    found = orders.load(session, token)
    return render_template(
        "platform/order.html",
        order=found,
        held=orders.held_because(found),
        story=ledger.story(session, found),
    )


@bp.post("/orders/<token>/refresh")
@operator_required
def refresh_order(token: str) -> ResponseReturnValue:
    """Ask Stripe now what became of the latest attempt to pay."""
    session = context.session()
    latest = next(reversed(orders.load(session, token).payments), None)
    if latest and latest.checkout_session_id:
        account = latest.stripe_account
        orders.settle(session, context.stripe(), latest.checkout_session_id, account)
        flash("Read again from Stripe.", "success")
    else:
        flash("No payment page was opened for this order yet.", "warning")
    return redirect(url_for("platform.order", token=token))


@bp.get("/payouts")
@operator_required
def payout_list() -> ResponseReturnValue:
    """Every payout, the platform's own included, and why some failed."""
    status = _chosen(PayoutStatus, "status")
    rows = payouts.latest(
        context.session(), before=paging.before(), status=status, limit=paging.ROWS + 1
    )
    return _listing(
        "platform/payouts.html",
        rows,
        state=status,
        states=list(PayoutStatus),
        explain=payouts.explain,
    )


@bp.post("/balance/refresh")
@operator_required
def refresh_balance() -> ResponseReturnValue:
    """Ask Stripe now what the platform itself holds."""
    payouts.refresh_balance(context.session(), context.stripe(), None)
    flash("Read again from Stripe.", "success")
    return redirect(url_for("platform.home"))


@bp.get("/events")
@operator_required
def event_list() -> ResponseReturnValue:
    """The webhook inbox: every verified event and what became of it."""
    session, state = context.session(), _chosen(InboxState, "state")
    rows = inbox.latest(session, before=paging.before(), state=state, limit=paging.ROWS + 1)
    counts = inbox.counts(session)
    endpoints = doctor.examine(session, context.settings(), hooks.refusals())
    return _listing(
        "platform/events.html",
        rows,
        state=state,
        states=list(InboxState),
        counts=counts,
        endpoints=endpoints,
    )


@bp.get(f"/events/<int(max={paging.BIGGEST_ID}):row_id>")
@operator_required
def event(row_id: int) -> ResponseReturnValue:
    """One event: how it came, what became of it and why, and its body."""
    row = inbox.get(context.session(), row_id)
    return render_template("platform/event.html", event=row, body=envelope.shown(row.body))


@bp.get(f"/events/<int(max={paging.BIGGEST_ID}):row_id>/progress")
@operator_required
def event_progress(row_id: int) -> ResponseReturnValue:
    """The part of an event's page that changes while it is worked on."""
    row = inbox.get(context.session(), row_id)
    over = row.state not in (InboxState.NEW, InboxState.RUNNING)
    return show.live("platform/progress.html", final=over, event=row)


@bp.post(f"/events/<int(max={paging.BIGGEST_ID}):row_id>/replay")
@operator_required
def replay(row_id: int) -> ResponseReturnValue:
    """Have one event looked up again."""
    with phase(context.session()):
        inbox.replay(context.session(), row_id)
    context.wiring().work.kick()
    flash("The event is worked on again.", "success")
    return redirect(url_for("platform.event", row_id=row_id))


@bp.post("/events/replay")
@operator_required
def replay_all() -> ResponseReturnValue:
    """Have every failed or every dead event looked up again."""
    state = REPLAYED.get(request.form.get("state", ""))
    if state is None:
        raise NotFound("Only failed or dead events are replayed together.")
    with phase(context.session()):
        count = inbox.replay_all(context.session(), state)
    context.wiring().work.kick()
    flash(f"{count} worked on again." if count else f"No event is {state.value}.", "info")
    return redirect(url_for("platform.event_list"))


@bp.post("/events/backfill")
@operator_required
def fetch_undelivered() -> ResponseReturnValue:
    """Fetch from Stripe the events that it could not deliver."""
    count = backfill.undelivered(context.session(), context.stripe())
    context.wiring().work.kick()
    flash(f"Stripe named {count} that did not arrive; known ones are kept once.", "info")
    return redirect(url_for("platform.event_list"))


@bp.get("/calls")
@operator_required
def calls() -> ResponseReturnValue:
    """The latest calls to Stripe of this program, newest first; nothing personal in them."""
    return render_template("platform/calls.html", calls=context.wiring().trace.calls()[::-1])


def _listing(template: str, rows: Sequence[R], **values: object) -> str:
    """A page of a list that was asked for with one row more, to know whether older ones follow."""
    return render_template(template, page=paging.page(rows), **values)


def _chosen(kind: type[C], name: str) -> C | None:
    """The member of `kind` that the address asks for; None, so all, for anything else."""
    return next((member for member in kind if member.value == request.args.get(name)), None)


def _shop(slug: str) -> Seller:
    shop = sellers.by_slug(context.session(), slug)
    if shop is None:
        raise NotFound("There is no such shop.")
    return shop
