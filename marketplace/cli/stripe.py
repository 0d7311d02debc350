"""`marketplace stripe …` and `marketplace listen`: Stripe's own command line, aimed at our Stripe.

The same commands work with the sandbox and with test mode; the key and the address come from the
settings. The rule that bites: only with the sandbox does a command stay on this machine. There the
CLI is given a profile of its own beside the data, so that nobody's real profile is touched, and a
proxy that does not exist, so that its looks for a new version end at once.

What the CLI has no trigger for (a payout that fails, say) is in fixture files of ours, which
`marketplace stripe trigger payout.failed` runs in its place.

https://docs.stripe.com/stripe-cli
"""

import json
import os
import shutil
from pathlib import Path
from typing import NoReturn

import click

from marketplace import config
from marketplace.config import Settings
from marketplace.models import Scope
from marketplace.webhooks import inbox, routes

PACKAGE = Path(__file__).resolve().parent.parent
TOOLS = PACKAGE.parent / "node_modules"
FIXTURES = PACKAGE / "sandbox" / "fixtures"
# Port 9 discards; loopback addresses never go through a proxy, so the sandbox is still reached.
NOWHERE = "http://127.0.0.1:9"
MISSING = (
    "The Stripe CLI is not installed. `npm ci` in this folder puts it into node_modules;"
    " other ways: https://docs.stripe.com/stripe-cli/install"
)


def binary() -> Path:
    """Find the CLI: the pinned one of node_modules, or else whatever PATH has.

    Raises click.ClickException, with a sentence that says how to install it, when there is none.
    """
    # The program itself and not npm's wrapper around it, which would swallow signals.
    pinned = sorted(TOOLS.glob("@stripe/cli-*/bin/stripe*"))
    found = pinned[0] if pinned else shutil.which("stripe")
    if found is None:
        raise click.ClickException(MISSING)
    return Path(found)


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the CLI: our key, no telemetry, and nothing leaves the sandbox."""
    own = {
        "STRIPE_API_KEY": settings.stripe_key,
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        "STRIPE_NO_AUTO_UPDATE": "1",
    }
    if settings.sandbox:
        own["HTTPS_PROXY"] = NOWHERE
        own["XDG_CONFIG_HOME"] = str((settings.data_dir / "stripe-cli").resolve())
    return {**os.environ, **own}


def aimed(arguments: list[str], settings: Settings) -> list[str]:
    """Add the sandbox's address, unless an address is given or the key is a real one."""
    if not settings.sandbox or _has(arguments, "--api-base"):
        return arguments
    return [*arguments, "--api-base", str(settings.api_base)]


def forwarding(arguments: list[str], settings: Settings) -> list[str]:
    """Build `listen` for our webhook addresses; what the person says goes first."""
    chosen = ["listen", *arguments]
    if not _has(arguments, "--skip-update", "-s"):
        chosen.append("--skip-update")
    if _has(arguments, "--print-secret", "--help", "-h"):
        return chosen
    scopes = [Scope.PLATFORM, Scope.CONNECT]
    if not _has(arguments, "--forward-to", "-f", "--forward-connect-to", "-c"):
        scopes.append(Scope.THIN)
        chosen += ["--forward-to", settings.public_url + inbox.PATHS[Scope.PLATFORM]]
        chosen += ["--forward-connect-to", settings.public_url + inbox.PATHS[Scope.CONNECT]]
        # The CLI calls this flag deprecated; without it, it forwards thin events or snapshots only.
        chosen += ["--forward-thin-to", settings.public_url + inbox.PATHS[Scope.THIN]]
    if not _has(arguments, "--events", "-e", "--all-snapshot", "--all-thin"):
        handled = {name for scope in scopes for name in routes.types(scope)}
        chosen += ["--events", ",".join(sorted(handled))]
    return chosen


def fixture(arguments: list[str]) -> tuple[list[str], str]:
    """Replace the name of a fixture of ours by its file; returns also what is good to know."""
    if len(arguments) > 1 and arguments[0] in {"trigger", "fixtures"}:
        ours = {file.stem: file for file in FIXTURES.glob("*.json")}
        file = ours.get(arguments[1])
        if file is not None:
            note = json.loads(file.read_text("utf-8"))["_meta"].get("note", "")
            return ["fixtures", str(file), *arguments[2:]], note
    return arguments, ""


def run(arguments: list[str]) -> NoReturn:
    """Become the CLI. Raises click.ClickException when it is not installed."""
    settings = config.Settings.from_environ(config.environment(Path.cwd()))
    program = binary()
    arguments, note = fixture(arguments)
    if note:
        click.echo(note, err=True)
    # In place of this process: Ctrl-C and signals reach the CLI and nobody else.
    os.execve(  # noqa: S606 - the person's own command line, no shell
        program, [str(program), *aimed(arguments, settings)], environment(settings)
    )


def listen(arguments: list[str]) -> NoReturn:
    """Become `stripe listen`, forwarding to this marketplace."""
    settings = config.Settings.from_environ(config.environment(Path.cwd()))
    run(forwarding(arguments, settings))


def _has(arguments: list[str], *options: str) -> bool:
    return any(argument.partition("=")[0] in options for argument in arguments)


_PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}


@click.command("stripe", context_settings=_PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def stripe_command(arguments: tuple[str, ...]) -> None:
    """Run the Stripe CLI against the sandbox, or with your key: trigger, get, logs tail, …"""
    run(list(arguments))


@click.command("listen", context_settings=_PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def listen_command(arguments: tuple[str, ...]) -> None:
    """Run `stripe listen`, forwarding events to this marketplace."""
    listen(list(arguments))
