"""The operator chooses what new shops are opened with, by the rules of the guide."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import people, platform, sellers
from marketplace.charges import fees
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.design import (
    DEFAULT,
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.collecting import Collect
from marketplace.design.passing import Split, TransferWhen
from marketplace.design.rules import judge
from marketplace.guide import options
from marketplace.models import AccountStatus, Invitation, PlatformSettings, Seller
from tests import builders
from tests.running import Running

SAVE, LOOK = {"intent": "save"}, {"intent": "look"}
TERMS = {"fee_bps": "7.5", "split": "application_fee", "transfer_when": "now"}
REFUSED = replace(DEFAULT, fee_payer=FeePayer.SELLER)
# Stripe bears losses that it cannot reach: accepted, and advised against.
CAUTION = replace(DEFAULT, loss_owner=LossOwner.STRIPE, dashboard=Dashboard.NONE)


@pytest.fixture
def settings(settings: Settings, sandbox: Running) -> Settings:
    """The marketplace at the running sandbox, and the sandbox's platform is the marketplace's."""
    sandbox.key = settings.stripe_key
    return replace(settings, sandbox_port=int(sandbox.url.rpartition(":")[2]))


def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def ticked(html: str) -> dict[str, str]:
    """The radio buttons that are on."""
    return {str(it["name"]): str(it["value"]) for it in page(html).select("[type=radio][checked]")}


def words(html: str) -> str:
    return page(html).get_text(" ", strip=True)


def default(session: orm.Session) -> PlatformSettings:
    session.rollback()
    return platform.settings(session)


def test_the_page_begins_with_what_is_in_force_and_asks_stripe_nothing(
    olivia: FlaskClient,
) -> None:
    answer = olivia.get("/platform/design")
    assert ticked(answer.text) == options.address(DEFAULT)
    assert "It was not read from Stripe yet" in words(answer.text)


def test_what_is_impossible_stays_in_sight_with_the_rule_that_forbids_it(
    olivia: FlaskClient,
) -> None:
    html = olivia.get("/platform/design").text
    about = page(html).select_one("#fees-account-about")
    assert about
    assert "losses-need-fees" in about.text
    assert not page(html).select("[type=radio][disabled]")


def test_a_design_is_chosen_twice_and_new_shops_have_it(
    olivia: FlaskClient, session: orm.Session
) -> None:
    wanted = replace(DEFAULT, charge_type=ChargeType.SEPARATE, onboarding=Onboarding.EMBEDDED)
    for _ in range(2):
        answer = olivia.post("/platform/design", data=options.address(wanted) | SAVE)
        assert (answer.status_code, answer.location) == (303, "/platform/design")
    assert default(session).design == wanted
    assert session.scalar(sa.select(sa.func.count(PlatformSettings.id))) == 1
    maria = builders.person(session, "Maria")
    shop = sellers.open_shop(session, maria, name="Mugs", country="US")
    assert shop.design == wanted


def test_a_refused_design_is_refused_by_name_and_nothing_chosen_is_lost(
    olivia: FlaskClient, session: orm.Session
) -> None:
    answer = olivia.post(
        "/platform/design", data=options.address(REFUSED) | SAVE | {"knowing": "y"}
    )
    assert answer.status_code == 422
    assert "Rule losses-need-fees." in words(answer.text)
    assert ticked(answer.text) == options.address(REFUSED)
    assert default(session).design == DEFAULT


def test_what_is_advised_against_needs_a_tick(olivia: FlaskClient, session: orm.Session) -> None:
    assert judge(CAUTION).verdict.value == "caution"
    looked = olivia.post("/platform/design", data=options.address(CAUTION) | LOOK)
    assert looked.status_code == 200
    assert default(session).design == DEFAULT
    sent = olivia.post("/platform/design", data=options.address(CAUTION) | SAVE)
    assert sent.status_code == 422
    commission = page(sent.text).select_one("#fee_bps")
    assert commission
    assert commission["value"] == "10"  # the other form on the page is not emptied by this one
    box = page(sent.text).select_one("#knowing")
    assert box
    assert box["aria-invalid"] == "true"
    knowing = options.address(CAUTION) | SAVE | {"knowing": "y"}
    assert olivia.post("/platform/design", data=knowing).status_code == 303
    assert default(session).design == CAUTION


def test_an_address_of_the_guide_opens_the_page_with_its_design(olivia: FlaskClient) -> None:
    answer = olivia.get("/platform/design?charge=direct&accounts=v1&dashboard=nonsense")
    wanted = replace(DEFAULT, charge_type=ChargeType.DIRECT, accounts_api=AccountsApi.V1)
    assert ticked(answer.text) == options.address(wanted)


def test_terms_are_kept_and_say_where_they_lose_money(
    olivia: FlaskClient, session: orm.Session
) -> None:
    terms = {"fee_bps": "2,5", "fee_fixed": "0.30", "fee_max": "90", "pay_at_stripe": "y"}
    terms["collect"] = "currently_due"
    assert olivia.post("/platform/design/terms", data=terms).status_code == 303
    kept = default(session)
    assert (kept.fee_bps, kept.fee_fixed, kept.fee_min, kept.fee_max) == (250, 30, None, 9000)
    assert (kept.pay_at_stripe, kept.pay_here) == (True, False)
    assert kept.collect is Collect.CURRENTLY
    assert "on no sale" in words(olivia.get("/platform/design").text)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"fee_bps": "ten"}, "fee_bps"),
        ({"fee_bps": "100"}, "fee_bps"),
        ({"fee_bps": "1.005"}, "fee_bps"),
        ({"fee_fixed": "Infinity"}, "fee_fixed"),
        ({"fee_fixed": "-1"}, "fee_fixed"),
        ({"fee_min": "9", "fee_max": "8"}, "fee_max"),
        ({"pay_at_stripe": ""}, "pay_at_stripe"),
        ({"collect": "nothing"}, "collect"),
    ],
)
def test_terms_that_cannot_be_are_marked_and_stay_as_typed(
    olivia: FlaskClient, session: orm.Session, sent: dict[str, str], field: str
) -> None:
    terms = {"fee_bps": "10", "fee_fixed": "0.20", "pay_at_stripe": "y"} | sent
    if not terms["pay_at_stripe"]:
        del terms["pay_at_stripe"]
    answer = olivia.post("/platform/design/terms", data=terms)
    assert answer.status_code == 422
    shown = page(answer.text)
    marked = shown.select_one(f"#{field}")
    assert marked
    assert marked["aria-invalid"] == "true"
    assert shown.select_one(f"#{field}-error")
    for name in ("fee_bps", "fee_fixed"):
        typed = shown.select_one(f"#{name}")
        assert typed
        assert typed["value"] == terms[name]
    assert default(session).fee_bps == 1000


def test_where_the_platform_is_is_asked_by_a_button(
    olivia: FlaskClient, sandbox: Running, session: orm.Session
) -> None:
    assert olivia.post("/platform/design/account").status_code == 303
    assert sandbox.platform in words(olivia.get("/platform/design").text)
    assert default(session).country == "US"


def link_in(html: str) -> str:
    found = page(html).select_one("#link")
    assert found
    return str(found["value"])


def test_a_link_is_shown_once_and_to_nobody_else(olivia: FlaskClient, session: orm.Session) -> None:
    sent = TERMS | {"email": "Maria@Example.com ", "nonce": "n1"} | SAVE
    first = olivia.post("/platform/invitations/new", data=sent)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    token = link_in(first.text).rpartition("/")[2]
    again = olivia.post("/platform/invitations/new", data=sent)
    listed = olivia.get("/platform/invitations").text
    assert token not in again.text + listed
    assert "This form was sent before" in words(again.text)
    assert "maria@example.com" in listed
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 1


def test_a_fresh_link_stops_the_old_one_and_a_withdrawn_one_opens_nothing(
    olivia: FlaskClient,
) -> None:
    sent = TERMS | {"email": "maria@example.com", "nonce": "n1"} | SAVE
    old = link_in(olivia.post("/platform/invitations/new", data=sent).text)
    fresh = link_in(olivia.post("/platform/invitations/1/renew").text)
    assert olivia.get(f"/join/{old.rpartition('/')[2]}").status_code == 404
    path = f"/join/{fresh.rpartition('/')[2]}"
    assert "You are invited" in words(olivia.get(path).text)
    for _ in range(2):
        assert olivia.post("/platform/invitations/1/withdraw").status_code == 303
    assert "This invitation is withdrawn" in words(olivia.get(path).text)
    assert olivia.post("/platform/invitations/1/renew").status_code == 409


def test_an_invitation_that_cannot_be_keeps_all_that_was_typed(olivia: FlaskClient) -> None:
    sent = TERMS | options.address(REFUSED) | {"email": "maria", "nonce": "n1"} | SAVE
    answer = olivia.post("/platform/invitations/new", data=sent)
    assert answer.status_code == 422
    assert ticked(answer.text) == options.address(REFUSED)
    assert 'value="maria"' in answer.text
    assert 'value="7.5"' in answer.text
    assert 'value="n1"' in answer.text


def test_an_account_that_is_brought_is_looked_up_and_a_strangers_is_refused(
    olivia: FlaskClient, sandbox: Running, session: orm.Session
) -> None:
    ours = (
        sandbox.client()
        .v1.accounts.create(
            {"type": "custom", "country": "US", "capabilities": {"transfers": {"requested": True}}}
        )
        .id
    )
    theirs = sandbox.client("sk_test_another_platform").v1.accounts.create({"type": "express"}).id
    form = TERMS | {"email": "maria@example.com", "api": "v1"}
    refused = olivia.post(
        "/platform/invitations/import", data=form | {"account": theirs, "nonce": "n1"}
    )
    assert refused.status_code == 422
    error = page(refused.text).select_one("#account-error")
    assert error
    assert error.text == "Stripe knows no such account on this platform."
    assert theirs in refused.text
    taken = olivia.post(
        "/platform/invitations/import", data=form | {"account": ours, "nonce": "n2"}
    )
    assert link_in(taken.text)
    assert ours in words(taken.text)
    again = olivia.post(
        "/platform/invitations/import", data=form | {"account": ours, "nonce": "n2"}
    )
    assert "This form was sent before" in words(again.text)
    row = session.scalars(sa.select(Invitation)).one()
    assert (row.stripe_id, row.dashboard.value, row.accounts_api) == (ours, "none", AccountsApi.V1)


def test_the_page_of_a_seller_shows_what_is_fixed_and_changes_what_is_not(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, "Bea's Bowls")
    path = f"/platform/sellers/{shop.slug}"
    html = olivia.get(path).text
    assert {str(it["name"]) for it in page(html).select("[type=radio]")} == {"onboarding", "charge"}
    assert "Fixed when the account was made" in words(html)
    sent = TERMS | {"charge": "separate", "onboarding": "embedded", "transfer_when": "later"}
    assert olivia.post(f"{path}/terms", data=sent).status_code == 303
    session.expire_all()
    kept = session.get_one(Seller, shop.id)
    assert (kept.charge_type, kept.onboarding) == (ChargeType.SEPARATE, Onboarding.EMBEDDED)
    assert (kept.fee_bps, kept.transfer_when) == (750, TransferWhen.LATER)
    assert kept.split is Split.APPLICATION_FEE


def test_what_stripe_fixed_can_be_changed_until_the_account_is_asked_for(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, stripe_id=None, account_status=AccountStatus.NONE)
    path = f"/platform/sellers/{shop.slug}"
    html = olivia.get(path).text
    assert set(ticked(html)) == {question.name for question in options.QUESTIONS}
    wanted = options.address(replace(DEFAULT, accounts_api=AccountsApi.V1))
    assert olivia.post(f"{path}/terms", data=TERMS | wanted).status_code == 303
    session.expire_all()
    assert session.get_one(Seller, shop.id).accounts_api is AccountsApi.V1
    shop.account_status = AccountStatus.REQUESTED  # while the page was open
    session.commit()
    late = olivia.post(f"{path}/terms", data=TERMS | wanted | {"accounts": "v2"})
    assert late.status_code == 422
    assert "Stripe fixed this when it was asked for the account." in words(late.text)
    session.expire_all()
    assert session.get_one(Seller, shop.id).accounts_api is AccountsApi.V1


def test_onboarding_by_our_own_form_is_refused_where_the_rules_say_so(
    olivia: FlaskClient, session: orm.Session
) -> None:
    shop = builders.seller(session, "Bea's Bowls")
    sent = TERMS | {"onboarding": "api", "knowing": "y"}
    answer = olivia.post(f"/platform/sellers/{shop.slug}/terms", data=sent)
    assert answer.status_code == 422
    assert "Rule api-onboarding-needs-full-control." in words(answer.text)
    assert page(answer.text).select_one("details[open] form")


def test_a_demo_seller_is_opened_once_for_each_design(
    client: FlaskClient, session: orm.Session
) -> None:
    for _ in range(2):
        answer = client.post("/guide/try", data=options.address(CAUTION))
        assert (answer.status_code, answer.location) == (303, "/sell/account")
        assert client.get("/sell/account").status_code == 200
    shop = session.scalars(sa.select(Seller)).one()
    assert shop.design == CAUTION


def test_two_presses_at_once_open_the_same_demo_seller(
    client: FlaskClient, session: orm.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL both look for the person before either has made one."""
    assert client.post("/guide/try", data=options.address(CAUTION)).status_code == 303
    find, looks = people.by_email, iter([None])
    monkeypatch.setattr(people, "by_email", lambda *args: next(looks, find(*args)))
    answer = client.post("/guide/try", data=options.address(CAUTION))
    assert (answer.status_code, answer.location) == (303, "/sell/account")
    assert next(looks, "used") == "used"
    assert session.scalar(sa.select(sa.func.count(Seller.id))) == 1


@pytest.mark.parametrize("field", ["losses-need-fees", "full-dashboard-belongs-to-stripe"])
def test_what_nobody_can_build_today_cannot_be_tried(client: FlaskClient, field: str) -> None:
    design = REFUSED if field == "losses-need-fees" else replace(DEFAULT, dashboard=Dashboard.FULL)
    answer = client.post("/guide/try", data=options.address(design))
    assert answer.status_code == 422
    assert f"Rule {field}." in words(answer.text)


def test_with_a_key_of_stripes_there_are_no_demo_sellers(
    settings: Settings, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "marketplace.web.context.settings", lambda: replace(settings, sandbox=False)
    )
    assert client.post("/guide/try", data=options.address(DEFAULT)).status_code == 404


def test_a_missing_publishable_key_is_told_first_and_where_a_design_needs_it(
    settings: Settings, olivia: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(path: str, design: Design = DEFAULT) -> bool:
        page = olivia.get(path, query_string=options.address(design)).text
        return "STRIPE_PUBLISHABLE_KEY is not set" in page

    inside = replace(DEFAULT, onboarding=Onboarding.EMBEDDED)
    assert not told("/platform")
    assert not told("/platform/design", inside)
    keyless = replace(settings, stripe_publishable_key=None)
    monkeypatch.setattr("marketplace.web.context.settings", lambda: keyless)
    assert told("/platform")
    page = words(olivia.get("/platform/design", query_string=options.address(inside)).text)
    assert "sellers of this design are not onboarded inside our pages" in page
    assert "buyers pay on Stripe's page and not in our form" in page


@pytest.mark.parametrize(("offered", "left_out"), [("hosted", "elements"), ("elements", "hosted")])
def test_buyers_pay_only_where_the_operator_lets_them(
    client: FlaskClient, session: orm.Session, offered: str, left_out: str
) -> None:
    with phase(session):
        platform.set_terms(
            session,
            fees.Terms(bps=1000),
            pay_at_stripe=offered == "hosted",
            pay_here=offered == "elements",
        )
    bowl = builders.product(session, builders.seller(session))
    client.post("/basket/add", data={"product_id": bowl.id, "quantity": "1", "nonce": "n1"})
    till = page(client.get("/basket").text).select_one("a[href^='/checkout/']")
    assert till
    path = str(till["href"])
    shown = page(client.get(path).text).select("[name=way]")
    assert [it["value"] for it in shown] == [offered]
    sent = {"way": left_out, "nonce": "a-nonce-of-a-till-form"}
    assert client.post(path, data=sent).status_code == 422
