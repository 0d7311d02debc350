"""`marketplace run` as people run it: one command, clear refusals, and a clean end."""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.journeys.programs import Program, environment
from tests.ports import free_port

RUN = [sys.executable, "-m", "marketplace.cli", "run"]


def _refused(folder: Path, **settings: str) -> list[str]:
    """Start it with these settings; it must stop by itself with exit code 2. What it said."""
    done = subprocess.run(
        RUN,
        env=environment(**settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    return done.stderr.splitlines()


@pytest.fixture
def ports() -> dict[str, str]:
    return {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}


@pytest.fixture
def shop(tmp_path: Path, ports: dict[str, str]) -> Iterator[Program]:
    """The whole thing in a fresh folder, running."""
    site = f"http://127.0.0.1:{ports['PORT']}"
    program = Program(RUN, tmp_path, site, {**ports, "DATA_DIR": str(tmp_path)})
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One shop for the tests that only look at it: a start costs more than all they ask."""
    folder = tmp_path_factory.mktemp("standing")
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    site = f"http://127.0.0.1:{ports['PORT']}"
    program = Program(RUN, folder, site, {**ports, "DATA_DIR": str(folder)})
    program.start()
    yield program
    program.stop()


def _sandbox_of(shop: Program) -> psutil.Process:
    assert shop.child is not None
    (child,) = psutil.Process(shop.child.pid).children()
    assert "marketplace.sandbox" in child.cmdline()
    return child


def _is_free(port: str) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", int(port)))
            return True
    return False


def test_two_taken_ports_and_a_folder_that_is_none_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands where the folder should be")
    with socket.socket() as one, socket.socket() as two:
        for taken in (one, two):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        port, sandbox_port = (str(taken.getsockname()[1]) for taken in (one, two))
        lines = _refused(tmp_path, PORT=port, SANDBOX_PORT=sandbox_port, DATA_DIR="data")
    assert [line.split()[0] for line in lines] == ["PORT", "SANDBOX_PORT", "DATA_DIR"]
    assert f"PORT {port} is taken by another program" in lines[0]


def test_a_live_key_is_refused_and_never_repeated(tmp_path: Path) -> None:
    lines = _refused(
        tmp_path,
        STRIPE_SECRET_KEY="sk_live_canary123",
        STRIPE_PUBLISHABLE_KEY="pk_live_canary123",
        STRIPE_WEBHOOK_SECRET="canary123",
    )
    assert [line.split()[0] for line in lines] == [
        "STRIPE_SECRET_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "SECRET_KEY",
    ]
    assert "canary123" not in "".join(lines)


def test_half_set_settings_are_told(tmp_path: Path, ports: dict[str, str]) -> None:
    lines = _refused(
        tmp_path, STRIPE_PUBLISHABLE_KEY="pk_test_123456789", LOG_LEVEL="loud", **ports
    )
    assert len(lines) == 2
    assert "set both or neither" in lines[0]
    assert lines[1].startswith("LOG_LEVEL must be one of")


def test_settings_in_a_dotenv_file_are_read_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=nonsense\n")
    assert _refused(tmp_path) == ["PORT must be a number from 1 to 65535."]


@pytest.mark.parametrize(
    "url",
    ["sqlite:///{folder}/letter", "postgresql://nobody:canary123@127.0.0.1:{closed}/shop"],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(
    tmp_path: Path, ports: dict[str, str], closed_port: int, url: str
) -> None:
    (tmp_path / "letter").write_text("Dear database, you are a letter. " * 99)
    url = url.format(folder=tmp_path, closed=closed_port)
    (line,) = _refused(tmp_path, DATABASE_URL=url, DATA_DIR=str(tmp_path), **ports)
    assert line.startswith("DATABASE_URL: the database cannot be used: ")
    assert "canary123" not in line
    assert _is_free(ports["SANDBOX_PORT"]), "the sandbox was left running"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_both_programs(shop: Program, end: signal.Signals) -> None:
    sandbox, child = _sandbox_of(shop), shop.child
    assert child is not None
    child.send_signal(end)
    assert child.wait(60) == 0
    assert not sandbox.is_running()
    said = shop.log.read_text()
    assert "Traceback" not in said
    assert "Sign in with one click" in said
    assert all(_is_free(shop.settings[name]) for name in ("PORT", "SANDBOX_PORT"))


def test_a_shop_that_was_killed_starts_again_and_finds_everything_in_place(shop: Program) -> None:
    sandbox = _sandbox_of(shop)
    shop.kill()
    sandbox.wait(60)  # it notices by itself that nobody needs it any more
    shop.start()
    page = requests.get(shop.url, timeout=60).text
    assert page.count("Beeswax pair</") == 1


def test_neither_program_is_reachable_from_other_machines(standing: Program) -> None:
    assert standing.child is not None
    for process in (psutil.Process(standing.child.pid), _sandbox_of(standing)):
        heard = {link.laddr.ip for link in process.net_connections() if link.status == "LISTEN"}
        assert heard == {"127.0.0.1"}


def test_the_running_server_tells_no_version_and_traces_nothing(standing: Program) -> None:
    answer = requests.request("TRACE", standing.url, headers={"Cookie": "canary=1"}, timeout=60)
    assert answer.status_code == 405
    assert "canary" not in answer.text
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize("path", ["/sign-up", "/webhooks/stripe"])
def test_a_body_without_end_is_cut_off_before_it_is_kept(standing: Program, path: str) -> None:
    """Both ways to lie about a length: naming a huge one, and naming none."""
    host, port = "127.0.0.1", int(standing.settings["PORT"])
    with socket.create_connection((host, port), timeout=60) as line:
        line.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9{'0' * 10}\r\n\r\n".encode()
        )
        assert b" 413 " in line.recv(200)
    with socket.create_connection((host, port), timeout=60) as line:
        line.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        with contextlib.suppress(ConnectionError):
            for _ in range(40):
                line.sendall(chunk)
        with contextlib.suppress(ConnectionError):
            assert b" 413 " in line.recv(200)
    assert requests.get(f"{standing.url}/healthz", timeout=60).ok
