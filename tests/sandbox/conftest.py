"""What the tests of the sandbox share; the sandbox itself comes from `tests/running.py`."""

from collections.abc import Iterator

import pytest

from tests.running import Running

from .receiver import Receiver

__all__ = ["Running"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that hears webhooks."""
    hears = Receiver()
    hears.start()
    yield hears
    hears.stop()
