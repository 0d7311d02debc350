"""`marketplace run`: one command from a clean folder to a shop in the browser.

Without a Stripe key the sandbox is started beside the marketplace, as a child process of its own,
and our webhook endpoints are registered with it over its API: one for the platform's own account,
one for connected accounts, and an event destination for the thin events of Accounts v2. The rule
that bites: an endpoint's signing secret is told once, when it is created, so it is kept in the data
folder and the endpoint is found again at the next start.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, cast

import click
import requests
import sqlalchemy as sa
import stripe
from waitress.server import BaseWSGIServer, create_server

from marketplace import config, database
from marketplace.application import MOST_BYTES, create_app
from marketplace.cli import demo, fitting, logs
from marketplace.config import Settings
from marketplace.errors import ConfigError
from marketplace.gateway import client
from marketplace.models import Scope
from marketplace.web import context
from marketplace.webhooks import inbox, routes

THREADS = 8
CONNECTIONS = 1000
# A client that sends half a request holds a connection, not a thread, and no longer than this.
CHANNEL_SECONDS = 15
# Cut off beyond this; below it, whoever sends too large a picture reads a page that says so.
BODY_BYTES = 4 * MOST_BYTES
READY_SECONDS = 60.0
log = logging.getLogger("marketplace.run")


def run(settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code.

    Raises ConfigError for taken ports, an unusable data folder or database, all faults at once.
    """
    logs.configure(settings.log_level)
    settings = _checked(settings)
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        # Both take about as long, so they take it together.
        ready = stack.enter_context(sandbox(settings)) if settings.sandbox else None
        _migrate(settings)
        if ready is not None:
            ready()
        serve(settings)
    return 0


def serve(settings: Settings) -> None:
    """Serve until interrupted, on a migrated database, with a Stripe that answers.

    Raises ConfigError when the database belongs to another Stripe account.
    """
    if settings.sandbox:
        settings = with_endpoints(settings)
    app = create_app(settings)
    wiring = context.wiring(app)
    with contextlib.ExitStack() as stack:
        stack.callback(wiring.engine.dispose)
        with wiring.sessions() as session:
            fitting.check(settings, session, wiring.stripe)
        http = listen(app, settings)
        stack.callback(http.close)
        if settings.sandbox:
            demo.prepare(wiring.sessions, wiring.stripe, settings)
        wiring.work.start()
        stack.callback(wiring.work.stop)
        _greet(settings)
        http.run()


def listen(app: Callable[..., Any], settings: Settings) -> BaseWSGIServer:
    """Listen where the settings say; who calls is told by the server in front, if one is trusted.

    https://docs.pylonsproject.org/projects/waitress/en/stable/reverse-proxy.html
    """
    front: dict[str, Any] = {}
    if settings.trusted_proxy is not None:
        front = {
            "trusted_proxy": settings.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for"},
        }
    return create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=CHANNEL_SECONDS,
        max_request_body_size=BODY_BYTES,
        ident=None,
        **front,
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _migrate(settings: Settings) -> None:
    try:
        database.upgrade(settings.database_url)
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigError([f"DATABASE_URL: the database cannot be used: {reason}"]) from error


def _checked(settings: Settings) -> Settings:
    """Check what only the machine knows: the ports and the data folder."""
    faults = []
    names = {"PORT": (settings.host, settings.port)}
    if settings.sandbox:
        names["SANDBOX_PORT"] = ("127.0.0.1", settings.sandbox_port)
    for name, (host, port) in names.items():
        if not _is_free(host, port):
            faults.append(f"{name} {port} is taken by another program; set {name} to a free one.")
    try:
        settings = config.prepare(settings)
    except ConfigError as error:
        faults += error.faults
    if faults:
        raise ConfigError(faults)
    return settings


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # The same option as the server's, or a port that was just let go of would look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def sandbox(settings: Settings) -> Iterator[Callable[[], None]]:
    """Run the local Stripe beside us; stopped, and waited for, when the block ends.

    Gives a function that waits until it answers, and raises ConfigError when it does not.
    """
    command = [sys.executable, "-m", "marketplace.sandbox", "--tied"]
    command += ["--port", str(settings.sandbox_port), "--data", str(settings.data_dir)]
    # A session of its own: Ctrl-C must reach us first, so that what is under way can finish. And
    # a pipe that nobody writes to: it ends with us, even by kill -9, and the sandbox with it.
    child = subprocess.Popen(  # noqa: S603 - our own program and settings
        command, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        yield partial(_await_ready, f"{settings.api_base}/healthz", child)
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin is not None:
            child.stdin.close()


def _await_ready(url: str, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    with client.direct() as http:
        while time.monotonic() < end:
            if (code := child.poll()) is not None:
                raise ConfigError([f"The sandbox stopped at once with exit code {code}."])
            with contextlib.suppress(requests.RequestException):
                if http.get(url, timeout=1).ok:
                    return
            time.sleep(0.05)
    raise ConfigError([f"The sandbox did not answer at {url} within {READY_SECONDS:.0f} seconds."])


def with_endpoints(settings: Settings) -> Settings:
    """Register our webhook endpoints with the sandbox; secrets given by the user stay valid too."""
    secrets = register(client.connect(settings), settings.public_url, settings.data_dir)
    return with_secrets(settings, secrets)


def with_secrets(settings: Settings, secrets: Mapping[Scope, str]) -> Settings:
    """Accept these signing secrets beside the ones that are set."""
    return replace(
        settings,
        webhook_secrets=(*settings.webhook_secrets, secrets[Scope.PLATFORM]),
        connect_webhook_secrets=(*settings.connect_webhook_secrets, secrets[Scope.CONNECT]),
        thin_webhook_secrets=(*settings.thin_webhook_secrets, secrets[Scope.THIN]),
    )


def register(api: stripe.StripeClient, public_url: str, folder: Path) -> dict[Scope, str]:
    """Create the endpoints that are missing at Stripe; returns the signing secret of each scope.

    https://docs.stripe.com/api/webhook_endpoints/create
    https://docs.stripe.com/api/v2/core/event-destinations/create
    """
    file = folder / "sandbox_endpoints.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    secrets = {}
    for scope, path in inbox.PATHS.items():
        url = public_url + path
        thin = scope is Scope.THIN
        known = kept.get(url)
        if known is None or not _exists(api, known["id"], scope):
            known = _destination(api, url) if thin else _endpoint(api, url, scope)
            kept[url] = known
        secrets[scope] = known["secret"]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(kept, out)
    return secrets


def _endpoint(api: stripe.StripeClient, url: str, scope: Scope) -> dict[str, Any]:
    made = api.v1.webhook_endpoints.create(
        {
            "url": url,
            # A list of our own names, which a test compares with the SDK's.
            "enabled_events": cast("list[Any]", routes.types(scope)),
            "connect": scope is Scope.CONNECT,
            "api_version": cast("Any", stripe.api_version),
        }
    )
    return {"id": made.id, "secret": made.secret}


def _destination(api: stripe.StripeClient, url: str) -> dict[str, Any]:
    made = api.v2.core.event_destinations.create(
        {
            "name": "Marketplace: what Accounts v2 tells of sellers",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": routes.types(Scope.THIN),
            # Of connected accounts, v2 tells in the platform's own name; v1 in theirs.
            "events_from": ["@self"],
            "webhook_endpoint": {"url": url},
            # The secret is told in this answer or never.
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    told = made.webhook_endpoint
    return {"id": made.id, "secret": told.signing_secret if told else None}


def _exists(api: stripe.StripeClient, endpoint: str, scope: Scope) -> bool:
    """Whether the endpoint is still there; an older one learns what is followed now."""
    wanted = routes.types(scope)
    try:
        if scope is Scope.THIN:
            found = api.v2.core.event_destinations.retrieve(endpoint).enabled_events
        else:
            found = api.v1.webhook_endpoints.retrieve(endpoint).enabled_events
    except stripe.InvalidRequestError:
        return False
    if sorted(found) == wanted:
        return True
    names = cast("list[Any]", wanted)
    if scope is Scope.THIN:
        api.v2.core.event_destinations.update(endpoint, {"enabled_events": names})
    else:
        api.v1.webhook_endpoints.update(endpoint, {"enabled_events": names})
    return True


def _greet(settings: Settings) -> None:
    lines = ["", f"  The marketplace   {settings.public_url}"]
    if settings.sandbox:
        lines += [f"  The local Stripe  {settings.api_base}/_sandbox/", ""]
        lines += ["  Sign in with one click, or with the password of the demo people:"]
        lines += [
            f"    {person.role.value:<9} {person.email:<24} {demo.PASSWORD}"
            for person in demo.PEOPLE
        ]
    else:
        lines += ["", "  Stripe test mode. Forward webhooks with the Stripe CLI; see README.md."]
        lines += ["  Sign up, then run: marketplace operator you@example.com"]
    lines += ["", "  Ctrl-C stops everything.", ""]
    click.echo("\n".join(lines))
