"""Charges of all three types, what they leave on whose balance, and the way back."""

import pytest
import stripe

from .conftest import Stripe


# https://docs.stripe.com/api/balance_transactions/object
def test_a_charge_leaves_its_net_amount(platform: Stripe) -> None:
    intent = platform.pay(expand=["latest_charge.balance_transaction"])
    assert (intent.status, intent.amount_received) == ("succeeded", 10_000)
    entry = intent.latest_charge.balance_transaction
    assert entry.amount == 10_000
    assert 0 < entry.fee < 10_000
    assert entry.net == entry.amount - entry.fee
    assert sum(line.amount for line in entry.fee_details) == entry.fee


# https://docs.stripe.com/declines
def test_a_declined_card_says_why_and_leaves_the_intent_open(platform: Stripe) -> None:
    with pytest.raises(stripe.CardError) as caught:
        platform.pay(card="pm_card_visa_chargeDeclinedInsufficientFunds")
    error = caught.value.error
    assert error is not None
    assert (caught.value.http_status, error.code) == (402, "card_declined")
    assert error.decline_code == "insufficient_funds"
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_payment_method"


# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
def test_an_amount_below_the_minimum_is_refused(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.pay(49)
    assert caught.value.code == "amount_too_small"


# https://docs.stripe.com/payments/3d-secure
def test_a_card_may_ask_for_a_challenge(platform: Stripe) -> None:
    back = "https://example.com/back"
    intent = platform.pay(card="pm_card_threeDSecure2Required", return_url=back)
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == back


# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
def test_a_hold_is_captured_in_part_and_the_rest_let_go(platform: Stripe) -> None:
    held = platform.pay(capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 10_000)
    params: stripe.params.PaymentIntentCaptureParams = {"amount_to_capture": 6_000}
    taken = platform.client.v1.payment_intents.capture(held.id, params)
    assert (taken.status, taken.amount_received) == ("succeeded", 6_000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.payment_intents.cancel(held.id)
    assert caught.value.code == "payment_intent_unexpected_state"


# https://docs.stripe.com/connect/direct-charges
def test_a_direct_charge_lives_at_the_seller_and_pays_an_application_fee(platform: Stripe) -> None:
    seller = platform.seller()
    intent = platform.pay(on=seller, application_fee_amount=1_000)
    charge = intent.latest_charge
    assert charge.application_fee_amount == 1_000
    fee = platform.client.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.account, fee.charge) == (1_000, seller, charge.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.charges.retrieve(charge.id)
    assert caught.value.code == "resource_missing"


# https://docs.stripe.com/connect/destination-charges
def test_a_destination_charge_transfers_everything_and_takes_its_fee_back(
    platform: Stripe,
) -> None:
    seller = platform.seller()
    intent = platform.pay(transfer_data={"destination": seller}, application_fee_amount=1_000)
    charge = intent.latest_charge
    transfer = platform.client.v1.transfers.retrieve(charge.transfer)
    assert (transfer.amount, transfer.destination) == (10_000, seller)
    assert transfer.source_transaction == charge.id
    fee = platform.client.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.account) == (1_000, seller)
    payment = platform.client.v1.charges.retrieve(
        str(transfer.destination_payment),
        {"expand": ["balance_transaction"]},
        {"stripe_account": seller},
    )
    assert payment.source_transfer == transfer.id
    assert payment.balance_transaction.net == 9_000  # type: ignore[union-attr]


def test_a_destination_charge_may_transfer_a_part_instead(platform: Stripe) -> None:
    target = {"destination": platform.seller(), "amount": 8_770}
    charge = platform.pay(transfer_data=target).latest_charge
    assert charge.application_fee_amount is None
    assert platform.client.v1.transfers.retrieve(charge.transfer).amount == 8_770


# https://docs.stripe.com/connect/separate-charges-and-transfers
def test_a_separate_transfer_is_funded_by_its_charge_and_bound_by_it(platform: Stripe) -> None:
    charge = platform.pay(transfer_group=platform.run).latest_charge.id
    params: stripe.params.TransferCreateParams = {
        "amount": 6_000,
        "currency": "usd",
        "destination": platform.seller(),
        "source_transaction": charge,
    }
    made = platform.client.v1.transfers.create(params)
    assert (made.source_transaction, made.transfer_group) == (charge, platform.run)
    with pytest.raises(stripe.InvalidRequestError):
        platform.client.v1.transfers.create(params)


def test_a_transfer_without_money_is_refused(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.transfers.create(
            {"amount": 10**8 - 1, "currency": "usd", "destination": platform.seller()}
        )
    assert caught.value.code == "balance_insufficient"


# https://docs.stripe.com/api/transfer_reversals
def test_a_transfer_is_reversed_at_most_wholly(platform: Stripe) -> None:
    charge = platform.pay(transfer_data={"destination": platform.seller()}).latest_charge
    reversals = platform.client.v1.transfers.reversals
    part = reversals.create(charge.transfer, {"amount": 4_000})
    assert (part.amount, part.transfer) == (4_000, charge.transfer)
    with pytest.raises(stripe.InvalidRequestError):
        reversals.create(charge.transfer, {"amount": 6_001})
    reversals.create(charge.transfer)
    transfer = platform.client.v1.transfers.retrieve(charge.transfer)
    assert (transfer.amount_reversed, transfer.reversed) == (10_000, True)


# https://docs.stripe.com/refunds
def test_a_charge_is_refunded_at_most_wholly(platform: Stripe) -> None:
    charge = platform.pay().latest_charge.id
    refund = platform.client.v1.refunds.create({"charge": charge, "amount": 4_000})
    assert (refund.status, refund.amount) == ("succeeded", 4_000)
    with pytest.raises(stripe.InvalidRequestError):
        platform.client.v1.refunds.create({"charge": charge, "amount": 6_001})
    platform.client.v1.refunds.create({"charge": charge})
    found = platform.client.v1.charges.retrieve(charge)
    assert (found.amount_refunded, found.refunded) == (10_000, True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.refunds.create({"charge": charge})
    assert caught.value.code == "charge_already_refunded"


# https://docs.stripe.com/connect/destination-charges#issue-refunds
def test_a_refund_takes_transfer_and_fee_back_in_proportion_when_asked(platform: Stripe) -> None:
    seller = platform.seller()
    charge = platform.pay(
        transfer_data={"destination": seller}, application_fee_amount=1_000
    ).latest_charge
    platform.client.v1.refunds.create(
        {
            "charge": charge.id,
            "amount": 5_000,
            "reverse_transfer": True,
            "refund_application_fee": True,
        }
    )
    assert platform.client.v1.transfers.retrieve(charge.transfer).amount_reversed == 5_000
    fee = platform.client.v1.application_fees.retrieve(charge.application_fee)
    assert fee.amount_refunded == 500


def test_a_plain_refund_leaves_the_transfer_alone(platform: Stripe) -> None:
    charge = platform.pay(transfer_data={"destination": platform.seller()}).latest_charge
    platform.client.v1.refunds.create({"charge": charge.id})
    assert platform.client.v1.transfers.retrieve(charge.transfer).amount_reversed == 0
