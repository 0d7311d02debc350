"""The operator's pages: what needs attention, sellers, orders, payouts, Stripe's events, designs.

Everything shown is read from our own tables; Stripe is asked only by a button. The rule that bites:
an operator sees every seller's money, so each view here is behind `operator_required`, and what an
event's body or a call's parameters could give away is taken out before it is shown.
"""

from marketplace.web.platform import designs, desk, disputes, invites, sales, shops
from marketplace.web.platform.board import bp

__all__ = ["bp", "designs", "desk", "disputes", "invites", "sales", "shops"]
