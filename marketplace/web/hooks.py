"""Where Stripe's events arrive: the platform's own, those of sellers, and thin ones, each apart.

The Stripe object is the Event. The rule that bites: Stripe waits for the answer, and a payment page
waits for Stripe, so a view only verifies, keeps and says 200; the looking up comes after. No form
token and no cookie is asked for, because Stripe has neither: the signature is the whole proof. What
is plain is kept by the `door` already; what comes here is mostly refused.
https://docs.stripe.com/webhooks
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from marketplace.config import Settings
from marketplace.errors import MarketplaceError
from marketplace.models import Scope
from marketplace.web import context
from marketplace.webhooks import doctor, envelope, inbox
from marketplace.webhooks.letterbox import Letterbox

bp = Blueprint("hooks", __name__)
KEPT = b"kept\n"
log = logging.getLogger("marketplace.hooks")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of our addresses at which Stripe delivers: which secrets it knows, what it can read."""

    scope: Scope
    secrets: Sequence[str]
    reader: Callable[[str], envelope.Envelope] = envelope.read

    def open(self, raw: bytes, signature: str | None) -> envelope.Envelope:
        """The event in `raw`. Raises Forbidden and Invalid."""
        return envelope.open_signed(raw, signature, self.secrets, self.reader)


def endpoints(settings: Settings) -> Mapping[str, Endpoint]:
    """All of them, by path."""
    found = (
        Endpoint(Scope.PLATFORM, settings.webhook_secrets),
        Endpoint(Scope.CONNECT, settings.connect_webhook_secrets),
        Endpoint(Scope.THIN, settings.thin_webhook_secrets, envelope.read_thin),
    )
    return {inbox.PATHS[endpoint.scope]: endpoint for endpoint in found}


def letterbox() -> Letterbox:
    """Where this program's deliveries are kept together."""
    found: Letterbox = current_app.extensions["letterbox"]
    return found


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
    return _receive()


@bp.post("/webhooks/stripe/connect")
def connect() -> Response:
    """Take the events of connected accounts: onboarding, capabilities, sellers' payouts."""
    return _receive()


@bp.post("/webhooks/stripe/thin")
def thin() -> Response:
    """Take what Accounts v2 tells of sellers: events that name the account and say no more."""
    return _receive()


def _receive() -> Response:
    endpoint = endpoints(context.settings())[request.path]
    # A body that says it is longer is refused unread; one that says nothing is cut off there.
    request.max_content_length = envelope.MOST_BYTES
    raw = request.get_data(cache=False)
    try:
        signature = request.headers.get("Stripe-Signature")
        event = endpoint.open(raw, signature)
    except MarketplaceError as error:
        # Nothing is kept: whoever has the address could fill the table otherwise.
        log.warning("%s refused a delivery: %s", request.path, error)
        refusals().note(endpoint.scope, str(error))
        return _answer(str(error), error.http_status)
    letterbox().keep(event, endpoint.scope)
    context.wiring().work.kick()
    return Response(KEPT, mimetype="text/plain")


def _answer(text: str, status: int) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")
