"""`python -m marketplace.sandbox`: run the local Stripe until Ctrl-C.

With a first argument `onboard`, `pay`, `advance` or `reset` it acts on a running one instead; see
`hands`.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from . import hands
from .program import Sandbox
from .server import Server, serve


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve; answers the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and (arguments[0] in hands.COMMANDS or arguments[0].startswith("--sandbox")):
        return hands.main(arguments)
    options = _parser().parse_args(arguments)
    host = f"[{options.host}]" if ":" in options.host else options.host
    base_url = f"http://{host}:{options.port}"
    with contextlib.ExitStack() as stack:
        try:
            logging.basicConfig(
                level=os.environ.get("LOG_LEVEL", "WARNING").upper(),
                format="%(asctime)s %(name)s %(levelname)s %(message)s",
            )
            folder = Path(options.data)
            folder.mkdir(parents=True, exist_ok=True)
            sandbox = Sandbox(folder / "sandbox.sqlite3", base_url)
            stack.callback(sandbox.stop)
            http = serve(Server(sandbox), options.host, options.port)
        except (OSError, ValueError, sqlite3.Error) as problem:
            sys.stderr.write(f"The sandbox cannot start on {base_url}: {problem}\n")
            return 2
        stack.callback(http.stop)
        stack.callback(sandbox.trouble.clear)  # at first: whoever is kept waiting is let go
        stack.enter_context(contextlib.suppress(KeyboardInterrupt, SystemExit))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        sandbox.start()
        if options.tied:
            threading.Thread(target=_follow, name="tie", daemon=True).start()
        sys.stdout.write(f"The Stripe sandbox listens on {base_url}\n")
        sys.stdout.flush()
        http.run()
    return 0


def _follow() -> None:
    """End as by SIGTERM once nobody holds the other end of standard input any more."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="marketplace sandbox", description="Run the local Stripe until Ctrl-C."
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=os.environ.get("SANDBOX_PORT", "12111"))
    parser.add_argument("--data", default=os.environ.get("DATA_DIR", "data"), help="a folder")
    parser.add_argument(
        "--tied", action="store_true", help="stop when standard input ends: when the parent is gone"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
