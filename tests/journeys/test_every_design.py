"""Every design that can be built runs the whole road, side by side in one shop.

Account, onboarding its own way, product, payment, transfer, webhook, payout, and what each party
holds, to the cent. The sums are worked out here by hand from Stripe's documentation and share no
code with the shop. The table of the runs is written to artifacts/designs-….md, and printed when
all tests are over (tests/conftest.py).
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from marketplace import ledger, sellers
from marketplace.cli.browser import Browser
from marketplace.design import EVERY, AccountsApi, ChargeType, Design, FeePayer, Onboarding
from marketplace.design.rules import judge
from marketplace.guide import options
from marketplace.lifecycles import InboxState, PayoutStatus, SellerState
from marketplace.models import InboxEvent, Payout, Seller
from marketplace.sandbox import hands
from tests.journeys import api_forms, embedding
from tests.journeys.conftest import Town

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = Path(os.environ.get("ARTIFACTS") or ROOT / "artifacts")
PRICE = 48_00
COMMISSION = 4_80  # ten per cent
STRIPE_FEE = 1_39 + 30  # 2.9 % and 30 cents


@dataclass
class Road:
    """One design on its way: who goes it, how long each stretch took, and where it ended."""

    design: Design
    number: int
    took: dict[str, float] = field(default_factory=dict)
    problem: Exception | None = None
    account: str = ""

    @property
    def who(self) -> str:
        return f"Nadia {self.number}"

    @property
    def shop(self) -> str:
        return f"Shop {self.number}"

    @property
    def goods(self) -> str:
        return f"Rug {self.number}."  # the full stop keeps 1 and 11 apart

    @property
    def seller_gets(self) -> int:
        """What of the sale reaches the seller, in cents.

        Only a direct charge is made on the seller's account, so only there can Stripe bill the
        seller. https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
        """
        direct = self.design.charge_type is ChargeType.DIRECT
        own_fee = STRIPE_FEE if direct and self.design.fee_payer is FeePayer.SELLER else 0
        return PRICE - COMMISSION - own_fee

    @property
    def platform_keeps(self) -> int:
        """The rest, less Stripe's fee, in cents."""
        return PRICE - STRIPE_FEE - self.seller_gets

    def go(self, stretch: Callable[["Road", Town], None], town: Town) -> None:
        """Go one stretch, and time it; what goes wrong is told at the end, by design."""
        if self.problem is not None:
            return
        began = time.perf_counter()
        try:
            stretch(self, town)
        except Exception as problem:  # noqa: BLE001 - raised again by the subtest of this design
            problem.add_note(f"{options.short(self.design)}: {stretch.__name__}")
            self.problem = problem
        self.took[stretch.__name__] = time.perf_counter() - began


def account(road: Road, town: Town) -> None:
    """A person opens a shop of this design and comes to the questions."""
    town.choose(road.design)
    town.begin_shop(road.who, road.shop).press("Set up payments")


def onboarding(road: Road, town: Town) -> None:
    """The questions are answered where the design has them asked."""
    nadia = town.browser(road.who)
    ANSWER[road.design.onboarding](nadia, road.design)
    town.settle()
    if town.seller(road.shop).state is SellerState.IN_REVIEW:
        town.advance(seconds=60)
    seller = town.seller(road.shop)
    assert seller.state is SellerState.NOTHING_DUE
    assert sellers.can_be_bought_from(seller)
    assert "All set" in nadia.open("/sell/account").text
    road.account = str(seller.stripe_id)


def hosted(nadia: Browser, _design: Design) -> None:
    """On Stripe's pages."""
    assert nadia.away, nadia.text
    nadia.open(hands.onboard(nadia.away))


def embedded(nadia: Browser, _design: Design) -> None:
    """In Stripe's component on our page."""
    embedding.onboard(nadia)


def api(nadia: Browser, design: Design) -> None:
    """In our own form."""
    api_forms.as_american(nadia, design.accounts_api)


ANSWER: Mapping[Onboarding, Callable[[Browser, Design], None]] = {
    Onboarding.HOSTED: hosted,
    Onboarding.EMBEDDED: embedded,
    Onboarding.API: api,
}


def product(road: Road, town: Town) -> None:
    """Something is put on sale."""
    town.offer(town.browser(road.who), road.goods, "48.00")


def payment(road: Road, town: Town) -> None:
    """Somebody buys it, and each party holds what is theirs."""
    before = _held(town)
    ben = town.browser(f"Ben {road.number}")
    ben.open(town.pay(town.order(ben, road.goods)))
    town.settle()
    assert "Your order is paid" in ben.open(ben.url).text
    assert town.balance(road.account)["pending"] == {"usd": road.seller_gets}
    assert _held(town) - before == road.platform_keeps


def payout(road: Road, town: Town) -> None:
    """The clock was pushed: the money is at the bank, and the seller's page says so."""
    assert sum(sum(bucket.values()) for bucket in town.balance(road.account).values()) == 0
    with town.database() as session:
        seller = session.query(Seller).filter_by(shop_name=road.shop).one()
        paid = session.query(Payout).filter_by(seller_id=seller.id).one()
        heard = session.query(InboxEvent).filter_by(account=road.account).all()
    assert (paid.amount, paid.status) == (road.seller_gets, PayoutStatus.PAID)
    assert {event.state for event in heard} <= {InboxState.DONE, InboxState.IGNORED}
    assert "payout.paid" in {event.type for event in heard}
    sum_paid = f"${road.seller_gets // 100}.{road.seller_gets % 100:02}"
    assert sum_paid in town.browser(road.who).open("/sell/money").text


def _held(town: Town) -> int:
    """What the platform has in its balance, in cents, pending or not."""
    return sum(sum(bucket.values()) for bucket in town.balance().values())


def run(town: Town, api: AccountsApi, charge_type: ChargeType) -> list[Road]:
    """Every design of an API and a charge type, in one shop; the clock moves once for all."""
    designs = [
        design
        for design in EVERY
        if (design.accounts_api, design.charge_type) == (api, charge_type)
        and judge(design).can_be_built
    ]
    roads = [Road(design, number) for number, design in enumerate(designs, 1)]
    for road in roads:
        for stretch in (account, onboarding, product, payment):
            road.go(stretch, town)
    town.advance(days=7)
    for road in roads:
        road.go(payout, town)
    with town.database() as session:
        assert ledger.check(session) == []
    return roads


def table(roads: Iterable[Road]) -> str:
    """The runs as Markdown: one line each, with seconds for every stretch and cents at the end."""
    names = ("account", "onboarding", "product", "payment", "payout")
    lines = [
        f"| design | verdict | {' | '.join(names)} | seller | platform | |",
        f"|---|---|{'---|' * len(names)}---|---|---|",
    ]
    for road in roads:
        seconds = " | ".join(f"{road.took.get(name, 0):.2f} s" for name in names)
        ending = "failed" if road.problem else "paid out"
        lines.append(
            f"| {options.short(road.design)} | {judge(road.design).verdict} | {seconds} "
            f"| {road.seller_gets} | {road.platform_keeps} | {ending} |"
        )
    return "\n".join(lines)


class Proof:
    """One Accounts API; each is a class of its own, so that two workers can share the work."""

    api: AccountsApi

    @pytest.mark.parametrize("charge_type", ChargeType)
    def test_every_design_runs_the_whole_road(
        self, town: Town, charge_type: ChargeType, subtests: pytest.Subtests
    ) -> None:
        roads = run(town, self.api, charge_type)
        told = table(roads)
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (ARTIFACTS / f"designs-{self.api}-{charge_type}.md").write_text(told + "\n", "utf-8")
        assert len(roads) == 11
        for road in roads:
            with subtests.test(options.short(road.design)):
                if road.problem is not None:
                    raise road.problem


class TestAccountsV1(Proof):
    """Controller properties."""

    api = AccountsApi.V1


class TestAccountsV2(Proof):
    """Configurations."""

    api = AccountsApi.V2
