"""The suffix on a bank statement, under Stripe's limits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.charges import descriptor


@pytest.mark.parametrize(
    ("shop", "suffix"),
    [
        ("Bea's Bowls", "BEAS BOWLS"),
        ("Café Zürich & Söhne", "CAFE"),
        ("Kaleidoscopes of Kent", "KALEIDOSCO"),
        ("24 h", "24 H"),
        ("24/7", None),
        ("北京茶館", None),
        ("<*\\>\"'", None),
        ("", None),
    ],
)
def test_a_shop_is_named_in_ten_characters(shop: str, suffix: str | None) -> None:
    assert descriptor.suffix(shop) == suffix


@given(st.text(max_size=80))
def test_whatever_a_shop_is_called_stripe_takes_the_suffix(shop: str) -> None:
    suffix = descriptor.suffix(shop)
    if suffix is None:
        return
    assert len(suffix) <= 22 - len("* ") - 10  # the longest prefix has ten
    assert suffix.isascii()
    assert re.search("[A-Z]", suffix)
    assert not set(suffix) & set("<>\\'\"*")
    assert suffix == suffix.strip()
