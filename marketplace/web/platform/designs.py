"""What new shops are opened with: the design, the commission, and where buyers may pay.

The questions are the guide's, and so are the rules. The rule that bites: what cannot be built stays
on the page with the rule that forbids it, and is refused by that name before Stripe hears of it.
"""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import platform, sellers
from marketplace.database import phase
from marketplace.design import Design
from marketplace.design.collecting import Collect
from marketplace.design.rules import judge
from marketplace.errors import Invalid
from marketplace.guide import built, options
from marketplace.web import context
from marketplace.web.auth import operator_required
from marketplace.web.platform import forms
from marketplace.web.platform.board import bp

NOT_YET = "This shop cannot run this yet: {}."


@bp.get("/design")
@operator_required
def design() -> ResponseReturnValue:
    """The default design, or the one that the address asks for; and the default terms."""
    return _page(forms.typed_design(platform.settings(context.session()).design))


@bp.post("/design")
@operator_required
def choose_design() -> ResponseReturnValue:
    """Make a design the default of new shops, or only look what would follow from it."""
    session = context.session()
    wanted = forms.typed_design(platform.settings(session).design)
    if request.form.get("intent") == "look":
        return _page(wanted)
    try:
        runs_here(wanted)
        with phase(session):
            platform.choose(session, wanted, knowing=forms.knowing())
    except Invalid as error:
        return _page(wanted, faults=error.fields), error.http_status
    flash("New shops are opened with this design. Open ones keep theirs.", "success")
    return redirect(url_for("platform.design"), 303)


@bp.post("/design/terms")
@operator_required
def set_terms() -> ResponseReturnValue:
    """Set the commission of new shops, where buyers may pay, and how much Stripe asks."""
    session = context.session()
    offered = platform.settings(session)
    form = forms.DefaultsForm(platform.typed_in(offered), offered)
    try:
        form.insist()
        at_stripe, here = bool(form.pay_at_stripe.data), bool(form.pay_here.data)
        with phase(session):
            platform.set_terms(
                session,
                form.commission,
                pay_at_stripe=at_stripe,
                pay_here=here,
                collect=Collect(form.collect.data),
            )
    except Invalid as error:
        forms.show_faults(form, error)
        return _page(offered.design, form=form), error.http_status
    flash("New shops are opened on these terms.", "success")
    return redirect(url_for("platform.design"), 303)


@bp.post("/design/account")
@operator_required
def read_account() -> ResponseReturnValue:
    """Ask Stripe which account is the platform's own, and where it is."""
    platform.learn(context.session(), context.stripe())
    flash("Read again from Stripe.", "success")
    return redirect(url_for("platform.design"), 303)


def runs_here(wanted: Design) -> None:
    """Raise Invalid for a design of which this shop can only tell."""
    missing = ", ".join(question.chosen(wanted).title for question in built.described_only(wanted))
    if missing:
        raise Invalid(NOT_YET.format(missing), {"design": NOT_YET.format(missing)})


def _page(
    wanted: Design,
    *,
    form: forms.DefaultsForm | None = None,
    faults: Mapping[str, str] | None = None,
) -> str:
    session = context.session()
    offered, home = platform.settings(session), platform.merchant(session)
    currency = platform.typed_in(offered)
    return render_template(
        "platform/design.html",
        wanted=wanted,
        offered=offered,
        judgement=judge(wanted),
        options=options,
        faults=faults or {},
        form=form or forms.DefaultsForm(currency, offered, sent=False),
        warning=forms.warning(offered.design, sellers.terms(offered), currency, home),
    )
