"""Which designs exist: every point of the space, the fact sheet's rows, and a Stripe to ask."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stripe

from marketplace.accounts import v1
from marketplace.accounts.applicant import Applicant
from marketplace.design import (
    DEFAULT,
    EVERY,
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.acceptance import accept, refuse
from marketplace.design.rules import RULES, Enforced, Verdict, judge, refuses_account
from marketplace.design.shape import (
    capabilities,
    legacy_type,
    platform_collects,
    responsibilities,
)
from marketplace.errors import Invalid
from marketplace.guide import requests
from marketplace.guide.sample import USUAL
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.doors import DOORS
from tests.running import Running

DRIFTWOOD = Applicant("seller-token", "Driftwood", "bea@example.com", "US")
DIRECT, DESTINATION, SEPARATE = ChargeType
ALLOWED, CAUTION, GATED, REFUSED = Verdict
SELLER, PLATFORM = FeePayer.SELLER, FeePayer.PLATFORM
# The rows of the validity table: dashboard, fees, losses, then direct, destination, separate.
# Row 5 is rated "caution" with charges on the platform by one guide of Stripe's and recommended by
# another; it is allowed here, with a note. Rows 10, 14 and 15 name a requirement_collection that
# contradicts the other choices, which a design cannot say.
ROWS = {
    1: ("full", "seller", "stripe", ALLOWED, CAUTION, CAUTION),
    2: ("full", "platform", "stripe", GATED, GATED, GATED),
    3: ("full", "platform", "platform", GATED, GATED, GATED),
    4: ("full", "seller", "platform", REFUSED, REFUSED, REFUSED),
    5: ("express", "platform", "platform", ALLOWED, ALLOWED, ALLOWED),
    6: ("express", "seller", "stripe", GATED, GATED, GATED),
    7: ("express", "platform", "stripe", GATED, GATED, GATED),
    8: ("express", "seller", "platform", REFUSED, REFUSED, REFUSED),
    9: ("none", "platform", "platform", ALLOWED, ALLOWED, ALLOWED),
    11: ("none", "platform", "stripe", CAUTION, CAUTION, CAUTION),
    12: ("none", "seller", "stripe", CAUTION, CAUTION, CAUTION),
    13: ("none", "seller", "platform", REFUSED, REFUSED, REFUSED),
}


def hosted(dashboard: str, fees: str, losses: str, charge: ChargeType = DIRECT) -> Design:
    return Design(
        AccountsApi.V1,
        Onboarding.HOSTED,
        Dashboard(dashboard),
        FeePayer(fees),
        LossOwner(losses),
        charge,
    )


def test_there_are_216_designs_and_each_is_told_once() -> None:
    assert len(EVERY) == len(set(EVERY)) == 216
    assert Counter(judge(design).verdict for design in EVERY) == {
        ALLOWED: 34,
        CAUTION: 32,
        GATED: 48,
        REFUSED: 102,
    }


@pytest.mark.parametrize("row", ROWS)
def test_the_verdicts_are_those_of_the_validity_table(row: int) -> None:
    dashboard, fees, losses, *verdicts = ROWS[row]
    for way in (Onboarding.HOSTED, Onboarding.EMBEDDED):
        for api in AccountsApi:
            found = [
                judge(
                    replace(
                        hosted(dashboard, fees, losses, charge), onboarding=way, accounts_api=api
                    )
                ).verdict
                for charge in ChargeType
            ]
            assert found == verdicts


def test_the_table_leaves_no_account_out() -> None:
    told = {row[:3] for row in ROWS.values()}
    assert told == {(d.dashboard, d.fee_payer, d.loss_owner) for d in EVERY}


def test_only_a_platform_with_full_control_has_a_form_of_its_own() -> None:
    able = {d for d in EVERY if d.onboarding is Onboarding.API and judge(d).can_be_built}
    assert len(able) == 2 * 3
    assert all(platform_collects(d) and d.fee_payer is PLATFORM for d in able)


def test_every_verdict_but_allowed_has_a_reason_with_a_source_and_a_date() -> None:
    for design in EVERY:
        judged = judge(design)
        worst = [rule for rule in judged.rules if rule.verdict is judged.verdict]
        assert judged.verdict is ALLOWED or worst
        assert judged.verdict is not ALLOWED or not judged.obstacles
        severities = [rule.verdict.severity for rule in judged.rules]
        assert severities == sorted(severities, reverse=True)
    for rule in RULES:
        assert rule.source.startswith("https://docs.stripe.com/")
        assert rule.dated
        assert len(rule.why) > len(rule.title) > 10
        assert any(rule.fits(design) for design in EVERY)
        assert not all(rule.fits(design) for design in EVERY)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_no_rule_is_said_by_another_one() -> None:
    meant = {rule.id: frozenset(d for d in EVERY if rule.fits(d)) for rule in RULES}
    obstacles = [rule.id for rule in RULES if rule.verdict is not ALLOWED]
    for rule in obstacles:
        assert all(meant[rule] != meant[other] for other in obstacles if other != rule)


def test_what_stripe_does_not_enforce_never_forbids() -> None:
    for rule in RULES:
        if rule.enforced is Enforced.ADVICE:
            assert rule.verdict in {ALLOWED, CAUTION}
        if rule.verdict in {GATED, REFUSED}:
            assert rule.enforced in {Enforced.ACCOUNT, Enforced.LATER}


def test_this_shop_is_allowed() -> None:
    assert judge(DEFAULT).verdict is ALLOWED


@pytest.mark.parametrize(
    ("design", "legacy"),
    [
        (hosted("full", "seller", "stripe"), "standard"),
        (hosted("express", "platform", "platform"), "express"),
        (hosted("none", "platform", "platform"), "custom"),
        (hosted("none", "platform", "stripe"), None),
    ],
)
def test_three_designs_have_a_legacy_type(design: Design, legacy: str | None) -> None:
    assert legacy_type(design) == legacy


def test_v1_and_v2_mean_the_same_account() -> None:
    names = {"account": "stripe", "application": "application", "stripe": "stripe"}
    for design in EVERY:
        old, new = v1.controller(design), responsibilities(design)
        assert names[old["fees"]["payer"]] == new["fees_collector"]
        assert names[old["losses"]["payments"]] == new["losses_collector"]
        assert names[old["requirement_collection"]] == new["requirements_collector"]


def test_cards_are_asked_for_only_where_the_seller_is_the_merchant() -> None:
    assert capabilities(replace(DEFAULT, charge_type=DIRECT)) == ("card_payments", "transfers")
    assert capabilities(replace(DEFAULT, charge_type=SEPARATE)) == ("transfers",)


def accounts(*apis: AccountsApi) -> list[Design]:
    """One design per account that can be described: what is fixed at creation."""
    return [
        d
        for d in EVERY
        if d.accounts_api in (apis or AccountsApi)
        and d.onboarding is Onboarding.HOSTED
        and d.charge_type is DIRECT
    ]


def test_a_stripe_that_is_asked_agrees_on_every_account_of_v1(sandbox: Running) -> None:
    client = sandbox.client()
    for design in accounts(AccountsApi.V1):
        rule = refuses_account(design)
        if rule is None:
            made = client.v1.accounts.create(v1.create_params(design, DRIFTWOOD))
            assert made.controller
            assert made.controller.requirement_collection == (
                "application" if platform_collects(design) else "stripe"
            )
        else:
            with pytest.raises(stripe.InvalidRequestError):
                client.v1.accounts.create(v1.create_params(design, DRIFTWOOD))


def test_a_stripe_that_is_asked_agrees_on_every_account_of_v2(sandbox: Running) -> None:
    client = sandbox.client()
    for design in accounts(AccountsApi.V2):
        request = requests.create_account(design, USUAL)
        if refuses_account(design) is None:
            made = client.v2.core.accounts.create(dict(request.params))  # type: ignore[arg-type]
            assert made.dashboard == design.dashboard.value
        else:
            with pytest.raises(stripe.StripeError):
                client.v2.core.accounts.create(dict(request.params))  # type: ignore[arg-type]


def test_what_cannot_be_built_is_refused_here_by_name() -> None:
    for design in EVERY:
        judged = judge(design)
        worst = judged.rules[0] if judged.rules else None
        if worst is None or judged.can_be_built:
            continue
        with pytest.raises(Invalid) as said:
            accept(design, knowing=worst.verdict is REFUSED)
        if worst.verdict is REFUSED:
            assert worst.id in said.value.fields["design"]
        else:
            assert refuse(design) == judged  # opened to some: taken by who has read the reasons


def test_a_stripe_that_is_asked_refuses_our_own_form_where_the_rules_say_so(
    sandbox: Running,
) -> None:
    """The account is made; agreeing to the terms in the seller's name is the call that fails."""
    client, refused = sandbox.client(), set()
    signed = Signature(datetime.now(UTC), "203.0.113.7", "A browser")
    for design in (replace(it, onboarding=Onboarding.API) for it in accounts()):
        if refuses_account(design) is not None:
            continue
        params = dict(requests.create_account(design, USUAL).params)
        if design.accounts_api is AccountsApi.V1:
            account = client.v1.accounts.create(params).id  # type: ignore[arg-type]
        else:
            account = client.v2.core.accounts.create(params).id  # type: ignore[arg-type]
        agree = DOORS[design.accounts_api].agree
        if judge(design).can_be_built:
            agree(client, account, signed, "full")
            continue
        assert judge(design).rules[0].id == "api-onboarding-needs-full-control"
        with pytest.raises(stripe.InvalidRequestError):
            agree(client, account, signed, "full")
        refused.add(design)
    assert len(refused) == 2 * 4
    later = {it.id for it in RULES if it.verdict is REFUSED and it.enforced is Enforced.LATER}
    assert later == {"api-onboarding-needs-full-control"}  # another one wants its own call here


def test_a_preview_version_opens_the_express_dashboard_to_stripes_losses(sandbox: Running) -> None:
    design = hosted("express", "platform", "stripe")
    assert judge(design).verdict is GATED
    made = sandbox.client().v1.accounts.create(
        v1.create_params(design, DRIFTWOOD), {"stripe_version": "2026-06-24.preview"}
    )
    assert made.controller
    assert made.controller.losses
    assert made.controller.losses.payments == "stripe"


def test_the_account_api_does_not_look_at_the_charge_type(sandbox: Running) -> None:
    advised_against = hosted("full", "seller", "stripe", DESTINATION)
    assert judge(advised_against).verdict is CAUTION
    params = v1.create_params(advised_against, DRIFTWOOD)
    assert sandbox.client().v1.accounts.create(params).type == "standard"
