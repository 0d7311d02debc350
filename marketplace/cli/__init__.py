"""The command line, `marketplace`: `run`, `demo`, `sandbox`, `events`, `listen`, `stripe`, …

Like the web, this is an edge: it reads the settings, opens a session, calls concepts and prints.
A fault in the settings is told in one clear line each, all of them at once, with exit code 2.
"""

import subprocess
import sys
from pathlib import Path

import click

from marketplace import config, lifecycles
from marketplace.cli import conformance, events, messages, operator, run, story, stripe
from marketplace.errors import ConfigError

CONFIG_EXIT = 2


@click.group()
@click.version_option(package_name="marketplace")
def cli() -> None:
    """A reference marketplace for Stripe Connect, with a local Stripe to run it against."""


@cli.command("run")
def run_command() -> None:
    """Migrate, start the sandbox when there is no Stripe key, and serve the marketplace."""
    settings = config.Settings.from_environ(config.environment(Path.cwd()))
    sys.exit(run.run(settings))


@cli.command("demo")
@click.option("--keep", is_flag=True, help="Keep the temporary data folder.")
def demo_command(*, keep: bool) -> None:
    """Tell the whole story in the terminal: onboarding, a sale, the money, the payout."""
    sys.exit(story.tell(keep=keep))


@cli.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox_command(arguments: tuple[str, ...]) -> None:
    """Run the local Stripe, or act on its pages: onboard URL, pay URL, advance 2d, reset."""
    # A program of its own: the marketplace reaches it over HTTP and never imports it.
    command = [sys.executable, "-m", "marketplace.sandbox", *arguments]
    sys.exit(subprocess.call(command))  # noqa: S603 - the person's own command line


@cli.command("lifecycle")
@click.argument("name", type=click.Choice([kind.__name__ for kind in lifecycles.TABLES]))
def lifecycle_command(name: str) -> None:
    """Print the moves of a status as a Mermaid diagram."""
    kind = next(kind for kind in lifecycles.TABLES if kind.__name__ == name)
    click.echo(lifecycles.mermaid(kind), nl=False)


cli.add_command(conformance.conformance_command)
cli.add_command(events.group)
cli.add_command(messages.command)
cli.add_command(operator.command)
cli.add_command(stripe.listen_command)
cli.add_command(stripe.stripe_command)


def main() -> None:
    """Run the command line; the console script `marketplace`."""
    try:
        cli(standalone_mode=False)
    except ConfigError as error:
        for line in error.faults:
            click.echo(line, err=True)
        sys.exit(CONFIG_EXIT)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
