"""Connected accounts: their configuration, who may change them, and what is told about them."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox import banks, countries

from .conftest import Running
from .onboarded import BOTH, CUSTOM, EXPRESS, custom, express, link

E1 = "must collect fees and be liable for negative balances"
E2 = "Stripe must be liable for negative balances"
E3 = "must also control losses, fees, and specify a dashboard type of `none`"


def controller(dashboard: str, fees: str, losses: str, collects: str = "stripe") -> dict[str, Any]:
    return {
        "stripe_dashboard": {"type": dashboard},
        "fees": {"payer": fees},
        "losses": {"payments": losses},
        "requirement_collection": collects,
    }


def create(sandbox: Running, **params: Any) -> stripe.Account:
    wanted: Any = params
    return sandbox.client().v1.accounts.create(wanted)


@pytest.mark.parametrize(
    ("chosen", "type_"),
    [
        (("full", "account", "stripe", "stripe"), "standard"),
        (("express", "application", "application", "stripe"), "none"),
        (("none", "application", "application", "application"), "none"),
        (("none", "application", "stripe", "stripe"), "none"),
        (("none", "account", "stripe", "stripe"), "none"),
    ],
)
def test_a_combination_that_exists_is_accepted_and_told_back(
    sandbox: Running, chosen: tuple[str, str, str, str], type_: str
) -> None:
    account = create(sandbox, controller=controller(*chosen), capabilities=BOTH)
    told = account.controller
    assert told is not None
    assert told.stripe_dashboard is not None
    assert told.fees is not None
    assert told.losses is not None
    assert chosen == (
        told.stripe_dashboard.type,
        told.fees.payer,
        told.losses.payments,
        told.requirement_collection,
    )
    assert (account.type, told.type, told.is_controller) == (type_, "application", True)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (("express", "account", "stripe", "stripe"), E1),
        (("express", "application", "stripe", "stripe"), E1),
        (("express", "account", "application", "stripe"), E1),
        (("none", "application", "application", "stripe"), E2),
        (("none", "account", "application", "stripe"), E2),
        (("full", "account", "stripe", "application"), E3),
        (("express", "application", "application", "application"), E3),
        (("none", "application", "stripe", "application"), E3),
        (("full", "account", "application", "stripe"), "`fees[payer]` must be"),
        (("full", "application", "stripe", "stripe"), "the account must pay Stripe's fees"),
        (("full", "application", "application", "stripe"), "the account must pay Stripe's fees"),
    ],
)
def test_a_combination_that_does_not_exist_is_refused_in_words(
    sandbox: Running, chosen: tuple[str, str, str, str], words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words.replace("[", r"\[")) as refused:
        create(sandbox, controller=controller(*chosen), capabilities=BOTH)
    assert refused.value.http_status == 400
    assert sandbox.client().v1.accounts.list().data == []


def test_express_with_stripe_liable_needs_a_preview_version(sandbox: Running) -> None:
    params: Any = {"controller": controller("express", "account", "stripe")}
    version: Any = {"stripe_version": "2026-06-24.preview"}
    accepted = sandbox.client().v1.accounts.create(params, version)
    assert accepted.controller is not None
    assert accepted.controller.losses is not None
    assert accepted.controller.losses.payments == "stripe"
    with pytest.raises(stripe.InvalidRequestError, match=E1):
        sandbox.client().v1.accounts.create(params, {"stripe_version": "2026-10-28.endive"})


@pytest.mark.parametrize(
    ("params", "payer", "losses", "dashboard", "collects"),
    [
        ({}, "account", "stripe", "full", "stripe"),
        ({"type": "standard"}, "account", "stripe", "full", "stripe"),
        ({"type": "express"}, "application_express", "application", "express", "stripe"),
        (
            {"type": "custom", "country": "US", "capabilities": BOTH},
            "application_custom",
            "application",
            "none",
            "application",
        ),
    ],
)
def test_a_legacy_type_means_a_configuration(
    sandbox: Running,
    params: dict[str, Any],
    payer: str,
    losses: str,
    dashboard: str,
    collects: str,
) -> None:
    account = create(sandbox, **params)
    assert account.type == params.get("type", "standard")
    assert account.controller is not None
    assert account.controller.to_dict() == {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collects,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def test_type_and_controller_exclude_each_other(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(sandbox, type="express", controller=EXPRESS)
    assert refused.value.code == "parameters_exclusive"


def test_an_account_without_a_dashboard_must_ask_for_capabilities(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(sandbox, controller=CUSTOM, country="US")
    assert (refused.value.code, refused.value.param) == ("parameter_missing", "capabilities")


def test_the_platform_has_an_account_of_its_own_that_no_list_contains(sandbox: Running) -> None:
    client = sandbox.client()
    own = client.v1.accounts.retrieve_current()
    assert (own.country, own.charges_enabled, own.payouts_enabled) == ("US", True, True)
    assert own.external_accounts is not None
    assert own.external_accounts.data[0].status == "validated"
    assert client.v1.accounts.list().data == []
    sandbox.http.post(f"{sandbox.url}/_sandbox/reset", timeout=60)
    assert client.v1.accounts.retrieve_current().id == own.id


def test_a_connected_account_speaks_of_itself_by_header(sandbox: Running) -> None:
    seller = express(sandbox)
    own = sandbox.client().v1.accounts.retrieve_current(options={"stripe_account": seller.id})
    assert own.id == seller.id


def test_another_platforms_account_is_out_of_reach(sandbox: Running) -> None:
    seller = express(sandbox)
    stranger = sandbox.client("sk_test_stranger_key").v1.accounts
    for attempt in (stranger.retrieve, stranger.update, stranger.delete):
        with pytest.raises(stripe.PermissionError) as refused:
            attempt(seller.id)
        assert '"code": "account_invalid"' in str(refused.value.http_body)


def test_settings_and_metadata_are_merged_not_replaced(sandbox: Running) -> None:
    seller = express(sandbox, metadata={"shop": "7", "tier": "gold"})
    changed = sandbox.client().v1.accounts.update(
        seller.id,
        {
            "metadata": {"tier": "", "new": "1"},
            "settings": {"payments": {"statement_descriptor": "JENNY"}},
            "business_profile": {"name": "Jenny's"},
        },
    )
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"shop": "7", "new": "1"}
    assert changed.settings is not None
    assert changed.settings.payouts is not None
    assert changed.settings.payments.statement_descriptor == "JENNY"
    assert changed.settings.payouts.schedule.interval == "daily"


def test_a_payout_schedule_keeps_the_countrys_minimum(sandbox: Running) -> None:
    seller = express(sandbox, country="DE")
    accounts = sandbox.client().v1.accounts
    weekly: Any = {"interval": "weekly", "weekly_anchor": "friday", "delay_days": 7}
    changed = accounts.update(seller.id, {"settings": {"payouts": {"schedule": weekly}}})
    assert changed.settings is not None
    assert changed.settings.payouts is not None
    assert changed.settings.payouts.schedule.to_dict() == weekly
    with pytest.raises(stripe.InvalidRequestError, match="minimum of 3 days"):
        accounts.update(seller.id, {"settings": {"payouts": {"schedule": {"delay_days": 1}}}})


def test_card_payments_cannot_be_requested_without_transfers(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="together with `transfers`"):
        express(sandbox, capabilities={"card_payments": {"requested": True}})


def test_a_capability_is_requested_and_given_up_by_itself(sandbox: Running) -> None:
    seller = custom(sandbox, capabilities={"transfers": {"requested": True}})
    capabilities = sandbox.client().v1.accounts.capabilities
    assert capabilities.retrieve(seller.id, "card_payments").status == "unrequested"
    asked = capabilities.update(seller.id, "card_payments", {"requested": True})
    assert (asked.status, asked.requested, asked.account) == ("active", True, seller.id)
    gone = capabilities.update(seller.id, "card_payments", {"requested": False})
    assert gone.status == "unrequested"
    with pytest.raises(stripe.InvalidRequestError, match="No such capability"):
        capabilities.retrieve(seller.id, "flying")


def test_the_platform_cannot_accept_the_terms_for_a_seller_whom_stripe_asks(
    sandbox: Running,
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="on behalf of"):
        express(sandbox, tos_acceptance={"date": 1_700_000_000, "ip": "127.0.0.1"})


def test_after_the_first_link_the_sellers_data_belong_to_stripe(sandbox: Running) -> None:
    seller = express(sandbox, business_type="individual", individual={"first_name": "Jenny"})
    accounts = sandbox.client().v1.accounts
    accounts.update(seller.id, {"individual": {"last_name": "Rosen", "phone": "0000000000"}})
    before = accounts.retrieve(seller.id).individual
    assert before is not None
    assert before.phone == "0000000000"
    link(sandbox, seller.id)
    with pytest.raises(stripe.PermissionError, match="`individual` any more"):
        accounts.update(seller.id, {"individual": {"last_name": "Smith"}})
    with pytest.raises(stripe.PermissionError):
        accounts.external_accounts.create(seller.id, {"external_account": "btok_us"})
    after = accounts.retrieve(seller.id).individual
    assert after is not None
    assert after.last_name == "Rosen"
    assert "phone" not in after.to_dict()
    assert accounts.update(seller.id, {"metadata": {"still": "mine"}}).id == seller.id


def test_a_platform_that_collects_keeps_writing_after_a_link(sandbox: Running) -> None:
    seller = custom(sandbox)
    link(sandbox, seller.id)
    changed = sandbox.client().v1.accounts.update(seller.id, {"individual": {"phone": "1234567"}})
    assert changed.individual is not None
    assert changed.individual.phone == "1234567"


def test_a_deleted_account_is_gone_and_says_so(sandbox: Running) -> None:
    client = sandbox.client()
    seller = create(sandbox, type="standard")
    options: Any = {"stripe_account": seller.id}
    assert client.v1.accounts.delete(seller.id).deleted is True
    with pytest.raises(stripe.PermissionError):
        client.v1.balance.retrieve(options=options)
    with sandbox.sandbox.session("", seller.id) as ctx:
        assert [event["type"] for event in ctx.every("event")] == [
            "account.application.deauthorized"
        ]


def test_a_rejected_account_stops_until_the_platform_relents(sandbox: Running) -> None:
    accounts = sandbox.client().v1.accounts
    seller = custom(sandbox)
    stopped = accounts.reject(seller.id, {"reason": "fraud_other"})
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (False, False)
    assert stopped.requirements is not None
    assert stopped.requirements.disabled_reason == "rejected.platform_fraud"
    assert accounts.unreject(seller.id).charges_enabled is True
    with pytest.raises(stripe.PermissionError, match="for whose losses"):
        accounts.reject(create(sandbox).id, {"reason": "other"})


def test_a_rejected_account_may_keep_the_way_to_its_bank(sandbox: Running) -> None:
    accounts = sandbox.client().v1.accounts
    seller = custom(sandbox)
    stopped = accounts.reject(seller.id, {"reason": "other", "payouts_action": "none"})
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (False, True)
    accounts.unreject(seller.id)
    assert accounts.reject(seller.id, {"reason": "credit"}).payouts_enabled is False


def test_fraud_is_one_reason_before_endive_and_four_after(sandbox: Running) -> None:
    accounts = sandbox.client().v1.accounts
    seller = custom(sandbox)
    fraud: Any = {"reason": "fraud"}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        accounts.reject(seller.id, fraud)
    assert refusal.value.param == "reason"
    stopped = accounts.reject(seller.id, fraud, {"stripe_version": "2026-08-26.dahlia"})
    assert stopped.requirements is not None
    assert stopped.requirements.disabled_reason == "rejected.platform_fraud"


def test_changes_are_told_in_the_accounts_own_name(sandbox: Running) -> None:
    seller = custom(sandbox)
    client = sandbox.client()
    options: Any = {"stripe_account": seller.id}
    told = [event.type for event in client.v1.events.list(options=options).data]
    assert sorted(told) == ["account.external_account.created", "person.created"]
    client.v1.accounts.update(seller.id, {"email": "jenny@example.com"})
    newest = client.v1.events.list(options=options).data[0]
    assert (newest.type, newest.account) == ("account.updated", seller.id)
    assert newest.to_dict()["data"]["previous_attributes"] == {"email": None}
    client.v1.accounts.update(seller.id, {"email": "jenny@example.com"})
    assert client.v1.events.list(options=options).data[0].id == newest.id


def test_a_persons_numbers_go_in_and_never_come_out(sandbox: Running) -> None:
    seller = custom(sandbox)
    persons = sandbox.client().v1.accounts.persons
    ada = persons.create(
        seller.id, {"first_name": "Ada", "id_number": "123456789", "relationship": {"owner": True}}
    )
    assert ada.id_number_provided is True
    assert "123456789" not in str(ada)
    owners: Any = {"relationship": {"owner": True}}
    assert [person.id for person in persons.list(seller.id, owners).data] == [ada.id]
    assert len(persons.list(seller.id).data) == 2
    assert persons.delete(seller.id, ada.id).deleted is True
    representative = persons.list(seller.id).data[0]
    with pytest.raises(stripe.InvalidRequestError, match="representative"):
        persons.delete(seller.id, representative.id)


@pytest.mark.parametrize("code", sorted(countries.COUNTRIES))
def test_every_countrys_test_account_is_a_valid_one(code: str) -> None:
    form = countries.get(code).bank
    banks.check(form, form.account_test, form.routing_test)
    assert banks.payout_failure(form.account_test) is None
    for digits, failure in banks.PAYOUT_FAILURES.items():
        failing = banks.ending(form, digits)
        banks.check(form, failing, form.routing_test)
        assert banks.payout_failure(failing) == failure


@pytest.mark.parametrize(
    ("country", "routing", "number", "code"),
    [
        ("US", "123", "000123456789", "routing_number_invalid"),
        ("US", None, "000123456789", "parameter_missing"),
        ("US", "110000000", "12", "account_number_invalid"),
        ("DE", None, "DE89370400440532013009", "account_number_invalid"),
        ("XX", None, "1", "country_unsupported"),
    ],
)
def test_a_bank_account_that_cannot_be_is_refused(
    sandbox: Running, country: str, routing: str | None, number: str, code: str
) -> None:
    bank = {"object": "bank_account", "country": country, "account_number": number}
    bank |= {"routing_number": routing} if routing else {}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        custom(sandbox, external_account=bank)
    assert refused.value.code == code


def test_a_new_external_account_replaces_the_default_of_its_currency(sandbox: Running) -> None:
    seller = custom(sandbox)
    accounts = sandbox.client().v1.accounts
    token = sandbox.client().v1.tokens.create(
        {
            "bank_account": {
                "country": "US",
                "routing_number": "110000000",
                "account_number": "000111111116",
            }
        }
    )
    changed = accounts.update(seller.id, {"external_account": token.id})
    assert changed.external_accounts is not None
    assert [bank.last4 for bank in changed.external_accounts.data] == ["1116"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        accounts.update(seller.id, {"external_account": token.id})
    assert refused.value.code == "token_already_used"


def test_a_second_external_account_waits_until_it_is_made_the_default(sandbox: Running) -> None:
    seller = custom(sandbox)
    banks_of = sandbox.client().v1.accounts.external_accounts
    card = banks_of.create(seller.id, {"external_account": "tok_visa_debit_us_transferSuccess"})
    first = banks_of.list(seller.id, {"object": "bank_account"}).data[0]
    assert card.default_for_currency is False
    with pytest.raises(stripe.InvalidRequestError, match="default external account"):
        banks_of.delete(seller.id, first.id)
    assert banks_of.update(seller.id, card.id, {"default_for_currency": True}).default_for_currency
    assert banks_of.delete(seller.id, first.id).deleted is True
    assert [one.id for one in banks_of.list(seller.id).data] == [card.id]


def test_a_country_says_what_its_sellers_must_give(sandbox: Running) -> None:
    specs = sandbox.client().v1.country_specs
    assert specs.retrieve("DE").default_currency == "eur"
    assert "individual.ssn_last_4" in specs.retrieve("US").verification_fields.individual.minimum
    everywhere = [spec.id for spec in specs.list({"limit": 20}).auto_paging_iter()]
    assert everywhere == sorted(countries.COUNTRIES)
