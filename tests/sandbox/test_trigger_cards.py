"""Trigger cards make what a seller still owes urgent."""

from typing import Any

import pytest

from .conftest import Running
from .merchants import pay
from .onboarded import custom

CARD = "pm_card_visa_trigger"


@pytest.mark.parametrize(
    ("card", "charges", "payouts"),
    [("NextRequirements", True, True), ("ChargeBlock", False, False), ("PayoutBlock", True, False)],
)
@pytest.mark.parametrize("way", ["direct", "on_behalf_of"])
def test_a_trigger_card_makes_requirements_due(
    sandbox: Running, card: str, way: str, *, charges: bool, payouts: bool
) -> None:
    ada = custom(sandbox).id
    more: Any = {"on": ada} if way == "direct" else {"on_behalf_of": ada}
    pay(sandbox, 1_000, CARD + card, **more)
    stopped = sandbox.client().v1.accounts.retrieve(ada)
    assert stopped.requirements is not None
    assert stopped.requirements.currently_due == ["individual.id_number"]
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (charges, payouts)


def test_a_destination_charge_triggers_nothing(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 1_000, f"{CARD}ChargeBlock", transfer_data={"destination": ada})
    assert sandbox.client().v1.accounts.retrieve(ada).charges_enabled


def test_the_platform_itself_owes_nothing(sandbox: Running) -> None:
    assert pay(sandbox, 1_000, f"{CARD}ChargeBlock").status == "succeeded"
