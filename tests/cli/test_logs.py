"""What the program says while it runs."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from marketplace.cli import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The test runner's own handlers and levels come back."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers[:], []
    levels = {name: logging.getLogger(name).level for name in (None, *logs.CHATTY)}
    yield
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_collector_gets_one_json_object_a_line() -> None:
    out = io.StringIO()
    logs.configure("INFO", out)
    logging.getLogger("marketplace.x").info("order %s is paid", 7)
    logging.getLogger("marketplace.x").debug("not worth a line")
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == (
        "INFO",
        "marketplace.x",
        "order 7 is paid",
    )
    assert told["time"].endswith("+00:00")


def test_a_person_gets_a_plain_line() -> None:
    out = Terminal()
    logs.configure("WARNING", out)
    logging.getLogger("marketplace.x").warning("Stripe does not answer")
    assert out.getvalue().endswith("WARNING marketplace.x: Stripe does not answer\n")


def test_the_level_that_is_set_decides() -> None:
    out = io.StringIO()
    logs.configure("ERROR", out)
    logging.getLogger("marketplace.x").warning("somebody came twice")
    assert out.getvalue() == ""


def test_set_up_twice_a_line_comes_once() -> None:
    out = io.StringIO()
    logs.configure("INFO", out)
    logs.configure("INFO", out)
    logging.getLogger("marketplace.x").info("once")
    assert len(out.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "secret",
    [
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "rk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "whsec_dac1183b0eac716fd7812f740b24772a",
        "pi_3Abc_secret_9Xyz",
        "cs_test_a1B2_secret_fidwb",
        "seti_1Abc_secret_9Xyz",
        "accs_secret__1Abc9Xyz",
    ],
)
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_what_opens_a_door_is_blotted_out_in_messages_and_in_traces(
    secret: str, stream: type[io.StringIO]
) -> None:
    out = stream()
    logs.configure("INFO", out)
    log = logging.getLogger("marketplace.x")
    log.info("the answer was %s.", secret)
    log.error("it went wrong", exc_info=ValueError(secret))
    assert secret not in out.getvalue()
    assert "ValueError: (secret)" in out.getvalue()
    assert "the answer was (secret)." in out.getvalue()


@pytest.mark.parametrize(("level", "lines"), [("INFO", 0), ("DEBUG", 2)])
def test_the_small_talk_of_libraries_is_for_debugging(level: str, lines: int) -> None:
    out = io.StringIO()
    logs.configure(level, out)
    logging.getLogger("waitress.queue").warning("Task queue depth is 9")
    logging.getLogger("stripe").info("Request to Stripe api")
    assert len(out.getvalue().splitlines()) == lines
