"""Empty accounts, companies and people: every field that Stripe prints, before anybody fills it.

Fields that begin with `_` never leave the sandbox.
https://docs.stripe.com/api/accounts/object https://docs.stripe.com/api/persons/object
"""

from __future__ import annotations

from typing import Any

from . import configuration, standing
from .configuration import Configuration
from .countries import Country

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def empty(*names: str) -> dict[str, Any]:
    """A hash whose fields are all null."""
    return dict.fromkeys(names)


def address() -> dict[str, Any]:
    """An address nobody has filled in."""
    return empty(*ADDRESS)


def document() -> dict[str, Any]:
    """A document that was not uploaded."""
    return empty("back", "details", "details_code", "front")


def account(country: Country, choice: Configuration, type_: str) -> dict[str, Any]:
    """A connected account without data, without capabilities."""
    return {
        "business_profile": _profile(),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "company": None,
        "controller": configuration.controller(choice),
        "country": country.code,
        "default_currency": country.currency,
        "details_submitted": False,
        "email": None,
        "groups": empty("payments_pricing"),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": standing.nothing_due(),
        "settings": settings(country, debits=not choice.platform_collects),
        "tos_acceptance": empty("date", "ip", "user_agent"),
        "type": type_,
        **private(),
    }


def private() -> dict[str, Any]:
    """What the sandbox remembers of an account and never tells."""
    return {
        "_announced": {},  # requirement -> from when it will be due
        "_activated": [],  # capabilities that have been active: new requirements get a deadline
        "_blocked": None,  # "charges" or "payouts" while something demanded is missing
        "_capability_due": {},  # what each capability lacked when it was last told
        "_country_open": False,  # the holder may still choose the country
        "_deadlines": {},  # requirement -> unix seconds
        "_demanded": [],  # requirements that activity has made due
        "_papers": {},  # kind of document -> what the checks will say of its files
        "_linked": False,  # an account link or session exists: Stripe guards the data
        "_pays_out": False,  # although the platform has rejected the account
        "_person": None,  # the person of an individual's account
        "_rejected": None,
        "_requested": {},  # capability -> when it was requested
        "_submitted": False,  # the hosted form was finished
        "_future": None,  # the `future_requirements` hash as it was told last
        "_verdicts": {},  # subject -> outcome of its examination
    }


def _profile() -> dict[str, Any]:
    names = (
        "estimated_worker_count mcc name product_description support_email support_phone".split()
    )
    return {
        "annual_revenue": empty("amount", "currency", "fiscal_year_end"),
        **empty(*names, "support_url", "url", "minority_owned_business_designation"),
        "support_address": address(),
    }


def settings(country: Country, *, debits: bool) -> dict[str, Any]:
    """The `settings` hash; `debits`: whether Stripe may debit the bank for a negative balance."""
    scripts = ("kana", "kanji")
    return {
        "bacs_debit_payments": empty("display_name", "service_user_number"),
        "branding": empty("icon", "logo", "primary_color", "secondary_color"),
        "card_issuing": {"tos_acceptance": empty("date", "ip")},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            **empty(*(f"statement_descriptor_prefix_{script}" for script in scripts)),
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": empty("default_account_tax_ids", "hosted_payment_method_save"),
        "payments": {
            "statement_descriptor": None,
            **empty(*(f"statement_descriptor_{script}" for script in scripts)),
            **empty(*(f"statement_descriptor_prefix_{script}" for script in scripts)),
        },
        "payouts": {
            "debit_negative_balances": debits,
            "schedule": {"delay_days": country.delay_days, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


def company() -> dict[str, Any]:
    """A company nobody has described."""
    return {
        "address": address(),
        "directors_provided": False,
        "executives_provided": False,
        "name": None,
        "owners_provided": False,
        "phone": None,
        "tax_id_provided": False,
        "verification": {"document": document()},
    }


def person(account_id: str) -> dict[str, Any]:
    """A person nobody has described."""
    return {
        "account": account_id,
        "additional_tos_acceptances": {"account": empty("date", "ip", "user_agent")},
        "address": address(),
        "dob": empty("day", "month", "year"),
        "email": None,
        "first_name": None,
        "id_number_provided": False,
        "last_name": None,
        "metadata": {},
        "phone": None,
        "relationship": {
            **dict.fromkeys(
                "authorizer director executive legal_guardian owner representative".split(), False
            ),
            **empty("percent_ownership", "title"),
        },
        "ssn_last_4_provided": False,
        "verification": {
            "additional_document": document(),
            "details": None,
            "details_code": None,
            "document": document(),
            "status": "unverified",
        },
    }
