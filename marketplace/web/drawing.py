"""Where the boxes and arrows of a money story go, in whole units of an SVG.

The template draws; this decides. The rule that bites: a picture must say the same as the table
beside it, so its labels are the story's own amounts, formatted, and its bar divides the total with
`Money.allocate`, which loses nothing to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.charges.strategy import Kind, Party
from marketplace.ledger import MoneyStory, Movement
from marketplace.money import Money
from marketplace.web import show

WIDTH = 360
HEIGHT = 308
BAR = 344
BAR_HEIGHT = 52
NAME_LENGTH = 22
LETTER, PADDING = 10, 6
WORDS = {
    Kind.CHARGE: "paid",
    Kind.STRIPE_FEE: "fee",
    Kind.TRANSFER: "passed on",
    Kind.APPLICATION_FEE: "commission",
    Kind.REFUND: "refunded",
    Kind.REFUND_FAILURE: "refund failed",
    Kind.TRANSFER_REVERSAL: "returned",
    Kind.APPLICATION_FEE_REFUND: "commission back",
    Kind.DISPUTE: "disputed",
    Kind.DISPUTE_FEE: "dispute fee",
    Kind.OTHER: "moved",
}


@dataclass(frozen=True, slots=True)
class Box:
    """A party: name and what it holds. `tight` when the amounts need a smaller letter."""

    x: int
    y: int
    width: int
    height: int
    party: str
    name: str
    amounts: Sequence[str]
    tight: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """Money on its way. The label stands beside the line, at (`x`, `y`), anchored as `anchor`."""

    points: str
    x: int
    y: int
    anchor: str
    label: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of the bar that divides what the buyer paid."""

    x: int
    width: int
    party: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the template draws."""

    width: int
    height: int
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    shares: Sequence[Share]


PLACES = {
    Party.BUYER: (8, 8, 230, 52),
    Party.PLATFORM: (8, 128, 230, 52),
    Party.SELLER: (8, 248, 230, 52),
    Party.STRIPE: (268, 128, 84, 52),
}
# From whom to whom: the line, and where its label stands.
ROUTES = {
    (Party.BUYER, Party.PLATFORM): ("30,60 30,124", 40, 98, "start"),
    (Party.PLATFORM, Party.BUYER): ("196,128 196,64", 206, 98, "start"),
    (Party.PLATFORM, Party.SELLER): ("30,180 30,244", 40, 218, "start"),
    (Party.SELLER, Party.PLATFORM): ("196,248 196,184", 206, 218, "start"),
    (Party.PLATFORM, Party.STRIPE): ("238,148 264,148", 352, 118, "end"),
    (Party.STRIPE, Party.PLATFORM): ("268,166 242,166", 352, 198, "end"),
    (Party.BUYER, Party.SELLER): ("238,20 254,20 254,274 242,274", 262, 230, "start"),
    (Party.SELLER, Party.BUYER): ("238,288 260,288 260,34 242,34", 266, 60, "start"),
    (Party.SELLER, Party.STRIPE): ("238,262 310,262 310,184", 302, 226, "end"),
    (Party.STRIPE, Party.SELLER): ("330,180 330,280 242,280", 326, 250, "end"),
}


# Where the seller is paid by the buyer, the two change places: the charge is in the middle.
SWAPPED = {Party.PLATFORM: Party.SELLER, Party.SELLER: Party.PLATFORM}


def _stand_in(story: MoneyStory, party: Party) -> Party:
    """Whose place in the picture `party` has."""
    direct = story.roles.charge_lives_on is Party.SELLER
    return SWAPPED.get(party, party) if direct else party


def picture(story: MoneyStory) -> Picture:
    """Lay out the picture of a money story."""
    shares = _shares(story)
    return Picture(
        width=WIDTH,
        height=HEIGHT + (BAR_HEIGHT if shares else 0),
        boxes=[_box(story, party) for party in PLACES],
        arrows=_arrows(story),
        shares=shares,
    )


def _box(story: MoneyStory, party: Party) -> Box:
    x, y, width, height = PLACES[_stand_in(story, party)]
    holding = story.of(party)
    name = str(show.told(holding.name))
    short = name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"
    amounts = [_signed(money) for money in holding.amounts]
    tight = len(", ".join(amounts)) * LETTER > width - 2 * PADDING
    return Box(x, y, width, height, party.value, short, amounts, tight)


def _signed(money: Money) -> str:
    return f"+{show.amount(money)}" if money.amount > 0 else show.amount(money)


def _arrows(story: MoneyStory) -> list[Arrow]:
    """One arrow for each pair of parties; several movements on it add up in its label.

    A refund that failed moved nothing in the end; the table has both its ways.
    """
    failed = {it.object_id for it in story.movements if it.kind is Kind.REFUND_FAILURE}
    pairs: dict[tuple[Party, Party], list[Movement]] = {}
    for movement in story.movements:
        if movement.object_id in failed:
            continue
        pair = _stand_in(story, movement.payer), _stand_in(story, movement.payee)
        pairs.setdefault(pair, []).append(movement)
    drawn = []
    for pair, together in pairs.items():
        if pair not in ROUTES:
            continue
        points, x, y, anchor = ROUTES[pair]
        expected = any(movement.expected for movement in together)
        drawn.append(Arrow(points, x, y, anchor, _label(together), expected))
    return drawn


def _label(movements: Sequence[Movement]) -> str:
    sums: dict[str, Money] = {}
    for movement in movements:
        if movement.money is not None:
            before = sums.get(movement.money.currency, Money.zero(movement.money.currency))
            sums[movement.money.currency] = before + movement.money
    amounts = " + ".join(show.amount(money) for money in sums.values()) or "?"
    return f"{amounts} {show.translated(WORDS[movements[0].kind])}"


def _shares(story: MoneyStory) -> list[Share]:
    """How what was paid divides; nothing when a party lost or a second currency is involved."""
    held = [
        (party, story.of(party).amounts) for party in (Party.SELLER, Party.PLATFORM, Party.STRIPE)
    ]
    flat = [(party, money) for party, amounts in held for money in amounts]
    if not flat or any(
        money.amount < 0 or money.currency != story.total.currency for _, money in flat
    ):
        return []
    if sum(money.amount for _, money in flat) != story.total.amount:
        return []
    widths = Money(BAR, story.total.currency).allocate([money.amount for _, money in flat])
    x, shares = 8, []
    for (party, _), width in zip(flat, widths, strict=True):
        shares.append(Share(x, width.amount, party.value))
        x += width.amount
    return shares
