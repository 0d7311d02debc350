"""The wallet: one Customer per buyer, cards that come and go once, and never somebody else's."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from marketplace import clock, wallet
from marketplace.errors import NotFound, StripeUnavailable
from marketplace.gateway import failures
from marketplace.models import Customer, SavedCard, User
from tests import builders
from tests.till import SITE, Till, till

__all__ = ["till"]


@pytest.fixture
def ben(till: Till) -> User:
    """Somebody who buys."""
    return builders.person(till.session, "Ben")


def keep(till: Till, buyer: User, card: str = "pm_card_visa") -> None:
    """What the form in the browser does: it confirms the SetupIntent whose secret it was given."""
    secret = wallet.setup_secret(till.session, till.stripe, buyer)
    intent = secret.partition("_secret_")[0]
    with failures.translating():
        till.stripe.v1.setup_intents.confirm(intent, {"payment_method": card, "return_url": SITE})
    customer = wallet.customer_of(till.session, buyer)
    assert customer
    wallet.refresh(till.session, till.stripe, customer)


def names(till: Till, buyer: User) -> list[str]:
    till.session.commit()
    return [card.name for card in wallet.cards(till.session, buyer)]


def test_a_buyer_becomes_one_customer_however_often_and_however_badly_it_is_asked(
    till: Till, ben: User
) -> None:
    till.wire.lose = lambda _method, url: url.endswith("/v1/customers")
    with pytest.raises(StripeUnavailable):
        wallet.customer(till.session, till.stripe, ben)
    till.wire.lose = None
    made = wallet.customer(till.session, till.stripe, ben)
    again = wallet.customer(till.session, till.stripe, ben)
    listed = till.stripe.v1.customers.list().data
    assert [made.stripe_id] == [again.stripe_id] == [one.id for one in listed]
    assert listed[0].email == ben.email


def test_a_customer_whose_answer_was_lost_days_ago_is_found_and_not_made_twice(
    till: Till, ben: User
) -> None:
    till.stripe.v1.customers.create({"email": ben.email, "name": "Another Ben"})
    till.wire.lose = lambda method, url: (method, url[-13:]) == ("post", "/v1/customers")
    with pytest.raises(StripeUnavailable):
        wallet.customer(till.session, till.stripe, ben)
    till.wire.lose = None
    two_days = 2 * 86_400
    till.sandbox.advance(two_days)  # and Stripe has forgotten the key
    later = clock.now() + timedelta(seconds=two_days)
    with clock.reading(lambda: later):
        made = wallet.customer(till.session, till.stripe, ben)
    ours, other = till.stripe.v1.customers.list().data
    assert (ours.id, ours.name, other.name) == (made.stripe_id, ben.name, "Another Ben")


def test_a_card_is_kept_and_the_next_one_gets_a_form_of_its_own(till: Till, ben: User) -> None:
    first = wallet.setup_secret(till.session, till.stripe, ben)
    assert wallet.setup_secret(till.session, till.stripe, ben) == first
    keep(till, ben)
    second = wallet.setup_secret(till.session, till.stripe, ben)
    assert second != first
    keep(till, ben, "pm_card_mastercard")
    assert names(till, ben) == ["Mastercard •••• 4444", "Visa •••• 4242"]
    intents = till.stripe.v1.setup_intents.list().data
    assert [intent.status for intent in intents] == ["succeeded", "succeeded"]
    assert {intent.usage for intent in intents} == {"on_session"}


def test_the_same_card_twice_is_shown_once_and_given_up_as_a_whole(till: Till, ben: User) -> None:
    keep(till, ben)
    keep(till, ben)
    [card] = wallet.cards(till.session, ben)
    customer = wallet.customer(till.session, till.stripe, ben)
    assert len(till.session.scalars(sa.select(SavedCard)).all()) == 2
    wallet.remove(till.session, till.stripe, card)
    assert names(till, ben) == []
    attached = till.stripe.v1.customers.payment_methods.list(customer.stripe_id or "")
    assert attached.data == []


def test_removing_twice_is_removing_once_and_a_late_answer_brings_nothing_back(
    till: Till, ben: User
) -> None:
    keep(till, ben)
    [card] = wallet.cards(till.session, ben)
    till.wire.lose = lambda _method, url: url.endswith("/detach")
    with pytest.raises(StripeUnavailable):
        wallet.remove(till.session, till.stripe, card)
    till.wire.lose = None
    assert names(till, ben) == []
    wallet.remove(till.session, till.stripe, card)
    wallet.remove(till.session, till.stripe, card)
    assert card.detached_at is not None
    # An answer that was on its way before the removal still lists the card.
    card.detached_at = None
    till.session.commit()
    customer = wallet.customer(till.session, till.stripe, ben)
    wallet.refresh(till.session, till.stripe, customer)
    assert names(till, ben) == []


def test_the_sweep_detaches_what_a_crash_left_attached(till: Till, ben: User) -> None:
    keep(till, ben)
    [card] = wallet.cards(till.session, ben)
    card.removed_at = clock.now()
    till.session.commit()
    assert wallet.finish_removals(till.session, till.stripe) == 1
    assert wallet.finish_removals(till.session, till.stripe) == 0
    found = till.stripe.v1.payment_methods.retrieve(card.stripe_id)
    assert found.customer is None


def test_nobody_finds_the_card_of_somebody_else(till: Till, ben: User) -> None:
    keep(till, ben)
    [card] = wallet.cards(till.session, ben)
    ada = builders.person(till.session, "Ada")
    builders.card(till.session, ada)
    assert wallet.card_of(till.session, ben, card.id) is card
    with pytest.raises(NotFound):
        wallet.card_of(till.session, ada, card.id)
    assert len(wallet.cards(till.session, ada)) == 1


def test_a_card_that_was_detached_at_stripe_leaves_the_wallet(till: Till, ben: User) -> None:
    keep(till, ben)
    [card] = wallet.cards(till.session, ben)
    till.stripe.v1.payment_methods.detach(card.stripe_id)
    assert wallet.refresh_card(till.session, till.stripe, card.stripe_id)
    assert names(till, ben) == []
    assert not wallet.refresh_card(till.session, till.stripe, "pm_somebody_elses")
    assert not wallet.refresh_customer(till.session, till.stripe, "cus_somebody_elses")


def test_a_customer_who_was_deleted_at_stripe_is_made_anew_with_the_next_card(
    till: Till, ben: User
) -> None:
    keep(till, ben)
    old = wallet.customer(till.session, till.stripe, ben).stripe_id or ""
    assert wallet.forgotten(till.session, till.stripe, old)
    assert names(till, ben) == ["Visa •••• 4242"], "it is still there, whatever was said"
    till.stripe.v1.customers.delete(old)
    assert wallet.forgotten(till.session, till.stripe, old)
    assert names(till, ben) == []
    assert not wallet.forgotten(till.session, till.stripe, old)
    keep(till, ben, "pm_card_mastercard")
    assert names(till, ben) == ["Mastercard •••• 4444"]
    assert wallet.customer(till.session, till.stripe, ben).stripe_id != old


def test_stripes_page_for_a_card_is_used_until_it_is_done(till: Till, ben: User) -> None:
    first = wallet.setup_page(till.session, till.stripe, ben, public_url=SITE)
    assert wallet.setup_page(till.session, till.stripe, ben, public_url=SITE) == first
    customer = till.session.query(Customer).one()
    till.stripe.v1.checkout.sessions.expire(customer.setup_session_id or "")
    assert wallet.setup_page(till.session, till.stripe, ben, public_url=SITE) != first


@pytest.mark.parametrize(
    ("month", "year", "expired"), [(11, 2026, False), (10, 2026, True), (1, 2027, False)]
)
def test_a_card_expires_at_the_end_of_its_month(month: int, year: int, *, expired: bool) -> None:
    card = SavedCard(exp_month=month, exp_year=year, brand="amex", last4="0005")
    with clock.reading(lambda: datetime(2026, 11, 30, 23, 59, tzinfo=UTC)):
        assert card.expired is expired
    assert card.name == "American Express •••• 0005"
