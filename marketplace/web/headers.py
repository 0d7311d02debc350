"""Headers that every answer carries, errors included.

Scripts and styles come from our own files only: no inline code, so an injected one does not run.
The rule that bites: Chromium applies `form-action` to the redirects that follow a form, so the
pages at Stripe to which we send people after a POST have to be named.
"""

from flask import Flask, Response, request

from marketplace.config import Settings

STRIPE_PAGES = (
    "https://checkout.stripe.com",
    "https://connect.stripe.com",
    "https://dashboard.stripe.com",
)


def policy(settings: Settings) -> str:
    """The Content-Security-Policy for these settings."""
    elsewhere = [settings.api_base] if settings.api_base else list(STRIPE_PAGES)
    if settings.api_base:
        elsewhere.append(settings.api_base.replace("127.0.0.1", "localhost"))
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",  # Bootstrap draws its arrows and ticks as data: images
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(["'self'", *elsewhere]),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of `app`."""
    fixed = {
        "Content-Security-Policy": policy(settings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000"

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in {"static", "bootstrap.static"}:
            # Pages show orders and balances: no cache may keep them for the next person.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
