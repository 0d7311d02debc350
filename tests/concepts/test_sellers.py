"""Sellers and their accounts: made once whatever happens, and read anew after every event."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import stripe as sdk
from flask import Flask
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, dashboards, onboarding, people, sellers
from marketplace.accounts.applicant import MCC
from marketplace.database import phase
from marketplace.design import DEFAULT, AccountsApi, ChargeType
from marketplace.errors import Conflict, StripeRefused, StripeUnavailable
from marketplace.lifecycles import SellerState
from marketplace.models import AccountStatus, BankAccount, Seller
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.running import Running

BACK = onboarding.Addresses(
    return_url="http://127.0.0.1:4242/sell/onboarding/return",
    refresh_url="http://127.0.0.1:4242/sell/onboarding/refresh",
    page_url="http://127.0.0.1:4242/sell/onboarding",
)


@pytest.fixture
def stripe(sandbox: Running) -> StripeClient:
    """The SDK, at the sandbox."""
    return sandbox.client()


@pytest.fixture(params=AccountsApi)
def maria(request: pytest.FixtureRequest, session: orm.Session) -> Seller:
    """A seller who has opened a shop and nothing more; once for each Accounts API."""
    user = people.sign_up(
        session, email="maria@example.com", name="Maria", password="a good long sentence"
    )
    design = replace(DEFAULT, accounts_api=request.param)
    seller = sellers.open_shop(session, user, name="Maria's Mugs", country="US", design=design)
    session.commit()
    return seller


def state(seller: Seller) -> SellerState:
    """Where the seller stands now."""
    return seller.state


def accounts(stripe: StripeClient) -> list[str]:
    """The connected accounts at Stripe."""
    return [account.id for account in stripe.v1.accounts.list().data]


def asked(session: orm.Session, seller: Seller) -> None:
    """Leave the row as a program does that dies right after Stripe's answer."""
    with phase(session):
        seller.account_status = AccountStatus.REQUESTED


def onboarded(session: orm.Session, stripe: StripeClient, seller: Seller, **choices: str) -> Seller:
    """Send the seller through Stripe's pages and read the account afterwards."""
    hands.onboard(onboarding.start(session, stripe, seller, BACK), **choices)  # type: ignore[arg-type]
    assert seller.stripe_id
    found = sellers.refresh(session, stripe, seller.stripe_id)
    assert found is seller
    return found


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
        thread.join(30)
    assert len(found) == 1
    assert accounts(sandbox.client()) == list(found)


def test_no_transaction_is_open_while_stripe_is_asked(
    sandbox: Running, session: orm.Session, maria: Seller
) -> None:
    paths = []

    class Watching(sdk.RequestsClient):
        def request(
            self,
            method: str,
            url: str,
            headers: Mapping[str, str] | None,
            post_data: Any = None,
            **more: Any,
        ) -> tuple[Any, int, Mapping[str, str]]:
            assert not session.in_transaction()
            paths.append(f"{method} {url.removeprefix(sandbox.url)}")
            return super().request(method, url, headers, post_data, **more)

    watched = StripeClient(
        sandbox.key,
        base_addresses={"api": sandbox.url},
        http_client=Watching(session=sandbox.http),
    )
    onboarded(session, watched, maria)
    account = maria.stripe_id
    called = [path.partition("?")[0] for path in paths]
    if maria.accounts_api is AccountsApi.V1:
        assert called == [
            "post /v1/accounts",
            "post /v1/account_links",
            f"get /v1/accounts/{account}",
        ]
    else:
        assert called == [
            "post /v2/core/accounts",
            "post /v2/core/account_links",
            f"get /v2/core/accounts/{account}",
            f"get /v1/accounts/{account}/external_accounts",
        ]


def test_a_seller_who_answers_everything_can_sell_and_has_a_bank(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria)
    assert maria.state is SellerState.NOTHING_DUE
    assert sellers.can_be_bought_from(maria)
    assert not [task for task in sellers.tasks(maria) if task.due.value != "later"]
    (bank,) = sellers.bank_accounts(session, maria)
    assert (bank.last4, bank.is_default, bank.currency) == ("6789", True, "usd")


def test_a_seller_who_leaves_early_and_comes_back_goes_on(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria, leave_at="bank")
    assert state(maria) is SellerState.DUE
    assert not maria.details_submitted
    assert not sellers.can_be_bought_from(maria)
    assert "A bank account for payouts" in [task.text for task in sellers.tasks(maria)]
    onboarded(session, stripe, maria)
    assert state(maria) is SellerState.NOTHING_DUE


def test_the_same_news_twice_changes_nothing(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria)
    before = [bank.id for bank in sellers.bank_accounts(session, maria)]
    sellers.refresh(session, stripe, maria.stripe_id or "")
    session.expire_all()
    assert state(maria) is SellerState.NOTHING_DUE
    assert [bank.id for bank in sellers.bank_accounts(session, maria)] == before


def test_what_was_asked_earlier_never_overwrites_what_was_asked_later(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    earlier = clock.now() - timedelta(minutes=5)
    sellers.ensure_account(session, stripe, maria)
    hands.onboard(onboarding.start(session, stripe, maria, BACK))
    account = maria.stripe_id or ""
    with clock.reading(lambda: earlier):
        sellers.refresh(session, stripe, account)
    assert state(maria) is SellerState.DUE
    sellers.refresh(session, stripe, account)
    assert state(maria) is SellerState.NOTHING_DUE


def test_an_account_that_was_read_after_the_event_came_is_not_read_again(
    session: orm.Session, stripe: StripeClient, sandbox: Running, maria: Seller
) -> None:
    account = onboarded(session, stripe, maria).stripe_id or ""
    base = "/v1/accounts" if maria.accounts_api is AccountsApi.V1 else "/v2/core/accounts"
    reads = f"{base}/{account}"

    def count() -> int:
        return sum((call.method, call.path) == ("GET", reads) for call in sandbox.server.calls)

    heard = clock.now()
    before = count()
    for _ in range(5):
        assert sellers.refresh(session, stripe, account, heard_at=heard) is maria
    assert count() == before + 1
    sellers.refresh(session, stripe, account, heard_at=clock.now())
    assert count() == before + 2, "a later event may tell of something newer"
    sellers.refresh(session, stripe, account)
    assert count() == before + 3, "a person who asks is answered with news"


def test_a_bank_account_that_is_gone_at_stripe_is_gone_here(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria)
    session.add(
        BankAccount(
            seller_id=maria.id, stripe_id="ba_old", last4="0000", currency="usd", country="US",
            status="new",
        )
    )  # fmt: skip
    session.commit()
    sellers.refresh(session, stripe, maria.stripe_id or "")
    assert [bank.last4 for bank in sellers.bank_accounts(session, maria)] == ["6789"]


def test_news_of_an_account_that_is_not_ours_ask_stripe_nothing(
    session: orm.Session, closed_port: int
) -> None:
    away = StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{closed_port}"})
    assert sellers.refresh(session, away, "acct_1Stranger") is None
    assert sellers.deauthorized(session, "acct_1Stranger") is None


def test_an_account_that_left_stays_gone_whatever_comes_late(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria)
    account = maria.stripe_id or ""
    with phase(session):
        sellers.deauthorized(session, account)
        left = maria.deauthorized_at
        sellers.deauthorized(session, account)
    sellers.refresh(session, stripe, account)
    assert state(maria) is SellerState.RESTRICTED
    assert maria.deauthorized_at == left
    assert not sellers.can_be_bought_from(maria)
    stripe.v1.accounts.delete(account)
    assert sellers.refresh(session, stripe, account) is maria
    assert maria.stripe_id == account


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({}, True),
        ({"state": SellerState.PAST_DUE, "payouts_enabled": False}, True),
        ({"transfers_active": False}, False),
        ({"state": SellerState.RESTRICTED}, False),
        ({"stripe_id": None}, False),
        ({"deauthorized_at": clock.now()}, False),
        ({"charges_enabled": False}, True),
        ({"charge_type": ChargeType.DIRECT}, True),
        ({"charge_type": ChargeType.DIRECT, "charges_enabled": False}, False),
        ({"charge_type": ChargeType.DIRECT, "capabilities": {"transfers": "active"}}, False),
    ],
)
def test_who_can_be_bought_from_follows_the_charge_type(
    session: orm.Session,
    changes: dict[str, Any],
    can: bool,  # noqa: FBT001
) -> None:
    assert sellers.can_be_bought_from(builders.seller(session, **changes)) is can


def test_every_link_is_fresh_and_none_is_kept(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    links = [onboarding.start(session, stripe, maria, BACK) for _ in range(2)]
    assert len(set(links)) == 2
    kept = session.execute(sa.select(Seller.__table__)).all()
    assert not any(link in str(row) for row in kept for link in links)


def test_a_seller_without_an_account_gets_no_link(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    with pytest.raises(Conflict):
        onboarding.hosted.link(session, stripe, maria, BACK)
    with pytest.raises(Conflict):
        dashboards.express_link(stripe, maria)


def test_the_express_dashboard_opens_when_the_details_are_complete_and_not_before(
    session: orm.Session, stripe: StripeClient, maria: Seller
) -> None:
    onboarded(session, stripe, maria, leave_at="bank")
    with pytest.raises(Conflict):
        dashboards.express_link(stripe, maria)
    onboarded(session, stripe, maria)
    links = {dashboards.express_link(stripe, maria) for _ in range(2)}
    assert len(links) == 2


def test_the_platforms_list_is_paged_and_counted_by_state(session: orm.Session) -> None:
    made = [builders.seller(session, f"Shop {number}").id for number in range(4)]
    builders.seller(session, "Late", state=SellerState.PAST_DUE)
    first = sellers.page(session, limit=3)
    rest = sellers.page(session, before=first[-1].id, limit=3)
    assert [row.id for row in [*first, *rest]][1:] == made[::-1]
    assert [row.shop_name for row in sellers.page(session, state=SellerState.PAST_DUE)] == ["Late"]
    counts = sellers.count_by_state(session)
    assert counts[SellerState.NOTHING_DUE] == 4
    assert counts[SellerState.RESTRICTED] == 0
    assert set(counts) == set(SellerState)
