"""Persons of a v2 account: `/v2/core/accounts/{account}/persons`. The persons are those of v1.

https://docs.stripe.com/api/v2/core/persons
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import configuration, connected, events, wire_v2
from marketplace.sandbox.accounts_v2 import fields, people
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.resources import persons, v2_accounts, v2_tokens
from marketplace.sandbox.routing import route

_BASE = "/v2/core/accounts/{account}/persons"


@route("POST", _BASE, "v2.core.accounts.PersonCreateParams")
def create(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Create a person."""
    inside, found = _inside(ctx, account)
    if found["business_type"] in {None, "individual"} and found["_person"]:
        raise Refused(
            "An individual's account has one person only.",
            code="individual_additional_person_not_allowed",
        )
    params = v2_tokens.spent(ctx, params, "person", account)
    people.check_ownership(params, inside.every("person"))
    before = ctx.show(found)
    person = _said_in_v2(lambda: persons.add(inside, people.values(params, ctx.now)))
    if found["business_type"] == "individual":
        found["_person"] = person["id"]
    connected.refresh_status(ctx, found, before)
    return people.shown(found, person)


@route("GET", _BASE + "/{person}", "v2.core.accounts.PersonRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Retrieve a person."""
    del params
    found = v2_accounts.found(ctx, account)
    return people.shown(found, ctx.acting_as(account).get("person", person))


@route("POST", _BASE + "/{person}", "v2.core.accounts.PersonUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Change a person."""
    inside, found = _inside(ctx, account)
    known = inside.get("person", person)
    params = v2_tokens.spent(ctx, params, "person", account)
    others = [one for one in inside.every("person") if one["id"] != person]
    people.check_ownership(params, others)
    before = ctx.show(found)
    values = people.values(params, ctx.now)
    changed = _said_in_v2(lambda: persons.change(inside, known, values))
    connected.refresh_status(ctx, found, before)
    return people.shown(found, changed)


@route("DELETE", _BASE + "/{person}", "v2.core.accounts.PersonDeleteParams")
def delete(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Delete a person, except the representative."""
    del params
    inside, found = _inside(ctx, account)
    before = ctx.show(found)
    known = inside.get("person", person)
    if known["relationship"]["representative"]:
        raise Refused("The account's representative cannot be deleted.")
    inside.delete(known)
    events.emit(inside, "person.deleted", known)
    connected.refresh_status(ctx, found, before)
    return {"id": person, "object": "v2.core.account_person"}


@route("GET", _BASE, "v2.core.accounts.PersonListParams")
def list_persons(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """List persons, newest first."""
    found = v2_accounts.found(ctx, account)
    return wire_v2.page(
        ctx, "person", params, lambda one: people.shown(found, one), owner=found["id"]
    )


def _inside(ctx: Context, account: str) -> tuple[Context, dict[str, Any]]:
    found = v2_accounts.open_one(ctx, account)
    if configuration.is_guarded(found):
        raise Refused(
            "You cannot change the persons of this account: Stripe collects its requirements and"
            " its holder has begun onboarding.",
            status=403,
        )
    return ctx.acting_as(account), found


def _said_in_v2(work: Any) -> dict[str, Any]:
    """Do the work of v1; name what it refuses in the words of v2."""
    try:
        person: dict[str, Any] = work()
    except Refused as refusal:
        if "param" in refusal.error:
            named = fields.parameter(refusal.error["param"])
            refusal.error["param"] = named.removeprefix("identity.individual.")
        raise
    return person
