"""Inviting sellers, on terms of their own or with an account that exists at Stripe already.

The rule that bites: the link is shown in the answer to the form that made it, and never again, for
only its hash is kept. Whoever loses it makes a fresh one, and the lost one stops.
"""

from collections.abc import Mapping

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import invitations, platform, sellers
from marketplace.database import phase
from marketplace.design import AccountsApi, Design
from marketplace.design.rules import judge
from marketplace.errors import Invalid
from marketplace.guide import options
from marketplace.models import Invitation
from marketplace.web import context, paging
from marketplace.web.auth import operator_required
from marketplace.web.platform import forms
from marketplace.web.platform.board import bp, listing
from marketplace.web.platform.designs import runs_here

ONE = f"/invitations/<int(max={paging.BIGGEST_ID}):row_id>"


@bp.get("/invitations")
@operator_required
def invitation_list() -> ResponseReturnValue:
    """Who was invited, and what became of it."""
    rows = invitations.page(context.session(), before=paging.before(), limit=paging.ROWS + 1)
    return listing("platform/invitations.html", rows, state_of=invitations.state, options=options)


@bp.get("/invitations/new")
@operator_required
def invitation_new() -> ResponseReturnValue:
    """The form to invite somebody, filled in with what everybody is offered."""
    offered = platform.settings(context.session())
    form = forms.InviteForm(platform.typed_in(offered), offered)
    return _page(form, forms.typed_design(offered.design))


@bp.post("/invitations/new")
@operator_required
def invite() -> ResponseReturnValue:
    """Make the invitation and show its link; or only look what the rules say of a design."""
    session = context.session()
    offered = platform.settings(session)
    form = forms.InviteForm(platform.typed_in(offered), offered)
    wanted = forms.typed_design(offered.design)
    if request.form.get("intent") == "look":
        return _page(form, wanted)
    try:
        form.insist()
        runs_here(wanted)
        with phase(session):
            sent = invitations.invite(
                session,
                email=form.email.data or "",
                design=wanted,
                agreement=form.agreement,
                nonce=form.nonce.data or "",
                knowing=forms.knowing(),
            )
    except Invalid as error:
        return _page(form, wanted, forms.show_faults(form, error)), error.http_status
    return _sent(sent.invitation, sent.token)


@bp.get("/invitations/import")
@operator_required
def import_form() -> ResponseReturnValue:
    """The form to bring an account."""
    offered = platform.settings(context.session())
    return render_template(
        "platform/import.html",
        form=forms.ImportForm(platform.typed_in(offered), offered),
        faults={},
    )


@bp.post("/invitations/import")
@operator_required
def bring() -> ResponseReturnValue:
    """Look an account up at Stripe, and invite somebody to open a shop with it."""
    session = context.session()
    offered = platform.settings(session)
    form = forms.ImportForm(platform.typed_in(offered), offered)
    try:
        form.insist()
        sent = _brought(form)
    except Invalid as error:
        faults = forms.show_faults(form, error)
        page = render_template("platform/import.html", form=form, faults=faults)
        return page, error.http_status
    return _sent(sent.invitation, sent.token)


@bp.post(f"{ONE}/renew")
@operator_required
def renew(row_id: int) -> ResponseReturnValue:
    """Make a fresh link; the old one stops."""
    session = context.session()
    with phase(session):
        invitation = invitations.get(session, row_id)
        token = invitations.renew(session, invitation)
    return _sent(invitation, token)


@bp.post(f"{ONE}/withdraw")
@operator_required
def withdraw(row_id: int) -> ResponseReturnValue:
    """Make the link worthless."""
    session = context.session()
    with phase(session):
        invitations.withdraw(session, invitations.get(session, row_id))
    flash("The link opens nothing any more.", "success")
    return redirect(url_for("platform.invitation_list"), 303)


def _brought(form: forms.ImportForm) -> invitations.Sent:
    """The invitation with the account of the form; the one it made when it was sent before."""
    session, nonce = context.session(), form.nonce.data or ""
    made = invitations.by_nonce(session, nonce)
    if made is not None:
        return invitations.Sent(made, None)
    api = AccountsApi(form.api.data)
    found = sellers.look_up(session, context.stripe(), form.account.data or "", api)
    with phase(session):
        return invitations.invite(
            session,
            email=form.email.data or "",
            design=found.design,
            agreement=form.agreement,
            nonce=nonce,
            brings=found,
        )


def _page(form: forms.InviteForm, wanted: Design, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "platform/invite.html",
        form=form,
        wanted=wanted,
        judgement=judge(wanted),
        options=options,
        faults=faults or {},
    )


def _sent(invitation: Invitation, token: str | None) -> Response:
    """The page that shows the link, this once."""
    link = context.public_url("joining.show", link=token) if token else None
    page = render_template("platform/invited.html", it=invitation, link=link, options=options)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
