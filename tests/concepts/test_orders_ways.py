"""Stripe's page, our own form, a saved card: each under every charge type, and turning about."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import stripe as sdk

from marketplace import charges, ledger, orders, wallet
from marketplace.design import ChargeType
from marketplace.errors import Conflict, StripeUnavailable
from marketplace.gateway.client import acting_as
from marketplace.lifecycles import OrderStatus, PaymentStatus
from marketplace.models import Order, PaymentUi, Seller, User
from marketplace.orders import Wanted, Way
from marketplace.sandbox import hands
from tests import builders
from tests.sandbox import merchants
from tests.sandbox.test_stripe_js import CARD, ask
from tests.till import SITE, Till, at_once, till

__all__ = ["till"]

PAID, FAILED, PAYING = OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.PAYING
FORM, PAGE = Way(PaymentUi.ELEMENTS), Way()
DECLINED, CHALLENGED = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"


@pytest.fixture
def ben(till: Till) -> User:
    """Somebody with a wallet."""
    return builders.person(till.session, "Ben")


def charging(till: Till, charge_type: ChargeType) -> ChargeType:
    """From now on Bea's shop charges like this."""
    till.session.execute(sa.update(Seller).values(charge_type=charge_type))
    till.session.commit()
    return charge_type


@pytest.fixture(params=sorted(charges.STRATEGIES))
def any_charge(till: Till, request: pytest.FixtureRequest) -> ChargeType:
    """Bea's shop charges in each of the ways that we have."""
    return charging(till, ChargeType(request.param))


@pytest.fixture
def direct(till: Till) -> ChargeType:
    """Bea's shop charges on its own account, where a saved card has most ways to go wrong."""
    return charging(till, ChargeType.DIRECT)


def saved(till: Till, buyer: User, card: str = "pm_card_visa") -> Way:
    """A card in the wallet of `buyer`, and the way to pay with it."""
    customer = wallet.customer(till.session, till.stripe, buyer)
    attached = till.stripe.v1.payment_methods.attach(card, {"customer": customer.stripe_id or ""})
    return Way(PaymentUi.SAVED_CARD, customer.stripe_id, attached.id)


def place(till: Till, buyer: User | None, way: Way | None = None) -> Order:
    return orders.place(till.session, [Wanted(till.bowl.id, 1)], buyer, builders.nonce(), way=way)


def start(till: Till, order: Order, way: Way | None = None) -> str:
    fresh = till.look(order)
    return orders.start_payment(till.session, till.stripe, fresh, public_url=SITE, way=way)


def pay_in_form(till: Till, order: Order, number: str = CARD["card[number]"]) -> Any:
    """What the Payment Element does in the browser, with the secret that our page fetched."""
    fresh = till.look(order)
    secret = orders.client_secret(till.session, till.stripe, fresh, public_url=SITE)
    account = fresh.payments[-1].stripe_account
    headers = {"Stripe-Account": account} if account else {}
    card = {**CARD, "card[number]": number, "billing_details[email]": "ben@example.com"}
    method = ask(till.sandbox, "POST", "/v1/payment_methods", headers, **card).json()
    path = f"/v1/payment_pages/{secret.partition('_secret_')[0]}/confirm"
    sent: dict[str, Any] = {"client_secret": secret, "payment_method": method["id"]}
    return ask(till.sandbox, "POST", path, headers, **sent).json()


def test_our_own_form_pays(till: Till, any_charge: ChargeType) -> None:
    order = place(till, None, FORM)
    assert start(till, order) == f"{SITE}/orders/{order.token}/pay"
    declined = pay_in_form(till, order, "4000000000000002")
    assert declined["error"]["code"] == "card_declined"
    assert till.settle_last(order).status is PAYING, "the form is still open for another card"
    assert pay_in_form(till, order)["status"] == "complete"
    paid = till.settle_last(order)
    assert (paid.status, paid.charge_type) == (PAID, any_charge)
    assert ledger.check(till.session) == []
    assert not ledger.story(till.session, paid).expected
    with pytest.raises(Conflict):
        orders.client_secret(till.session, till.stripe, paid, public_url=SITE)


def test_a_saved_card_pays_at_once(till: Till, ben: User, any_charge: ChargeType) -> None:
    order = place(till, ben, saved(till, ben))
    assert start(till, order) == f"{SITE}/orders/{order.token}/return"
    paid = till.look(order)
    assert (paid.status, paid.charge_type) == (PAID, any_charge)
    payment = paid.payments[-1]
    assert payment.checkout_session_id is None
    assert (payment.stripe_account is not None) is (any_charge is ChargeType.DIRECT)
    assert ledger.check(till.session) == []
    assert not ledger.story(till.session, paid).expected
    assert till.stock() == 2
    with pytest.raises(Conflict):
        start(till, order)


def test_one_click_pays_several_shops(till: Till, ben: User) -> None:
    charging(till, ChargeType.SEPARATE)
    account = merchants.seller(till.sandbox)
    terms = {"charge_type": ChargeType.SEPARATE, "stripe_id": account, "fee_bps": 1000}
    cup = builders.product(till.session, builders.seller(till.session, "Cy's cups", **terms), "Cup")
    wanted = [Wanted(till.bowl.id, 1), Wanted(cup.id, 2)]
    way = saved(till, ben)
    order = orders.place(till.session, wanted, ben, builders.nonce(), way=way)
    start(till, order)
    paid = till.look(order)
    assert (paid.status, paid.amount) == (PAID, 3000)
    made = till.stripe.v1.transfers.list().data
    assert sorted(transfer.amount for transfer in made) == [877, 1800]
    assert {transfer.source_transaction for transfer in made} == {paid.payments[-1].charge_id}
    assert ledger.check(till.session) == []


def test_a_declined_card_ends_the_attempt_and_another_way_begins_a_new_one(
    till: Till, ben: User, direct: ChargeType
) -> None:
    order = place(till, ben, saved(till, ben, DECLINED))
    start(till, order)
    assert till.stock() == 3
    failed = till.look(order)
    assert failed.status is FAILED
    [payment] = failed.payments
    assert orders.reason(payment.failure_code)
    intent = till.stripe.v1.payment_intents.retrieve(
        payment.payment_intent_id or "", options=acting_as(payment.stripe_account)
    )
    assert intent.status == "canceled", "nobody can pay it after all"
    hands.pay(start(till, order, PAGE))
    assert till.settle_last(order).status is PAID
    assert till.stock() == 2
    assert till.look(order).charge_type is direct


@pytest.mark.parametrize(
    ("charge_type", "answer", "status"),
    [(ChargeType.DIRECT, "complete", PAID), (ChargeType.DESTINATION, "fail", FAILED)],
)
def test_the_bank_may_ask_the_buyer_first(
    till: Till, ben: User, charge_type: ChargeType, answer: str, status: OrderStatus
) -> None:
    charging(till, charge_type)
    order = place(till, ben, saved(till, ben, CHALLENGED))
    bank = start(till, order)
    assert bank.startswith(till.sandbox.url)
    assert start(till, order) == bank, "a second click leads to the same question"
    assert till.look(order).status is PAYING
    landed = till.sandbox.http.post(bank, {"action": answer}, allow_redirects=False, timeout=60)
    assert landed.headers["Location"].startswith(f"{SITE}/orders/{order.token}/return?")
    assert till.settle_last(order).status is status
    assert till.stock() == (2 if status is PAID else 3)


def test_a_new_card_is_kept_when_the_buyer_wants_it(till: Till, ben: User) -> None:
    customer = wallet.customer(till.session, till.stripe, ben)
    order = place(till, ben, Way(PaymentUi.HOSTED, customer.stripe_id))
    hands.pay(start(till, order))
    assert till.settle_last(order).status is PAID
    wallet.refresh(till.session, till.stripe, customer)
    [card] = wallet.cards(till.session, ben)
    again = place(till, ben, Way(PaymentUi.SAVED_CARD, customer.stripe_id, card.stripe_id))
    start(till, again)
    assert till.look(again).status is PAID


def test_on_a_sellers_own_account_no_card_is_kept_for_others(till: Till, ben: User) -> None:
    charging(till, ChargeType.DIRECT)
    customer = wallet.customer(till.session, till.stripe, ben)
    order = place(till, ben, Way(PaymentUi.HOSTED, customer.stripe_id))
    hands.pay(start(till, order))
    assert till.settle_last(order).status is PAID
    wallet.refresh(till.session, till.stripe, customer)
    assert wallet.cards(till.session, ben) == []


@pytest.mark.parametrize(
    ("first", "then"),
    [(PAGE, FORM), (PAGE, "card"), (FORM, PAGE), ("challenged", PAGE), ("challenged", "card")],
    ids=["page-form", "page-card", "form-page", "challenged-page", "challenged-card"],
)
def test_turning_to_another_way_closes_the_first_and_frees_the_goods_once(
    till: Till, ben: User, first: Way | str, then: Way | str
) -> None:
    cards = {"card": "pm_card_visa", "challenged": CHALLENGED}
    one = saved(till, ben, cards[first]) if isinstance(first, str) else first
    two = saved(till, ben, cards[then]) if isinstance(then, str) else then
    order = place(till, ben, one)
    left = start(till, order)
    assert till.stock() == 2
    led_to = start(till, order, two)
    assert till.stock() == 2
    before, now = till.attempts(order)
    assert (before.status, before.stock_released) == (PaymentStatus.EXPIRED, True)
    if first == "challenged":
        closed = till.sandbox.http.get(left, timeout=60)
        assert "Approve" not in closed.text
    else:
        page = till.stripe.v1.checkout.sessions.retrieve(before.checkout_session_id or "")
        assert page.status == "expired"
    orders.ask(till.session, till.stripe, before)  # late news of the first
    assert till.look(order).status in {PAYING, PAID}
    if two.ui is PaymentUi.HOSTED:
        hands.pay(led_to)
    elif two.ui is PaymentUi.ELEMENTS:
        pay_in_form(till, order)
    assert till.settle_last(order).status is PAID
    assert (now.status, till.stock()) == (PaymentStatus.SUCCEEDED, 2)


def test_who_paid_in_one_tab_is_not_charged_again_in_the_other(till: Till, ben: User) -> None:
    order = place(till, ben)
    hands.pay(start(till, order))
    with pytest.raises(Conflict, match="paid"):
        start(till, order, saved(till, ben))
    assert till.look(order).status is PAID
    assert [payment.status for payment in till.attempts(order)] == [
        PaymentStatus.SUCCEEDED,
        PaymentStatus.EXPIRED,
    ]
    assert till.stock() == 2
    assert len(till.stripe.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("charge_type", "lost"),
    [(ChargeType.DIRECT, "/payment_intents"), (ChargeType.DESTINATION, "/confirm")],
)
def test_when_the_answer_is_lost_a_saved_card_is_charged_once(
    till: Till, ben: User, charge_type: ChargeType, lost: str
) -> None:
    charging(till, charge_type)
    order = place(till, ben, saved(till, ben))
    till.wire.lose = lambda method, url: method.upper() == "POST" and url.endswith(lost)
    with pytest.raises(StripeUnavailable):
        start(till, order)
    till.wire.lose = None
    if lost == "/confirm":
        start(till, order)
    else:
        assert till.sweep(timedelta(minutes=5)) == 1
    paid = till.look(order)
    assert paid.status is PAID
    options = acting_as(paid.payments[-1].stripe_account)
    assert len(till.stripe.v1.charges.list(options=options).data) == 1
    assert len(paid.payments) == 1


def test_an_hour_after_the_click_no_card_is_charged_any_more(till: Till, ben: User) -> None:
    forgotten, begun = place(till, ben, saved(till, ben)), place(till, ben, saved(till, ben))
    till.wire.lose = lambda _method, url: url.endswith("/confirm")
    till.wire.stop = True
    with pytest.raises(StripeUnavailable):
        start(till, begun)
    till.wire.lose, till.wire.stop = None, False
    assert till.sweep(timedelta(hours=2)) == 2
    assert till.look(forgotten).status is OrderStatus.EXPIRED
    assert till.look(begun).status is OrderStatus.EXPIRED
    assert till.stripe.v1.charges.list().data == []
    assert till.stock() == 3


def test_the_sweep_opens_nothing_that_the_buyer_turned_away_from(till: Till, ben: User) -> None:
    order = place(till, ben, FORM)
    till.wire.lose, till.wire.stop = (lambda _m, url: url.endswith("/sessions")), True
    with pytest.raises(StripeUnavailable):
        start(till, order)
    with pytest.raises(StripeUnavailable):
        start(till, order, PAGE)
    till.wire.lose, till.wire.stop = None, False
    assert [one.status for one in till.attempts(order)] == [PaymentStatus.REQUESTED] * 2
    till.session.execute(sa.update(Seller).values(charges_enabled=False, transfers_active=False))
    till.session.commit()
    till.sweep()
    first, last = till.attempts(order)
    assert (first.status, last.status) == (PaymentStatus.EXPIRED, PaymentStatus.OPEN)
    by_id = {page.id: page.status for page in till.sessions()}
    assert by_id[last.checkout_session_id] == "open"
    assert sorted(by_id.values()) == ["expired", "open"]
    assert till.stock() == 2


def test_a_card_that_cannot_even_be_cloned_ends_the_attempt(
    till: Till, ben: User, direct: ChargeType
) -> None:
    order = place(till, ben, saved(till, ben))

    def decline(_method: str, url: str) -> bool:
        if url.endswith("/v1/payment_methods"):
            raise sdk.CardError("Your card has expired.", None, "expired_card", http_status=402)
        return False

    till.wire.lose = decline
    assert start(till, order) == f"{SITE}/orders/{order.token}/return"
    [payment] = till.attempts(order)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "expired_card")
    assert (till.stock(), direct) == (3, till.look(order).charge_type)


def test_clicks_at_once_charge_a_saved_card_once(till: Till, ben: User) -> None:
    order = place(till, ben, saved(till, ben))

    def click() -> None:
        with till.own_session() as own:
            same = orders.load(own, order.token)
            with suppress(StripeUnavailable, Conflict):  # told to try again, or that it is paid
                orders.start_payment(own, till.stripe, same, public_url=SITE)

    at_once(click)
    assert till.look(order).status is PAID
    assert len(till.stripe.v1.charges.list().data) == 1


def test_an_event_finds_the_saved_cards_payment_before_we_remember_it(
    till: Till, ben: User, direct: ChargeType
) -> None:
    order = place(till, ben, saved(till, ben))
    till.wire.lose = lambda method, url: method.upper() == "POST" and url.endswith("/confirm")
    with pytest.raises(StripeUnavailable):
        start(till, order)
    till.wire.lose = None
    payment = till.attempts(order)[-1]
    account, intent = payment.stripe_account, payment.payment_intent_id or ""
    payment.payment_intent_id, payment.status = None, PaymentStatus.REQUESTED
    till.session.commit()
    assert orders.refresh_payment(till.session, till.stripe, intent, account)
    assert (till.look(order).status, account is None) == (PAID, direct is not ChargeType.DIRECT)
