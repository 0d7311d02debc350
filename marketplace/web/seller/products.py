"""The seller's products: list, offer, change, take off sale; and the pictures, for everybody.

The rule that bites: a product is looked up with its shop, so somebody else's is not found, and a
picture is served only under a name that we made.
"""

from pathlib import Path

from flask import Response, flash, redirect, request, send_from_directory, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from marketplace import catalogue, orders, platform, sellers
from marketplace.catalogue import Offer, pictures
from marketplace.database import phase
from marketplace.errors import Invalid, NotFound, Sentence
from marketplace.models import Product, Seller
from marketplace.web import context, paging
from marketplace.web.auth import seller_required
from marketplace.web.seller.forms import ProductForm, show_faults

ON_SALE, IN_SHOP = Sentence("It is on sale."), Sentence("It is in your shop.")
ONE_YEAR = 365 * 24 * 3600
ONE = f"/sell/products/<int(max={paging.BIGGEST_ID}):product_id>"


@seller_required
def index() -> ResponseReturnValue:
    """All that the shop offers or offered."""
    seller = context.shop()
    found = catalogue.page(context.session(), seller, before=paging.before(), limit=paging.ROWS + 1)
    return render("seller/products.html", seller=seller, page=paging.page(found))


@seller_required
def new() -> ResponseReturnValue:
    """Offer something; the form sent twice offers it once."""
    seller = context.shop()
    form = ProductForm(seller.currency)
    if form.validate_on_submit() and _save(form, seller, None):
        flash(ON_SALE if sellers.can_be_bought_from(seller) else IN_SHOP, "good")
        return redirect(url_for(".products"), 303)
    return _form_page(form, seller, None)


@seller_required
def edit(product_id: int) -> ResponseReturnValue:
    """Change a product. Orders keep what was agreed."""
    seller = context.shop()
    product = catalogue.of_seller(context.session(), seller, product_id)
    form = ProductForm(seller.currency, product)
    if form.validate_on_submit() and _save(form, seller, product):
        flash("It is changed.", "good")
        return redirect(url_for(".products"), 303)
    return _form_page(form, seller, product)


@seller_required
def take_off(product_id: int) -> ResponseReturnValue:
    """Take it off sale."""
    product = catalogue.of_seller(context.session(), context.shop(), product_id)
    with phase(context.session()):
        catalogue.take_off(context.session(), product)
    flash(gettext("%(product)s is off sale.", product=product.title), "info")
    return redirect(url_for(".products"), 303)


@seller_required
def put_back(product_id: int) -> ResponseReturnValue:
    """Put it on sale again."""
    product = catalogue.of_seller(context.session(), context.shop(), product_id)
    with phase(context.session()):
        catalogue.put_back(context.session(), product)
    flash(gettext("%(product)s is on sale again.", product=product.title), "info")
    return redirect(url_for(".products"), 303)


def picture(name: str) -> Response:
    """A product's picture. Its name is random and its content never changes."""
    if not pictures.is_name(name):
        raise NotFound("There is no such picture.")
    return send_from_directory(
        _uploads().resolve(), name, mimetype="image/webp", max_age=ONE_YEAR, conditional=True
    )


def _uploads() -> Path:
    return context.settings().data_dir / "uploads"


def _form_page(form: ProductForm, seller: Seller, product: Product | None) -> ResponseReturnValue:
    page = render(
        "seller/product_form.html",
        form=form,
        seller=seller,
        product=product,
        terms=platform.terms_in(seller, form.chosen),
        guard=orders.guard(context.session(), seller, form.chosen),
        border=orders.border(context.session(), seller, form.chosen),
    )
    return page, 422 if request.method == "POST" else 200


def _save(form: ProductForm, seller: Seller, product: Product | None) -> bool:
    """Keep the picture, then the product; True when it worked. Faults go beside the fields."""
    old = product.image_name if product else None
    fresh = None
    try:
        if form.image.data:
            fresh = pictures.keep(form.image.data.stream, _uploads())
        shown = fresh or (None if form.drop_image.data else old)
        kept = _write(form.offer(shown), seller, product, form.nonce.data or "")
    except Invalid as error:
        show_faults(form, error)
        pictures.forget(fresh, _uploads())
        return False
    for name in {old, fresh} - {kept.image_name}:
        pictures.forget(name, _uploads())
    return True


def _write(what: Offer, seller: Seller, product: Product | None, nonce: str) -> Product:
    session = context.session()
    with phase(session):
        if product is None:
            return catalogue.offer(session, seller, what, nonce=nonce)
        return catalogue.change(session, product, what)
