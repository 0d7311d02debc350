"""Test cards and test bank accounts: what each number does when somebody pays with it.

A card is a row here. Programs name it by the id of a ready-made PaymentMethod (`pm_card_visa`)
or a token (`tok_visa`), people type its number on the payment page. A number that passes the
checksum but is not in the table is declined as Stripe's test mode does it: not a test card.

https://docs.stripe.com/testing https://docs.stripe.com/connect/testing
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .errors import Refused

ALWAYS = "always"
UNLESS_SET_UP = "unless_set_up"
UNLESS_OFF_SESSION = "unless_off_session"


@dataclass(frozen=True)
class Card:
    """One test card. `decline` and `decline_code` are what the bank says when it says no."""

    number: str
    name: str = ""
    """What follows `pm_card_` and `tok_`; several names are separated by spaces."""
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: str = ""
    """The error's `code`; empty for a card that pays."""
    decline_code: str = ""
    challenge: str = ""
    """When 3-D Secure is asked for: ALWAYS, UNLESS_SET_UP, UNLESS_OFF_SESSION or never."""
    dispute: str = ""
    """The reason of the dispute that follows the payment."""
    inquiry: bool = False
    disputes: int = 1
    warning: bool = False
    """An early fraud warning follows the payment."""
    bypass: bool = False
    """The money is available at once."""
    refund: str = ""
    """`pending`: refunds take a while; `failed`: they come back."""
    blocked: bool = False
    """Radar refuses the payment; the bank is never asked."""
    attaches: bool = False
    """A card that is declined can nevertheless be saved."""
    trigger: str = ""
    """What a payment does to the requirements of the account (Connect only)."""

    @property
    def last4(self) -> str:
        """The four digits that may be shown."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same number, the same fingerprint."""
        return f"fp{int(self.number) * 7919 % 36**10:014d}"


def _declined(number: str, name: str, code: str, decline_code: str = "") -> Card:
    return Card(number, name, decline=code, decline_code=decline_code or code)


_PAYING = (
    Card("4242424242424242", "visa us"),
    Card("4000056655665556", "visa_debit", funding="debit"),
    Card("5555555555554444", "mastercard", "mastercard"),
    Card("2223003122003222", "mastercard_2series", "mastercard"),
    Card("5200828282828210", "mastercard_debit", "mastercard", funding="debit"),
    Card("5105105105105100", "mastercard_prepaid", "mastercard", funding="prepaid"),
    Card("378282246310005", "amex", "amex"),
    Card("6011111111111117", "discover", "discover"),
    Card("3056930009020004", "diners", "diners"),
    Card("3566002020360505", "jcb", "jcb", country="JP"),
    Card("6200000000000005", "unionpay", "unionpay", country="CN"),
    Card("4000000760000002", "br", country="BR"),
    Card("4000001240000000", "ca", country="CA"),
    Card("4000004840008001", "mx", country="MX"),
    Card("4000000360000006", "au", country="AU"),
    Card("4000008260000000", "gb", country="GB"),
    Card("4000002760000016", "de", country="DE"),
    Card("4000002500000003", "fr", country="FR"),
    Card("4000003720000005", "ie", country="IE"),
    Card("4000003800000008", "it", country="IT"),
    Card("4000007240000007", "es", country="ES"),
    Card("4000005280000002", "nl", country="NL"),
    Card("4000007560000009", "ch", country="CH"),
    Card("4000003920000003", "jp", country="JP"),
    Card("4000007020000003", "sg", country="SG"),
    Card("4000000000000077", "bypassPending", bypass=True),
    Card("4000003720000278", "bypassPendingInternational", country="IE", bypass=True),
    Card("4000000000007726", "pendingRefund", refund="pending"),
    Card("4000000000005126", "refundFail", refund="failed"),
    Card("4000000000004202", "visa_triggerNextRequirements", trigger="next_requirements"),
    Card("4000000000004210", "visa_triggerChargeBlock", trigger="charge_block"),
    Card("4000000000004236", "visa_triggerPayoutBlock", trigger="payout_block"),
)

_DECLINED = (
    # `chargeCustomerFail` may be attached to a customer; every charge of it fails.
    Card(
        "4000000000000341",
        "chargeCustomerFail",
        decline="card_declined",
        decline_code="generic_decline",
        attaches=True,
    ),
    _declined(
        "4000000000000002", "visa_chargeDeclined chargeDeclined", "card_declined", "generic_decline"
    ),
    _declined(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds",
        "card_declined",
        "insufficient_funds",
    ),
    _declined("4000000000009987", "visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    _declined("4000000000009979", "visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    _declined("4000000000000069", "chargeDeclinedExpiredCard", "expired_card"),
    _declined("4000000000000127", "chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    _declined("4000000000000119", "chargeDeclinedProcessingError", "processing_error"),
    _declined(
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        "card_declined",
        "card_velocity_exceeded",
    ),
    Card(
        "4100000000000019",
        "radarBlock",
        decline="card_declined",
        decline_code="fraudulent",
        blocked=True,
    ),
)

_DISPUTED = (
    Card("4000000000000259", "createDispute", dispute="fraudulent"),
    Card("4000000000002685", "createDisputeProductNotReceived", dispute="product_not_received"),
    Card("4000000000001976", "createDisputeInquiry", dispute="fraudulent", inquiry=True),
    Card("4000000404000079", "createMultipleDisputes", dispute="fraudulent", disputes=2),
    Card("4000000000005423", "createIssuerFraudRecord", warning=True),
)

_AUTHENTICATED = (
    Card("4000002500003155", "authenticationRequiredOnSetup", challenge=UNLESS_SET_UP),
    Card("4000002760003184", "authenticationRequired", challenge=ALWAYS),
    Card(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        challenge=UNLESS_OFF_SESSION,
    ),
    Card(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        challenge=ALWAYS,
        decline="card_declined",
        decline_code="insufficient_funds",
    ),
    Card("4000000000003220", "threeDSecure2Required", challenge=ALWAYS),
    Card("4000000000003063", "threeDSecureRequired", challenge=ALWAYS),
    Card(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        challenge=ALWAYS,
        decline="card_declined",
        decline_code="generic_decline",
    ),
    # The look-up at the issuer fails, so the challenge never appears.
    _declined(
        "4000008400001280",
        "threeDSecureRequiredProcessingError",
        "card_declined",
        "processing_error",
    ),
    Card("4000000000003055", "threeDSecureOptional"),
)

CARDS = {card.number: card for card in (*_PAYING, *_DECLINED, *_DISPUTED, *_AUTHENTICATED)}
_NAMED = {name: card for card in CARDS.values() for name in card.name.split()}

# What the buyer is told. The sentences are Stripe's public ones for each code.
MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "incorrect_number": "Your card number is incorrect.",
    "invalid_number": "The card number is not a valid credit card number.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "invalid_cvc": "Your card's security code is invalid.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}

# Bank debits settle days later; the account number decides how.
DEBITS = {
    "000123456789": "",
    "000222222227": "insufficient_funds",
    "000111111113": "account_closed",
    "000111111116": "no_account",
    "AT611904300234573201": "",
    "DE89370400440532013000": "",
    "AT861904300235473202": "insufficient_funds",
    "IT60X0542811101000000123456": "insufficient_funds",
    "DE62370400440532013001": "insufficient_funds",
}


def named(alias: str) -> Card | None:
    """The card behind `pm_card_…` or `tok_…`, or None."""
    for prefix in ("pm_card_", "tok_"):
        if alias.startswith(prefix):
            return _NAMED.get(alias.removeprefix(prefix))
    return None


def of(number: str) -> Card:
    """The card with this number; a well-formed stranger is declined as a card not for tests."""
    return CARDS.get(number) or Card(
        number, brand=_brand(number), decline="card_declined", decline_code="test_mode_live_card"
    )


def _brand(number: str) -> str:
    starts = {"4": "visa", "5": "mastercard", "3": "amex", "6": "discover"}
    return starts.get(number[:1], "unknown")


def check(number: str, month: int, year: int, cvc: str | None, now: int) -> Card:
    """The card as typed; raises `Refused` (402, `card_error`) with the field in `param`.

    `year` may have two digits; `cvc` None means that none was given.
    """
    digits = number.replace(" ", "").replace("-", "")
    if not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19:  # noqa: PLR2004
        raise refused("invalid_number", "number")
    if not _checksum(digits):
        raise refused("incorrect_number", "number")
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        raise refused("invalid_expiry_month", "exp_month")
    year = full_year(year)
    today = datetime.fromtimestamp(now, UTC)
    if not today.year <= year <= today.year + 50:
        raise refused("invalid_expiry_year", "exp_year")
    if year == today.year and month < today.month:
        raise refused("invalid_expiry_month", "exp_month")
    card = of(digits)
    if cvc is not None:
        lengths = {4} if card.brand == "amex" else {3}
        if not cvc.isascii() or not cvc.isdigit() or len(cvc) not in lengths:
            raise refused("invalid_cvc", "cvc")
    return card


def full_year(year: int) -> int:
    """2034 from 34."""
    return year + 2000 if 0 <= year < 100 else year  # noqa: PLR2004 - two digits


def _checksum(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of two digits
    return total % 10 == 0


def message(code: str, decline_code: str = "") -> str:
    """The sentence for the buyer."""
    return MESSAGES.get(decline_code) or MESSAGES.get(code) or MESSAGES["card_declined"]


def refused(code: str, param: str | None = None, decline_code: str | None = None) -> Refused:
    """A 402 `card_error` before any charge was made."""
    extra: dict[str, Any] = {"decline_code": decline_code} if decline_code else {}
    return Refused(
        message(code, decline_code or ""),
        status=402,
        kind="card_error",
        code=code,
        param=param,
        **extra,
    )
