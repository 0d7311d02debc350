"""The sandbox as a program: how it starts, what it refuses, how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.sandbox.__main__ import main
from marketplace.sandbox.program import Sandbox
from marketplace.sandbox.server import Server, serve
from tests.ports import free_port


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on standard error: one line."""
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    return said


def test_a_taken_port_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["--port", str(port), "--data", str(tmp_path)]) == 2
    assert f"127.0.0.1:{port}: " in complaint(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--host", "192.0.2.1"],
        ["--host", "example.com"],
        ["--port", "99999"],
        ["--data", "/dev/null/data"],
    ],
)
def test_a_start_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    port = ["--port", str(free_port()), "--data", str(tmp_path)]
    assert main([*port, *arguments]) == 2
    assert "cannot start" in complaint(capsys)


def test_a_state_file_of_another_kind_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sandbox.sqlite3").write_text("this is not a database, it is a letter\n" * 99)
    assert main(["--port", str(free_port()), "--data", str(tmp_path)]) == 2
    assert "database" in complaint(capsys)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_it_listens_on_loopback(host: str) -> None:
    sandbox = Sandbox(":memory:", "")
    http = serve(Server(sandbox), host, 0)
    http.close()
    sandbox.stop()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_quietly_when_asked(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-m", "marketplace.sandbox"]
    with subprocess.Popen(
        [*command, "--port", str(free_port()), "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert "listens on http://127.0.0.1:" in running.stdout.readline()
        running.send_signal(end)
        try:
            assert running.wait(60) == 0
        finally:
            running.kill()
        assert running.stderr.read() == ""
