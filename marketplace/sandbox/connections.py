"""The sandbox's HTTP server: a thread for each connection, from the first byte to the last.

What HTTP is (limits, chunks, what keeps a connection open) is read and written by waitress's
parser and tasks. What is ours is who does the work: waitress hands every request from the thread
that reads to one of those that answer, and back, which takes longer than most answers of the
sandbox. Here a connection is one thread's from beginning to end, which suits a few clients that
stay; a proxy in front of thousands is none of its business. An answer leaves in one piece.

Each connection is an open file to the system, which allows a program only so many. When there are
no more, those who call wait in line until somebody hangs up.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import InternalServerError

log = logging.getLogger("sandbox.connections")
_MOST = 1000
_SILENCE = 120.0
"""Seconds after which a caller who says nothing, or hears nothing, is given up."""
_CHUNK = 65_536
_FAREWELL = 1.0
_BREATH = 0.1
"""Seconds between two looks whether there are files again, should nobody have hung up."""


class HttpServer:
    """A WSGI program on one socket."""

    def __init__(
        self, application: Callable[..., Any], listener: socket.socket, most_bytes: int
    ) -> None:
        """`listener` is bound and listens; bodies of `most_bytes` and more are refused."""
        self.application = application
        self.server_name, self.effective_port = listener.getsockname()[:2]
        self.adj = Adjustments(
            ident=None, max_request_body_size=most_bytes, log_socket_errors=False
        )
        self._listener = listener
        self._bell, self._rope = socket.socketpair()
        self._lock = threading.Lock()
        self._open: dict[Connection, threading.Thread] = {}
        self._room = threading.Event()
        self.is_over = False
        self._runs = False
        listener.settimeout(0)

    def run(self) -> None:
        """Answer until `stop` or `close`."""
        with self._lock:
            if self.is_over:
                return
            self._runs = True
        with self._bell, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._bell, selectors.EVENT_READ)
            while not self.is_over:
                selector.select()
                self._room.clear()
                try:
                    line, caller = self._listener.accept()
                except (BlockingIOError, ConnectionAbortedError):
                    continue  # the bell, or somebody who hung up again
                except OSError:
                    # Out of files. The caller stays in line, so `select` would not wait for one.
                    self._room.wait(_BREATH)
                    continue
                self._welcome(line, caller)

    def _welcome(self, line: socket.socket, caller: tuple[Any, ...]) -> None:
        connection = Connection(self, line, caller)
        thread = threading.Thread(target=self._attend, args=(connection,), daemon=True)
        with self._lock:
            if self.is_over or len(self._open) >= _MOST:
                line.close()
                return
            self._open[connection] = thread
            try:
                thread.start()
            except RuntimeError:
                log.exception("there is no thread left for a caller")
                del self._open[connection]
                line.close()

    def _attend(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            connection.close()
            with self._lock:
                self._open.pop(connection, None)
            self._room.set()

    def stop(self, patience: float = 5.0) -> None:
        """Finish what is being answered, then close every socket.

        `patience`: seconds, after which those who are still at it are left alone.
        """
        self._end(socket.SHUT_RD)
        end = time.monotonic() + patience
        with self._lock:
            threads = list(self._open.values())
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.close()

    def close(self) -> None:
        """Let go of every socket, answered or not."""
        self._end(socket.SHUT_RDWR)

    def _end(self, how: int) -> None:
        with self._lock:
            self.is_over = True
            self._room.set()
            self._listener.close()
            self._rope.close()
            if not self._runs:
                self._bell.close()
            for connection in self._open:
                connection.end(how)


class Connection:
    """One caller, and what waitress's tasks want to know of the channel that they write to."""

    def __init__(self, server: HttpServer, line: socket.socket, caller: tuple[Any, ...]) -> None:
        """`line` is the open socket, `caller` the address at its other end."""
        self.server = server
        self.adj = server.adj
        self.addr = caller
        self._line = line
        self._rest = b""
        self._answer: list[bytes] = []
        self._is_head = self._has_head = False
        line.settimeout(_SILENCE)
        with contextlib.suppress(OSError):  # some systems refuse once the caller is gone
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self) -> None:
        """Answer one request after the other, until either side has had enough."""
        with contextlib.suppress(OSError, ClientDisconnected):
            while (request := self._read()) is not None:
                with contextlib.closing(request):
                    ends = self._do(request)
                    self._send()
                if request.error:
                    self._hear_out()
                if ends or self.server.is_over:
                    return

    def _read(self) -> HTTPRequestParser | None:
        """The next request once all of it is there; None when there will be none."""
        request = HTTPRequestParser(self.adj)
        data, self._rest = self._rest, b""
        try:
            while data or (data := self._line.recv(_CHUNK)):
                data = data[request.received(data) :]
                if request.completed and not request.empty:
                    self._rest = data
                    return request
                if request.completed:
                    request = HTTPRequestParser(self.adj)
                elif request.expect_continue and request.headers_finished and not data:
                    request.expect_continue = False
                    self._line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        finally:
            if not request.completed:
                request.close()  # half of a long body lies in a file
        return None

    def _do(self, request: HTTPRequestParser) -> bool:
        """Have the request answered; whether the connection ends with that."""
        # What could not be read has no command.
        self._is_head, self._has_head = getattr(request, "command", "") == "HEAD", False
        task = (ErrorTask if request.error else WSGITask)(self, request)
        try:
            task.service()
        except ClientDisconnected:
            raise
        except Exception:
            log.exception("a request went wrong")
            if not task.wrote_header:
                request.error = InternalServerError("The sandbox itself failed; see its log.")
                ErrorTask(self, request).service()
            return True
        return bool(task.close_on_finish)

    def write_soon(self, data: bytes) -> int:
        """A task's next piece of the answer: its head, then its body, which `HEAD` is not sent."""
        if self._is_head and self._has_head:
            return len(data)
        self._has_head = True
        self._answer.append(data)
        if len(data) > _CHUNK:
            self._send()
        return len(data)

    def _send(self) -> None:
        self._line.sendall(b"".join(self._answer))
        self._answer.clear()

    def _hear_out(self) -> None:
        """Let a refused caller finish: a socket closed on words unread takes the answer back."""
        self._line.shutdown(socket.SHUT_WR)
        end = time.monotonic() + _FAREWELL
        self._line.settimeout(_FAREWELL)
        while time.monotonic() < end and self._line.recv(_CHUNK):
            pass

    def check_client_disconnected(self) -> bool:
        """Whether the caller went away; it is not looked for while an answer is being made."""
        return False

    def end(self, how: int) -> None:
        """Hear nothing more (`SHUT_RD`), or say nothing more either (`SHUT_RDWR`)."""
        with contextlib.suppress(OSError):
            self._line.shutdown(how)

    def close(self) -> None:
        """Let go of the socket."""
        self._line.close()
