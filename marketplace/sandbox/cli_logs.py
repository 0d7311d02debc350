"""`stripe logs tail`: the requests of a platform, told as they come.

The CLI shows whatever it is sent, so its filters are applied here. Request logs are news, not
facts: nobody keeps them for a socket that is closed.

https://docs.stripe.com/cli/logs/tail
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from . import ids

_FAILED = 400
_TOLD = ("type", "code", "decline_code", "message", "param", "charge")


class Asked(Protocol):
    """What is known of a request once it was answered."""

    method: str
    path: str
    platform: str
    account: str
    request_id: str
    status: int
    answer: bytes
    at: int


def facts(asked: Asked) -> dict[str, str]:
    """What the filters look at, by the name of the filter."""
    inside = bool(asked.account) and asked.account != asked.platform
    return {
        # A platform's requests with a Stripe-Account header go out to its connected accounts.
        # Requests that come in from another platform cannot happen here: it has one key only.
        "filter_account": "connect_out" if inside else "self",
        "filter_http_method": asked.method,
        "filter_ip_address": "127.0.0.1",
        "filter_request_path": asked.path,
        "filter_request_status": "FAILED" if asked.status >= _FAILED else "SUCCEEDED",
        "filter_source": "API",
        "filter_status_code": str(asked.status),
        "filter_status_code_type": str(asked.status // 100 * 100),
    }


def wanted(filters: dict[str, list[str]], asked: Asked) -> bool:
    """Whether every filter that was set names this request."""
    known = facts(asked)
    return all(known.get(name, "") in values for name, values in filters.items() if values)


def message(asked: Asked) -> str:
    """The frame that tells of a request."""
    error: dict[str, Any] = {}
    if asked.status >= _FAILED:
        error = json.loads(asked.answer).get("error", {})
    payload = {
        "created_at": asked.at,
        "error": {name: error[name] for name in _TOLD if name in error},
        "livemode": False,
        "method": asked.method,
        "request_id": asked.request_id,
        "status": asked.status,
        "url": asked.path,
    }
    return json.dumps(
        {
            "type": "request_log_event",
            "request_log_id": ids.new("resp_", 14),
            "event_payload": json.dumps(payload),
        }
    )
