"""What needs attention, payouts, Stripe's events, and the latest calls to Stripe."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock, disputes, orders, payouts, sellers, transfers
from marketplace.database import phase
from marketplace.errors import NotFound
from marketplace.lifecycles import InboxState, PayoutStatus
from marketplace.onboarding.api import review
from marketplace.web import attention, context, hooks, paging, show
from marketplace.web.auth import operator_required
from marketplace.web.platform.board import RECENT, bp, chosen, listing
from marketplace.webhooks import backfill, doctor, envelope, inbox

REPLAYED = {"failed": InboxState.FAILED, "dead": InboxState.DEAD}


@bp.get("")
@operator_required
def home() -> ResponseReturnValue:
    """What needs a person, how the endpoints are, and what the platform holds."""
    session = context.session()
    endpoints = doctor.examine(session, context.settings(), hooks.refusals())
    since = clock.now() - RECENT
    events, shops = inbox.counts(session), sellers.count_by_state(session)
    balances = payouts.balances(session)
    available = [payouts.held(it)[0] for it in balances]
    return render_template(
        "platform/home.html",
        concerns=attention.concerns(
            events=events,
            sellers=shops,
            losses=attention.Losses(
                held_payments=len(orders.held(session)),
                failed_payouts=payouts.failed_since(session, since),
                failed_refunds=len(orders.refunds_failed(session, since)),
                failed_transfers=len(transfers.undecided(session, since)),
                disputes=disputes.unanswered(session),
                owed=[-it for it in available if it.amount < 0],
            ),
            endpoints=endpoints,
            forms_due=review.is_due(),
            keyless=context.settings().stripe_publishable_key is None,
        ),
        forms=(review.REVIEWED, review.due_on(), review.is_due()),
        endpoints=endpoints,
        events=events,
        shops=shops,
        balances=balances,
        latest=orders.for_platform(session, limit=5),
    )


@bp.get("/payouts")
@operator_required
def payout_list() -> ResponseReturnValue:
    """Every payout, the platform's own included, and why some failed."""
    status = chosen(PayoutStatus, "status")
    rows = payouts.latest(
        context.session(), before=paging.before(), status=status, limit=paging.ROWS + 1
    )
    return listing(
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
    session, state = context.session(), chosen(InboxState, "state")
    rows = inbox.latest(session, before=paging.before(), state=state, limit=paging.ROWS + 1)
    counts = inbox.counts(session)
    endpoints = doctor.examine(session, context.settings(), hooks.refusals())
    return listing(
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
