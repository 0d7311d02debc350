"""`marketplace run`: one command from a clean folder to a shop in the browser.

Without a Stripe key the sandbox is started beside the marketplace, as a child process of its own,
and two webhook endpoints are registered with it over its API: one for the platform's own account,
one for connected accounts. The rule that bites: an endpoint's signing secret is told once, when it
is created, so it is kept in the data folder and the endpoint is found again at the next start.
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
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, cast

import click
import requests
import stripe
from waitress.server import create_server

from marketplace import config, database
from marketplace.application import create_app
from marketplace.cli import demo
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
READY_SECONDS = 20.0
log = logging.getLogger("marketplace.run")


def run(settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code.

    Raises ConfigError for taken ports and an unusable data folder, all faults at once.
    """
    settings = _checked(settings)
    database.upgrade(settings.database_url)
    with contextlib.ExitStack() as stack:
        if settings.sandbox:
            stack.enter_context(sandbox(settings))
            settings = with_endpoints(settings)
        app = create_app(settings)
        http = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=CHANNEL_SECONDS,
            ident=None,
        )
        wiring = context.wiring(app)
        if settings.sandbox:
            demo.prepare(wiring.sessions, wiring.stripe, settings)
        wiring.work.start()
        stack.callback(wiring.work.stop)
        signal.signal(signal.SIGTERM, _stop)
        _greet(settings)
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            http.run()
        http.close()
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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
def sandbox(settings: Settings) -> Iterator[None]:
    """Run the local Stripe beside us; stopped, and waited for, when the block ends."""
    command = [sys.executable, "-m", "marketplace.sandbox"]
    command += ["--port", str(settings.sandbox_port), "--data", str(settings.data_dir)]
    # A session of its own: Ctrl-C must reach us first, so that what is under way can finish.
    child = subprocess.Popen(  # noqa: S603 - our own program and settings
        command, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        _await_ready(f"{settings.api_base}/healthz", child)
        yield
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_ready(url: str, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if child.poll() is not None:
            raise ConfigError([f"The sandbox stopped at once with exit code {child.returncode}."])
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=1).ok:
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
    )


def register(api: stripe.StripeClient, public_url: str, folder: Path) -> dict[Scope, str]:
    """Create the endpoints that are missing at Stripe; returns the signing secret of each scope.

    https://docs.stripe.com/api/webhook_endpoints/create
    """
    file = folder / "sandbox_endpoints.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    secrets = {}
    for scope, path in inbox.PATHS.items():
        url = public_url + path
        known = kept.get(url)
        if known is None or not _exists(api, known["id"]):
            made = api.v1.webhook_endpoints.create(
                {
                    "url": url,
                    # A list of our own names, which a test compares with the SDK's.
                    "enabled_events": cast("list[Any]", routes.types(scope)),
                    "connect": scope is Scope.CONNECT,
                    "api_version": cast("Any", stripe.api_version),
                }
            )
            known = {"id": made.id, "secret": made.secret}
            kept[url] = known
        secrets[scope] = known["secret"]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(kept, out)
    return secrets


def _exists(api: stripe.StripeClient, endpoint: str) -> bool:
    try:
        api.v1.webhook_endpoints.retrieve(endpoint)
    except stripe.InvalidRequestError:
        return False
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
    lines += ["", "  Ctrl-C stops everything.", ""]
    click.echo("\n".join(lines))
