"""Stripe's components in the seller's pages, and the client secrets that they ask for.

A page that shows components is given an `Embed`, and its script asks `session` for a secret. The
rule that bites: a secret is a key to the account. It is given to the signed-in owner alone, over
POST with our token, in an answer that nobody keeps; and only a page that really shows a component
is opened to Stripe's hosts.
https://docs.stripe.com/connect/get-started-connect-embedded-components
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, jsonify, redirect, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue

from marketplace import dashboards, onboarding, platform
from marketplace.accounts import sessions
from marketplace.accounts.sessions import Component, Place
from marketplace.design import Dashboard, Onboarding
from marketplace.errors import NotFound
from marketplace.web import context, headers
from marketplace.web.auth import seller_required

TABS = (
    ("home", "Overview"),
    ("products", "Products"),
    ("orders", "Orders"),
    ("payments", "Payments"),
    ("money", "Money"),
    ("disputes", "Disputes"),
    ("documents", "Documents"),
    ("account", "Stripe account"),
)
# Whoever has a dashboard at Stripe finds these there.
AT_STRIPE = {"payments", "documents"}
STRIPE_SCRIPT = "https://connect-js.stripe.com/v1.0/connect.js"


@dataclass(frozen=True, slots=True)
class Embed:
    """What a page needs for its components, which are named as `connect.js` names them."""

    components: tuple[str, ...]
    session_url: str
    publishable_key: str
    script: str
    collect: str


@seller_required
def onboarding_page() -> ResponseReturnValue:
    """Stripe's questions in a page of ours; without scripts, the way to Stripe's own pages."""
    seller = context.shop()
    here = seller.onboarding is Onboarding.EMBEDDED and not seller.deauthorized_at
    if seller.stripe_id is None or not here:
        return redirect(url_for(".account"))
    wanted = sessions.shown(seller.design, Place.ONBOARDING)
    found = _embed(wanted, url_for(".onboarding_session"))
    return render("seller/onboarding.html", seller=seller, embed=found)


@seller_required
def onboarding_session() -> ResponseReturnValue:
    """A client secret for one view of the questions."""
    return _told(
        onboarding.embedded.client_secret(context.session(), context.stripe(), context.shop())
    )


@seller_required
def session(place: str) -> ResponseReturnValue:
    """A client secret for one view of the components of a page."""
    found = next((one for one in Place if one == place), None)
    if found is None or found is Place.ONBOARDING:
        raise NotFound("There is no such page.")
    return _told(
        dashboards.embedded.client_secret(
            context.session(), context.stripe(), context.shop(), found
        )
    )


def frame() -> dict[str, object]:
    """What every page of the seller's shows around itself.

    The tabs, without a dashboard those too that it would have; and where somebody with the full
    Dashboard signs in.
    """
    seller = context.seller()
    alone = seller is not None and seller.dashboard is Dashboard.NONE
    return {
        "tabs": [tab for tab in TABS if alone or tab[0] not in AT_STRIPE],
        "stripes_pages": dashboards.full_address(context.settings().api_base),
    }


def embed(place: Place) -> Embed | None:
    """The components of the page at `place`, or None when it stands alone. No call."""
    wanted = dashboards.embedded.components(context.shop(), place)
    return _embed(wanted, url_for("seller.session", place=place.value))


def _embed(wanted: Sequence[Component], session_url: str) -> Embed | None:
    settings = context.settings()
    if not wanted or settings.stripe_publishable_key is None:
        return None
    headers.allow(headers.CONNECT)
    base = settings.api_base
    return Embed(
        components=tuple(component.replace("_", "-") for component in wanted),
        session_url=session_url,
        publishable_key=settings.stripe_publishable_key,
        script=f"{base}/connect-js/v1.0/connect.js" if base else STRIPE_SCRIPT,
        collect=platform.settings(context.session()).collect,
    )


def _told(secret: str) -> Response:
    answer = jsonify(client_secret=secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer
