"""Where Stripe's events arrive: the platform's own, those of sellers, and thin ones, each apart.

The Stripe object is the Event. The rule that bites: Stripe waits for the answer, and a payment page
waits for Stripe, so a view only verifies, keeps and says 200; the looking up comes after. No form
token and no cookie is asked for, because Stripe has neither: the signature is the whole proof.
https://docs.stripe.com/webhooks
"""

import logging
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from marketplace.errors import MarketplaceError
from marketplace.models import Scope
from marketplace.web import context
from marketplace.webhooks import doctor, envelope
from marketplace.webhooks.letterbox import Letterbox

bp = Blueprint("hooks", __name__)
log = logging.getLogger("marketplace.hooks")


@bp.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["refusals"] = doctor.Refusals()
    state.app.extensions["letterbox"] = Letterbox(state.app.extensions["marketplace"].engine)


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
    letterbox: Letterbox = current_app.extensions["letterbox"]
    letterbox.keep(event, scope)
    context.wiring().work.kick()
    return _answer("kept", 200)


def _answer(text: str, status: int) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")
