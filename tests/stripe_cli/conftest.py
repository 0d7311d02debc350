"""Stripe's own command line, run as a program against a running sandbox."""

import os
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from marketplace.cli import stripe as wrapper
from tests.running import Running
from tests.sandbox.receiver import Receiver

PATIENCE = 60.0


@dataclass
class Spoken:
    """A CLI that keeps running: what it has said so far."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def text(self) -> str:
        return "".join(list(self.lines))

    def wait_for(self, words: str) -> str:
        end = time.monotonic() + PATIENCE
        while words not in self.text and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.01)
        assert words in self.text, f"the CLI never said {words!r}: {self.text}"
        return self.text

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass
class Cli:
    """The binary, a home of its own, a key, and the address of a sandbox."""

    url: str
    home: Path
    key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}")
    running: list[Spoken] = field(default_factory=list)

    def environment(self, key: str | None) -> dict[str, str]:
        named = {"STRIPE_API_KEY": key} if key else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "STRIPE_NO_AUTO_UPDATE": "1",
            "HTTPS_PROXY": wrapper.NOWHERE,
            **named,
        }

    def run(self, *words: str, key: str | None = "") -> "subprocess.CompletedProcess[str]":
        """One command; `key=None` leaves it to the profile."""
        return subprocess.run(
            [str(wrapper.binary()), *words, "--api-base", self.url],
            env=self.environment(self.key if key == "" else key),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self, *words: str) -> str:
        """What a command that must succeed prints."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *words: str) -> Spoken:
        """A command that keeps running, once it is ready."""
        process = subprocess.Popen(
            [str(wrapper.binary()), *words, "--api-base", self.url],
            env=self.environment(self.key),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        spoken = Spoken(process)
        self.running.append(spoken)
        spoken.wait_for("Ready!")
        return spoken

    def stop(self) -> None:
        for spoken in self.running:
            spoken.stop()


@pytest.fixture
def cli(sandbox: Running, tmp_path: Path) -> Iterator[Cli]:
    """The CLI with the key of the test's sandbox."""
    program = Cli(sandbox.url, tmp_path, sandbox.key)
    yield program
    program.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The program that `stripe listen` forwards to."""
    hears = Receiver()
    hears.start()
    yield hears
    hears.stop()
