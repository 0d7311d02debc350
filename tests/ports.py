"""Ports for programs that bind them by themselves, so that no test can hold the socket for them."""

import os
import random
import socket

# Below the ports that the system hands out by itself, to whoever asks for any: in the moment
# between our look and the program's start, one of those would now and then be somebody else's.
# Each worker has a part of them for itself, and gives no port twice.
_WORKERS = 8
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_OURS = list(range(20_000 + _WORKER, 32_000, _WORKERS))
random.SystemRandom().shuffle(_OURS)  # another run of the tests may be under way beside this one


def free_port() -> int:
    """A loopback port that nobody uses, and nobody will who asks here."""
    while True:
        port = _OURS.pop()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
