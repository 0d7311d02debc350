"""What a platform does beside charging: settings, banks, sessions, top-ups, fees, endpoints."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from .conftest import Stripe

DAY = 86_400
# A picture of one white dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f80f"
    "00010101001bb6ee560000000049454e44ae426082"
)


def express(platform: Stripe, **more: Any) -> str:
    controller: Any = {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "stripe_dashboard": {"type": "express"},
    }
    params: Any = {"controller": controller, **more}
    return platform.client.v1.accounts.create(params).id


# https://docs.stripe.com/connect/migrate-to-controller-properties
@pytest.mark.parametrize(
    "controller",
    [
        {"losses": {"payments": "application"}, "fees": {"payer": "account"}},
        {"requirement_collection": "application", "stripe_dashboard": {"type": "express"}},
        {
            "stripe_dashboard": {"type": "none"},
            "losses": {"payments": "application"},
            "fees": {"payer": "application"},
            "requirement_collection": "stripe",
        },
    ],
)
def test_choices_that_exclude_each_other_are_refused(platform: Stripe, controller: Any) -> None:
    wanted: Any = {"transfers": {"requested": True}}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        platform.client.v1.accounts.create(
            {"controller": controller, "country": "US", "capabilities": wanted}
        )
    assert caught.value.http_status == 400


# https://docs.stripe.com/api/capabilities
def test_a_capability_is_an_object_of_its_own(platform: Stripe) -> None:
    account = express(platform, country="US")
    capabilities = platform.client.v1.accounts.capabilities
    asked = capabilities.update(account, "transfers", {"requested": True})
    assert (asked.id, asked.requested, asked.status) == ("transfers", True, "inactive")
    assert asked.requirements is not None
    assert asked.requirements.currently_due
    assert "transfers" in {one.id for one in capabilities.list(account).data}


# https://docs.stripe.com/api/persons
def test_people_of_a_company_come_and_go(platform: Stripe) -> None:
    account = express(platform, business_type="company", country="US")
    persons = platform.client.v1.accounts.persons
    person = persons.create(account, {"first_name": "Jenny", "relationship": {"owner": True}})
    assert persons.update(account, person.id, {"last_name": "Rosen"}).last_name == "Rosen"
    assert [one.id for one in persons.list(account).data] == [person.id]
    assert persons.delete(account, person.id).to_dict()["deleted"] is True


# https://docs.stripe.com/api/external_accounts
def test_a_second_bank_account_may_become_the_default(platform: Stripe) -> None:
    account = platform.seller()
    banks = platform.client.v1.accounts.external_accounts
    card: Any = {"external_account": "tok_visa_debit_us_transferSuccess"}
    second: Any = banks.create(account, card)
    assert (second.object, second.default_for_currency) == ("card", False)
    assert "instant" in second.available_payout_methods
    banks.update(account, second.id, {"default_for_currency": True})
    first = next(one for one in banks.list(account).data if one.id != second.id)
    changed: Any = banks.update(account, first.id, {"default_for_currency": True})
    assert changed.default_for_currency is True
    assert banks.delete(account, second.id).to_dict()["deleted"] is True


# https://docs.stripe.com/api/account/login_link
def test_a_seller_without_onboarding_has_no_login_link(platform: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        platform.client.v1.accounts.login_links.create(express(platform))


# https://docs.stripe.com/api/account_sessions
def test_a_session_enables_what_was_asked_for(platform: Stripe) -> None:
    components: Any = {"account_onboarding": {"enabled": True}, "payments": {"enabled": True}}
    session = platform.client.v1.account_sessions.create(
        {"account": platform.seller(), "components": components}
    )
    assert session.client_secret.startswith("accs_secret__")
    assert session.components.payments.enabled is True
    assert session.components.payouts.enabled is False


# https://docs.stripe.com/api/tokens https://docs.stripe.com/connect/account-tokens
def test_what_is_secret_travels_as_a_token(platform: Stripe) -> None:
    tokens = platform.client.v1.tokens
    bank: Any = {
        "country": "US",
        "currency": "usd",
        "routing_number": "110000000",
        "account_number": "000123456789",
    }
    token = tokens.create({"bank_account": bank})
    assert (token.type, token.used) == ("bank_account", False)
    assert token.bank_account is not None
    assert token.bank_account.last4 == "6789"
    assert "000123456789" not in str(token)


# https://docs.stripe.com/api/files
def test_a_file_is_kept_for_its_purpose(platform: Stripe) -> None:
    paper: Any = io.BytesIO(DOT)
    paper.name = "dot.png"
    made = platform.client.v1.files.create({"purpose": "dispute_evidence", "file": paper})
    assert (made.purpose, made.size, made.type) == ("dispute_evidence", len(DOT), "png")
    assert platform.client.v1.files.retrieve(made.id).id == made.id


# https://docs.stripe.com/api/country_specs
def test_a_country_says_what_it_needs(platform: Stripe) -> None:
    spec = platform.client.v1.country_specs.retrieve("DE")
    assert spec.default_currency == "eur"
    assert "eur" in spec.supported_bank_account_currencies.to_dict()
    assert spec.verification_fields.individual.minimum


# https://docs.stripe.com/api/balance-settings
def test_a_seller_is_paid_on_certain_days(platform: Stripe) -> None:
    acting: stripe.RequestOptions = {"stripe_account": platform.seller()}
    settings = platform.client.v1.balance_settings
    schedule: Any = {"interval": "weekly", "weekly_payout_days": ["monday", "thursday"]}
    told: Any = settings.update({"payments": {"payouts": {"schedule": schedule}}}, acting)
    assert told.payments.payouts.schedule.weekly_payout_days == ["monday", "thursday"]
    schedule = {"interval": "manual"}
    told = settings.update({"payments": {"payouts": {"schedule": schedule}}}, acting)
    assert told.payments.payouts.schedule.interval == "manual"


# https://docs.stripe.com/api/topups
def test_a_platform_adds_money_of_its_own(platform: Stripe, advance: Callable[[int], None]) -> None:
    topups = platform.client.v1.topups

    def add(source: str) -> stripe.Topup:
        return topups.create(
            {"amount": 2_000, "currency": "usd", "source": source, "description": "Conformance"}
        )

    good, bad = add("btok_us_verified"), add("btok_us_verified_noAccount")
    assert (good.status, bad.status) == ("pending", "pending")
    taken_back = add("btok_us_verified")
    assert topups.cancel(taken_back.id).status == "canceled"
    advance(7 * DAY)
    assert topups.retrieve(good.id).status == "succeeded"
    failed = topups.retrieve(bad.id)
    assert (failed.status, failed.failure_code) == ("failed", "no_account")


# https://docs.stripe.com/api/fee_refunds
def test_an_application_fee_is_given_back_in_parts(platform: Stripe) -> None:
    v1, seller = platform.client.v1, platform.seller()
    platform.pay(card="pm_card_bypassPending", on=seller, application_fee_amount=500)
    fees: list[Any] = []

    def is_there() -> bool:
        fees[:] = v1.application_fees.list({"limit": 1}).data
        return bool(fees) and fees[0].account == seller and not fees[0].amount_refunded

    platform.until(is_there)
    back = v1.application_fees.refunds.create(fees[0].id, {"amount": 200})
    assert (back.amount, back.fee) == (200, fees[0].id)
    again: Any = v1.application_fees.retrieve(fees[0].id)
    assert (again.amount_refunded, again.refunded) == (200, False)
    with pytest.raises(stripe.InvalidRequestError):
        v1.application_fees.refunds.create(fees[0].id, {"amount": 301})


# https://docs.stripe.com/connect/account-debits
def test_a_seller_is_debited_by_a_charge(platform: Stripe) -> None:
    seller = platform.seller()
    platform.pay(5_000, "pm_card_bypassPending", on=seller)
    params: Any = {"amount": 1_000, "currency": "usd", "source": seller}
    charge = platform.client.v1.charges.create(params)
    assert charge.id.startswith("py_")
    assert (charge.amount, charge.paid) == (1_000, True)


# https://docs.stripe.com/api/balance/balance_object
def test_a_balance_has_parts(platform: Stripe) -> None:
    before = platform.client.v1.balance.retrieve()
    platform.pay(3_000)
    after = platform.client.v1.balance.retrieve()

    def pending(balance: stripe.Balance) -> int:
        return sum(row.amount for row in balance.pending if row.currency == "usd")

    assert 0 < pending(after) - pending(before) < 3_000
    assert after.available[0].source_types is not None


# https://docs.stripe.com/api/webhook_endpoints
def test_an_endpoint_tells_its_secret_once(platform: Stripe) -> None:
    endpoints = platform.client.v1.webhook_endpoints
    made = endpoints.create(
        {"url": platform.hook, "enabled_events": ["account.updated"], "connect": True}
    )
    assert str(made.secret).startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id).to_dict()
    assert endpoints.update(made.id, {"disabled": True}).status == "disabled"
    assert endpoints.delete(made.id).to_dict()["deleted"] is True


# https://docs.stripe.com/api/account/reject
def test_a_seller_is_rejected_and_let_back_in(platform: Stripe) -> None:
    accounts, seller = platform.client.v1.accounts, express(platform)
    refused = accounts.reject(seller, {"reason": "fraud_other"})
    assert refused.requirements is not None
    assert refused.requirements.disabled_reason == "rejected.platform_fraud"
    back = accounts.unreject(seller)
    assert back.requirements is not None
    assert back.requirements.disabled_reason != "rejected.platform_fraud"
