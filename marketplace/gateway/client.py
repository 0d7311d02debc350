"""The one Stripe client of the process.

With a test key it talks to Stripe, in the sandbox to the local one: only the address and the key
differ. The rule that bites: a client per call costs twice the time of the call (no connection is
kept), and a client without a timeout waits 80 seconds, which is longer than a buyer does.
"""

import logging
import re
import time
import warnings
from collections.abc import Mapping
from typing import Any

import requests
import stripe
from requests.adapters import HTTPAdapter
from stripe import RequestOptions, StripeClient

from marketplace.config import Settings
from marketplace.gateway.trace import Call, Trace, shown

__all__ = ["StripeClient", "TracedClient", "acting_as", "connect", "direct"]

TIMEOUT_SECONDS = 25
RETRIES = 2
_KEPT_OPEN = 32  # connections; no thread of ours throws one away
_SENTENCE = re.compile(r"error_message=.*(?= error_param=)", re.DOTALL)


class TracedClient(stripe.RequestsClient):
    """The SDK's HTTP client over requests, noting every request it makes."""

    def __init__(
        self,
        trace: Trace,
        timeout: float = TIMEOUT_SECONDS,
        session: requests.Session | None = None,
    ) -> None:
        super().__init__(timeout=timeout, session=session)
        self.trace = trace

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,  # noqa: ANN401 - the SDK's own signature
        **more: Any,  # noqa: ANN401 - what later SDKs pass besides
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Send one request and remember it, whether it is answered or not."""
        sent: Mapping[str, str] = headers or {}
        started = time.perf_counter()
        status = 0
        answered: Mapping[str, str] = {}
        try:
            body, status, answered = super().request(method, url, headers, post_data, **more)
            return body, status, answered
        finally:
            call = Call(
                method=method.upper(),
                path="/" + url.split("://", 1)[-1].partition("/")[2].partition("?")[0],
                account=sent.get("Stripe-Account"),
                parameters=shown(url, post_data),
                idempotency_key=sent.get("Idempotency-Key"),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000),
                request_id=answered.get("Request-Id"),
            )
            self.trace.add(call)


def direct() -> requests.Session:
    """Connections to programs on this machine: past the proxy, and the .netrc, of whoever runs us.

    Threads may share it where nobody sets cookies, as the sandbox's API does not.
    """
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=_KEPT_OPEN))
    return session


def connect(settings: Settings, trace: Trace | None = None) -> StripeClient:
    """Make the client for these settings. https://docs.stripe.com/api/versioning

    It speaks the API version that the installed SDK was made for; `trace` sees every request.
    """
    stripe.set_app_info("marketplace", version="0.1.0")
    logging.getLogger("stripe").addFilter(_without_answers)
    if settings.api_base is None:
        http = TracedClient(trace or Trace())
        return StripeClient(settings.stripe_key, max_network_retries=RETRIES, http_client=http)
    http = TracedClient(trace or Trace(), session=direct())
    base = settings.api_base
    # The SDK repeats the sandbox's Stripe-Notice header as a Python warning; our pages say it.
    warnings.filterwarnings("ignore", message="This is a local sandbox", category=UserWarning)
    return StripeClient(
        settings.stripe_key,
        base_addresses={"api": base, "files": base, "connect": base, "meter_events": base},
        max_network_retries=RETRIES,
        http_client=http,
    )


def acting_as(account: str | None) -> RequestOptions:
    """Call options in the name of a connected account; None: the platform's own.

    https://docs.stripe.com/connect/authentication
    """
    return {"stripe_account": account} if account else {}


def _without_answers(record: logging.LogRecord) -> bool:
    # At DEBUG the SDK logs whole answers, and some are secrets: a link that opens somebody's
    # account, an endpoint's signing secret. What was called is in the trace. The sentence of a
    # refusal is at INFO and may repeat what somebody typed about themselves; its code stays.
    record.msg = _SENTENCE.sub("error_message=•••", str(record.msg))
    return record.levelno > logging.DEBUG
