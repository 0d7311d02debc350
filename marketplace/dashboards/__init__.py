"""What a seller may see of the account: at Stripe, or in pages of ours.

`full` is Stripe's Dashboard, where the seller signs in alone; `express` a smaller one that is
entered through a link of ours; `embedded` puts Stripe's components into our pages, for sellers who
have no dashboard and for those whom Stripe wants to reach there. The rule that bites: the dashboard
is fixed when the account is made, so a seller row says which of these is true for good.
https://docs.stripe.com/connect/dashboard
"""

from marketplace.dashboards import embedded
from marketplace.dashboards.express import express_link, has_express
from marketplace.dashboards.full import full_address, has_full

__all__ = ["embedded", "express_link", "full_address", "has_express", "has_full"]
