"""Which combinations of choices Accounts v2 accepts, and what each configuration needs."""

import pytest
import stripe

from .conftest import Running
from .v2people import (
    EVERYTHING,
    MARKETPLACE,
    MERCHANT,
    RECIPIENT,
    SAAS,
    api,
    created,
    refused,
    request,
)


def test_who_collects_requirements_is_computed(sandbox: Running) -> None:
    made = created(sandbox, request(dashboard="none"))
    assert made.defaults.responsibilities.requirements_collector == "application"
    v1 = api(sandbox).v1.accounts.retrieve(made.id)
    assert v1.controller.requirement_collection == "application"


@pytest.mark.parametrize(
    ("dashboard", "fees", "losses", "code"),
    [
        ("express", "stripe", "stripe",
         "account_controller_express_dash_without_application_losses_or_fees"),
        ("express", "application", "stripe",
         "account_controller_express_dash_without_application_losses_or_fees"),
        ("none", "stripe", "application", "account_controller_stripe_pricing_platform_liable"),
        ("full", "stripe", "application", "account_controller_stripe_pricing_platform_liable"),
        ("full", "application", "application", "invalid_fields"),
        ("full", "application", "stripe", "invalid_fields"),
    ],
)  # fmt: skip
def test_combinations_that_stripe_refuses(
    sandbox: Running, dashboard: str, fees: str, losses: str, code: str
) -> None:
    chosen = {"fees_collector": fees, "losses_collector": losses}
    problem = refused(sandbox, request(dashboard=dashboard, defaults={"responsibilities": chosen}))
    assert problem.code == code


@pytest.mark.parametrize(
    ("dashboard", "responsibilities"),
    [
        ("full", SAAS),
        ("express", MARKETPLACE),
        ("none", MARKETPLACE),
        ("none", {"fees_collector": "application", "losses_collector": "stripe"}),
        ("none", SAAS),
    ],
)
def test_combinations_that_stripe_accepts(
    sandbox: Running, dashboard: str, responsibilities: dict[str, str]
) -> None:
    made = created(
        sandbox, request(dashboard=dashboard, defaults={"responsibilities": responsibilities})
    )
    assert made.dashboard == dashboard


@pytest.mark.parametrize(
    ("without", "code"),
    [
        ("dashboard", "parameter_missing"),
        ("defaults", "parameter_missing"),
        ("contact_email", "parameter_missing"),
        ("identity", "identity_country_required"),
    ],
)
def test_a_merchant_needs(sandbox: Running, without: str, code: str) -> None:
    params = request()
    del params[without]
    assert refused(sandbox, params).code == code


def test_what_was_chosen_stays(sandbox: Running) -> None:
    client = api(sandbox)
    account = created(sandbox, request()).id
    for change in (
        {"dashboard": "full"},
        {"defaults": {"responsibilities": SAAS}},
        {"identity": {"country": "gb"}},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.v2.core.accounts.update(account, change)
    # Saying the same again is no change.
    client.v2.core.accounts.update(account, {"dashboard": "express"})


@pytest.mark.parametrize("country", ["gb", "de", "ca", "au", "sg"])
def test_a_recipient_alone_is_refused_in_some_countries(sandbox: Running, country: str) -> None:
    only = {"recipient": RECIPIENT}
    problem = refused(sandbox, request(identity={"country": country}, configuration=only))
    assert problem.code == "capability_not_available_without_other_capability"
    assert "configuration.merchant.capabilities.card_payments" in str(problem.user_message)
    both = {"recipient": RECIPIENT, "merchant": MERCHANT}
    assert created(sandbox, request(identity={"country": country}, configuration=both)).id


def test_a_customer_becomes_a_recipient_later(sandbox: Running) -> None:
    client = api(sandbox)
    made = created(
        sandbox,
        {"display_name": "Nora", "configuration": {"customer": {}}, "include": EVERYTHING},
    )
    assert made.dashboard is None
    assert made.applied_configurations == ["customer"]
    assert made.requirements.entries == []
    assert made.requirements.summary is None
    assert made.identity.country is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.accounts.update(
            made.id,
            {"configuration": {"recipient": RECIPIENT}},
        )
    params = request(configuration={"recipient": RECIPIENT})
    told = client.v2.core.accounts.update(made.id, params)
    assert told.applied_configurations == ["customer", "recipient"]
    assert told.dashboard == "express"
