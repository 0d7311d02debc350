"""The marketplace as a web application.

`create_app` is the only place that wires everything together: settings, database, the Stripe
client, and the pages. The rule that bites: whatever lives as long as the program is made here and
handed in; nothing below `web` knows that there is a Flask.
"""

import logging
from functools import partial
from io import BytesIO
from typing import IO
from urllib.parse import urlsplit

from flask import Flask, Request
from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from marketplace import countries, database, orders, platform, wallet
from marketplace.config import Settings
from marketplace.gateway import client
from marketplace.gateway.trace import Trace
from marketplace.web import (
    auth,
    blueprints,
    context,
    faults,
    headers,
    hooks,
    language,
    pages,
    show,
)
from marketplace.web.door import Door
from marketplace.webhooks.work import Engine

__all__ = ["create_app"]

MOST_BYTES = 6 * 1024 * 1024  # a picture of 5 MB and the form around it
MOST_FIELDS = 200


class InMemory(Request):
    """A request whose files stay in memory.

    Werkzeug puts files of half a megabyte and more into a temporary folder; here passports come by
    on their way to Stripe, which may lie in no folder. `MOST_BYTES` bounds the memory.
    """

    def _get_file_stream(self, *_about: object, **_more: object) -> IO[bytes]:
        return BytesIO()


def create_app(settings: Settings) -> Flask:
    """Make the marketplace for these settings, which `config.prepare` has completed.

    The database is expected to be migrated (`database.upgrade`). Raises ValueError without a key
    for cookies.
    """
    if not settings.secret_key:
        raise ValueError("settings.secret_key is empty: pass the settings through config.prepare")
    logging.getLogger("marketplace").setLevel(settings.log_level)
    app = Flask(
        "marketplace",
        template_folder=str(database.ROOT / "templates"),
        static_folder=str(database.ROOT / "marketplace" / "web" / "static"),
        static_url_path="/static",
    )
    app.request_class = InMemory
    _configure(app, settings)
    _wire(app, settings)
    _protect(app)
    Bootstrap5(app)
    headers.install(app, settings)
    language.install(app, settings)
    faults.install(app)
    show.install(app)
    pages.install(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    _open(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    secure = settings.secure
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-form" if secure else "marketplace_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_PARTS=MOST_FIELDS,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        BOOTSTRAP_SERVE_LOCAL=True,
        TRUSTED_HOSTS=_hosts(settings),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _hosts(settings: Settings) -> list[str]:
    """The names under which we answer; any other Host header is somebody's trick."""
    return ["127.0.0.1", "localhost", "[::1]", settings.host, urlsplit(settings.public_url).netloc]


def _wire(app: Flask, settings: Settings) -> None:
    engine = database.connect(settings.database_url)
    sessions = database.sessions(engine)
    trace = Trace()
    stripe = client.connect(settings, trace)
    # Made here, started by whoever serves: a command or a test may want the app without workers.
    finish = partial(orders.finish_requested, public_url=settings.public_url)
    app.extensions["marketplace"] = context.Wiring(
        settings=settings,
        engine=engine,
        sessions=sessions,
        stripe=stripe,
        trace=trace,
        work=Engine(
            sessions,
            stripe,
            chores=[
                finish,
                orders.finish_passing_on,
                wallet.finish_removals,
                platform.learn_once,
                countries.learn,
            ],
        ),
    )
    app.teardown_request(context.forget)


def _open(app: Flask, settings: Settings) -> None:
    """Let Stripe's deliveries in by a door of their own."""
    app.wsgi_app = Door(  # type: ignore[method-assign]
        app.wsgi_app,
        hooks.endpoints(settings),
        app.extensions["letterbox"],
        context.wiring(app).work.kick,
        hosts=_hosts(settings),
        headers=headers.usual(settings),
    )


def _protect(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for blueprint in blueprints():
        if blueprint.name == "hooks":
            csrf.exempt(blueprint)  # Stripe has no token of ours; the signature stands for it
    # Per address of the caller; the throttle per account is in `people`, where it outlives us.
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limiter.limit("60 per minute", methods=["POST"])(auth.bp)
