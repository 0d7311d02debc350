"""The whole road once more, with the rows in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace import database, ledger
from marketplace.config import Settings
from marketplace.lifecycles import OrderStatus, PayoutStatus
from marketplace.models import Order, Payout
from tests.journeys.conftest import Town
from tests.postgres import running


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own, migrated."""
    with running(tmp_path_factory.mktemp("postgres")) as url:
        database.upgrade(url)
        yield url


@pytest.fixture
def settings(settings: Settings, postgres: str) -> Settings:
    """The same marketplace; only the database differs."""
    return replace(settings, database_url=postgres)


def test_a_seller_onboards_sells_and_is_paid_out(town: Town, tmp_path: Path) -> None:
    (tmp_path / "marketplace.sqlite3").unlink()  # nobody falls back to it
    nadia = town.open_shop("Nadia", "Nadia weaves")
    town.offer(nadia, "Woven rug", "48.00", stock="1")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    assert "sold out" in town.browser("Cleo").open("/").follow("Woven rug").text.lower()
    nadia.open("/sell/orders").follow("Order 1").press("Mark as sent")
    town.advance(days=7)
    with town.database() as session:
        order, payout = session.query(Order).one(), session.query(Payout).one()
        assert order.status is OrderStatus.FULFILLED
        assert (payout.amount, payout.status) == (4320, PayoutStatus.PAID)
        assert ledger.check(session) == []
        assert session.get_bind().dialect.name == "postgresql"
    assert "$43.20" in nadia.open("/sell/money").text
