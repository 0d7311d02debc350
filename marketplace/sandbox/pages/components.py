"""The frames behind `connect.js`: a client secret opens them, an account session limits them.

The script puts an empty frame (`/connect-js/v1.0/frame`) on the platform's page and sends it the
publishable key and the client secret by message. The frame exchanges them here for an address of
its own, which shows one component of one account until the session expires. The rule that bites:
the key alone opens nothing, a secret opens only its own account, and a component that the session
did not enable stays shut.

A program drives a component by POSTing `{"key", "secret", "component"}` as JSON to
`/connect-js/v1.0/claim` and using the `url` of the answer.

Stripe asks the seller to sign in with Stripe first, unless the platform collects requirements.
There are no Stripe users here, so that step is left out.

https://docs.stripe.com/connect/get-started-connect-embedded-components
"""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import connected, ids, store
from marketplace.sandbox.context import Context
from marketplace.sandbox.pages import onboarding, panels, paper
from marketplace.sandbox.resources.account_sessions import COMPONENTS
from marketplace.sandbox.routing import kind, page

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

kind("embedded_visit", "emb_")

_JS = Path(__file__).parents[1] / "js"
_BASE = "/connect-js/v1.0"
_FORMS = {"account-onboarding": "account_onboarding", "account-management": "account_update"}
_PATTERNS = 50
_FIELDS = ("currently_due", "eventually_due")


@page("GET", _BASE + "/connect.js")
def script(server: Server, request: Request) -> Response:
    """What a platform's page loads."""
    del server, request
    return _script("connect.js")


@page("GET", _BASE + "/frame.js")
def frame_script(server: Server, request: Request) -> Response:
    """What runs inside the frames."""
    del server, request
    return _script("frame.js")


def _script(name: str) -> Response:
    response = Response((_JS / name).read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@page("GET", _BASE + "/frame")
def frame(server: Server, request: Request) -> Response:
    """An empty frame that waits for a client secret."""
    del server, request
    return paper.page("frame.html", framed={"claim": f"{_BASE}/claim"})


@page("POST", _BASE + "/claim")
def claim(server: Server, request: Request) -> Response:
    """Exchange a publishable key and a client secret for the address of a component."""
    try:
        told = json.loads(request.get_data())
        key, secret, component = (str(told[name]) for name in ("key", "secret", "component"))
        options = dict(told.get("options") or {})
    except (KeyError, TypeError, ValueError):
        return _refused("invalid_request_error", "The frame was not told what to show.")
    if not key.startswith("pk_test_"):
        return _refused(
            "authentication_error", "`publishableKey` must be a test key (pk_test_…) here."
        )
    platform = ids.platform_of_key(key)
    with server.sandbox.session(platform) as ctx:
        found = store.select(
            ctx.db, "account_session", platform, where={"_secret": secret}, limit=1
        )
        if not found:
            return _refused(
                "authentication_error", "This client secret is not one of this publishable key's."
            )
        session = found[0]
        if session["expires_at"] <= ctx.now:
            return _refused(
                "authentication_error",
                "The account session has expired.",
                "account_session_expired",
            )
        wanted = session["components"].get(component.replace("-", "_"))
        if wanted is None or not wanted["enabled"]:
            message = f"The account session does not enable the component `{component}`."
            return _refused("invalid_request_error", message)
        token = _visit(ctx, session, options)
    return _json({"url": f"{_BASE}/{token}/{component}"})


def _visit(ctx: Context, session: dict[str, Any], options: dict[str, Any]) -> str:
    token = secrets.token_urlsafe(24)
    fields = options.get("fields")
    ctx.new(
        "embedded_visit",
        id=f"emb_{token}",
        account=session["account"],
        expires_at=session["expires_at"],
        components=session["components"],
        fields=fields if fields in _FIELDS else "currently_due",
        future="include" if options.get("future") == "include" else "omit",
        only=_patterns(options, "only") or ["*"],
        exclude=_patterns(options, "exclude"),
        chosen=str(options.get("id", "")),
    )
    return token


def _patterns(options: dict[str, Any], name: str) -> list[str]:
    """`requirements.only` or `requirements.exclude` of the collection options."""
    told = options.get("requirements")
    found = told.get(name) if isinstance(told, dict) else None
    return [str(one) for one in found[:_PATTERNS]] if isinstance(found, list) else []


def _refused(kind_: str, message: str, code: str | None = None) -> Response:
    error = {"type": kind_, "message": message, "code": code}
    return _json({"error": error}, HTTPStatus.BAD_REQUEST)


def _json(value: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    response = Response(json.dumps(value), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@page("POST", _BASE + "/{token}/leave")
def leave(server: Server, request: Request, token: str) -> Response:
    """The page logs the seller out: the frames' addresses stop working."""
    del request
    found = _stored(server, token)
    if found is not None:
        with server.sandbox.session(found[1]) as ctx:
            ctx.delete(found[0])
    return Response("", HTTPStatus.NO_CONTENT)


@page("GET", _BASE + "/{token}/{component}")
def show(server: Server, request: Request, token: str, component: str) -> Response:
    """A component."""
    found = _stored(server, token)
    if found is None or not _enabled(found[0], component):
        return _shut()
    visit, platform = found
    with server.sandbox.session(platform, visit["account"]) as ctx:
        if visit["expires_at"] <= ctx.now or ctx.find(visit["account"], "account") is None:
            return _shut()
        if component == "account-onboarding":
            if request.args.get("left"):
                return paper.page("component_left.html", framed=_framed(token, "exit"))
            return _to_form(ctx, visit, token, component)
        return _component(ctx, visit, token, component)


@page("POST", _BASE + "/{token}/{component}")
def act(server: Server, request: Request, token: str, component: str) -> Response:
    """Do something in a component, as far as its features allow it."""
    found = _stored(server, token)
    if found is None or not _enabled(found[0], component):
        return _shut()
    visit, platform = found
    with server.sandbox.session(platform, visit["account"]) as ctx:
        if visit["expires_at"] <= ctx.now or ctx.find(visit["account"], "account") is None:
            return _shut()
        if request.form.get("action") == "update":
            return _to_form(ctx, visit, token, component)
        problem = panels.act(ctx, request, _features(visit, component))
        if problem:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return _component(ctx, visit, token, component, problem, status)
    return paper.see_other(f"{_BASE}/{token}/{component}")


def _stored(server: Server, token: str) -> tuple[dict[str, Any], str] | None:
    with server.sandbox.store.transaction() as db:
        return store.get(db, f"emb_{token}")


def _enabled(visit: dict[str, Any], component: str) -> bool:
    name = component.replace("-", "_")
    return name in COMPONENTS and visit["components"][name]["enabled"]


def _features(visit: dict[str, Any], component: str) -> dict[str, bool]:
    features: dict[str, bool] = visit["components"][component.replace("-", "_")]["features"]
    return features


def _framed(token: str, signal: str = "", **detail: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"leave": f"{_BASE}/{token}/leave"}
    return {**told, "signal": signal, "detail": detail} if signal else told


def _shut() -> Response:
    """Over or never there: the script asks the platform for a fresh client secret."""
    return paper.page("component_over.html", HTTPStatus.FORBIDDEN, framed={"signal": "expired"})


def _to_form(ctx: Context, visit: dict[str, Any], token: str, component: str) -> Response:
    """The hosted form inside the frame; it comes back to the component."""
    here = f"{_BASE}/{token}/{component}"
    back = f"{here}?left=1" if component == "account-onboarding" else here
    banks = _features(visit, component).get("external_account_collection", True)
    url = onboarding.begin(
        ctx.acting_as(ctx.platform),
        connected.current(ctx),
        purpose=_FORMS.get(component, "account_onboarding"),
        fields=visit["fields"],
        future=visit.get("future", "omit"),
        refresh_url=here,
        return_url=back,
        leave=f"{_BASE}/{token}/leave",
        only=visit["only"],
        exclude=[*visit["exclude"], *([] if banks else ["external_account"])],
    )
    return paper.see_other(url)


def _component(
    ctx: Context,
    visit: dict[str, Any],
    token: str,
    component: str,
    problem: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    values = panels.values(ctx, component, visit["chosen"])
    framed = _framed(token)
    due = values["account"]["requirements"]["currently_due"]
    if component == "notification-banner":
        framed = _framed(token, "notifications", total=len(due), actionRequired=len(due))
    elif component == "payment-disputes":
        framed = _framed(token, "disputes", total=len(values["rows"]))
    return paper.page(
        "component.html",
        status,
        framed=framed,
        panel=panels.template(component),
        here=f"{_BASE}/{token}/{component}",
        allowed=_features(visit, component),
        problem=problem,
        **values,
    )
