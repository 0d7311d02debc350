"""The bank account for payouts, which comes to us as a token.

The browser gives the numbers to Stripe with the publishable key and gets a Token, which it gives to
us; the token becomes the account's ExternalAccount. The rule that bites: a token can be used once,
and a platform that takes the numbers themselves has to prove to auditors how it keeps them. So the
numbers are taken here only where they are Stripe's own test numbers: in the sandbox, for browsers
without scripts.
https://docs.stripe.com/connect/payouts-bank-accounts https://docs.stripe.com/js/tokens/create_token
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import sellers
from marketplace.errors import Conflict, Invalid, Sentence
from marketplace.gateway import keys
from marketplace.models import Seller
from marketplace.onboarding.api import places
from marketplace.onboarding.api.refusals import ANYWHERE, beside_fields
from marketplace.onboarding.api.saving import is_open

_TOKEN = re.compile(r"btok_[A-Za-z0-9_]{1,100}|tok_[A-Za-z0-9_]{1,100}", re.ASCII)
ACCOUNT, ROUTING, HOLDER = "account_number", "routing_number", "account_holder_name"
FIELDS = (HOLDER, ROUTING, ACCOUNT)
# Stripe's own test numbers: of the bank, of the account.
# https://docs.stripe.com/connect/testing#account-numbers
TEST: Mapping[str, tuple[str, str]] = {
    "AT": ("", "AT611904300234573201"),
    "AU": ("110000", "000123456"),
    "BE": ("", "BE62510007547061"),
    "CA": ("11000-000", "000123456789"),
    "CH": ("", "CH9300762011623852957"),
    "DE": ("", "DE89370400440532013000"),
    "ES": ("", "ES0700120345030000067890"),
    "FI": ("", "FI2112345600000785"),
    "FR": ("", "FR1420041010050500013M02606"),
    "GB": ("108800", "00012345"),
    "IE": ("", "IE29AIBK93115212345678"),
    "IT": ("", "IT40S0542811101000000123456"),
    "JP": ("1100000", "0001234"),
    "LU": ("", "LU280019400644750000"),
    "NL": ("", "NL39RABO0300065264"),
    "PT": ("", "PT50000201231234567890154"),
    "US": ("110000000", "000123456789"),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a country's bank accounts are asked for; `routing` is empty where there is no such."""

    country: str
    currency: str
    account: str
    routing: str


def numbers(seller: Seller) -> Numbers:
    """What the page asks this seller for: a bank account in the shop's own country."""
    return Numbers(
        country=seller.country,
        currency=seller.currency,
        account=places.account_number(seller.country),
        routing=places.place(seller.country).routing_number,
    )


def attach(session: orm.Session, stripe: StripeClient, seller: Seller, token: str) -> None:
    """Make the bank account behind `token` the one that payouts go to. Commits.

    The one before stays on file. Sent twice it is done once. Raises Invalid for what is no token
    of a bank account or was used already. https://docs.stripe.com/api/external_accounts/create
    """
    session.commit()  # no transaction may stay open while Stripe is asked
    if not is_open(seller) or seller.stripe_id is None:
        raise Conflict("Stripe asks for the bank account of this shop itself.")
    if not _TOKEN.fullmatch(token):
        text = Sentence("Your bank's numbers did not reach Stripe. Try once more.")
        raise Invalid("There is no bank account.", {ANYWHERE: text})
    key = keys.key("bank", f"{seller.token}-{token}")
    with beside_fields(FIELDS, seller.accounts_api):
        stripe.v1.accounts.external_accounts.create(
            seller.stripe_id,
            {"external_account": token, "default_for_currency": True},
            {"idempotency_key": key},
        )
    sellers.refresh(session, stripe, seller.stripe_id)


def token_of(
    stripe: StripeClient, seller: Seller, typed: Mapping[str, str], *, sandbox: bool
) -> str:
    """Change test numbers into a token, for a browser without scripts, in the sandbox.

    Raises Conflict with a real key: there the numbers may not even pass through us. Raises Invalid
    with the fields. https://docs.stripe.com/api/tokens/create_bank_account
    """
    if not sandbox:
        raise Conflict("Bank numbers go from your browser to Stripe. Allow scripts on this page.")
    asked = numbers(seller)
    wanted = {ACCOUNT: asked.account, ROUTING: asked.routing}
    faults = {
        name: Sentence("Stripe needs an answer here.")
        for name, label in wanted.items()
        if label and not typed.get(name, "").strip()
    }
    if faults:
        raise Invalid("Something is missing.", faults)
    told = {name: typed[name].strip() for name in FIELDS if typed.get(name, "").strip()}
    bank = {"country": asked.country, "currency": asked.currency, **told}
    with beside_fields(FIELDS, seller.accounts_api):
        return stripe.v1.tokens.create(cast("Any", {"bank_account": bank})).id
