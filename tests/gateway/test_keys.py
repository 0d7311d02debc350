"""Idempotency keys: one for each row, operation and generation."""

import pytest

from marketplace.gateway.keys import LONGEST, key


def test_the_same_row_gives_the_same_key_and_every_other_another() -> None:
    assert key("account", "a1b2c3d4") == key("account", "a1b2c3d4")
    made = [
        key("account", "a1b2c3d4"),
        key("account", "a1b2c3d5"),
        key("payout", "a1b2c3d4"),
        key("account", "a1b2c3d4", generation=1),
    ]
    assert len(set(made)) == 4


@pytest.mark.parametrize("token", ["", "1", "42", "with space", "ümläut-is-long", "a" * 201])
def test_a_row_number_or_free_text_makes_no_key(token: str) -> None:
    with pytest.raises(ValueError, match="random token"):
        key("account", token)


def test_a_key_is_not_longer_than_stripe_takes() -> None:
    with pytest.raises(ValueError, match=str(LONGEST)):
        key("o" * 100, "t" * 200)
