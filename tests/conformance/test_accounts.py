"""Connected accounts: made, asked for more, reached, left alone, paid out."""

from collections.abc import Callable

import pytest
import stripe

from .conftest import Stripe


# https://docs.stripe.com/connect/migrate-to-controller-properties
def test_an_account_has_the_controller_it_was_made_with(platform: Stripe) -> None:
    made = platform.client.v1.accounts.create(
        {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            }
        }
    )
    controller = made.controller
    assert controller is not None
    assert controller.requirement_collection == "stripe"
    assert controller.stripe_dashboard is not None
    assert controller.stripe_dashboard.type == "express"
    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (False,) * 3
    assert made.requirements is not None
    assert made.requirements.currently_due
    platform.client.v1.accounts.delete(made.id)


# https://docs.stripe.com/api/account_links
def test_an_account_link_lasts_for_minutes_and_is_no_object_of_its_own(platform: Stripe) -> None:
    account = platform.client.v1.accounts.create({"type": "express"}).id
    link = platform.client.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "refresh_url": "https://example.com/refresh",
            "return_url": "https://example.com/return",
        }
    )
    assert link.object == "account_link"
    assert 0 < link.expires_at - link.created < 3_600
    assert "id" not in link.to_dict()


def test_an_account_of_somebody_else_cannot_be_reached(platform: Stripe) -> None:
    with pytest.raises(stripe.PermissionError) as caught:
        platform.client.v1.accounts.retrieve("acct_1AAAAAAAAAAAAAAA")
    assert caught.value.http_status == 403


# https://docs.stripe.com/api/accounts/delete
def test_an_account_that_was_deleted_is_out_of_reach(platform: Stripe) -> None:
    account = platform.client.v1.accounts.create({"type": "express"}).id
    assert platform.client.v1.accounts.delete(account).to_dict()["deleted"] is True
    with pytest.raises(stripe.PermissionError):
        platform.client.v1.accounts.retrieve(account)


# https://docs.stripe.com/connect/account-capabilities
def test_a_seller_who_told_everything_has_active_capabilities(platform: Stripe) -> None:
    account = platform.client.v1.accounts.retrieve(platform.seller())
    assert account.capabilities is not None
    assert account.capabilities.transfers == "active"
    assert account.charges_enabled
    assert account.external_accounts is not None
    assert account.external_accounts.data[0].last4 == "6789"


def test_a_person_s_secrets_are_told_by_flags_only(platform: Stripe) -> None:
    account = platform.client.v1.accounts.retrieve(platform.seller()).to_dict()
    assert account["individual"]["ssn_last_4_provided"] is True
    assert "ssn_last_4" not in account["individual"]


# https://docs.stripe.com/connect/manual-payouts
def test_a_seller_is_paid_out_what_is_available_and_not_more(platform: Stripe) -> None:
    seller: stripe.RequestOptions = {"stripe_account": platform.seller()}
    platform.pay(5_000, "pm_card_bypassPending", on=seller["stripe_account"])

    def available() -> int:
        rows = platform.client.v1.balance.retrieve(options=seller).available
        return sum(row.amount for row in rows if row.currency == "usd")

    platform.until(lambda: available() >= 1_000)
    before = available()
    params: stripe.params.PayoutCreateParams = {"amount": 1_000, "currency": "usd"}
    payout = platform.client.v1.payouts.create(params, seller)
    assert (payout.amount, payout.automatic, payout.method) == (1_000, False, "standard")
    assert payout.status in {"pending", "in_transit", "paid"}
    assert available() == before - 1_000
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.payouts.create({"amount": 10**8 - 1, "currency": "usd"}, seller)
    assert caught.value.code == "balance_insufficient"


# https://docs.stripe.com/connect/testing#payouts
def test_a_payout_to_a_closed_bank_account_comes_back(
    platform: Stripe, advance: Callable[[int], None]
) -> None:
    account = platform.seller()
    options: stripe.RequestOptions = {"stripe_account": account}
    platform.pay(5_000, "pm_card_bypassPending", on=account)
    bank: stripe.params.AccountExternalAccountCreateParams = {
        "external_account": "btok_us_verified_accountClosed",
        "default_for_currency": True,
    }
    platform.client.v1.accounts.external_accounts.create(account, bank)
    made = platform.client.v1.payouts.create({"amount": 1_000, "currency": "usd"}, options)
    advance(7 * 86_400)
    payout = platform.client.v1.payouts.retrieve(made.id, options=options)
    assert (payout.status, payout.failure_code) == ("failed", "account_closed")
    assert payout.failure_balance_transaction is not None
