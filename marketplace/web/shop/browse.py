"""Looking around: the front page, a seller's shop, a product.

Everything is read from our own tables. The rule that bites: a product may be on sale while its
seller cannot be paid; the page says so instead of letting the buyer find out at the till.
"""

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import catalogue, sellers
from marketplace.errors import NotFound
from marketplace.models import Product
from marketplace.web import context
from marketplace.web.shop import basket

PAGE = 24


def index() -> ResponseReturnValue:
    """The front page: everything on sale, newest first."""
    products = catalogue.on_sale(context.session(), before=before(), limit=PAGE)
    return render_template(
        "shop/index.html",
        products=products,
        ready=sellers.can_be_bought_from,
        older=older(products, url_for("shop.index")),
        first=before() is None,
    )


def seller(slug: str) -> ResponseReturnValue:
    """One seller's shop."""
    shop = sellers.by_slug(context.session(), slug)
    if shop is None:
        raise NotFound("There is no such shop.")
    products = catalogue.on_sale(context.session(), seller=shop, before=before(), limit=PAGE)
    return render_template(
        "shop/seller.html",
        shop=shop,
        products=products,
        ready=sellers.can_be_bought_from,
        older=older(products, url_for("shop.seller", slug=slug)),
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


def before() -> int | None:
    """Below which id the page begins; None for the first page and for what is no id."""
    return request.args.get("before", type=int)


def older(products: Sequence[Product], page: str) -> str | None:
    """The address of what comes after the products on `page`; None when these are the last."""
    return f"{page}?before={products[-1].id}" if len(products) == PAGE else None
