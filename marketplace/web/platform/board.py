"""What all of the operator's pages share: the blueprint, and lists that are filtered and paged."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, render_template, request

from marketplace.design import Dashboard, Design, Onboarding
from marketplace.web import context, paging

bp = Blueprint("platform", __name__, url_prefix="/platform")
RECENT = timedelta(days=30)
C = TypeVar("C", bound=StrEnum)
R = TypeVar("R", bound=paging.HasId)


@bp.app_template_global("unkeyed")
def unkeyed(design: Design | None = None) -> str | None:
    """What the missing publishable key takes away, from everybody or from shops of `design`.

    None when it is set, or when the design needs none. https://docs.stripe.com/keys
    """
    if context.settings().stripe_publishable_key is not None:
        return None
    if design is None:
        return (
            "STRIPE_PUBLISHABLE_KEY is not set. Until it is, buyers pay on Stripe's page and not "
            "in our form, and sellers see no part of Stripe's inside our pages."
        )
    if design.onboarding is Onboarding.EMBEDDED:
        lost = "sellers of this design are not onboarded inside our pages"
    elif design.onboarding is Onboarding.API:
        lost = "sellers of this design cannot give their bank account in our forms"
    elif design.dashboard is Dashboard.NONE:
        lost = "sellers of this design see our own tables instead of Stripe's components"
    else:
        return None
    return f"STRIPE_PUBLISHABLE_KEY is not set. Until it is, {lost}."


def listing(template: str, rows: Sequence[R], **values: object) -> str:
    """A page of a list that was asked for with one row more, to know whether older ones follow."""
    return render_template(template, page=paging.page(rows), **values)


def chosen(kind: type[C], name: str) -> C | None:
    """The member of `kind` that the address asks for; None, so all, for anything else."""
    return next((member for member in kind if member.value == request.args.get(name)), None)
