"""Our own onboarding forms: one page for each part, saved at Stripe as it is sent.

The pages ask Stripe what stands and what is missing each time they are shown; that is their
purpose. The rule that bites: what people type here is theirs. It is given to Stripe, comes back in
the page when something was wrong with it, and is in no table and no log of ours.
https://docs.stripe.com/connect/api-onboarding
"""

import logging
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue

from marketplace.errors import Invalid, Sentence, StripeUnavailable
from marketplace.onboarding.api import banks, saving
from marketplace.onboarding.api.dossier import Dossier
from marketplace.onboarding.api.steps import PAGES, Step, steps
from marketplace.onboarding.api.uploads import ACCEPTED, WORDS
from marketplace.web import context, faults, language
from marketplace.web.auth import seller_required
from marketplace.web.seller import questions_page as pages
from marketplace.web.seller.questions_page import Typed
from marketplace.web.shop import stripejs

log = logging.getLogger(__name__)
FORM = "/sell/questions/<any(business,individual,company,documents):part>"
SILENT = Sentence("Stripe did not answer. Nothing of what you typed is lost: send it once more.")
SAVED, ALL = Sentence("Saved."), Sentence("That was all. Stripe looks at it now.")
MORE = Sentence("Saved. Stripe wants to know a little more here.")
UNAGREED = Sentence("Without your agreement Stripe cannot pay you.")
NOTHING = Typed()
ORDER = {name: number for number, name in enumerate(PAGES)}


@seller_required
def overview() -> ResponseReturnValue:
    """Which pages there are and what each still wants; the button to the next one."""
    if not saving.is_open(context.shop()):
        return redirect(url_for(".account"))
    known = dossier()
    asked = next((it for it in steps(known) if it.wants), None)
    return render("seller/questions/overview.html", asked=asked, **frame(known))


@seller_required
def form(part: str) -> ResponseReturnValue:
    """A page about the business, the company, the individual, or with documents."""
    known = dossier()
    step = pages.page_of(known, part, language.locale())
    fault = _send(step) if request.method == "POST" else NOTHING
    if fault is None:
        return go_on(part)
    found = pages.groups(known, step.fields, fault)
    values = {"groups": found, "accepted": ACCEPTED, "document_words": WORDS}
    return shown("seller/questions/form.html", known, step, fault, **values)


@seller_required
def bank() -> ResponseReturnValue:
    """Where payouts go. The browser brings a token; without scripts, in the sandbox, numbers."""
    known = dossier()
    step = pages.page_of(known, "bank")
    fault = attempt(_attach) if request.method == "POST" else NOTHING
    if fault is None:
        return go_on("bank")
    asked = banks.numbers(context.shop())
    values = {"asked": asked, "test_bank": banks.TEST.get(asked.country), **stripejs.loaded()}
    return shown("seller/questions/bank.html", known, step, fault, **values)


@seller_required
def terms() -> ResponseReturnValue:
    """Stripe's terms, and the seller's word that they are agreed to."""
    known = dossier()
    step = pages.page_of(known, "terms")
    fault = attempt(lambda: _agree(known)) if request.method == "POST" else NOTHING
    if fault is None:
        return go_on("terms")
    return shown("seller/questions/terms.html", known, step, fault)


def _send(step: Step) -> Typed | None:
    session, stripe, seller = context.session(), context.stripe(), context.shop()
    typed, files, signature = pages.typed_text(), pages.uploads(), pages.signature()
    if step.name == "documents":
        return attempt(
            lambda: saving.save_documents(session, stripe, seller, step.fields, files, signature)
        )
    return attempt(
        lambda: saving.save(session, stripe, seller, step.fields, typed, files, signature)
    )


def _attach() -> None:
    session, stripe, seller = context.session(), context.stripe(), context.shop()
    token = request.form.get("bank_token", "")
    if not token:
        sandbox = context.settings().sandbox
        token = banks.token_of(stripe, seller, pages.typed_text(), sandbox=sandbox)
    banks.attach(session, stripe, seller, token)


def _agree(known: Dossier) -> None:
    if not request.form.get("agree"):
        raise Invalid("Not agreed.", {"agree": UNAGREED})
    saving.agree(context.session(), context.stripe(), context.shop(), known, pages.signature())


def dossier() -> Dossier:
    """What Stripe holds and asks of whoever is signed in."""
    return saving.dossier(context.session(), context.stripe(), context.shop())


def attempt(act: Callable[[], object]) -> Typed | None:
    """Do it; what was typed and what is wrong with it when it could not be done, else None."""
    try:
        act()
    except Invalid as error:
        return Typed(pages.typed_text(), error.fields or {"": error.told})
    except StripeUnavailable as error:
        log.warning("%s %s", faults.support_number(), error.for_operator())
        return Typed(pages.typed_text(), {"": SILENT}, error.http_status)
    return None


def go_on(name: str) -> ResponseReturnValue:
    """After page `name` was saved: the next that wants something, or the list of them all."""
    found = saving.wanted(context.shop())
    asked = next((it for it in found if ORDER[it] >= ORDER[name]), found[0] if found else None)
    if asked is None:
        flash(ALL, "good")
        return redirect(url_for(".questions"), 303)
    flash(MORE if asked == name else SAVED, "info" if asked == name else "good")
    return redirect(address(asked), 303)


def address(name: str) -> str:
    """Where the page of this name is."""
    if name in {"people", "bank", "terms"}:
        return url_for(f".questions_{name}")
    return url_for(".questions_form", part=name)


def frame(known: Dossier, name: str = "") -> dict[str, Any]:
    """What every page of the forms shows around itself: the list of pages and how far each is."""
    found = steps(known)
    names = [it.name for it in found]
    before = names[names.index(name) - 1] if name in names[1:] else ""
    return {
        "seller": context.shop(),
        "known": known,
        "steps": [(it, address(it.name)) for it in found],
        "here": name,
        "number": names.index(name) + 1 if name in names else 0,
        "before": address(before) if before else url_for(".questions"),
    }


def shown(
    template: str, known: Dossier, step: Step, fault: Typed, **values: object
) -> ResponseReturnValue:
    """A page; with 422 or 503 when it comes back because something was wrong."""
    page = render(template, step=step, fault=fault, **frame(known, step.name), **values)
    return page, fault.status if fault.faults else 200
