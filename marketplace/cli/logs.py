"""What the program says while it runs: one line each on standard error, without secrets.

For a person at a terminal a line is plain; where the output goes to a file or a collector it is
JSON, one object a line. The rule that bites: a line may quote an address or an error that somebody
else wrote, so whatever looks like a key, a signing secret or a client secret is blotted out last of
all, where no caller can forget it.
https://docs.stripe.com/keys-best-practices
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

SECRET = re.compile(
    r"\b(?:(?:sk|rk)_(?:test|live)|whsec|accs_secret_|ephkey)_[A-Za-z0-9_]+"
    r"|\b(?:pi|seti|cs|src)_[A-Za-z0-9_]+_secret_[A-Za-z0-9]+"
)
BLOT = "(secret)"
# Libraries that tell more than anybody asked: every call and migration, and at every burst how many
# requests wait in the queue, which is what it is for.
CHATTY = {
    "alembic": logging.WARNING,
    "stripe": logging.WARNING,
    "waitress.queue": logging.ERROR,
}


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send everything from `level` on to `stream`, standard error by default; twice is once.

    Chatty libraries keep their small talk for DEBUG.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setLevel(level)
    handler.setFormatter(_Plain() if out.isatty() else _Json())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in CHATTY.items():
        logging.getLogger(name).setLevel(logging.NOTSET if level == "DEBUG" else least)


def blotted(text: str) -> str:
    """The same without anything that opens a door."""
    return SECRET.sub(BLOT, text)


class _Plain(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return blotted(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": blotted(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = blotted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
