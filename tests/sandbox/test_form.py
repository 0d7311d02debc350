"""Form bodies, read the way Stripe reads them."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from marketplace.sandbox.errors import Invalid
from marketplace.sandbox.form import decode


def test_plain_nested_and_indexed_keys() -> None:
    text = "amount=100&card[number]=42&items[0][price]=a&items[1][price]=b&metadata[0]=x"
    assert decode(text) == {
        "amount": "100",
        "card": {"number": "42"},
        "items": {"0": {"price": "a"}, "1": {"price": "b"}},
        "metadata": {"0": "x"},
    }


def test_empty_brackets_append_as_curl_users_write_them() -> None:
    assert decode("expand[]=a&expand[]=b") == {"expand": {"0": "a", "1": "b"}}


def test_empty_brackets_with_fields_fill_one_element_until_a_field_comes_again() -> None:
    assert decode("i[][a]=1&i[][b]=2&i[][a]=3") == {
        "i": {"0": {"a": "1", "b": "2"}, "1": {"a": "3"}}
    }


def test_the_last_of_two_values_wins() -> None:
    assert decode("a=1&a=2") == {"a": "2"}


@pytest.mark.parametrize(
    "text",
    [
        "a[b=1",
        "a]b=1",
        "=1",
        "[a]=1",
        "a=1&a[b]=2",
        "a[b]=2&a=1",
        "a=%ff",
        "a" + "[b]" * 5000 + "=1",
        "&".join(f"a{n}=1" for n in range(5000)),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text)


names = st.text("abcdefgh_", min_size=1, max_size=8)
values = st.text(st.characters(codec="utf-8"), max_size=12)
parameters = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(names, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def as_decoded(value: object) -> object:
    """Lists become hashes with the keys 0, 1, 2…: the schema turns them back."""
    if isinstance(value, list):
        return {str(n): as_decoded(item) for n, item in enumerate(value)}
    if isinstance(value, dict):
        return {key: as_decoded(item) for key, item in value.items()}
    return value


@given(st.dictionaries(names, parameters, max_size=4))
def test_whatever_the_sdk_encodes_comes_back(params: dict[str, Any]) -> None:
    pairs = list(_api_encode(params))
    text = "&".join(f"{quote_plus(key)}={quote_plus(str(value))}" for key, value in pairs)
    assert decode(text) == as_decoded(params)


@given(st.text(max_size=60))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(decode(text), dict)
