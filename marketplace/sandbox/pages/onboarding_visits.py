"""One seller's visit to the onboarding form: which steps it has, what is known, what is written.

A visit asks for what is due, and for what it has asked already, so that a seller may go back. The
rule that bites: numbers that were given are never printed again, so a field of that kind may stay
empty.

https://docs.stripe.com/connect/hosted-onboarding
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from marketplace.sandbox import (
    connected,
    countries,
    form,
    onboarding_people,
    onboarding_steps,
    schema,
)
from marketplace.sandbox.context import Context
from marketplace.sandbox.onboarding_form import Field, Step
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.resources import accounts, persons, v2_account_links
from marketplace.sandbox.updates import merge, reach

REVIEW = "review"
# The embedded component calls its steps otherwise.
_STEP_NAMES = {
    "business": "business_type",
    "identity": "representative_details",
    "representative": "representative_details",
    "company": "business_verification",
    "people": "owners",
    "profile": "business_details",
    "bank": "external_account",
    "review": "summary",
}


@dataclass
class Visit:
    """One seller filling in the form: the account, what is due, the steps of this visit."""

    ctx: Context
    stored: dict[str, Any]
    case: Case
    due: set[str]
    steps: list[Step]

    @property
    def account(self) -> dict[str, Any]:
        """The account that is being onboarded."""
        return self.case.account

    def url(self, step: str) -> str:
        """The page of a step."""
        return f"/onboarding/{self.stored['id'].removeprefix('visit_')}/{step}"

    def framed(self, step: str) -> dict[str, Any] | None:
        """What the page around an embedded form is told of this step; None for a hosted one."""
        leave = self.stored.get("leave")
        known = "people" if step.startswith("person_") else step
        detail = {"step": _STEP_NAMES.get(known, known)}
        return {"signal": "step", "detail": detail, "leave": leave} if leave else None

    def step(self, name: str) -> Step | None:
        """A step of this visit by name."""
        return next((step for step in self.steps if step.name == name), None)

    def after(self, name: str) -> str:
        """The step that follows."""
        names = [step.name for step in self.steps]
        if name in names and names.index(name) + 1 < len(names):
            return names[names.index(name) + 1]
        return REVIEW


def opened(ctx: Context, stored: dict[str, Any], account: dict[str, Any]) -> Visit:
    """Which steps this visit has: those with something due, and those already visited."""
    case = connected.case(ctx, account)
    names = [*account["requirements"][stored["fields"]]]
    if stored.get("future") == "include":
        names += (account.get("_future") or {}).get("currently_due", [])
    due = {name for name in names if _asked(stored, name)}
    everything = stored["purpose"] == "account_update"
    wanted = [
        step
        for step in onboarding_steps.steps(case, due)
        if (everything or step.name in stored["visited"] or onboarding_steps.is_due(step, due))
        and any(_asked(stored, field.requirement) for field in step.fields)
    ]
    return Visit(ctx, stored, case, due, wanted)


def _asked(stored: dict[str, Any], requirement: str) -> bool:
    """Whether the form asks for this, as the page around an embedded one may choose."""

    def fits(patterns: list[str]) -> bool:
        names = (requirement, requirement.partition(".")[0])
        return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)

    return fits(stored.get("only", ["*"])) and not fits(stored.get("exclude", []))


def known(visit: Visit, step: Step) -> dict[str, str]:
    """What the account already says, field by field. Numbers are never printed again."""
    person = visit.case.person(step.person)
    source = {**visit.account, "individual": visit.case.individual, "person": person}
    found = {}
    for field in step.fields:
        value = reach(source, field.name.replace("[", ".").replace("]", ""))
        if isinstance(value, str | int) and value is not False:
            found[field.name] = "true" if value is True else str(value)
    return found


def told(visit: Visit, step: Step) -> dict[str, str]:
    """What Stripe's checks say about this step's fields."""
    names = {field.requirement: field.name for field in step.fields}
    errors = visit.account["requirements"]["errors"]
    return {names[e["requirement"]]: e["reason"] for e in errors if e["requirement"] in names}


def is_kept(visit: Visit, field: Field) -> bool:
    """A number that is never printed again may stay empty when it was given and is not wrong."""
    secret = field.name.endswith(("[ssn_last_4]", "[id_number]", "[tax_id]"))
    return secret and visit.case.has(field.requirement) and field.requirement not in visit.due


def unsaid(visit: Visit, step: Step, sent: dict[str, str]) -> dict[str, str]:
    """What a step lacks, field by field. Whoever adds a person need not say that all are named."""
    role = sent.get(onboarding_people.ROLE)
    wanted = {field.name for field in step.fields if field.required and not is_kept(visit, field)}
    if role:
        wanted = {field.name for field in step.fields if field.name.endswith("_name]")}
    if sent.get(onboarding_people.LEAVES):
        wanted = set()
    return {
        field.name: f"{field.label}: please fill this in."
        for field in step.fields
        if field.name in wanted and not sent[field.name]
    }


def write(visit: Visit, step: Step, sent: dict[str, str]) -> str | None:
    """Save the step's values the way the API would; raises `Refused`.

    Answers the step that should follow, if it is not simply the next one.
    """
    ctx, account = visit.ctx, visit.account
    before, ticked = ctx.show(account), known(visit, step)
    unticked = [f.name for f in step.fields if f.type == "checkbox" and f.name in ticked]
    sent = {**dict.fromkeys(unticked, "false"), **sent}
    country = sent.pop("country", None)
    if country is not None and account["_country_open"]:
        chosen = countries.get(country)
        account["country"], account["default_currency"] = chosen.code, chosen.currency
        account["settings"]["payouts"]["schedule"]["delay_days"] = chosen.delay_days
    if step.name == "bank":
        extra = {"object": "bank_account", "country": account["country"]}
        sent.update({f"external_account[{name}]": value for name, value in extra.items()})
    params = form.nest(list(sent.items()))
    people = {name: params.pop(name, None) for name in ("person", "another", "remove")}
    accounts.apply(ctx, account, schema.of("AccountUpdateParams").read(params, ""))
    following = _write_people(visit, step, people)
    connected.refresh_status(ctx, account, before)
    return following


def _write_people(visit: Visit, step: Step, told: dict[str, Any]) -> str | None:
    """Add, change or remove a person of a company; answers the page of one who was added."""
    inside = visit.ctx.acting_as(visit.account["id"])
    there, another = visit.case.person(step.person), told["another"] or {}
    if there and told["remove"]:
        persons.remove(inside, there)
    elif told["person"] is not None:
        values = schema.of("AccountPersonUpdateParams").read(told["person"], "person")
        if step.name == onboarding_people.REPRESENTATIVE:
            values = merge(values, {"relationship": {"representative": True, "executive": True}})
        persons.change(inside, there, values) if there else persons.add(inside, values)
    elif roles := another.pop("role", "").split():
        values = {**another, "relationship": dict.fromkeys(roles, "true")}
        values = schema.of("AccountPersonCreateParams").read(values, "another")
        added: str = persons.add(inside, values)["id"]
        return added
    return None


def end(visit: Visit) -> str:
    """End the visit; answers where the seller goes."""
    visit.stored["expires_at"] = visit.ctx.now
    visit.ctx.save(visit.stored)
    if use_case := visit.stored.get("use_case"):
        v2_account_links.returned(visit.ctx, visit.account, use_case)
    return str(visit.stored["return_url"])
