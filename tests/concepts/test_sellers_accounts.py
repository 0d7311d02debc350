"""A seller's account at Stripe is made once, whatever happens between the two programs."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, sellers
from marketplace.accounts.applicant import MCC
from marketplace.database import phase
from marketplace.design import AccountsApi
from marketplace.errors import StripeRefused, StripeUnavailable
from marketplace.lifecycles import SellerState
from marketplace.models import AccountStatus, Seller
from marketplace.web import context
from tests.running import Running


def accounts(stripe: StripeClient) -> list[str]:
    """The connected accounts at Stripe."""
    return [account.id for account in stripe.v1.accounts.list().data]


def asked(session: orm.Session, seller: Seller) -> None:
    """Leave the row as a program does that dies right after Stripe's answer."""
    with phase(session):
        seller.account_status = AccountStatus.REQUESTED


def test_an_account_is_made_once_and_carries_our_token(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    first = sellers.ensure_account(session, stripe, maria).stripe_id
    second = sellers.ensure_account(session, stripe, maria).stripe_id
    assert accounts(stripe) == [first] == [second]
    assert maria.account_status is AccountStatus.CREATED
    assert maria.state is SellerState.DUE
    account = stripe.v1.accounts.retrieve(first or "").to_dict()
    assert account["metadata"] == {"seller": maria.token}
    assert account["controller"]["stripe_dashboard"]["type"] == "express"
    name = account["business_profile"]["name"]
    assert name == "Maria's Mugs"
    if maria.accounts_api is AccountsApi.V1:  # of a recipient, v2 does not ask for it
        assert account["business_profile"]["mcc"] == MCC


def test_a_crash_between_stripes_answer_and_our_commit_brings_the_same_account_back(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    asked(session, maria)
    made = sellers.DOORS[maria.accounts_api].create(stripe, maria, None).stripe_id
    assert sellers.ensure_account(session, stripe, maria).stripe_id == made
    assert accounts(stripe) == [made]


def test_a_crash_so_long_ago_that_the_key_is_forgotten_is_found_by_our_token(
    sandbox: Running, session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    asked(session, maria)
    made = sellers.DOORS[maria.accounts_api].create(stripe, maria, None).stripe_id
    stripe.v1.accounts.create({"metadata": {"seller": "somebody-else"}})
    sandbox.advance(3 * 86_400)
    later = clock.now() + timedelta(days=3)
    with clock.reading(lambda: later):
        assert sellers.ensure_account(session, stripe, maria).stripe_id == made
    assert len(accounts(stripe)) == 2


def test_a_crash_before_the_call_was_ever_sent_makes_the_account_later(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    asked(session, maria)
    later = clock.now() + timedelta(days=3)
    with clock.reading(lambda: later):
        sellers.ensure_account(session, stripe, maria)
    assert accounts(stripe) == [maria.stripe_id]


def test_a_marketplace_that_moved_between_two_tries_still_finds_its_account(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    asked(session, maria)
    maria.created_at += timedelta(minutes=1)  # our clock is ahead of Stripe's
    session.commit()
    old = sellers.DOORS[maria.accounts_api].create(stripe, maria, "https://old.example.com/maria")
    sellers.ensure_account(session, stripe, maria, shop_url="https://new.example.com/maria")
    assert accounts(stripe) == [old.stripe_id] == [maria.stripe_id]


def test_an_answer_that_never_came_keeps_the_key_for_the_next_try(
    session: orm.Session, stripe: StripeClient, maria: Seller, closed_port: int
) -> None:
    token = maria.token
    away = StripeClient(
        "sk_test_nobody_listens",
        base_addresses={"api": f"http://127.0.0.1:{closed_port}"},
        max_network_retries=0,
    )
    with pytest.raises(StripeUnavailable):
        sellers.ensure_account(session, away, maria)
    assert (maria.account_status, maria.token) == (AccountStatus.REQUESTED, token)
    sellers.ensure_account(session, stripe, maria)
    assert accounts(stripe) == [maria.stripe_id]


def test_a_refusal_is_not_replayed_once_its_cause_is_repaired(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    token, maria.email = maria.token, "no address at all"
    session.commit()
    with pytest.raises(StripeRefused):
        sellers.ensure_account(session, stripe, maria)
    assert maria.account_status is AccountStatus.NONE
    assert maria.token != token
    maria.email = "maria@example.com"
    session.commit()
    sellers.ensure_account(session, stripe, maria)
    assert accounts(stripe) == [maria.stripe_id]


def test_a_start_clicked_twice_at_once_makes_one_account(
    app: Flask, sandbox: Running, maria: Seller
) -> None:
    barrier, found = threading.Barrier(2), set()

    def click() -> None:
        client = sandbox.client()
        with context.wiring(app).sessions() as session:
            mine = session.get_one(Seller, maria.id)
            session.commit()
            barrier.wait()
            for _ in range(20):
                try:
                    found.add(sellers.ensure_account(session, client, mine).stripe_id)
                except StripeUnavailable:  # 409: the other one is being answered this moment
                    continue
                break

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 1
    assert accounts(sandbox.client()) == list(found)
