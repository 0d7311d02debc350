"""`marketplace conformance`: hold a Stripe against its own documentation.

Without a key the local sandbox is examined, which CI does too. With a test key the very same
checks ask Stripe's test mode, so that whoever has one can tell where the sandbox differs. The
rule that bites: there it makes real test objects (a few dozen) in that account, and what only a
clock that can be pushed could show is skipped.

https://docs.stripe.com/testing-use-cases
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent.parent
SUITE = Path("tests") / "conformance"


@click.command("conformance")
@click.option("--key", help="A test key, sk_test_… or rk_test_…; the sandbox without one.")
@click.option("--address", default="https://api.stripe.com", show_default=True)
@click.argument("arguments", nargs=-1)
def conformance_command(key: str | None, address: str, arguments: tuple[str, ...]) -> None:
    """Run the conformance suite; further arguments are pytest's (after --)."""
    environment = dict(os.environ)
    if key is not None:
        if not key.startswith(("sk_test_", "rk_test_")):
            raise click.BadParameter("only test keys are taken: sk_test_… or rk_test_…")
        environment |= {"STRIPE_CONFORMANCE_KEY": key, "STRIPE_CONFORMANCE_URL": address}
    if importlib.util.find_spec("pytest") is None or not (ROOT / SUITE).is_dir():
        raise click.ClickException("The suite needs a clone of the project and `make test` once.")
    command = [sys.executable, "-m", "pytest", str(SUITE)]
    if key is not None:
        # The suite's own settings shut every socket but loopback.
        command += ["--override-ini=addopts=--import-mode=importlib", "--force-enable-socket"]
    sys.exit(
        subprocess.call(  # noqa: S603 - the person's own command line
            [*command, *arguments], cwd=ROOT, env=environment
        )
    )
