"""Error pages: what happened, what to do, and a number by which we find it in the log.

The rule that bites: whoever filled in a form and meets an error must not type it again, so a page
after a failed POST offers to send the same fields once more, unless another site sent them.
What is secret is asked for again instead: a page is no place for it.
"""

import logging
import re
import secrets
from http import HTTPStatus

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from marketplace.errors import Invalid, MarketplaceError, StripeError, TooMany
from marketplace.web import context

log = logging.getLogger(__name__)
WORDS = {
    400: ("We could not read that.", "Go back, load the page again and try once more."),
    403: ("This page is not for you.", "Sign in with an account that may see it."),
    404: ("There is nothing here.", "Check the address, or start from the shop."),
    405: ("That is not something this page does.", "Start from the shop."),
    413: ("That is too large to send.", "Pictures may have up to 5 MB."),
    429: ("That was a lot at once.", "Wait a minute, then try again."),
    500: ("Something went wrong on our side.", "Try again in a moment."),
}
STALE = (
    "This form was open for too long, or you signed in or out meanwhile.",
    "Nothing was done. Send it again.",
)
RETRIED = frozenset({400, 409, 429, 500, 502, 503})
# What a page puts into its own form; it is sent again, and tells whoever reads the page nothing.
UNTYPED = frozenset({"nonce", "product_id", "seen", "next", "lang", "way", "role", "bank_token"})
# Numbers of people, companies and banks, by the ends of their names in our onboarding forms.
SECRET = re.compile(
    r"(.*\.)?(ssn_last_4|id_number(_secondary)?|tax_id|vat_id|registration_number"
    r"|account_number|routing_number)"
)


def install(app: Flask) -> None:
    """Answer every error of `app` with a page."""
    app.register_error_handler(MarketplaceError, ours)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unexpected)


def ours(error: MarketplaceError) -> Response:
    """An error of the tree in `marketplace.errors`, by its own sentence and advice."""
    if isinstance(error, StripeError):
        log.warning("%s %s", support_number(), error.for_operator())
    fields = error.fields if isinstance(error, Invalid) else {}
    response = page(error.http_status, error.told, error.advice, fields)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def stale(_error: CSRFError) -> Response:
    """A form without a token of ours: too old, or not from us."""
    return page(HTTPStatus.BAD_REQUEST, *STALE)


def http(error: HTTPException) -> Response:
    """An error that Flask or Werkzeug raised; redirects pass through."""
    if error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    if isinstance(error, SecurityError):  # an address that is not ours: no page of ours for it
        return Response("This is not the address of the marketplace.", 400, mimetype="text/plain")
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    response = page(code, *WORDS.get(code, WORDS[500 if code >= 500 else 400]))  # noqa: PLR2004
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def unexpected(error: Exception) -> Response:
    """Anything nobody thought of: the log has it all, the page has the number."""
    log.error("%s %s %s", support_number(), request.method, request.path, exc_info=error)
    return page(HTTPStatus.INTERNAL_SERVER_ERROR, *WORDS[500])


def support_number() -> str:
    """The number of this failure, for the page and the log alike."""
    if "support_number" not in g:
        g.support_number = secrets.token_hex(4)
    return str(g.support_number)


def page(status: int, sentence: str, advice: str, fields: dict[str, str] | None = None) -> Response:
    """The error page; falls back to plain text when even that cannot be drawn."""
    status = int(status)
    try:
        # A failed statement poisons the transaction that the navigation would read in.
        context.session().rollback()
        html = render_template(
            "faults/error.html",
            status=status,
            sentence=sentence,
            advice=advice,
            fields=fields or {},
            number=support_number() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
            again=fields_to_repeat() if status in RETRIED else [],
            untyped=UNTYPED,
        )
    except Exception:
        log.exception("%s the error page failed too", support_number())
        html = f"{sentence} {advice} ({support_number()})"
        return Response(html, HTTPStatus.INTERNAL_SERVER_ERROR, mimetype="text/plain")
    return Response(html, status)


def fields_to_repeat() -> list[tuple[str, str]]:
    """What a failed form contained, to be sent again, but for what is secret.

    Empty when it should not be sent again.
    """
    from_us = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    if request.method != "POST" or not from_us or request.endpoint is None:
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:  # the body was the problem
        return []
    if any("password" in name for name, _ in fields):
        return []
    return [it for it in fields if it[0] != "csrf_token" and not SECRET.fullmatch(it[0])]
