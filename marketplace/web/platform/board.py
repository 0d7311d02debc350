"""What all of the operator's pages share: the blueprint, and lists that are filtered and paged."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, render_template, request

from marketplace.web import paging

bp = Blueprint("platform", __name__, url_prefix="/platform")
RECENT = timedelta(days=30)
C = TypeVar("C", bound=StrEnum)
R = TypeVar("R", bound=paging.HasId)


def listing(template: str, rows: Sequence[R], **values: object) -> str:
    """A page of a list that was asked for with one row more, to know whether older ones follow."""
    return render_template(template, page=paging.page(rows), **values)


def chosen(kind: type[C], name: str) -> C | None:
    """The member of `kind` that the address asks for; None, so all, for anything else."""
    return next((member for member in kind if member.value == request.args.get(name)), None)
