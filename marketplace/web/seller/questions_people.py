"""The people behind a company, in our own onboarding forms: the list, and a page for each.

The rule that bites: a person belongs to one account, and an id in an address is only somebody's
guess until it was found among the people of the signed-in seller's own account.
https://docs.stripe.com/connect/handling-api-verification#persons
"""

import re
import secrets

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from marketplace.errors import Sentence
from marketplace.onboarding.api import saving
from marketplace.onboarding.api.dossier import Dossier, Person
from marketplace.onboarding.api.steps import (
    Step,
    of_nobody_yet,
    of_person,
    roles_due,
    wants_of,
)
from marketplace.web import context, language, show
from marketplace.web.auth import seller_required
from marketplace.web.seller import questions_page as pages
from marketplace.web.seller.questions import NOTHING, attempt, dossier, go_on, shown

ONE = "/sell/questions/people/<person_id>"
ROLES = {
    "representative": "Representative",
    "owner": "Owner",
    "director": "Director",
    "executive": "Senior manager",
}
REMOVED = Sentence("They are removed.")
ADD = {
    "representative": Sentence("Add: representative"),
    "owner": Sentence("Add: owner"),
    "director": Sentence("Add: director"),
    "executive": Sentence("Add: senior manager"),
}
_NONCE = re.compile("[0-9a-f]{32}")


@seller_required
def index() -> ResponseReturnValue:
    """Who is named, what is missing of each, and the word that all are named."""
    known = dossier()
    step = pages.page_of(known, "people", language.locale())
    fault = attempt(lambda: _save(step)) if request.method == "POST" else NOTHING
    if fault is None:
        return go_on("people")
    people = [(it, wants_of(known, it)) for it in known.people]
    found = pages.groups(known, step.fields, fault)
    values = {"groups": found, "people": people, "roles": ROLES, "missing": roles_due(known)}
    return shown("seller/questions/people.html", known, step, fault, **values)


@seller_required
def new() -> ResponseReturnValue:
    """Somebody new; the form sent twice adds them once."""
    known, role, nonce = dossier(), _role(), _nonce()
    step = Step("people", ADD[role], "", of_nobody_yet(known, role, language.locale()))
    made: list[str] = []
    sent = request.method == "POST"
    fault = attempt(lambda: made.append(_add(known, step, nonce))) if sent else NOTHING
    if fault is None:
        return _next(made[0])
    found = pages.groups(known, step.fields, fault)
    values = {"groups": found, "nonce": nonce, "role": role, "person": None}
    return shown("seller/questions/person.html", known, step, fault, **values)


@seller_required
def one(person_id: str) -> ResponseReturnValue:
    """What Stripe holds and wants to know of somebody."""
    known = dossier()
    person = saving.find(known, person_id)
    step = Step("people", person.name, "", of_person(known, person, language.locale()))
    fault = attempt(lambda: _change(person, step)) if request.method == "POST" else NOTHING
    if fault is None:
        return _next(person_id)
    found = pages.groups(known, step.fields, fault)
    values = {"groups": found, "person": person, "nonce": "", "role": ""}
    return shown("seller/questions/person.html", known, step, fault, **values)


@seller_required
def remove(person_id: str) -> ResponseReturnValue:
    """Take somebody away; twice is the same as once."""
    known = dossier()
    session, stripe, seller = context.session(), context.stripe(), context.shop()
    fault = attempt(lambda: saving.remove_person(session, stripe, seller, known, person_id))
    flash(fault.general if fault else REMOVED, "bad" if fault else "good")
    return redirect(url_for(".questions_people"), 303)


def _save(step: Step) -> None:
    told = (context.session(), context.stripe(), context.shop(), step.fields)
    saving.save(*told, pages.typed_text(), {}, pages.signature())


def _add(known: Dossier, step: Step, nonce: str) -> str:
    told = (context.session(), context.stripe(), context.shop(), known, step.fields)
    return saving.add_person(*told, pages.typed_text(), pages.signature(), nonce)


def _change(person: Person, step: Step) -> None:
    told = (context.session(), context.stripe(), context.shop(), person, step.fields)
    saving.save_person(*told, pages.typed_text(), pages.signature())


def _role() -> str:
    """The role that was asked for; an owner when it is none of ours."""
    wanted = request.values.get("role", "")
    return wanted if wanted in ROLES else "owner"


def _next(person_id: str) -> ResponseReturnValue:
    """On with the same person while Stripe wants to know more of them, else back to the list."""
    known = dossier()
    person = known.person(person_id)
    if person is not None and wants_of(known, person):
        name = show.told(person.name)
        flash(gettext("Saved. Stripe wants to know more of %(person)s.", person=name), "info")
        return redirect(url_for(".questions_person", person_id=person_id), 303)
    flash("Saved.", "good")
    return redirect(url_for(".questions_people"), 303)


def _nonce() -> str:
    sent = request.form.get("nonce", "")
    return sent if _NONCE.fullmatch(sent) else secrets.token_hex(16)
