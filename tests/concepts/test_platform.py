"""What the platform offers: the defaults, and what may become one; and where the platform is."""

from dataclasses import replace

import pytest
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import onboarding, people, platform, sellers
from marketplace.charges import fees
from marketplace.design import (
    DEFAULT,
    EVERY,
    AccountsApi,
    ChargeType,
    Dashboard,
    FeePayer,
    LossOwner,
)
from marketplace.design.collecting import Collect
from marketplace.design.rules import Verdict, judge
from marketplace.errors import Invalid
from marketplace.models import PlatformSettings, User
from tests.running import Running

# Stripe bills the seller and bears the losses of a seller with the full Dashboard.
SOFTWARE = replace(
    DEFAULT,
    dashboard=Dashboard.FULL,
    fee_payer=FeePayer.SELLER,
    loss_owner=LossOwner.STRIPE,
    charge_type=ChargeType.DIRECT,
)


def somebody(session: orm.Session, name: str) -> User:
    return people.sign_up(
        session, email=f"{name}@example.com", name=name, password="a good long sentence"
    )


def test_nothing_decided_means_the_built_in_default_and_no_row(session: orm.Session) -> None:
    offered = platform.settings(session)
    assert offered.design == DEFAULT
    assert DEFAULT.accounts_api is AccountsApi.V2
    assert (offered.fee_bps, offered.fee_fixed, offered.pay_at_stripe) == (1000, 0, True)
    session.commit()
    assert session.query(PlatformSettings).count() == 0


def test_a_new_default_is_for_new_shops_and_old_ones_keep_theirs(session: orm.Session) -> None:
    maria = sellers.open_shop(session, somebody(session, "Maria"), name="Mugs", country="US")
    platform.choose(session, SOFTWARE)
    platform.set_terms(
        session, fees.Terms(bps=500, fixed=20, least=50), pay_at_stripe=True, pay_here=False
    )
    session.commit()
    nadia = sellers.open_shop(session, somebody(session, "Nadia"), name="Rugs", country="US")
    session.commit()
    assert maria.design == DEFAULT
    assert maria.fee_bps == 1000
    assert nadia.design == SOFTWARE
    assert (nadia.fee_bps, nadia.fee_fixed, nadia.fee_min, nadia.fee_max) == (500, 20, 50, None)
    assert session.query(PlatformSettings).one().pay_here is False


@pytest.mark.parametrize("verdict", Verdict)
def test_every_design_is_taken_as_its_verdict_says(session: orm.Session, verdict: Verdict) -> None:
    for design in (d for d in EVERY if judge(d).verdict is verdict):
        worst = judge(design).rules[0] if verdict is not Verdict.ALLOWED else None
        if verdict is Verdict.REFUSED:
            for knowing in (False, True):
                with pytest.raises(Invalid) as refusal:
                    platform.choose(session, design, knowing=knowing)
                assert worst
                assert worst.id in refusal.value.fields["design"]
            continue
        if worst is not None:
            with pytest.raises(Invalid) as unread:
                platform.choose(session, design)
            assert set(unread.value.fields) == {"knowing"}
        platform.choose(session, design, knowing=worst is not None)
        assert platform.settings(session).design == design


def test_a_shop_of_a_refused_design_is_refused_by_the_name_of_the_rule(
    session: orm.Session,
) -> None:
    impossible = replace(DEFAULT, fee_payer=FeePayer.SELLER)
    with pytest.raises(Invalid) as refusal:
        sellers.open_shop(
            session, somebody(session, "Maria"), name="Mugs", country="US", design=impossible
        )
    assert "(Rule losses-need-fees.)" in refusal.value.fields["design"]


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (fees.Terms(bps=10_000), {"fee_bps"}),
        (fees.Terms(bps=-1), {"fee_bps"}),
        (fees.Terms(bps=100, fixed=-1, least=-5), {"fee_fixed", "fee_min"}),
        (fees.Terms(bps=100, least=200, most=100), {"fee_max"}),
        (fees.Terms(bps=100, fixed=2**40), {"fee_fixed"}),
    ],
)
def test_a_commission_that_cannot_be_says_which_field(
    session: orm.Session, terms: fees.Terms, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        platform.set_terms(session, terms, pay_at_stripe=True, pay_here=True)
    assert set(refusal.value.fields) == fields


def test_buyers_must_be_able_to_pay_somewhere(session: orm.Session) -> None:
    with pytest.raises(Invalid) as refusal:
        platform.set_terms(session, fees.Terms(bps=100), pay_at_stripe=False, pay_here=False)
    assert set(refusal.value.fields) == {"pay_at_stripe"}


@pytest.fixture
def away(closed_port: int) -> StripeClient:
    """The SDK, at an address where nobody listens."""
    return StripeClient(
        "sk_test_nobody_listens",
        base_addresses={"api": f"http://127.0.0.1:{closed_port}"},
        max_network_retries=0,
    )


def test_where_the_platform_is_is_read_once_and_kept(
    session: orm.Session, sandbox: Running, away: StripeClient
) -> None:
    assert platform.settings(session).country is None
    platform.learn_once(session, sandbox.client())
    platform.learn_once(session, away)
    known = platform.settings(session)
    assert (known.stripe_id, known.country, known.currency) == (sandbox.platform, "US", "usd")
    assert known.design == DEFAULT


def test_a_silent_stripe_leaves_the_platform_unknown_and_nothing_falls_over(
    session: orm.Session, away: StripeClient
) -> None:
    platform.learn_once(session, away)
    assert platform.settings(session).stripe_id is None


@pytest.mark.parametrize("collect", Collect)
@pytest.mark.parametrize("api", AccountsApi)
def test_stripe_asks_sellers_for_as_much_as_the_operator_chose(
    session: orm.Session, sandbox: Running, api: AccountsApi, collect: Collect
) -> None:
    usual = fees.Terms(bps=1000)
    platform.set_terms(session, usual, pay_at_stripe=True, pay_here=True, collect=collect)
    design = replace(DEFAULT, accounts_api=api)
    owner = somebody(session, "maria")
    shop = sellers.open_shop(session, owner, name="Mugs", country="US", design=design)
    session.commit()
    asked: list[str] = []
    sandbox.http.hooks["response"].append(
        lambda answer, **_: asked.append(str(answer.request.body))
    )
    back = onboarding.Addresses(*(f"http://127.0.0.1:4242/{name}" for name in "abc"))
    onboarding.start(session, sandbox.client(), shop, back)
    assert collect.value in asked[-1]
    assert len(asked) == 2
