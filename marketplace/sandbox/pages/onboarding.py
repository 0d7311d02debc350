"""Hosted onboarding: the form at the end of an account link, one step per page.

How a program drives it (a browser does the same): GET the link and follow the redirects to the
first step. Each step is one `<form method="post">` without an action, whose fields are named like
Stripe's parameters (`individual[first_name]`, `external_account[account_number]`; people of a
company are `person[…]`). It is sent with `action`, one of

- `test`: answers 200 with the form filled in by test values; the select `scenario` says which
  (its first option passes at once). Nothing is saved yet.
- `next`: saves the step and redirects to the next one, or answers 422 with errors beside fields.
- `leave`: redirects to the platform's `return_url`; what was saved stays, the rest remains due.
- `finish` (last step, `review`): accepts the terms, submits, redirects to `return_url`.

So `test`, then `next`, until the step is `review`, then `finish`. A used or expired link, and an
expired visit, redirect to `refresh_url`. The last path segment of every page is the step's name.

https://docs.stripe.com/connect/hosted-onboarding
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import (
    connected,
    countries,
    form,
    onboarding_examples,
    onboarding_steps,
    schema,
    store,
)
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.onboarding_steps import Field, Step
from marketplace.sandbox.pages import paper
from marketplace.sandbox.requirements import Case
from marketplace.sandbox.resources import accounts, capabilities, persons, v2_account_links
from marketplace.sandbox.routing import kind, page
from marketplace.sandbox.updates import merge, reach

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

kind("onboarding_visit", "visit_")

_VISIT = 3_600
_REVIEW = "review"
# The embedded component calls its steps otherwise.
_STEP_NAMES = {
    "business": "business_type",
    "identity": "representative_details",
    "representative": "representative_details",
    "company": "business_verification",
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
        detail = {"step": _STEP_NAMES.get(step, step)}
        return {"signal": "step", "detail": detail, "leave": leave} if leave else None

    def step(self, name: str) -> Step | None:
        """A step of this visit by name."""
        return next((step for step in self.steps if step.name == name), None)

    def after(self, name: str) -> str:
        """The step that follows."""
        names = [step.name for step in self.steps]
        if name in names and names.index(name) + 1 < len(names):
            return names[names.index(name) + 1]
        return _REVIEW


@page("GET", "/setup/{account}/{secret}")
def enter(server: Server, request: Request, account: str, secret: str) -> Response:
    """Visit an account link: once, within its five minutes."""
    del request
    found = _stored(server, f"alink_{secret}")
    if found is None or found[0]["account"] != account:
        return _gone()
    link, platform = found
    with server.sandbox.session(platform) as ctx:
        link = ctx.find(link["id"], "account_link") or link
        known = ctx.find(account, "account")
        if known is None:
            return _gone()
        if link["used"] or link["expires_at"] <= ctx.now:
            return paper.see_other(link["refresh_url"])
        link["used"] = True
        ctx.save(link)
        wanted = {name: link[name] for name in ("purpose", "fields", "refresh_url", "return_url")}
        wanted["use_case"] = link.get("use_case", "")
        return paper.see_other(begin(ctx, known, **wanted))


def begin(
    ctx: Context,
    account: dict[str, Any],
    *,
    leave: str = "",
    only: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    **wanted: str,
) -> str:
    """Start a visit; answers the address of its first step.

    `wanted`: `purpose`, `fields`, `refresh_url`, `return_url`. `leave`: for the embedded
    component, the address at which the frame ends its session. `only` and `exclude`: patterns
    (`individual.*`) of the requirements that the form asks for.
    """
    _ask_for_the_usual(ctx, account)
    visit = ctx.new(
        "onboarding_visit",
        id=f"visit_{secrets.token_urlsafe(18)}",
        account=account["id"],
        visited=[],
        expires_at=ctx.now + _VISIT,
        leave=leave,
        only=list(only),
        exclude=list(exclude),
        **wanted,
    )
    opened = _opened(ctx, visit, account)
    return opened.url(opened.steps[0].name if opened.steps else _REVIEW)


def _ask_for_the_usual(ctx: Context, account: dict[str, Any]) -> None:
    """Accounts with a full dashboard get the usual capabilities when their holder signs up."""
    if not account["_requested"]:
        wanted = {name: {"requested": True} for name in ("card_payments", "transfers")}
        capabilities.request(ctx, account, wanted)
        connected.refresh_status(ctx, account)


@page("GET", "/onboarding/{secret}/{step}")
def show(server: Server, request: Request, secret: str, step: str) -> Response:
    """A step of the form, with what is already known."""
    del request
    with _visiting(server, secret) as visit:
        if isinstance(visit, Response):
            return visit
        if step == _REVIEW:
            return _review(visit)
        found = visit.step(step)
        if found is None:
            return paper.see_other(visit.url(visit.after("")))
        return _form(visit, found, _known(visit, found), _told(visit, found))


@page("POST", "/onboarding/{secret}/{step}")
def submit(server: Server, request: Request, secret: str, step: str) -> Response:
    """Save a step, fill it with test values, leave, or finish."""
    action = request.form.get("action", "next")
    with _visiting(server, secret) as visit:
        if isinstance(visit, Response):
            return visit
        if action == "leave":
            return paper.see_other(_end(visit))
        if step == _REVIEW:
            return _finish(visit, request)
        found = visit.step(step)
        if found is None:
            return paper.see_other(visit.url(_REVIEW))
        if action == "test":
            scenario = request.form.get("scenario", "")
            values = onboarding_examples.values(visit.case, found, scenario)
            return _form(visit, found, values, {}, scenario=scenario)
        return _save(visit, found, request)


@contextmanager
def _visiting(server: Server, secret: str) -> Iterator[Visit | Response]:
    """The visit behind the address, inside a transaction; or where to go instead."""
    found = _stored(server, f"visit_{secret}")
    if found is None:
        yield _gone()
        return
    with server.sandbox.session(found[1]) as ctx:
        visit = found[0]
        account = ctx.find(visit["account"], "account")
        if account is None:
            yield _gone()
        elif visit["expires_at"] <= ctx.now:
            yield paper.see_other(visit["refresh_url"])
        else:
            yield _opened(ctx, visit, account)


def _stored(server: Server, identifier: str) -> tuple[dict[str, Any], str] | None:
    with server.sandbox.store.transaction() as db:
        return store.get(db, identifier)


def _gone() -> Response:
    return paper.page("onboarding_gone.html", HTTPStatus.NOT_FOUND)


def _opened(ctx: Context, stored: dict[str, Any], account: dict[str, Any]) -> Visit:
    """Which steps this visit has: those with something due, and those already visited."""
    case = connected.case(ctx, account)
    due = {name for name in account["requirements"][stored["fields"]] if _asked(stored, name)}
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


def _known(visit: Visit, step: Step) -> dict[str, str]:
    """What the account already says, field by field. Numbers are never printed again."""
    person = onboarding_steps.representative(visit.case)
    source = {**visit.account, "individual": visit.case.individual, "person": person}
    found = {}
    for field in step.fields:
        value = reach(source, field.name.replace("[", ".").replace("]", ""))
        if isinstance(value, str | int) and value is not False:
            found[field.name] = "true" if value is True else str(value)
    return found


def _told(visit: Visit, step: Step) -> dict[str, str]:
    """What Stripe's checks say about this step's fields."""
    names = {field.requirement: field.name for field in step.fields}
    errors = visit.account["requirements"]["errors"]
    return {names[e["requirement"]]: e["reason"] for e in errors if e["requirement"] in names}


def _form(
    visit: Visit,
    step: Step,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    scenario: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    return paper.page(
        "onboarding_step.html",
        status,
        visit=visit,
        step=step,
        values=values,
        errors=errors,
        framed=visit.framed(step.name),
        scenario=scenario,
        birthday=onboarding_steps.BIRTHDAY,
        given={field.name for field in step.fields if visit.case.has(field.requirement)},
    )


def _save(visit: Visit, step: Step, request: Request) -> Response:
    sent = {f.name: request.form.get(f.name, "").strip() for f in step.fields}
    errors = {
        field.name: f"{field.label}: please fill this in."
        for field in step.fields
        if field.required and not sent[field.name] and not _kept(visit, field)
    }
    if not errors:
        visit.ctx.db.execute("SAVEPOINT step")
        try:
            _write(visit, step, {name: value for name, value in sent.items() if value})
        except Refused as refusal:
            visit.ctx.db.execute("ROLLBACK TO step")
            visit.ctx.spread.clear()
            errors = _placed(step, refusal)
        visit.ctx.db.execute("RELEASE step")
    if errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _form(visit, step, sent, errors, status=status)
    visit.stored["visited"] = [*visit.stored["visited"], step.name]
    visit.ctx.save(visit.stored)
    following = _opened(visit.ctx, visit.stored, visit.account)
    return paper.see_other(visit.url(following.after(step.name)))


def _kept(visit: Visit, field: Field) -> bool:
    """A number that is never printed again may stay empty when it was given and is not wrong."""
    secret = field.name.endswith(("[ssn_last_4]", "[id_number]", "[tax_id]"))
    return secret and visit.case.has(field.requirement) and field.requirement not in visit.due


def _placed(step: Step, refusal: Refused) -> dict[str, str]:
    """The refusal beside its field, or above the form."""
    message, param = refusal.error["message"], refusal.error.get("param", "")
    for field in step.fields:
        if param and (param == field.name or field.name.endswith(param.partition("[")[2] or "-")):
            return {field.name: message}
    return {"": message}


def _write(visit: Visit, step: Step, sent: dict[str, str]) -> None:
    """Save the step's values the way the API would; raises `Refused`."""
    ctx, account = visit.ctx, visit.account
    before = ctx.show(account)
    country = sent.pop("country", None)
    if country is not None and account["_country_open"]:
        chosen = countries.get(country)
        account["country"], account["default_currency"] = chosen.code, chosen.currency
        account["settings"]["payouts"]["schedule"]["delay_days"] = chosen.delay_days
    if step.name == "bank":
        extra = {"object": "bank_account", "country": account["country"]}
        sent.update({f"external_account[{name}]": value for name, value in extra.items()})
    params = form.nest(list(sent.items()))
    person = params.pop("person", None)
    accounts.apply(ctx, account, schema.of("AccountUpdateParams").read(params, ""))
    if person is not None:
        roles = {"representative": True, "executive": True}
        values = schema.of("AccountPersonUpdateParams").read(person, "person")
        values = merge(values, {"relationship": roles})
        inside, known = ctx.acting_as(account["id"]), onboarding_steps.representative(visit.case)
        persons.change(inside, known, values) if known else persons.add(inside, values)
    connected.refresh_status(ctx, account, before)


def _review(visit: Visit, problem: str = "") -> Response:
    lacking = [step for step in visit.steps if onboarding_steps.is_due(step, visit.due)]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return paper.page(
        "onboarding_review.html",
        status,
        framed=visit.framed(_REVIEW),
        visit=visit,
        lacking=lacking,
        problem=problem,
        summary=[(step, _known(visit, step)) for step in visit.steps],
    )


def _finish(visit: Visit, request: Request) -> Response:
    """Accept the terms and submit; refused while a step still lacks something."""
    ctx, account = visit.ctx, visit.account
    if any(onboarding_steps.is_due(step, visit.due) for step in visit.steps):
        return _review(visit, "Something is still missing. Complete the steps named below.")
    before = ctx.show(account)
    accepted = {
        "date": ctx.now,
        "ip": request.remote_addr or "127.0.0.1",
        "user_agent": request.headers.get("User-Agent", "")[:200] or None,
    }
    account["tos_acceptance"] = merge(account["tos_acceptance"], accepted)
    account["_submitted"] = True
    account["_country_open"] = False
    connected.refresh_status(ctx, account, before)
    return paper.see_other(_end(visit))


def _end(visit: Visit) -> str:
    """End the visit; answers where the seller goes."""
    visit.stored["expires_at"] = visit.ctx.now
    visit.ctx.save(visit.stored)
    if use_case := visit.stored.get("use_case"):
        v2_account_links.returned(visit.ctx, visit.account, use_case)
    return str(visit.stored["return_url"])
