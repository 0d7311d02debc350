"""Headers that every answer carries, errors included.

Scripts and styles come from our own files only: no inline code, so an injected one does not run. A
page that shows something of Stripe's inside itself says so with `allow`, and that page alone is
opened to the hosts that Stripe documents for it, or to the sandbox. The rule that bites: Chromium
applies `form-action` to the redirects that follow a form, so the pages at Stripe to which we send
people after a POST have to be named.
https://docs.stripe.com/security/guide#content-security-policy
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from flask import Flask, Response, g, request

from marketplace.config import Settings

STRIPE_PAGES = (
    "https://accounts.stripe.com",  # hosted onboarding, by links of Accounts v2
    "https://checkout.stripe.com",
    "https://connect.stripe.com",
    "https://dashboard.stripe.com",
    "https://hooks.stripe.com",  # where a saved card is authenticated
)


@dataclass(frozen=True, slots=True)
class Guest:
    """Something of Stripe's inside a page of ours: the sources it needs, by directive.

    `popups` tells that it opens windows and has to hear from them, `wallets` that it may ask the
    browser for Apple Pay and Google Pay.
    """

    script: tuple[str, ...]
    frame: tuple[str, ...]
    connect: tuple[str, ...] = ()
    img: tuple[str, ...] = ()
    style: tuple[str, ...] = ()
    popups: bool = False
    wallets: bool = False


# connect.js inserts one empty style element, and asks sellers to sign in in a window of its own.
# https://docs.stripe.com/connect/get-started-connect-embedded-components#csp-and-http-header-requirements
CONNECT = Guest(
    script=("https://connect-js.stripe.com", "https://js.stripe.com"),
    frame=("https://connect-js.stripe.com", "https://js.stripe.com"),
    img=("https://*.stripe.com",),
    style=("'sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj/KnnzrOYqckXk='",),
    popups=True,
)

# Stripe.js with a Payment Element and 3-D Secure; the maps of an Address Element are not used here.
STRIPE_JS = Guest(
    script=("https://*.js.stripe.com", "https://js.stripe.com"),
    frame=("https://*.js.stripe.com", "https://hooks.stripe.com", "https://js.stripe.com"),
    connect=("https://api.stripe.com",),
)

# The same where a buyer pays or keeps a card. Stripe's frames ask on behalf of the page, so the
# page must have the permission that it lends them.
PAYMENT_ELEMENT = replace(STRIPE_JS, wallets=True)


def allow(guest: Guest) -> None:
    """Let `guest` into the page that this request is answered with."""
    g.setdefault("guests", set()).add(guest)


def policy(settings: Settings, guests: Iterable[Guest] = ()) -> str:
    """The Content-Security-Policy for these settings, on a page with these guests."""
    elsewhere = [settings.api_base] if settings.api_base else list(STRIPE_PAGES)
    if settings.api_base:
        elsewhere.append(settings.api_base.replace("127.0.0.1", "localhost"))
    guests = list(guests)
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *_sources(settings, guests, "script")],
        "style-src": ["'self'", *_sources(settings, guests, "style")],
        # Bootstrap draws its arrows and ticks as data: images.
        "img-src": ["'self'", "data:", *_sources(settings, guests, "img")],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_sources(settings, guests, "connect")],
        "frame-src": _sources(settings, guests, "frame"),
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *elsewhere],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items() if sources)


def _sources(settings: Settings, guests: list[Guest], directive: str) -> list[str]:
    """What the guests need of one directive. The sandbox's scripts need only the sandbox."""
    found = [source for guest in guests for source in getattr(guest, directive)]
    if settings.api_base:
        return [settings.api_base] if found and directive in {"script", "frame", "connect"} else []
    return sorted(set(found))


def permissions(settings: Settings, guests: Iterable[Guest] = ()) -> str:
    """The Permissions-Policy: the wallets of the browser are for a guest who takes payments only.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy/payment
    """
    askers = [guest for guest in guests if guest.wallets]
    lent = " ".join(f'"{source}"' for source in _sources(settings, askers, "frame"))
    payment = f"(self {lent})" if askers else "()"
    return f"camera=(), geolocation=(), microphone=(), payment={payment}"


def usual(settings: Settings, guests: Collection[Guest] = ()) -> dict[str, str]:
    """What every answer says, on a page with these guests; kept in no cache."""
    popups = any(guest.popups for guest in guests)
    found = {
        "Content-Security-Policy": policy(settings, guests),
        "Permissions-Policy": permissions(settings, guests),
        "Cross-Origin-Opener-Policy": "unsafe-none" if popups else "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Pages show orders and balances: no cache may keep them for the next person.
        "Cache-Control": "no-store",
    }
    if settings.secure:
        found["Strict-Transport-Security"] = "max-age=31536000"
    return found


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of `app`."""
    without = usual(settings)

    @app.after_request
    def add(response: Response) -> Response:
        guests = g.get("guests", ())
        kept = request.endpoint in {"static", "bootstrap.static"}
        for name, value in (usual(settings, guests) if guests else without).items():
            if not (kept and name == "Cache-Control"):
                response.headers.setdefault(name, value)
        return response
