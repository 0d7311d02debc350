"""Country specs: currencies and required fields, country by country.

https://docs.stripe.com/api/country_specs
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import countries, currencies, requirements, shapes
from marketplace.sandbox.configuration import Configuration
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.render import Listing
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.routing import route


def _spec(code: str) -> dict[str, Any]:
    country = countries.COUNTRIES[code]
    return {
        "id": code,
        "object": "country_spec",
        "default_currency": country.currency,
        "supported_bank_account_currencies": {country.currency: [code]},
        "supported_payment_currencies": sorted(currencies.RATES),
        "supported_payment_methods": ["card", "stripe"],
        "supported_transfer_countries": sorted(countries.COUNTRIES),
        "verification_fields": {
            kind: {"additional": [], "minimum": _fields(country, kind)}
            for kind in ("company", "individual")
        },
    }


def _fields(country: countries.Country, kind: str) -> list[str]:
    account = shapes.account(country, Configuration(), "standard")
    account["business_type"] = kind
    account["_requested"] = {"card_payments": 0, "transfers": 0}
    return sorted({"business_type", *requirements.upfront(Case(account, [], []))})


@route("GET", "/v1/country_specs/{country}", "CountrySpecRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], country: str) -> dict[str, Any]:
    """What an account in this country needs and may use."""
    del ctx, params
    if country.upper() not in countries.COUNTRIES:
        raise Refused(
            f"Country '{country}' is unknown.", code="country_unsupported", param="country"
        )
    return _spec(country.upper())


@route("GET", "/v1/country_specs", "CountrySpecListParams")
def list_specs(ctx: Context, params: dict[str, Any]) -> Listing:
    """Every country, by its code."""
    specs = [_spec(code) for code in sorted(countries.COUNTRIES)]
    return ctx.page(specs, params, "country_spec")
