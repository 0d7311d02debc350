"""Bank accounts and debit cards that receive payouts, built from raw numbers or ready-made tokens.

The number decides what payouts meet; the outcome is kept on the object as `_payout_failure` and
never shown. Full numbers are never shown either.

https://docs.stripe.com/connect/testing#payouts
https://docs.stripe.com/api/external_account_bank_accounts
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from . import banks, cards, countries
from .context import Context
from .errors import Refused

_VERDICTS = {
    "noAccount": "111116",
    "accountClosed": "111113",
    "insufficientFunds": "222227",
    "debitNotAuthorized": "333335",
    "invalidCurrency": "444440",
}

# Debit cards for payouts, by country: it works, it fails, it takes no instant payouts.
_DEBIT_CARDS = {
    "us": ("4000056655665556", "4000056655665572", "4000056755665555"),
    "ca": ("4000051240000005", "4000051240000021", "4000051240000039"),
    "sg": ("4000057020000008", "4000057020000016", "4000057020000024"),
    "au": ("4000050360000019", "4000050360000027", "4000050360000035"),
    "gb": ("4000058260000203", "4000058260000211", "4000058260000229"),
    "de": ("4000052760000037", "4000052760000011", "4000052760000029"),
    "fr": ("4000052500000008", "4000052500000016", "4000052500000024"),
    "ie": ("4000053720000000", "4000053720000018", "4000053720000026"),
    "it": ("4000053800000037", "4000053800000011", "4000053800000029"),
    "ae": ("4000057840000006", "4000057840000014", "4000057840000022"),
}
_OTHER_DEBITS = {"5200828282828210": "us", "6011981111111113": "us"}
_KINDS = ("transferSuccess", "transferFail", "instantPayoutUnsupported")
BY_NUMBER = {
    number: (country, kind)
    for country, numbers in _DEBIT_CARDS.items()
    for number, kind in zip(numbers, _KINDS, strict=True)
} | {number: (country, "transferSuccess") for number, country in _OTHER_DEBITS.items()}


def attached(ctx: Context) -> list[dict[str, Any]]:
    """The acting account's external accounts, newest first.

    What a customer of the account pays with is of the same two types and is left out.
    """
    kept = [*ctx.every("bank_account"), *ctx.every("card")]
    found = [one for one in kept if not one.get("customer")]
    return sorted(found, key=lambda one: one["created"], reverse=True)


def bank_account(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a bank account from its numbers; raises `Refused` (400) for wrong ones."""
    country = countries.get(given["country"])
    number = given["account_number"]
    routing = given.get("routing_number")
    banks.check(country.bank, number, routing)
    plain = banks.plain(number)
    seed = f"{country.code}{plain}{banks.plain(routing or '')}"
    instant = ["instant"] if banks.takes_instant(plain) else []
    return {
        "account_holder_name": given.get("account_holder_name"),
        "account_holder_type": given.get("account_holder_type"),
        "account_type": given.get("account_type"),
        "available_payout_methods": ["standard", *instant],
        "bank_name": "STRIPE TEST BANK",
        "country": country.code,
        "currency": (given.get("currency") or country.currency).lower(),
        "fingerprint": hashlib.sha256(seed.encode()).hexdigest()[:16],
        "last4": plain[-4:],
        "metadata": {},
        "routing_number": banks.plain(routing) if routing else _bank_of(country, plain),
        "status": "new",
        "_number": plain,
        "_payout_failure": banks.payout_failure(plain),
    }


def _bank_of(country: countries.Country, number: str) -> str | None:
    """The part of an IBAN that names the bank."""
    return number[4:12] if country.bank.is_iban else None


def debit_card(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a debit card from its number; raises `Refused` for cards that are not debit."""
    number = re.sub(r"[\s-]", "", given["number"])
    if number not in BY_NUMBER:
        raise Refused(
            "This card doesn't appear to be a debit card, so it cannot receive payouts.",
            code="invalid_card_type",
            param="external_account",
        )
    country, kind = BY_NUMBER[number]
    known = cards.of(number)
    names = "address_city address_country address_line1 address_line2 address_state address_zip"
    return {
        **{name: given.get(name) for name in (*names.split(), "name")},
        "address_line1_check": None,
        "address_zip_check": None,
        "available_payout_methods": ["standard"]
        if kind == "instantPayoutUnsupported"
        else ["standard", "instant"],
        "brand": {"visa": "Visa", "mastercard": "MasterCard"}.get(known.brand, "Discover"),
        "country": country.upper(),
        "currency": (given.get("currency") or countries.get(country).currency).lower(),
        "cvc_check": "pass" if given.get("cvc") else None,
        "dynamic_last4": None,
        "exp_month": int(given["exp_month"]),
        "exp_year": cards.full_year(int(given["exp_year"])),
        "fingerprint": known.fingerprint,
        "funding": "debit",
        "last4": number[-4:],
        "metadata": {},
        "regulated_status": "unregulated",
        "status": "new",
        "tokenization_method": None,
        "_number": number,
        "_payout_failure": "could_not_process" if kind == "transferFail" else None,
    }


def ready_made(token: str) -> dict[str, Any] | None:
    """What a documented test token stands for, or None.

    `btok_us`, `btok_gb`, … are the country's good test account; `btok_us_verified_noAccount` and
    its siblings fail as they say; `tok_visa_debit_us_transferSuccess` and so on are debit cards.
    """
    match = re.fullmatch(r"btok_([a-z]{2})(?:_verified(?:_(\w+))?)?", token)
    if match and match[1].upper() in countries.COUNTRIES:
        verdict = match[2]
        if verdict is not None and verdict not in _VERDICTS:
            return None
        form = countries.get(match[1]).bank
        number = banks.ending(form, _VERDICTS[verdict]) if verdict else form.account_test
        return {
            "object": "bank_account",
            "country": match[1].upper(),
            "account_number": number,
            "routing_number": form.routing_test or None,
        }
    match = re.fullmatch(r"tok_visa_debit_([a-z]{2})_(\w+)", token)
    if match and match[1] in _DEBIT_CARDS and match[2] in _KINDS:
        number = _DEBIT_CARDS[match[1]][_KINDS.index(match[2])]
        return {"object": "card", "number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return None
