"""Invitations: one link, one shop, on the terms that were promised and no others."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import orm

from marketplace import clock, invitations, people, sellers
from marketplace.charges import fees
from marketplace.design import DEFAULT, ChargeType, FeePayer, Onboarding
from marketplace.design.passing import Split, TransferWhen
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.invitations import State
from marketplace.models import Invitation, Role, User
from marketplace.sellers import Agreement
from tests import builders

HOME = {"name": "Maria's Mugs", "country": "US"}
AGREED = Agreement(fees.Terms(bps=700, fixed=10, least=50, most=500), Split.TRANSFER_AMOUNT)
APART = replace(DEFAULT, charge_type=ChargeType.SEPARATE, onboarding=Onboarding.EMBEDDED)


@pytest.fixture
def maria(session: orm.Session) -> User:
    """Somebody who has signed up and has no shop."""
    return people.sign_up(
        session, email="maria@example.com", name="Maria", password="a good long sentence"
    )


def invited(session: orm.Session, **values: object) -> str:
    """A fresh invitation; returns the token of its link."""
    asked = {"email": "maria@example.com", "design": DEFAULT, "agreement": AGREED}
    sent = invitations.invite(session, **{**asked, "nonce": builders.nonce(), **values})  # type: ignore[arg-type]
    session.commit()
    assert sent.token
    return sent.token


def test_whoever_signs_up_through_the_link_has_what_was_promised(
    session: orm.Session, maria: User
) -> None:
    shop = invitations.take(session, maria, invited(session), **HOME)
    session.commit()
    assert shop.design == DEFAULT
    assert (shop.fee_bps, shop.fee_fixed, shop.fee_min, shop.fee_max) == (700, 10, 50, 500)
    assert shop.split is Split.TRANSFER_AMOUNT
    assert maria.role is Role.SELLER
    assert session.query(Invitation).one().seller_id == shop.id


def test_terms_without_a_use_for_the_design_are_left_out(session: orm.Session, maria: User) -> None:
    agreement = replace(AGREED, transfer_when=TransferWhen.LATER, on_behalf_of=True)
    token = invited(session, design=APART, agreement=agreement)
    shop = invitations.take(session, maria, token, **HOME)
    assert (shop.split, shop.transfer_when) == (Split.APPLICATION_FEE, TransferWhen.LATER)
    assert (shop.charge_type, shop.on_behalf_of) == (ChargeType.SEPARATE, True)


def test_the_same_link_twice_is_the_same_shop_and_for_others_it_is_used(
    session: orm.Session, maria: User
) -> None:
    token = invited(session)
    shop = invitations.take(session, maria, token, **HOME)
    session.commit()
    assert invitations.take(session, maria, token, **HOME) is shop
    mallory = builders.person(session, "Mallory")
    with pytest.raises(Conflict, match="accepted"):
        invitations.take(session, mallory, token, **HOME)


def test_only_a_hash_of_the_link_is_kept_and_a_guess_finds_nothing(
    session: orm.Session, maria: User
) -> None:
    token = invited(session)
    row = session.query(Invitation).one()
    kept = [str(getattr(row, column.key)) for column in Invitation.__table__.columns]
    assert not any(token in value for value in kept)
    for guess in (row.token_hash, token[:-1], ""):
        with pytest.raises(NotFound):
            invitations.take(session, maria, guess, **HOME)


def test_after_two_weeks_the_link_is_worth_nothing_until_it_is_made_anew(
    session: orm.Session, maria: User
) -> None:
    old = invited(session)
    later = clock.now() + timedelta(days=14, seconds=1)
    with clock.reading(lambda: later):
        assert invitations.state(invitations.by_token(session, old)) is State.EXPIRED
        with pytest.raises(Conflict, match="expired"):
            invitations.take(session, maria, old, **HOME)
        fresh = invitations.renew(session, session.query(Invitation).one())
        session.commit()
        with pytest.raises(NotFound):
            invitations.take(session, maria, old, **HOME)
        assert invitations.take(session, maria, fresh, **HOME).shop_name == HOME["name"]


def test_a_withdrawn_link_is_worth_nothing_and_stays_so(session: orm.Session, maria: User) -> None:
    token = invited(session)
    row = session.query(Invitation).one()
    invitations.withdraw(session, row)
    withdrawn = row.withdrawn_at
    invitations.withdraw(session, row)
    assert row.withdrawn_at == withdrawn
    with pytest.raises(Conflict, match="withdrawn"):
        invitations.take(session, maria, token, **HOME)
    with pytest.raises(Conflict):
        invitations.renew(session, row)


def test_an_invitation_that_was_accepted_is_history(session: orm.Session, maria: User) -> None:
    invitations.take(session, maria, invited(session), **HOME)
    row = session.query(Invitation).one()
    with pytest.raises(Conflict):
        invitations.withdraw(session, row)
    with pytest.raises(Conflict):
        invitations.renew(session, row)


def test_who_has_a_shop_keeps_it_and_the_link_stays_for_somebody_else(
    session: orm.Session, maria: User
) -> None:
    sellers.open_shop(session, maria, name="First", country="US")
    token = invited(session)
    with pytest.raises(Conflict, match="You have a shop already: First"):
        invitations.take(session, maria, token, **HOME)
    assert invitations.state(session.query(Invitation).one()) is State.OPEN


def test_a_form_that_is_sent_twice_invites_once(session: orm.Session) -> None:
    asked = {"email": "maria@example.com", "design": DEFAULT, "agreement": AGREED}
    first = invitations.invite(session, **asked, nonce="the-same-form")  # type: ignore[arg-type]
    again = invitations.invite(session, **asked, nonce="the-same-form")  # type: ignore[arg-type]
    assert again.invitation is first.invitation
    assert (first.token is None, again.token) == (False, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"design": replace(DEFAULT, fee_payer=FeePayer.SELLER)}, "design"),
        ({"design": replace(DEFAULT, onboarding=Onboarding.API)}, "design"),
        ({"agreement": Agreement(fees.Terms(bps=20_000))}, "fee_bps"),
    ],
)
def test_what_cannot_be_promised_is_not(
    session: orm.Session, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        invited(session, **values)
    assert set(refusal.value.fields) == {field}


def test_a_name_that_cannot_be_leaves_the_link_good(session: orm.Session, maria: User) -> None:
    token = invited(session)
    with pytest.raises(Invalid) as refusal:
        invitations.take(session, maria, token, name=" ", country="US")
    assert set(refusal.value.fields) == {"name"}
    assert invitations.state(session.query(Invitation).one()) is State.OPEN
