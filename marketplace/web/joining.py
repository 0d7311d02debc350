"""Opening a shop through an invitation.

The address holds the token of the invitation, so it is asked for by nobody who does not have the
link. The rule that bites: opening the link takes nothing; only the button does, and only for who is
signed in, because mail programs open links to preview them.
"""

import logging

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from marketplace import invitations, platform, sellers
from marketplace.database import phase
from marketplace.errors import Invalid, StripeError
from marketplace.models import Invitation
from marketplace.web import context, faults
from marketplace.web.auth import signed_in
from marketplace.web.seller import fixed
from marketplace.web.seller.forms import country_choices

bp = Blueprint("joining", __name__, url_prefix="/join")
log = logging.getLogger(__name__)


class JoinForm(FlaskForm):
    """The name of the shop; and where it is, unless an account is brought along."""

    name = StringField(
        "Name of the shop",
        description="As customers will see it. It is also given to Stripe.",
        render_kw={"maxlength": sellers.LONGEST_NAME, "autocomplete": "organization"},
    )
    country = SelectField(
        "Country where you live or your business is registered",
        description="It decides your currency and what Stripe asks, and cannot be changed later.",
        choices=[],
        render_kw={"autocomplete": "country"},
        validate_choice=False,
    )


@bp.get("/<link>")
def show(link: str) -> ResponseReturnValue:
    """What the invitation promises, and what is needed to take it."""
    invitation = invitations.by_token(context.session(), link)
    return _page(invitation, link, JoinForm(data={"name": invitation.shop_name}))


@bp.post("/<link>")
@signed_in
def take(link: str) -> ResponseReturnValue:
    """Open the shop; sent twice, it is the same shop."""
    session, form, user = context.session(), JoinForm(), context.person()
    try:
        with phase(session):
            name, country = form.name.data or "", form.country.data or ""
            seller = invitations.take(session, user, link, name=name, country=country)
    except Invalid as error:
        for field, fault in error.fields.items():
            form[field].errors = [fault]
        return _page(invitations.by_token(session, link), link, form), error.http_status
    if seller.stripe_id is not None:
        _read(seller.stripe_id)
    flash("Your shop is open.", "good")
    return redirect(url_for("seller.account"), 303)


def _read(stripe_id: str) -> None:
    """Read an account that was brought along; the page has a button for when Stripe is silent."""
    try:
        sellers.refresh(context.session(), context.stripe(), stripe_id)
    except StripeError as error:
        log.warning("%s %s", faults.support_number(), error.for_operator())


def _page(invitation: Invitation, link: str, form: JoinForm) -> str:
    form.country.choices = country_choices(invitation)
    return render_template(
        "auth/join.html",
        it=invitation,
        state=invitations.state(invitation),
        form=form,
        link=link,
        shop=context.seller(),
        promised=fixed.promised(invitation.design),
        written_in=platform.typed_in(platform.settings(context.session())),
    )
