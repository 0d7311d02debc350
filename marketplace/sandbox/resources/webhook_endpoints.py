"""Webhook endpoints: where events go, and which.

`connect=true` endpoints hear of connected accounts, the others of the platform's own account.
The signing secret is told once, when the endpoint is created.
https://docs.stripe.com/api/webhook_endpoints
"""

from __future__ import annotations

import secrets
from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.courier import is_loopback
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

kind("webhook_endpoint", "we_", words="webhook endpoint")
_MOST = 16


@route("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an endpoint; the answer alone carries `secret`."""
    _check_url(params["url"])
    if len(ctx.every("webhook_endpoint", _MOST)) >= _MOST:
        message = f"You have reached the maximum of {_MOST} test webhook endpoints."
        raise Refused(message)
    secret = f"whsec_{secrets.token_hex(16)}"
    connect = params.get("connect", False)
    endpoint = ctx.new(
        "webhook_endpoint",
        url=params["url"],
        enabled_events=params["enabled_events"],
        api_version=params.get("api_version"),
        # A Connect endpoint is recognised by its application; `connect` itself is not echoed.
        application=f"ca_{ctx.platform[5:]}" if connect else None,
        description=params.get("description") or None,
        metadata=merged(None, params.get("metadata")),
        status="enabled",
        _connect=connect,
        _secret=secret,
    )
    return {**endpoint, "secret": secret}


def _check_url(url: str) -> None:
    if not is_loopback(url):
        message = (
            "Invalid URL: the local sandbox delivers to loopback addresses only"
            " (http://127.0.0.1:…)."
        )
        raise Refused(message, param="url", code="url_invalid")


@route("GET", "/v1/webhook_endpoints/{endpoint}", "WebhookEndpointRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Retrieve an endpoint."""
    del params
    return ctx.get("webhook_endpoint", endpoint)


@route("POST", "/v1/webhook_endpoints/{endpoint}", "WebhookEndpointUpdateParams")
def update(ctx: Context, params: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Change the address, the list of events, or switch the endpoint off and on."""
    found = ctx.get("webhook_endpoint", endpoint)
    if "url" in params:
        _check_url(params["url"])
        found["url"] = params["url"]
    if "disabled" in params:
        found["status"] = "disabled" if params["disabled"] else "enabled"
    if "enabled_events" in params:
        found["enabled_events"] = params["enabled_events"]
    if "description" in params:
        found["description"] = params["description"] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    ctx.save(found)
    return found


@route("DELETE", "/v1/webhook_endpoints/{endpoint}", "WebhookEndpointDeleteParams")
def delete(ctx: Context, params: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Delete an endpoint."""
    del params
    return ctx.delete(ctx.get("webhook_endpoint", endpoint))


@route("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams")
def list_endpoints(ctx: Context, params: dict[str, Any]) -> Listing:
    """List endpoints, newest first."""
    return ctx.list("webhook_endpoint", params)
