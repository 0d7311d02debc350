"""Statuses move only along their tables."""

import pytest

from marketplace.errors import IllegalMove
from marketplace.lifecycles import (
    TABLES,
    InboxState,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    SellerState,
    Status,
    allowed,
    mermaid,
    move,
)

KINDS = sorted(TABLES, key=lambda kind: kind.__name__)


def test_every_status_has_a_table() -> None:
    assert set(Status.__subclasses__()) == set(TABLES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_a_row_for_every_status_and_no_move_to_where_it_is(kind: type[Status]) -> None:
    assert set(TABLES[kind]) == set(kind)
    assert all(state not in targets for state, targets in TABLES[kind].items())


@pytest.mark.parametrize("kind", KINDS)
def test_every_status_can_be_reached_from_the_first(kind: type[Status]) -> None:
    reached, todo = set(), [next(iter(kind))]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo.extend(TABLES[kind][state])
    assert reached == set(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_status_explains_itself_in_a_sentence(kind: type[Status]) -> None:
    assert all(state.sentence.endswith(".") for state in kind)
    assert len({state.sentence for state in kind}) == len(kind)


def test_a_paid_order_can_be_fulfilled_and_not_expire() -> None:
    assert move(OrderStatus, OrderStatus.PAID, OrderStatus.FULFILLED) is OrderStatus.FULFILLED
    with pytest.raises(IllegalMove) as refused:
        move(OrderStatus, OrderStatus.PAID, OrderStatus.EXPIRED)
    assert str(refused.value) == "OrderStatus: paid cannot become expired."


def test_a_fact_that_comes_twice_is_no_error() -> None:
    assert move(PaymentStatus, PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED)


def test_an_order_whose_payment_failed_can_be_tried_again() -> None:
    assert allowed(OrderStatus, OrderStatus.FAILED, OrderStatus.PAYING)


def test_a_bank_may_return_a_payout_that_was_paid() -> None:
    assert allowed(PayoutStatus, PayoutStatus.PAID, PayoutStatus.FAILED)
    assert not allowed(PayoutStatus, PayoutStatus.FAILED, PayoutStatus.PAID)


def test_a_seller_never_goes_back_to_before_the_account() -> None:
    assert all(SellerState.NOT_STARTED not in targets for targets in TABLES[SellerState].values())


def test_a_dead_event_can_be_replayed() -> None:
    assert move(InboxState, InboxState.DEAD, InboxState.NEW) is InboxState.NEW


def test_a_status_is_its_value_wherever_text_is_wanted() -> None:
    assert OrderStatus("paid") is OrderStatus.PAID
    assert f"{OrderStatus.PAID}" == str(OrderStatus.PAID) == "paid"


def test_the_graph_is_drawn_from_the_table() -> None:
    drawn = mermaid(PayoutStatus).splitlines()
    assert drawn[0] == "stateDiagram-v2"
    assert "    paid --> failed" in drawn
    assert "    failed --> [*]" in drawn
    assert sum("-->" in line for line in drawn) == 4 + 3 + 1 + 2
