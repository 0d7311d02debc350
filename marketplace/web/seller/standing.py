"""Where a seller stands, as one heading, one explanation and one right button.

The rule that bites: a page that offers three buttons to somebody whose account is in review makes
them press all three. Each of the five states has one thing to do, and sometimes it is to wait.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from marketplace import dashboards
from marketplace.accounts import words
from marketplace.accounts.state import Actor, whose_turn
from marketplace.design import Onboarding
from marketplace.errors import Sentence
from marketplace.lifecycles import SellerState
from marketplace.models import Seller

OPERATORS = Sentence("the people who run the marketplace")
PAYOUTS = Sentence("Payouts to your bank")
SUPPORT = Sentence("Stripe's support")
START, CHECK, DASHBOARD = "seller.start", "seller.check", "seller.dashboard"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page says. `button` is the endpoint to post to, or None when there is nothing.

    `link` is an address to follow instead: where the seller has a login that is none of ours.
    """

    title: str
    text: str
    button: str | None
    label: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that works, or not yet."""

    text: str
    status: str


_PLAIN: Mapping[SellerState, Standing] = {
    SellerState.NOT_STARTED: Standing(
        "Set up payments",
        "Before anybody can buy from you, Stripe has to know who you are and where to send your "
        "money. It takes a few minutes; your answers go to Stripe, and we do not see them.",
        START,
        "Set up payments with Stripe",
    ),
    SellerState.DUE: Standing(
        "Stripe has more questions",
        "Your shop works. Answer in time, and nothing will be switched off.",
        START,
        "Answer at Stripe",
    ),
    SellerState.PAST_DUE: Standing(
        "Answers are overdue",
        "Stripe has switched something off until it knows what is listed below.",
        START,
        "Answer at Stripe now",
    ),
    SellerState.IN_REVIEW: Standing(
        "Stripe is checking",
        "There is nothing for you to do. It takes minutes as a rule, at times some days.",
        CHECK,
        "Check again",
    ),
    SellerState.RESTRICTED: Standing("Your account is switched off", "", CHECK, "Check again"),
    SellerState.NOTHING_DUE: Standing(
        "All set",
        "You can sell, and your money goes to your bank. Stripe asks for nothing.",
        DASHBOARD,
        "Open my Stripe dashboard",
    ),
}
_UNFINISHED = Standing(
    "You are not done yet",
    "Stripe still has questions. Go on where you stopped; what you answered is kept.",
    START,
    "Go on at Stripe",
)
_CLOSED_DUE = Standing(
    "Stripe has more questions",
    "Until you answer, nobody can buy from you.",
    START,
    "Answer at Stripe",
)
_LEFT = Standing(
    "Your Stripe account has left the marketplace",
    "Nobody can buy from you. Write to the people who run the marketplace if this is a mistake.",
    None,
)


# The same where our own pages ask in Stripe's name.
_OURS = {
    "Set up payments with Stripe": "Set up payments",
    "Answer at Stripe": "Answer",
    "Answer at Stripe now": "Answer now",
    "Go on at Stripe": "Go on",
}
_WE_ASK = (
    "Before anybody can buy from you, Stripe has to know who you are and where to send your money. "
    "It takes a few minutes; we ask in Stripe's name, and keep none of your answers."
)


def wordings() -> Iterator[str]:
    """Every heading, explanation and button that is written here, for translators."""
    for it in (*_PLAIN.values(), _UNFINISHED, _CLOSED_DUE, _LEFT):
        yield from (it.title, it.text, it.label)
    yield from (*_OURS.values(), _WE_ASK)


def standing(seller: Seller, *, open_for_sale: bool, stripes_pages: str) -> Standing:
    """The heading, explanation and button for this seller.

    `stripes_pages` is where somebody with the full Dashboard signs in.
    """
    found = _standing(seller, open_for_sale=open_for_sale, stripes_pages=stripes_pages)
    if seller.onboarding is not Onboarding.API:
        return found
    text = _WE_ASK if found is _PLAIN[SellerState.NOT_STARTED] else found.text
    return replace(found, text=text, label=_OURS.get(found.label, found.label))


def _standing(seller: Seller, *, open_for_sale: bool, stripes_pages: str) -> Standing:
    if seller.deauthorized_at is not None:
        return _LEFT
    if seller.stripe_id is None:
        return _PLAIN[SellerState.NOT_STARTED]
    plain = _PLAIN[seller.state]
    if seller.state is SellerState.DUE and not seller.details_submitted:
        return _UNFINISHED
    if seller.state is SellerState.DUE and not open_for_sale:
        return _CLOSED_DUE
    if seller.state is SellerState.RESTRICTED:
        return replace(plain, text=_why_restricted(seller))
    if plain.button == DASHBOARD and dashboards.has_full(seller):
        return replace(plain, button=None, link=stripes_pages)
    if plain.button == DASHBOARD and not dashboards.has_express(seller):
        return replace(plain, button=CHECK, label="Check again")
    return plain


def abilities(seller: Seller) -> list[Ability]:
    """What works on the account, by Stripe's own switches."""
    found = [
        Ability(words.capability(name), str(status))
        for name, status in sorted(seller.capabilities.items(), reverse=True)
    ]
    payouts = "active" if seller.payouts_enabled else "inactive"
    return [*found, Ability(PAYOUTS, payouts)]


def _why_restricted(seller: Seller) -> str:
    reason = seller.disabled_reason
    why = words.disabled(reason) if reason else words.OFF
    turn = whose_turn(seller.state, reason)
    who = OPERATORS if turn is Actor.PLATFORM else SUPPORT
    return Sentence(
        "{why} Nobody can buy from you meanwhile. Write to {who} if this is a mistake.",
        why=Sentence(why),
        who=who,
    )
