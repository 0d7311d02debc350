"""`marketplace stripe` and `marketplace listen` add what a person would otherwise have to know."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from marketplace.cli import stripe as wrapper
from marketplace.config import Settings
from marketplace.models import Scope
from marketplace.webhooks import inbox, routes
from tests.running import Running

from .conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "STRIPE_SECRET_KEY": "sk_test_0123456789abcdef",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_0123456789abcdef",
    "SECRET_KEY": "a-key-for-tests-that-is-long-enough",
}


def settings(**environ: str) -> Settings:
    return Settings.from_environ({"SANDBOX_PORT": "12999", **environ})


def marketplace(sandbox: Running, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The console script, beside a running sandbox."""
    return subprocess.run(
        [sys.executable, "-m", "marketplace.cli", *words],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder / "home"),
            "DATA_DIR": str(folder / "data"),
            "SANDBOX_PORT": sandbox.url.rpartition(":")[2],
        },
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_reaches_the_sandbox_with_the_shops_own_key(
    sandbox: Running, tmp_path: Path
) -> None:
    made = marketplace(sandbox, tmp_path, "stripe", "post", "/v1/customers", "-d", "name=Maya")

    shop = sandbox.client("sk_test_sandbox_marketplace")
    (customer,) = shop.v1.customers.list().data
    assert json.loads(made.stdout)["id"] == customer.id
    assert (tmp_path / "data" / "stripe-cli" / "stripe" / "config.toml").exists()
    assert not (tmp_path / "home").exists()


def test_a_trigger_that_the_cli_lacks_runs_our_fixture(sandbox: Running, tmp_path: Path) -> None:
    done = marketplace(sandbox, tmp_path, "stripe", "trigger", "payout.failed")

    assert done.returncode == 0, done.stderr
    assert "marketplace sandbox advance" in done.stderr
    shop = sandbox.client("sk_test_sandbox_marketplace")
    (seller,) = shop.v1.accounts.list().data
    assert len(shop.v1.payouts.list({}, {"stripe_account": seller.id}).data) == 1


def test_listen_tells_the_secret_that_the_cli_itself_tells(
    sandbox: Running, cli: Cli, tmp_path: Path
) -> None:
    said = marketplace(sandbox, tmp_path, "listen", "--print-secret").stdout.strip()

    own = cli.run("listen", "--print-secret", key="sk_test_sandbox_marketplace").stdout.strip()
    assert said == own
    assert said.startswith("whsec_")


def test_listening_forwards_what_the_shop_handles_to_where_it_listens() -> None:
    words = wrapper.forwarding([], settings(PORT="4300"))

    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert words[:2] == ["listen", "--skip-update"]
    assert told["--forward-to"] == f"http://127.0.0.1:4300{inbox.PATHS[Scope.PLATFORM]}"
    assert told["--forward-connect-to"] == f"http://127.0.0.1:4300{inbox.PATHS[Scope.CONNECT]}"
    assert told["--forward-thin-to"] == f"http://127.0.0.1:4300{inbox.PATHS[Scope.THIN]}"
    assert set(told["--events"].split(",")) == {
        name for scope in Scope for name in routes.types(scope)
    }
    # Elsewhere there is no telling whether thin events are understood.
    elsewhere = wrapper.forwarding(["-f", "http://127.0.0.1:1/hooks"], settings())
    assert not set(elsewhere[-1].split(",")) & set(routes.types(Scope.THIN))


def test_what_a_person_chooses_is_left_alone() -> None:
    words = ["--forward-to=http://127.0.0.1:1/hooks", "-e", "charge.succeeded", "-s"]

    assert wrapper.forwarding(words, settings()) == ["listen", *words]
    assert wrapper.aimed(["get", "/v1/balance", "--api-base=http://127.0.0.1:1"], settings())[
        -1
    ].endswith(":1")


def test_with_a_real_key_nothing_points_at_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    real = settings(**REAL)

    assert wrapper.aimed(["get", "/v1/balance"], real) == ["get", "/v1/balance"]
    environment = wrapper.environment(real)
    assert environment["STRIPE_API_KEY"] == REAL["STRIPE_SECRET_KEY"]
    assert not {"HTTPS_PROXY", "XDG_CONFIG_HOME"} & environment.keys()


@pytest.mark.parametrize("environ", [{}, REAL], ids=["sandbox", "test mode"])
def test_nobody_is_told_what_is_done_here(environ: dict[str, str]) -> None:
    environment = wrapper.environment(settings(**environ))

    assert environment["STRIPE_CLI_TELEMETRY_OPTOUT"] == "1"
    assert environment["STRIPE_NO_AUTO_UPDATE"] == "1"


def test_a_name_that_climbs_out_of_the_folder_is_no_fixture() -> None:
    words = ["trigger", "../fixtures/payout.paid"]

    assert wrapper.fixture(words) == (words, "")


def test_without_the_cli_there_is_one_line_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(wrapper, "TOOLS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(click.ClickException, match="npm ci"):
        wrapper.binary()


def test_the_pinned_cli_is_the_one_that_is_tested(cli: Cli) -> None:
    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]

    assert pinned["@stripe/cli"] in cli.said("version")
    assert lock["node_modules/@stripe/cli"]["version"] == pinned["@stripe/cli"]
    # Hashes say what may be installed; which registry serves it is everybody's own choice.
    for name in ("@stripe/cli", "@stripe/cli-linux-x64"):
        assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    assert not any("resolved" in package for package in lock.values())
