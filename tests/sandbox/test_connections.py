"""The sandbox's HTTP server, spoken to byte by byte, by clients that are sound and broken."""

import errno
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from marketplace.sandbox import connections
from marketplace.sandbox.connections import HttpServer
from tests.ports import free_port

ASK = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class Echo:
    """Answers with the body; `/slow` waits until the test lets it go, `/bug` fails."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/bug":
            raise RuntimeError
        if environ["PATH_INFO"] == "/slow":
            self.asked.set()
            self.go.wait(60)
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def server(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    monkeypatch.setattr(connections, "_FAREWELL", 60.0)  # refused callers here may be slow
    # A port of ours, so that nobody else is there once it is let go of.
    running = HttpServer(echo, socket.create_server(("127.0.0.1", free_port())), 1000)
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running
    running.stop()
    thread.join(60)
    assert not thread.is_alive()


def dial(server: HttpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.effective_port), 60)


def say(server: HttpServer, *pieces: bytes) -> bytes:
    """Send the pieces; all that is answered until the other side hangs up."""
    with dial(server) as line:
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def test_one_connection_asks_many_times(server: HttpServer) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
    for body in (b"one", b"", b"x" * 900):
        line.request("POST", "/echo", body)
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (200, body)
        assert line.sock is not None
    line.close()


def test_requests_may_come_in_pieces_and_before_the_last_is_answered(server: HttpServer) -> None:
    two = ASK + b"Content-Length: 3\r\n\r\none" + ASK + b"Content-Length: 3\r\n\r\ntwo"
    for cut in (1, 25, 60, len(two) // 2, len(two) - 1):
        told = say(server, two[:cut], two[cut:])
        assert told.count(b"200 OK") == 2
        assert told.index(b"\r\n\r\none") < told.index(b"\r\n\r\ntwo")


def test_a_body_may_come_in_chunks(server: HttpServer) -> None:
    told = say(server, ASK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n")
    assert told.endswith(b"\r\n\r\none")


def test_who_asks_first_whether_to_go_on_is_told_to(server: HttpServer) -> None:
    with dial(server) as line:
        line.sendall(ASK + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"one")
        assert line.recv(1000).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", b"400"),
        (ASK + b"Content-Length: many\r\n\r\n", b"400"),
        (ASK + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000, b"413"),
        (ASK + b"X: " + b"x" * 300_000 + b"\r\n\r\n", b"431"),
        (ASK + b"Transfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET /bug HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"500"),
    ],
)
def test_what_cannot_be_answered_is_refused_and_hung_up(
    server: HttpServer, sent: bytes, status: bytes
) -> None:
    told = say(server, sent)
    assert told.split()[1] == status
    assert b"Connection: close" in told


def test_the_answer_to_head_has_the_headers_of_get_and_no_body(server: HttpServer) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
    for method, told in (("HEAD", b""), ("POST", b"one"), ("HEAD", b""), ("GET", b"one")):
        line.request(method, "/echo", b"one")
        answer = line.getresponse()
        assert (answer.status, answer.getheader("Content-Length")) == (200, "3")
        assert answer.read() == told
        assert line.sock is not None
    line.close()
    refused = say(server, ASK.replace(b"POST", b"HEAD") + b"Transfer-Encoding: gzip\r\n\r\n")
    assert refused.split()[1] == b"501"
    assert refused.endswith(b"\r\n\r\n")


class FullHouse(socket.socket):
    """A listener of a program that may open no more files, until there are some again."""

    def __init__(self) -> None:
        super().__init__()
        self.bind(("127.0.0.1", 0))
        self.listen()
        self.is_full = True
        self.looks = 0
        self.looked_thrice = threading.Event()

    def accept(self) -> tuple[socket.socket, Any]:
        if not self.is_full:
            return super().accept()
        self.looks += 1
        if self.looks == 3:
            self.looked_thrice.set()
        raise OSError(errno.EMFILE, "Too many open files")


def test_who_calls_when_there_are_no_files_left_waits_and_nobody_turns_in_circles(
    echo: Echo,
) -> None:
    listener = FullHouse()
    full = HttpServer(echo, listener, 1000)
    thread = threading.Thread(target=full.run)
    thread.start()
    began = time.monotonic()
    with dial(full) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert listener.looked_thrice.wait(60)
        assert time.monotonic() - began > 2 * connections._BREATH - 0.01
        listener.is_full = False
        assert line.recv(1000).startswith(b"HTTP/1.1 200 OK")
    full.stop()
    thread.join(60)


def test_half_a_request_is_no_request(server: HttpServer) -> None:
    assert say(server, ASK + b"Content-Length: 9\r\n\r\nhalf") == b""
    assert say(server) == b""


def test_what_is_being_answered_is_answered_before_the_server_stops(
    server: HttpServer, echo: Echo
) -> None:
    with dial(server) as silent, dial(server) as line:
        line.sendall(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert echo.asked.wait(60)
        stopping = threading.Thread(target=server.stop, args=(60.0,))
        stopping.start()
        assert silent.recv(1) == b""
        echo.go.set()
        assert line.recv(1000).startswith(b"HTTP/1.1 200 OK")
        stopping.join(60)
        assert line.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_a_server_that_never_ran_lets_go_of_its_port(echo: Echo) -> None:
    never = HttpServer(echo, socket.create_server(("127.0.0.1", free_port())), 1000)
    never.close()
    never.run()
    with pytest.raises(ConnectionRefusedError):
        dial(never)
