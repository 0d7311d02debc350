"""What each shop is worth of a charge that settled in another currency: nothing is lost or made."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from marketplace import clock, transfers
from marketplace.charges import fees
from marketplace.design import ChargeType
from marketplace.models import BalanceTransaction, OrderPart, Seller
from marketplace.money import Money
from marketplace.sandbox import hands
from marketplace.transfers import dividing, passing
from tests.till import Till

AMOUNTS = st.lists(st.integers(50, 5_000_000), min_size=1, max_size=6)


def parts_of(amounts: list[int], bps: int) -> list[OrderPart]:
    return [
        OrderPart(
            amount=amount,
            currency="eur",
            application_fee_amount=fees.commission(Money(amount, "eur"), bps, 0).amount,
        )
        for amount in amounts
    ]


@given(amounts=AMOUNTS, bps=st.integers(0, 5_000), settled=st.integers(50, 50_000_000))
def test_shares_and_commission_are_together_what_settled(
    amounts: list[int], bps: int, settled: int
) -> None:
    parts = parts_of(amounts, bps)
    shares = dividing.shares(parts, BalanceTransaction(amount=settled, currency="usd"))
    sent = sum(share.amount for share in shares)
    kept = sum(part.application_fee_amount for part in parts)
    assert {share.currency for share in shares} == {"usd"}
    assert min(share.amount for share in shares) >= 0
    assert sent <= settled - kept * settled // sum(amounts)  # never into the commission
    for part, share in zip(parts, shares, strict=True):
        exact = (part.amount - part.application_fee_amount) * settled / sum(amounts)
        assert abs(share.amount - exact) <= 1


@given(amounts=AMOUNTS, bps=st.integers(0, 5_000))
def test_without_a_conversion_each_gets_exactly_what_was_agreed(
    amounts: list[int], bps: int
) -> None:
    parts = parts_of(amounts, bps)
    booked = BalanceTransaction(amount=sum(amounts), currency="eur")
    assert [share.amount for share in dividing.shares(parts, booked)] == [
        part.amount - part.application_fee_amount for part in parts
    ]


def looked_at(till: Till, wait: timedelta) -> int:
    """How many orders the sweep takes up when it comes so much later."""
    moment = clock.now() + wait
    with clock.reading(lambda: moment):
        return len(till.session.scalars(transfers.left_behind()).all())


@pytest.mark.parametrize(("settled", "swept"), [(1000, 1), (1, 0), (None, 1)])
def test_only_what_is_worth_nothing_is_left_alone_after_a_day(
    till: Till, monkeypatch: pytest.MonkeyPatch, settled: int | None, swept: int
) -> None:
    """Ten dollars that settle as one unit of something dearer leave nothing to pass on."""
    till.session.get_one(Seller, till.bowl.seller_id).charge_type = ChargeType.SEPARATE
    till.session.commit()
    order = till.place()
    hands.pay(till.start(order))
    for module in (transfers, passing):
        monkeypatch.setattr(module, "pass_on", lambda *_args: None)
    till.settle(order)
    values = {"amount": settled} if settled else {"source": "ch_elsewhere"}
    booked = BalanceTransaction.account.is_(None), BalanceTransaction.amount > 0
    changed = sa.update(BalanceTransaction).where(*booked).values(values)
    till.session.execute(changed)
    till.session.commit()
    assert looked_at(till, timedelta(hours=2)) == 1
    assert looked_at(till, timedelta(days=2)) == swept
