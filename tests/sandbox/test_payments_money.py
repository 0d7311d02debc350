"""To the cent, on both sides: the documentation's example of 10.00 with a fee of 1.23."""

import pytest
import stripe

from .conftest import Running
from .merchants import SELLER_PAYS, moves, net, pay, seller, told


def test_a_direct_charge_of_a_seller_who_pays_the_fees(sandbox: Running) -> None:
    nora = seller(sandbox, controller=SELLER_PAYS)
    pay(sandbox, on=nora, application_fee_amount=123)
    assert moves(sandbox, nora) == [("charge", 1000, 182, 818, "usd")]
    assert moves(sandbox) == [("application_fee", 123, 0, 123, "usd")]


def test_a_direct_charge_of_a_seller_whose_fees_the_platform_pays(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, on=nora, application_fee_amount=123)
    assert moves(sandbox, nora) == [("charge", 1000, 123, 877, "usd")]
    assert sorted(moves(sandbox)) == [
        ("application_fee", 123, 0, 123, "usd"),
        ("stripe_fee", -59, 0, -59, "usd"),
    ]
    assert net(sandbox) == 64


@pytest.mark.parametrize("kind", ["express", "custom"])
def test_sellers_of_the_legacy_types_pay_their_own_fees(sandbox: Running, kind: str) -> None:
    nora = seller(sandbox, type=kind)
    pay(sandbox, on=nora, application_fee_amount=123)
    assert moves(sandbox, nora) == [("charge", 1000, 182, 818, "usd")]
    assert net(sandbox) == 123


def test_a_destination_charge_with_an_application_fee(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, transfer_data={"destination": nora}, application_fee_amount=123)
    assert moves(sandbox, nora) == [("payment", 1000, 123, 877, "usd")]
    assert moves(sandbox) == [
        ("charge", 1000, 59, 941, "usd"),
        ("transfer", -1000, 0, -1000, "usd"),
        ("application_fee", 123, 0, 123, "usd"),
    ]
    assert net(sandbox) == 64


def test_a_destination_charge_that_names_the_transferred_amount(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, transfer_data={"destination": nora, "amount": 877})
    assert moves(sandbox, nora) == [("payment", 877, 0, 877, "usd")]
    assert net(sandbox) == 64


def test_one_separate_charge_for_two_sellers(sandbox: Running) -> None:
    nora, omar = seller(sandbox), seller(sandbox)
    charge = pay(sandbox, 10000).latest_charge
    client = sandbox.client()
    for account, amount in ((nora, 7000), (omar, 2000)):
        client.v1.transfers.create(
            {
                "amount": amount,
                "currency": "usd",
                "destination": account,
                "source_transaction": charge.id,
            }
        )
    assert moves(sandbox, nora) == [("payment", 7000, 0, 7000, "usd")]
    assert moves(sandbox, omar) == [("payment", 2000, 0, 2000, "usd")]
    assert moves(sandbox)[0] == ("charge", 10000, 320, 9680, "usd")
    assert net(sandbox) == 680


def test_the_objects_of_a_destination_charge_point_at_each_other(sandbox: Running) -> None:
    nora = seller(sandbox)
    intent = pay(sandbox, transfer_data={"destination": nora}, application_fee_amount=123)
    charge = intent.latest_charge
    client = sandbox.client()
    transfer = client.v1.transfers.retrieve(charge.transfer)
    payment = client.v1.charges.retrieve(
        str(transfer.destination_payment), options={"stripe_account": nora}
    )
    fee = client.v1.application_fees.retrieve(charge.application_fee, {"expand": ["application"]})
    assert isinstance(fee.application, stripe.Application)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.application_fees.retrieve(fee.id, {"expand": ["amount"]})
    assert charge.transfer_group == transfer.transfer_group == f"group_{intent.id}"
    assert transfer.source_transaction == fee.originating_transaction == charge.id
    assert payment.source_transfer == transfer.id
    assert payment.id.startswith("py_")
    assert fee.charge == payment.id
    assert fee.account == nora
    assert fee.fee_source is not None
    assert fee.fee_source.type == "charge"


def test_a_destination_charge_is_told_in_order(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, transfer_data={"destination": nora}, application_fee_amount=123)
    assert told(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "transfer.created",
        "application_fee.created",
    ]
    assert told(sandbox, nora) == []


def test_a_direct_charge_is_told_to_the_seller_and_its_fee_to_the_platform(
    sandbox: Running,
) -> None:
    nora = seller(sandbox)
    pay(sandbox, on=nora, application_fee_amount=123)
    assert told(sandbox) == ["application_fee.created"]
    assert told(sandbox, nora) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_money_is_available_after_two_business_days_and_not_before(sandbox: Running) -> None:
    pay(sandbox)
    client = sandbox.client()
    balance = client.v1.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (941, 0)
    sandbox.advance(5 * 86_400)
    balance = client.v1.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (0, 941)


def test_the_card_that_bypasses_pending_is_available_at_once(sandbox: Running) -> None:
    pay(sandbox, card="pm_card_bypassPending")
    assert sandbox.client().v1.balance.retrieve().available[0].amount == 941


def test_a_transfer_without_a_source_needs_available_money(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox)
    client = sandbox.client()
    order = {"amount": 500, "currency": "usd", "destination": nora}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.create(order)  # type: ignore[arg-type]
    assert refusal.value.code == "balance_insufficient"
    pay(sandbox, card="pm_card_bypassPending")
    with pytest.raises(stripe.InvalidRequestError, match="bank account balance is too low"):
        client.v1.transfers.create(order | {"source_type": "bank_account"})  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: amount"):
        client.v1.transfers.create({"currency": "usd", "destination": nora})
    client.v1.transfers.create(order)  # type: ignore[arg-type]
    assert client.v1.balance.retrieve(options={"stripe_account": nora}).available[0].amount == 500


def test_transfers_of_one_charge_never_exceed_it(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(sandbox).latest_charge
    client = sandbox.client()

    def send(amount: int) -> stripe.Transfer:
        return client.v1.transfers.create(
            {
                "amount": amount,
                "currency": "usd",
                "destination": nora,
                "source_transaction": charge.id,
            }
        )

    send(900)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        send(101)
    assert refusal.value.param == "amount"
    send(100)
    with pytest.raises(stripe.InvalidRequestError):
        send(1)


def test_a_transfer_to_a_seller_without_the_capability_is_refused(sandbox: Running) -> None:
    omar = seller(sandbox, able=())
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, transfer_data={"destination": omar})
    assert refusal.value.code == "insufficient_capabilities_for_transfer"


def test_a_seller_without_card_payments_takes_no_direct_charge(sandbox: Running) -> None:
    omar = seller(sandbox, able=("transfers",))
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(sandbox, on=omar)
    assert refusal.value.code == "capability_not_active"


def test_a_sale_in_another_currency_is_converted_and_the_book_still_balances(
    sandbox: Running,
) -> None:
    greta = seller(sandbox, country="DE")
    pay(
        sandbox,
        10000,
        currency="eur",
        transfer_data={"destination": greta},
        application_fee_amount=1000,
    )
    assert moves(sandbox) == [
        ("charge", 11000, 459, 10541, "usd"),
        ("transfer", -11000, 0, -11000, "usd"),
        ("application_fee", 1000, 0, 1000, "eur"),
    ]
    assert moves(sandbox, greta) == [("payment", 10000, 1000, 9000, "eur")]
    assert sandbox.sheet()["faults"] == []


def test_a_sale_on_behalf_of_a_seller_settles_in_the_sellers_currency(sandbox: Running) -> None:
    greta = seller(sandbox, country="DE")
    pay(
        sandbox,
        10000,
        currency="eur",
        on_behalf_of=greta,
        transfer_data={"destination": greta},
    )
    assert moves(sandbox)[0][4] == "eur"
    assert moves(sandbox, greta) == [("payment", 10000, 0, 10000, "eur")]
