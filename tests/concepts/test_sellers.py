"""What is known of a seller is read anew after every event, and says who can be bought from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, dashboards, onboarding, sellers
from marketplace.database import phase
from marketplace.design import AccountsApi, ChargeType
from marketplace.errors import Conflict
from marketplace.lifecycles import SellerState
from marketplace.models import BankAccount, Seller
from marketplace.sandbox import hands
from tests import builders
from tests.running import Running

BACK = onboarding.Addresses(
    return_url="http://127.0.0.1:4242/sell/onboarding/return",
    refresh_url="http://127.0.0.1:4242/sell/onboarding/refresh",
    page_url="http://127.0.0.1:4242/sell/onboarding",
)


def state(seller: Seller) -> SellerState:
    """Where the seller stands now."""
    return seller.state


def onboarded(session: orm.Session, stripe: StripeClient, seller: Seller, **choices: str) -> Seller:
    """Send the seller through Stripe's pages and read the account afterwards."""
    hands.onboard(onboarding.start(session, stripe, seller, BACK), **choices)  # type: ignore[arg-type]
    assert seller.stripe_id
    found = sellers.refresh(session, stripe, seller.stripe_id)
    assert found is seller
    return found


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
