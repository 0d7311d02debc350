"""Bank account numbers: what a country asks for, what is well formed, what a test number does.

Every country names its account with one or two numbers: a routing number (sort code, BSB, …) and
an account number, or a single IBAN, which is sent as `account_number`. Stripe's test numbers
decide what happens to payouts later on.

https://docs.stripe.com/connect/testing#payouts https://docs.stripe.com/connect/payouts-bank-accounts
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Refused


@dataclass(frozen=True)
class Format:
    """How a country writes bank accounts; patterns are checked without spaces and dashes."""

    account_label: str
    account_pattern: str
    account_test: str
    routing_label: str = ""
    routing_pattern: str = ""
    routing_test: str = ""

    @property
    def is_iban(self) -> bool:
        """Whether the one number is an IBAN."""
        return self.account_label == "IBAN"


def iban(test: str) -> Format:
    """The format of a country with IBANs."""
    return Format("IBAN", r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", test)


US = Format("Account number", r"\d{4,17}", "000123456789", "Routing number", r"\d{9}", "110000000")
GB = Format("Account number", r"\d{8}", "00012345", "Sort code", r"\d{6}", "108800")
AU = Format("Account number", r"\d{5,9}", "000123456", "BSB", r"\d{6}", "110000")
CA = Format(
    "Account number",
    r"\d{7,12}",
    "000123456789",
    "Transit and institution number",
    r"\d{8}",
    "11000-000",
)
JP = Format("Account number", r"\d{6,8}", "0001234", "Bank and branch code", r"\d{7}", "1100000")
SG = Format(
    "Account number", r"\d{6,14}", "000123456", "Bank and branch code", r"\d{7}", "1100-000"
)
BR = Format(
    "Account number", r"\d{4,14}", "0001234", "Bank and branch code", r"\d{7,8}", "110-0000"
)
MX = Format("CLABE", r"\d{18}", "000000001234567897")
NZ = Format("Account number", r"\d{15,16}", "1100000000000010")
OTHER = Format("Account number", r"[A-Z0-9]{4,34}", "000123456789")

# What the number makes of a payout. The full numbers of the US, Canada, Australia and Britain are
# Stripe's; that the same last six digits do the same elsewhere is this sandbox's own rule.
PAYOUT_FAILURES = {
    "111116": "no_account",
    "111113": "account_closed",
    "222227": "insufficient_funds",
    "333335": "debit_not_authorized",
    "444440": "invalid_currency",
}
_NO_INSTANT = "888883"
# Stripe's test IBANs for payouts, without country and check digits: they may be written for any
# country with IBANs, and most of them are published with check digits that do not fit.
_FAILING_IBANS = {
    "370400440532013001": "no_account",
    "370400440532013002": "account_closed",
    "370400440532013003": "insufficient_funds",
    "370400440532013004": "debit_not_authorized",
    "370400440532013005": "invalid_currency",
}


def plain(number: str) -> str:
    """A number without the spaces and dashes that people type."""
    return re.sub(r"[\s-]", "", number).upper()


def check(form: Format, account_number: str, routing_number: str | None) -> None:
    """Raise `Refused` (400) unless the numbers look like this country's."""
    if form.routing_label and not routing_number:
        raise Refused(
            f"You must provide a routing number ({form.routing_label.lower()}) for this country.",
            code="parameter_missing",
            param="external_account[routing_number]",
        )
    if form.routing_label and not re.fullmatch(form.routing_pattern, plain(routing_number or "")):
        raise Refused(
            "The routing number provided for the bank is invalid.",
            code="routing_number_invalid",
            param="external_account[routing_number]",
        )
    number = plain(account_number)
    if not re.fullmatch(form.account_pattern, number) or (form.is_iban and not _proves(number)):
        raise Refused(
            "The bank account number provided is invalid.",
            code="account_number_invalid",
            param="external_account[account_number]",
        )


def _remainder(text: str) -> int:
    """ISO 7064: letters count from A=10, the country and check digits go to the end."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97


def _proves(number: str) -> bool:
    return _remainder(number) == 1 or number[4:] in _FAILING_IBANS


def ending(form: Format, digits: str) -> str:
    """This country's test number, changed to end in `digits`; an IBAN stays valid."""
    number = plain(form.account_test)
    number = number[: -len(digits)] + digits
    if not form.is_iban:
        return number
    blank = f"{number[:2]}00{number[4:]}"
    return f"{number[:2]}{98 - _remainder(blank):02d}{number[4:]}"


def payout_failure(account_number: str) -> str | None:
    """The failure code that payouts to this account meet, or None."""
    number = plain(account_number)
    return _FAILING_IBANS.get(number[4:]) or PAYOUT_FAILURES.get(number[-6:])


def takes_instant(account_number: str) -> bool:
    """Whether instant payouts reach this account."""
    return not plain(account_number).endswith(_NO_INSTANT)
