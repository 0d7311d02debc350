"""A finished seller, money for them, and a look at it: for the tests of payouts and balances."""

import time
from datetime import UTC, datetime
from typing import cast

from stripe._request_options import RequestOptions
from stripe.params import AccountCreateParams

from marketplace.sandbox import book
from marketplace.sandbox.resources import balance_transactions

from .conftest import Running

HOUR, DAY = 3_600, 86_400
GOOD, CLOSED = "000123456789", "000111111113"


def open_seller(
    sandbox: Running, number: str = GOOD, *, interval: str = "manual", **schedule: object
) -> str:
    """A finished US seller whom the platform onboards through the API; answers the account's id."""
    params = {
        "country": "US",
        "controller": {
            "stripe_dashboard": {"type": "none"},
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "application",
        },
        "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
        "business_type": "individual",
        "business_profile": {
            "mcc": "5734",
            "name": "Ada's cheese",
            "url": "https://accessible.stripe.com",
            "product_description": "Cheese",
        },
        "individual": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "phone": "0000000000",
            "dob": {"day": 1, "month": 1, "year": 1902},
            "address": {
                "line1": "address_full_match",
                "city": "Schenectady",
                "state": "NY",
                "postal_code": "12345",
                "country": "US",
            },
            "id_number": "222222222",
            "ssn_last_4": "2222",
        },
        "tos_acceptance": {"date": int(time.time()), "ip": "127.0.0.1"},
        "external_account": bank(number),
        "settings": {
            "payments": {"statement_descriptor": "ADAS CHEESE"},
            "payouts": {"schedule": {"interval": interval, **schedule}},
        },
    }
    account = sandbox.client().v1.accounts.create(cast("AccountCreateParams", params))
    sandbox.advance(60)
    found = sandbox.client().v1.accounts.retrieve(account.id)
    assert found.payouts_enabled, found.requirements
    return account.id


def bank(number: str) -> dict[str, str]:
    return {
        "object": "bank_account",
        "country": "US",
        "currency": "usd",
        "routing_number": "110000000",
        "account_number": number,
    }


def fund(
    sandbox: Running, account: str | None, amount: int, currency: str = "usd", days: int = 0
) -> None:
    """Money from a buyer's card, available at once or after so many days."""
    with sandbox.sandbox.session(sandbox.platform, account) as ctx:
        due = ctx.now + days * DAY if days else None
        balance_transactions.record(
            ctx, "charge", amount, currency, source=None, against=book.CARDS, available_on=due
        )


def acting(account: str | None) -> RequestOptions:
    return {"stripe_account": account} if account else {}


def available(sandbox: Running, account: str | None = None) -> int:
    rows = sandbox.client().v1.balance.retrieve({}, acting(account)).available
    return {row.currency: row.amount for row in rows}["usd"]


def to_next(sandbox: Running, weekday: int) -> int:
    """Seconds until an hour past the next start of that weekday (Monday is 0), UTC."""
    now = datetime.fromtimestamp(sandbox.sandbox.clock.now(), UTC)
    days = (weekday - now.weekday()) % 7 or 7
    return days * DAY - (now.hour * HOUR + now.minute * 60 + now.second) + HOUR
