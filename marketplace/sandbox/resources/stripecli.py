"""Sessions of the Stripe CLI: what `stripe listen` and `stripe logs tail` ask for first.

The endpoint is not in the public reference; its shape is what the CLI sends and reads. The event
types that somebody listens for are not sent: the CLI gets every event and sorts them itself.

https://docs.stripe.com/cli/listen
"""

from __future__ import annotations

import json
from typing import Any

from marketplace.sandbox import listeners
from marketplace.sandbox.context import DEFAULT_VERSION, Context
from marketplace.sandbox.errors import Invalid
from marketplace.sandbox.routing import route

_RECONNECT_AFTER = 86_400
"""Seconds after which the CLI dials again of its own accord; each time is a gap, hence a day."""


@route("POST", "/v1/stripecli/sessions")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Open a session; the answer names the websocket and the signing secret."""
    features = _features(params.get("websocket_features"))
    listener = listeners.welcome(ctx, features, _filters(params.get("filters")))
    port = listeners.port(ctx.db)
    return {
        "default_version": DEFAULT_VERSION,
        "device_token": "",
        "display_connect_filter_warning": False,
        "latest_version": listeners.LATEST_VERSION,
        "reconnect_delay": _RECONNECT_AFTER,
        "secret": listener.secret,
        "websocket_authorized_feature": "webhook-payloads",
        "websocket_id": listener.id,
        "websocket_url": f"ws://127.0.0.1:{port}/v1/stripecli/subscribe/{ctx.platform}",
    }


def _features(given: Any) -> list[str]:
    """`websocket_features[]`, as the form decoder leaves lists without a schema."""
    features = list(given.values()) if isinstance(given, dict) else [given]
    if not features or any(feature not in listeners.FEATURES for feature in features):
        known = ", ".join(listeners.FEATURES)
        message = f"Invalid websocket_features: must be among {known}"
        raise Invalid(message, param="websocket_features")
    return features


def _filters(given: Any) -> dict[str, list[str]]:
    """The JSON text of `stripe logs tail --filter-…`: lists of text by name."""
    try:
        filters = json.loads(given or "{}")
        return {name: [str(value) for value in values] for name, values in filters.items()}
    except (TypeError, ValueError, AttributeError, RecursionError) as problem:
        message = "Invalid filters: must be a JSON object of lists"
        raise Invalid(message, param="filters") from problem
