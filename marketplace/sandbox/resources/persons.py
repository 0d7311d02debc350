"""Persons: the people behind an account, whose identity Stripe verifies.

An individual's account has exactly one person, made when any `individual` field is first given.
Companies name a representative, owners, directors and executives. Identity numbers go in and
never come out; only `…_provided` tells that they were given.

https://docs.stripe.com/api/persons
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import connected, documents, events, shapes, texts
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, view
from marketplace.sandbox.updates import merge

_ROLES = ("authorizer", "director", "executive", "legal_guardian", "owner", "representative")
kind("person", "person_", indexed=tuple(f"relationship.{role}" for role in _ROLES))

_BASE = "/v1/accounts/{account}/persons"
_SECRETS = {"id_number": "id_number_provided", "ssn_last_4": "ssn_last_4_provided"}
# What a platform may still read of a person whose data Stripe collects.
_READABLE = frozenset(
    "id object account created email first_name last_name metadata relationship requirements"
    " future_requirements verification".split()
)
_YOUNGEST = 13


@view("person")
def show(ctx: Context, person: dict[str, Any]) -> dict[str, Any]:
    """What is due of this person is read from the account's requirements."""
    account = ctx.find(person["account"], "account")
    return shown(account, person) if account else person


def shown(account: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    """The person as the platform may see them."""
    prefix = "individual" if account["_person"] == person["id"] else person["id"]
    due = account["requirements"]
    person = {key: value for key, value in person.items() if key != "livemode"}
    person["requirements"] = {
        name: [item.partition(".")[2] for item in due[name] if item.startswith(f"{prefix}.")]
        for name in ("currently_due", "eventually_due", "past_due", "pending_verification")
    }
    person["requirements"]["alternatives"] = []
    person["requirements"]["errors"] = [
        {**error, "requirement": error["requirement"].partition(".")[2]}
        for error in due["errors"]
        if error["requirement"].startswith(f"{prefix}.")
    ]
    person["future_requirements"] = {key: [] for key in person["requirements"]}
    person["verification"] = _verification(account, person, prefix)
    share = person["relationship"]["percent_ownership"]
    if share is not None:  # kept as the text that it came as
        person["relationship"] = {**person["relationship"], "percent_ownership": float(share)}
    if connected.is_guarded(account):
        return {key: value for key, value in person.items() if key in _READABLE}
    return person


def _verification(account: dict[str, Any], person: dict[str, Any], prefix: str) -> dict[str, Any]:
    verdict = account["_verdicts"].get(prefix)
    errors = person["requirements"]["errors"]
    status = "unverified"
    if person["requirements"]["pending_verification"]:
        status = "pending"
    elif verdict is not None and not errors:
        status = "verified"
    first = errors[0] if errors else {"code": None, "reason": None}
    return {
        **person["verification"],
        "status": status,
        "details": first["reason"],
        "details_code": first["code"],
    }


def put_individual(ctx: Context, account: dict[str, Any], values: dict[str, Any]) -> None:
    """Create or change the person of an individual's account; the caller refreshes the account."""
    inside = ctx.acting_as(account["id"])
    known = inside.find(account["_person"], "person")
    values = {**values, "relationship": {**values.get("relationship", {}), "representative": True}}
    if known is None:
        account["_person"] = add(inside, values)["id"]
    else:
        change(inside, known, values)


def add(ctx: Context, values: dict[str, Any]) -> dict[str, Any]:
    """A new person of the acting account; raises `Refused` for data that cannot be."""
    values = _documented(ctx, values)
    blank = shapes.person(ctx.account)
    person = ctx.new("person", **_filled_in(blank, values))
    _one_representative(ctx, person)
    events.emit(ctx, "person.created", person)
    return person


def change(ctx: Context, person: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Change a person of the acting account."""
    old = ctx.show(person)
    person = _filled_in(person, _documented(ctx, values))
    ctx.save(person)
    _one_representative(ctx, person)
    events.emit(ctx, "person.updated", person, before=old)
    return person


def remove(ctx: Context, person: dict[str, Any]) -> dict[str, Any]:
    """Take a person off the acting account; the caller refreshes the account."""
    gone = ctx.delete(person)
    events.emit(ctx, "person.deleted", person)
    return gone


def _filled_in(person: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The person with these values; numbers move to private fields."""
    values = dict(values)
    _check(values)
    told: dict[str, Any] = {"metadata": merged(person["metadata"], values.pop("metadata", None))}
    for name, flag in _SECRETS.items():
        if name in values:
            told[f"_{name}"] = values.pop(name) or None
            told[flag] = told[f"_{name}"] is not None
    number = told.get("_id_number")
    if number and not person.get("_ssn_last_4"):
        told["ssn_last_4_provided"] = True
    values.pop("id_number_secondary", None)
    if values.get("dob") == "":
        values["dob"] = shapes.empty("day", "month", "year")
    result = merge(person, values)
    result.update(told)
    return result


def _documented(ctx: Context, values: dict[str, Any]) -> dict[str, Any]:
    """The values with their documents looked up; the papers themselves are never shown again."""
    values = dict(documents.identity(ctx, values, "individual"))
    given = values.pop("documents", None)
    return {**values, "_papers": documents.papers(ctx, given, "documents")} if given else values


def _check(values: dict[str, Any]) -> None:
    dob = values.get("dob")
    if isinstance(dob, dict):
        days = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(dob["month"], 31)
        if not 1 <= dob["month"] <= 12:  # noqa: PLR2004 - months
            raise Refused("Invalid month of birth.", param="individual[dob][month]")
        if not 1 <= dob["day"] <= days:
            raise Refused("Invalid day of birth.", param="individual[dob][day]")
    texts.check_email(values.get("email"), "individual[email]")


def _one_representative(ctx: Context, person: dict[str, Any]) -> None:
    """Only one person represents an account; the newest wins."""
    if not person["relationship"]["representative"]:
        return
    for other in ctx.every("person", **{"relationship.representative": True}):
        if other["id"] != person["id"]:
            other["relationship"]["representative"] = False
            ctx.save(other)


def _inside(ctx: Context, account: str, *, change: bool) -> tuple[Context, dict[str, Any]]:
    found = connected.reachable(ctx, account)
    if change and connected.is_guarded(found):
        raise Refused(
            "You cannot change the persons of this account: Stripe collects its requirements and"
            " its holder has begun onboarding.",
            status=403,
        )
    return ctx.acting_as(account), found


def _secret_token(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters with those behind `person_token`."""
    token = params.pop("person_token", None)
    if token is None:
        return params
    found = ctx.find(token, "token")
    if found is None or found["type"] != "person":
        raise Refused(f"No such token: '{token}'", code="resource_missing", param="person_token")
    return {**found["_raw"], **params}


@route("POST", _BASE, "AccountPersonCreateParams")
def create(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Create a person."""
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    person = add(inside, _secret_token(ctx, params))
    connected.refresh_status(ctx, found, before)
    return person


@route("GET", _BASE + "/{person}", "AccountPersonRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Retrieve a person."""
    del params
    inside, _ = _inside(ctx, account, change=False)
    return inside.get("person", person)


@route("POST", _BASE + "/{person}", "AccountPersonUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Change a person."""
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    known = change(inside, inside.get("person", person), _secret_token(ctx, params))
    connected.refresh_status(ctx, found, before)
    return known


@route("DELETE", _BASE + "/{person}", "AccountPersonDeleteParams")
def delete(ctx: Context, params: dict[str, Any], account: str, person: str) -> dict[str, Any]:
    """Delete a person, except the representative."""
    del params
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    known = inside.get("person", person)
    if known["relationship"]["representative"]:
        raise Refused("The account's representative cannot be deleted.")
    gone = remove(inside, known)
    connected.refresh_status(ctx, found, before)
    return gone


@route("GET", _BASE, "AccountPersonListParams")
def list_persons(ctx: Context, params: dict[str, Any], account: str) -> Listing:
    """List persons, newest first; `relationship` keeps some roles."""
    inside, _ = _inside(ctx, account, change=False)
    roles = {f"relationship.{role}": flag for role, flag in params.get("relationship", {}).items()}
    return inside.list("person", params, **roles)
