"""What each shop is worth of a charge that settled in another currency: nothing is lost or made."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.charges import fees
from marketplace.models import BalanceTransaction, OrderPart
from marketplace.money import Money
from marketplace.transfers import passing

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
    shares = passing.shares(parts, BalanceTransaction(amount=settled, currency="usd"))
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
    assert [share.amount for share in passing.shares(parts, booked)] == [
        part.amount - part.application_fee_amount for part in parts
    ]
