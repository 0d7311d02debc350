"""Where Stripe's events arrive: the platform's own, those of sellers, and thin ones, each apart.

The Stripe object is the Event. The rule that bites: Stripe waits for the answer, and a payment page
waits for Stripe, so a view only verifies, keeps and says 200; the looking up comes after. No form
token and no cookie is asked for, because Stripe has neither: the signature is the whole proof.
https://docs.stripe.com/webhooks
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from marketplace.database import phase
from marketplace.errors import MarketplaceError
from marketplace.models import Scope
from marketplace.web import context
from marketplace.webhooks import doctor, envelope, inbox

bp = Blueprint("hooks", __name__)
log = logging.getLogger("marketplace.hooks")
# SQLite lets waiting writers sleep, longer each time, and wakes nobody: with eight deliveries at
# once the slowest took 0.37 s. Standing in line it takes 0.06 s.
_line = threading.Lock()


@bp.record_once
def _remember_refusals(state: BlueprintSetupState) -> None:
    state.app.extensions["refusals"] = doctor.Refusals()


def refusals() -> doctor.Refusals:
    """What the endpoints of this program turned away since it started."""
    found: doctor.Refusals = current_app.extensions["refusals"]
    return found


@bp.post("/webhooks/stripe")
def platform() -> Response:
    """Take the events of the platform's own account: payments, transfers, fees, own payouts."""
    return _receive(Scope.PLATFORM, context.settings().webhook_secrets)


@bp.post("/webhooks/stripe/connect")
def connect() -> Response:
    """Take the events of connected accounts: onboarding, capabilities, sellers' payouts."""
    return _receive(Scope.CONNECT, context.settings().connect_webhook_secrets)


@bp.post("/webhooks/stripe/thin")
def thin() -> Response:
    """Take what Accounts v2 tells of sellers: events that name the account and say no more."""
    return _receive(Scope.THIN, context.settings().thin_webhook_secrets, envelope.read_thin)


def _receive(
    scope: Scope,
    secrets: Sequence[str],
    reader: Callable[[str], envelope.Envelope] = envelope.read,
) -> Response:
    # A body that says it is longer is refused unread; one that says nothing is cut off there.
    request.max_content_length = envelope.MOST_BYTES
    raw = request.get_data(cache=False)
    try:
        signature = request.headers.get("Stripe-Signature")
        event = envelope.open_signed(raw, signature, secrets, reader)
    except MarketplaceError as error:
        # Nothing is kept: whoever has the address could fill the table otherwise.
        log.warning("%s refused a delivery: %s", request.path, error)
        refusals().note(scope, str(error))
        return _answer(str(error), error.http_status)
    with _turn(), phase(context.session()):
        inbox.keep(context.session(), event, scope)
    context.wiring().work.kick()
    return _answer("kept", 200)


def _turn() -> AbstractContextManager[object]:
    is_sqlite = context.wiring().engine.dialect.name == "sqlite"
    return _line if is_sqlite else nullcontext()


def _answer(text: str, status: int) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")
