"""The tree of errors is the tree that is drawn."""

import re

import pytest

from marketplace import errors
from marketplace.errors import MarketplaceError


def everybody(kind: type[MarketplaceError]) -> list[type[MarketplaceError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in everybody(child))]


def test_the_drawing_names_every_error_with_its_parent_and_status() -> None:
    drawn: dict[str, tuple[int, int]] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)([A-Z]\w+) +(\d{3})  ", line)
        if found:
            drawn[found[2]] = (len(found[1]) // 4, int(found[3]))
    real = {
        kind.__name__: (len(kind.__mro__) - len(MarketplaceError.__mro__), kind.http_status)
        for kind in everybody(MarketplaceError)
    }
    assert drawn == real


@pytest.mark.parametrize("kind", everybody(MarketplaceError))
def test_every_error_says_what_to_do(kind: type[MarketplaceError]) -> None:
    assert kind.advice.endswith((".", "?"))
    assert kind.advice[0].isupper()


def test_what_stripe_said_stays_with_the_operator() -> None:
    error = errors.StripeRefused(
        "No such account: acct_1", code="resource_missing", param="account", request_id="req_7"
    )
    assert "acct_1" not in str(error)
    assert error.for_operator() == (
        "StripeRefused: No such account: acct_1 (code resource_missing, param account, "
        "request req_7)"
    )


def test_a_sold_out_product_says_how_many_are_left() -> None:
    assert str(errors.SoldOut("Lamp", 0)) == "Lamp is sold out."
    assert str(errors.SoldOut("Lamp", 2)) == "Only 2 of Lamp left."
