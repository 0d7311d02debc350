from .conftest import Running


def test_a_new_platform_has_an_empty_balance(sandbox: Running) -> None:
    balance = sandbox.client().v1.balance.retrieve()
    assert balance.available[0].amount == 0
    assert sandbox.sheet() == {"balances": {}, "faults": []}


def test_time_can_be_pushed_forward(sandbox: Running) -> None:
    before = sandbox.sandbox.clock.now()
    sandbox.advance(3600)
    assert sandbox.sandbox.clock.now() >= before + 3600
