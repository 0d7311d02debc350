"""Invitations: a link that opens one shop, on terms that the operator chose for it.

Nothing here exists at Stripe, unless the invitation brings an account that does. The rule that
bites: whoever holds the link gets what it promises, so it is random, works once, ends after two
weeks, can be withdrawn, and only its hash is kept; it is shown when it is made and never again.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import clock, people
from marketplace.database import lock
from marketplace.design import Design
from marketplace.design.acceptance import accept
from marketplace.errors import Conflict, Invalid, NotFound, Sentence
from marketplace.models import Invitation, Seller, User
from marketplace.sellers import Agreement, Found, adopt, by_stripe_id, of, open_shop

LASTS = timedelta(days=14)
PAGE = 25


class State(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation and its token. The token is None when the same form had made it before."""

    invitation: Invitation
    token: str | None


def state(invitation: Invitation) -> State:
    """Where it stands now."""
    if invitation.accepted_at is not None:
        return State.ACCEPTED
    if invitation.withdrawn_at is not None:
        return State.WITHDRAWN
    return State.OPEN if clock.now() < invitation.expires_at else State.EXPIRED


def invite(
    session: orm.Session,
    *,
    email: str,
    design: Design,
    agreement: Agreement,
    nonce: str,
    knowing: bool = False,
    brings: Found | None = None,
) -> Sent:
    """Make an invitation; the same `nonce` makes none again. Flushes, commits not.

    `brings` is an account at Stripe that the shop is to have; its design is then what it is.
    Raises Invalid with the fields that cannot be used, and for a design that the rules refuse.
    """
    made = by_nonce(session, nonce)
    if made is not None:
        return Sent(made, None)
    email = people.normal_email(email)
    if not people.is_address(email):
        raise Invalid("Nobody was invited.", {"email": people.NO_ADDRESS})
    design = brings.design if brings else design
    accept(design, knowing=knowing or brings is not None)
    token = secrets.token_urlsafe(32)
    row = Invitation(
        email=email,
        form_nonce=nonce,
        token_hash=_digest(token),
        expires_at=clock.now() + LASTS,
        **asdict(design),
        **agreement.columns(design),
    )
    if brings is not None:
        row.stripe_id, row.shop_name = brings.stripe_id, brings.name
        row.country, row.currency = brings.country, brings.currency
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        made = by_nonce(session, nonce)
        if made is None:
            raise
        return Sent(made, None)
    return Sent(row, token)


def renew(session: orm.Session, invitation: Invitation) -> str:
    """A fresh token, valid from now; the old link stops. Flushes, commits not.

    Raises Conflict for an invitation that was accepted or withdrawn.
    """
    lock(session, invitation)
    if state(invitation) in {State.ACCEPTED, State.WITHDRAWN}:
        how = Sentence(state(invitation).value)
        raise Conflict(Sentence("This invitation was {state}.", state=how))
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _digest(token)
    invitation.expires_at = clock.now() + LASTS
    session.flush()
    return token


def withdraw(session: orm.Session, invitation: Invitation) -> None:
    """Make the link worthless; twice is once. Flushes. Raises Conflict when it was accepted."""
    lock(session, invitation)
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted already.")
    invitation.withdrawn_at = invitation.withdrawn_at or clock.now()
    session.flush()


def by_nonce(session: orm.Session, nonce: str) -> Invitation | None:
    """The invitation that a form has made already."""
    return session.scalar(sa.select(Invitation).where(Invitation.form_nonce == nonce))


def by_token(session: orm.Session, token: str) -> Invitation:
    """The invitation behind a link, whatever became of it. Raises NotFound."""
    query = sa.select(Invitation).where(Invitation.token_hash == _digest(token))
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such invitation.")
    return found


def take(session: orm.Session, user: User, token: str, *, name: str, country: str) -> Seller:
    """Open the shop that the link promises; sent twice, it is the same shop. Flushes.

    An account that the invitation brings is the shop's, in its own country. Raises NotFound,
    Conflict when the link is used, withdrawn or too old or `user` has a shop already, and Invalid
    with the fields that cannot be used.
    """
    invitation = lock(session, by_token(session, token))
    opened = of(session, user)
    if opened is not None and invitation.seller_id == opened.id:
        return opened
    if state(invitation) is not State.OPEN:
        how = Sentence(state(invitation).value)
        raise Conflict(Sentence("This invitation is {state}. Ask for a new one.", state=how))
    if opened is not None:
        raise Conflict(
            Sentence(
                "You have a shop already: {shop}. One person has one shop.", shop=opened.shop_name
            )
        )
    if invitation.stripe_id is None:
        seller = open_shop(session, user, name=name, country=country, terms=invitation)
    elif by_stripe_id(session, invitation.stripe_id) is None:
        seller = adopt(session, user, invitation, name=name)
    else:
        raise Conflict("The account of this invitation belongs to a shop already.")
    session.flush()
    invitation.accepted_at, invitation.seller_id = clock.now(), seller.id
    session.flush()
    return seller


def get(session: orm.Session, row_id: int) -> Invitation:
    """One invitation, with the shop that it opened. Raises NotFound."""
    query = sa.select(Invitation).where(Invitation.id == row_id)
    found = session.scalar(query.options(orm.joinedload(Invitation.seller)))
    if found is None:
        raise NotFound("There is no such invitation.")
    return found


def page(
    session: orm.Session, *, before: int | None = None, limit: int = PAGE
) -> Sequence[Invitation]:
    """Invitations, newest first, below the id `before`; one query."""
    query = sa.select(Invitation).order_by(Invitation.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Invitation.id < before)
    return session.scalars(query.options(orm.joinedload(Invitation.seller))).all()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
