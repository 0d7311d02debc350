"""Disputes: the money goes, and sometimes comes back."""

import pytest
import stripe

from .conftest import Running
from .merchants import SELLER_PAYS, moves, net, pay, seller, told

DAY = 86_400


def only(sandbox: Running, intent: str, on: str | None = None) -> stripe.Dispute:
    options: stripe.RequestOptions = {"stripe_account": on} if on else {}
    page = sandbox.client().v1.disputes.list({"payment_intent": intent}, options)
    assert len(page.data) == 1
    return page.data[0]


def test_a_chargeback_withdraws_the_amount_and_a_fee(sandbox: Running) -> None:
    nora = seller(sandbox)
    intent = pay(sandbox, card="pm_card_createDispute", transfer_data={"destination": nora})
    dispute = only(sandbox, intent.id)
    assert (dispute.status, dispute.reason, dispute.is_charge_refundable) == (
        "needs_response",
        "fraudulent",
        False,
    )
    assert [(t.amount, t.fee) for t in dispute.balance_transactions] == [(-1000, 1500)]
    assert moves(sandbox)[-1] == ("adjustment", -1000, 1500, -2500, "usd")
    assert net(sandbox, nora) == 1000, "the transfer stays until the platform reverses it"
    assert told(sandbox)[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sandbox.client().v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"


def test_a_dispute_that_is_won_gives_the_amount_back_and_keeps_the_fee(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createDispute")
    client = sandbox.client()
    dispute = only(sandbox, intent.id)
    staged = client.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Bea"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    sent = client.v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (sent.status, sent.evidence.customer_name) == ("under_review", "Bea")
    sandbox.advance(60)
    won = client.v1.disputes.retrieve(dispute.id)
    assert won.status == "won"
    assert [t.amount for t in won.balance_transactions] == [-1000, 1000]
    assert net(sandbox) == 941 - 1500
    assert told(sandbox)[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


def test_a_dispute_that_is_lost_changes_nothing_more(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createDispute")
    client = sandbox.client()
    dispute = only(sandbox, intent.id)
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "losing_evidence"}})
    sandbox.advance(60)
    assert client.v1.disputes.retrieve(dispute.id).status == "lost"
    assert net(sandbox) == 941 - 2500


def test_a_dispute_nobody_answers_is_lost_at_its_deadline(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createDisputeProductNotReceived")
    dispute = only(sandbox, intent.id)
    assert dispute.reason == "product_not_received"
    sandbox.advance(11 * DAY)
    ended = only(sandbox, intent.id)
    assert (ended.status, ended.evidence_details.past_due) == ("lost", True)


def test_a_dispute_that_is_accepted_is_lost_at_once(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createDispute")
    client = sandbox.client()
    assert client.v1.disputes.close(only(sandbox, intent.id).id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(only(sandbox, intent.id).id)


def test_an_inquiry_takes_no_money_until_it_is_escalated(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createDisputeInquiry")
    dispute = only(sandbox, intent.id)
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert net(sandbox) == 941
    sandbox.client().v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    )
    sandbox.advance(60)
    assert only(sandbox, intent.id).status == "needs_response"
    assert net(sandbox) == 941 - 2500


def test_the_seller_pays_for_the_dispute_of_a_direct_charge(sandbox: Running) -> None:
    nora = seller(sandbox, controller=SELLER_PAYS)
    intent = pay(sandbox, card="pm_card_createDispute", on=nora)
    assert only(sandbox, intent.id, nora).status == "needs_response"
    assert net(sandbox, nora) == 941 - 2500
    assert net(sandbox) == 0


def test_the_platform_pays_the_dispute_fee_where_it_pays_stripes_fees(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, card="pm_card_createDispute", on=nora)
    assert net(sandbox, nora) == 0
    assert net(sandbox) == -59 - 1500


def test_a_charge_may_be_disputed_twice_in_halves(sandbox: Running) -> None:
    intent = pay(sandbox, 1001, card="pm_card_createMultipleDisputes")
    page = sandbox.client().v1.disputes.list({"payment_intent": intent.id})
    assert sorted(one.amount for one in page.data) == [500, 501]


def test_an_early_warning_only_warns(sandbox: Running) -> None:
    intent = pay(sandbox, card="pm_card_createIssuerFraudRecord")
    page = sandbox.client().v1.radar.early_fraud_warnings.list({"payment_intent": intent.id})
    assert [one.charge for one in page.data] == [intent.latest_charge.id]
    assert told(sandbox)[-1] == "radar.early_fraud_warning.created"
    assert net(sandbox) == 941
