"""The clock: always UTC, always with the zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from marketplace import clock


def test_now_carries_its_zone_and_can_be_stopped() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with clock.reading(lambda: noon):
        assert clock.now() == noon
    assert clock.now().tzinfo is UTC
    assert clock.now() != noon


def test_stripe_seconds_and_moments_are_the_same_thing() -> None:
    assert clock.from_unix(1_700_000_000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert clock.to_unix(clock.from_unix(1_700_000_000)) == 1_700_000_000
    assert clock.to_unix(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0


def test_a_naive_moment_has_no_unix_second() -> None:
    with pytest.raises(ValueError, match="zone"):
        clock.to_unix(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_v2_writes_moments_as_text() -> None:
    read = clock.from_rfc3339("2026-11-21T10:00:00.000Z")
    assert read == datetime(2026, 11, 21, 10, tzinfo=UTC)
