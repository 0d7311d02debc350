"""The operator's disputes: what buyers' banks ask back, of the platform and of sellers."""

from flask.typing import ResponseReturnValue

from marketplace import disputes
from marketplace.web import context, paging
from marketplace.web.auth import operator_required
from marketplace.web.platform.board import bp, listing


@bp.get("/disputes")
@operator_required
def dispute_list() -> ResponseReturnValue:
    """Every dispute, whose loss it is, and until when it can be answered."""
    found = disputes.latest(context.session(), before=paging.before(), limit=paging.ROWS + 1)
    return listing(
        "platform/disputes.html",
        found,
        explain=disputes.explain,
        unanswered=disputes.UNANSWERED,
    )
