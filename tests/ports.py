"""Ports for programs that bind them by themselves, so that no test can hold the socket for them."""

import random
import socket

# Below the ports that the system hands out by itself, to whoever asks for any: in the moment
# between our look and the program's start, one of those would now and then be somebody else's.
_OURS = range(20_000, 32_000)
_chance = random.SystemRandom()  # pytest-randomly gives all workers the same seed


def free_port() -> int:
    """A loopback port that nobody uses."""
    while True:
        port = _chance.choice(_OURS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
