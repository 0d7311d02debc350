"""Looking around: the front page, a seller's shop, a product.

Everything is read from our own tables. The rule that bites: a product may be on sale while its
seller cannot be paid; the page says so instead of letting the buyer find out at the till.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace import catalogue, sellers
from marketplace.errors import NotFound
from marketplace.web import context, paging
from marketplace.web.shop import basket

PAGE = 24


def index() -> ResponseReturnValue:
    """The front page: everything on sale, newest first."""
    found = catalogue.on_sale(context.session(), before=paging.before(), limit=PAGE + 1)
    return render_template(
        "shop/index.html", page=paging.page(found, PAGE), ready=sellers.can_be_bought_from
    )


def seller(slug: str) -> ResponseReturnValue:
    """One seller's shop."""
    shop = sellers.by_slug(context.session(), slug)
    if shop is None:
        raise NotFound("There is no such shop.")
    found = catalogue.on_sale(
        context.session(), seller=shop, before=paging.before(), limit=PAGE + 1
    )
    return render_template(
        "shop/seller.html",
        shop=shop,
        page=paging.page(found, PAGE),
        ready=sellers.can_be_bought_from,
    )


def product(product_id: int) -> ResponseReturnValue:
    """One product, with the button that puts it into the basket."""
    found = catalogue.find_on_sale(context.session(), product_id)
    return render_template(
        "shop/product.html",
        product=found,
        can_be_paid=sellers.can_be_bought_from(found.seller),
        nonce=basket.new_nonce(),
    )
