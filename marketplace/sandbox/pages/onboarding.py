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
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import (
    connected,
    onboarding_examples,
    onboarding_people,
    onboarding_steps,
    store,
)
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.onboarding_form import Step
from marketplace.sandbox.pages import onboarding_visits, paper
from marketplace.sandbox.pages.onboarding_visits import Visit
from marketplace.sandbox.resources import capabilities
from marketplace.sandbox.routing import kind, page
from marketplace.sandbox.updates import merge

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

kind("onboarding_visit", "visit_")

_VISIT = 3_600


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
        wanted |= {name: link.get(name, "") for name in ("future", "use_case")}
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

    `wanted`: `purpose`, `fields`, `refresh_url`, `return_url`, and maybe `future` (`include` asks
    for what was announced too). `leave`: for the embedded component, the address at which the
    frame ends its session. `only` and `exclude`: patterns (`individual.*`) of the requirements
    that the form asks for.
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
    opened = onboarding_visits.opened(ctx, visit, account)
    return opened.url(opened.steps[0].name if opened.steps else onboarding_visits.REVIEW)


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
        if step == onboarding_visits.REVIEW:
            return _review(visit)
        found = visit.step(step)
        if found is None:
            return paper.see_other(visit.url(visit.after("")))
        return _form(
            visit,
            found,
            onboarding_visits.known(visit, found),
            onboarding_visits.told(visit, found),
        )


@page("POST", "/onboarding/{secret}/{step}")
def submit(server: Server, request: Request, secret: str, step: str) -> Response:
    """Save a step, fill it with test values, leave, or finish."""
    action = request.form.get("action", "next")
    with _visiting(server, secret) as visit:
        if isinstance(visit, Response):
            return visit
        if action == "leave":
            return paper.see_other(onboarding_visits.end(visit))
        if step == onboarding_visits.REVIEW:
            return _finish(visit, request)
        found = visit.step(step)
        if found is None:
            return paper.see_other(visit.url(onboarding_visits.REVIEW))
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
        if account is None or _logged_out(ctx, visit):
            yield _gone()
        elif visit["expires_at"] <= ctx.now:
            yield paper.see_other(visit["refresh_url"])
        else:
            yield onboarding_visits.opened(ctx, visit, account)


def _logged_out(ctx: Context, visit: dict[str, Any]) -> bool:
    """Whether the frame around an embedded form is gone: the platform's page ended the session."""
    token = visit["leave"].removesuffix("/leave").rpartition("/")[2]
    return bool(token) and ctx.find(f"emb_{token}") is None


def _stored(server: Server, identifier: str) -> tuple[dict[str, Any], str] | None:
    with server.sandbox.store.transaction() as db:
        return store.get(db, identifier)


def _gone() -> Response:
    return paper.page("onboarding_gone.html", HTTPStatus.NOT_FOUND)


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
        birthday=onboarding_people.BIRTHDAY,
        given={field.name for field in step.fields if visit.case.has(field.requirement)},
    )


def _save(visit: Visit, step: Step, request: Request) -> Response:
    sent = {f.name: request.form.get(f.name, "").strip() for f in step.fields}
    errors, follows = onboarding_visits.unsaid(visit, step, sent), None
    if not errors:
        visit.ctx.db.execute("SAVEPOINT step")
        try:
            values = {name: value for name, value in sent.items() if value}
            follows = onboarding_visits.write(visit, step, values)
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
    following = onboarding_visits.opened(visit.ctx, visit.stored, visit.account)
    if follows is None or following.step(follows) is None:
        follows = visit.after(step.name) if step.person else following.after(step.name)
    return paper.see_other(visit.url(follows))


def _placed(step: Step, refusal: Refused) -> dict[str, str]:
    """The refusal beside its field, or above the form."""
    message, param = refusal.error["message"], refusal.error.get("param", "")
    for field in step.fields:
        if param and (param == field.name or field.name.endswith(param.partition("[")[2] or "-")):
            return {field.name: message}
    return {"": message}


def _review(visit: Visit, problem: str = "") -> Response:
    lacking = [step for step in visit.steps if onboarding_steps.is_due(step, visit.due)]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return paper.page(
        "onboarding_review.html",
        status,
        framed=visit.framed(onboarding_visits.REVIEW),
        visit=visit,
        lacking=lacking,
        problem=problem,
        summary=[(step, onboarding_visits.known(visit, step)) for step in visit.steps],
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
    return paper.see_other(onboarding_visits.end(visit))
