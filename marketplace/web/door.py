"""The door before the application: where plain deliveries of Stripe's are kept without Flask.

The Stripe object is the Event. A page of ours needs a session, a language and a dozen headers made
for it; a webhook needs its signature compared, its row written, and 200. Stripe may send thousands
at once, and half the time of each was Flask's. The rule that bites: only what is well and was kept
is answered here. Whatever is unusual (another method, a strange host, no length or too great a one,
a wrong signature, a database that refuses) goes in as it came, so there is one place that refuses,
`hooks`, and one way in which it does. https://docs.stripe.com/webhooks
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import SecurityError
from werkzeug.wsgi import get_host

from marketplace.errors import MarketplaceError
from marketplace.web.hooks import KEPT, Endpoint
from marketplace.webhooks import envelope
from marketplace.webhooks.letterbox import Letterbox

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Door:
    """A WSGI application that keeps events itself and hands everything else to the one inside."""

    def __init__(
        self,
        inside: "WSGIApplication",
        endpoints: Mapping[str, Endpoint],
        letterbox: Letterbox,
        kick: Callable[[], None],
        *,
        hosts: Sequence[str],
        headers: Mapping[str, str],
    ) -> None:
        """`endpoints` by path; `kick` wakes the engine; `headers` are those of every answer.

        `hosts` are the names under which we answer.
        """
        self.inside, self._endpoints = inside, endpoints
        self._letterbox, self._kick, self._hosts = letterbox, kick, list(hosts)
        said = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(KEPT))}
        self._headers = list((said | dict(headers)).items())

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        endpoint = self._endpoints.get(environ["PATH_INFO"])
        if endpoint is None or not self._is_plain(environ) or not self._kept(environ, endpoint):
            return self.inside(environ, start_response)
        start_response("200 OK", self._headers.copy())
        return [KEPT]

    def _is_plain(self, environ: "WSGIEnvironment") -> bool:
        length = environ.get("CONTENT_LENGTH") or ""
        if environ["REQUEST_METHOD"] != "POST" or not (length.isascii() and length.isdecimal()):
            return False
        try:
            get_host(environ, self._hosts)
        except SecurityError:
            return False
        return 0 < int(length) <= envelope.MOST_BYTES

    def _kept(self, environ: "WSGIEnvironment", endpoint: Endpoint) -> bool:
        """Whether it is an event of Stripe's that is on the disk now."""
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            event = endpoint.open(raw, environ.get("HTTP_STRIPE_SIGNATURE"))
            self._letterbox.keep(event, endpoint.scope)
        except (MarketplaceError, SQLAlchemyError):
            environ["wsgi.input"] = BytesIO(raw)  # to be read, and refused, inside
            return False
        self._kick()
        return True
