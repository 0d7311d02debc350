"""The shop: what a buyer sees, from the first shelf to the paid order.

Every address is in the table below. The rule that bites: nothing a browser sends has a say in an
amount, a seller or a status; it names products, quantities and tokens, and the rest is looked up.
"""

from flask import Blueprint

from marketplace.web import drawing, paging
from marketplace.web.shop import basket, browse, checkout, pay, purchase, wallet

bp = Blueprint("shop", __name__)
PRODUCT = f"/products/<int(max={paging.BIGGEST_ID}):product_id>"

bp.add_url_rule("/", "index", browse.index)
bp.add_url_rule("/shops/<slug>", "seller", browse.seller)
bp.add_url_rule(PRODUCT, "product", browse.product)

bp.add_url_rule("/basket", "basket", basket.show)
bp.add_url_rule("/basket/add", "basket_add", basket.add, methods=["POST"])
bp.add_url_rule("/basket/change", "basket_change", basket.change, methods=["POST"])

bp.add_url_rule("/checkout/<slug>", "checkout", checkout.show)
bp.add_url_rule("/checkout/<slug>", "checkout_pay", checkout.pay, methods=["POST"])

bp.add_url_rule("/orders", "orders", purchase.mine)
bp.add_url_rule("/orders/<token>", "order", purchase.show)
bp.add_url_rule("/orders/<token>/return", "order_return", purchase.returned)
bp.add_url_rule("/orders/<token>/live", "order_live", purchase.live)
bp.add_url_rule("/orders/<token>/pay", "order_pay", purchase.pay, methods=["POST"])
bp.add_url_rule("/orders/<token>/pay", "order_form", pay.show)
bp.add_url_rule("/orders/<token>/pay/secret", "order_secret", pay.secret, methods=["POST"])
bp.add_url_rule("/orders/<token>/check", "order_check", purchase.check, methods=["POST"])
bp.add_url_rule("/orders/<token>/cancel", "order_cancel", purchase.cancel, methods=["POST"])

bp.add_url_rule("/cards", "cards", wallet.show)
bp.add_url_rule("/cards/new", "card_new", wallet.new)
bp.add_url_rule("/cards/new/secret", "card_secret", wallet.secret, methods=["POST"])
bp.add_url_rule("/cards/hosted", "card_hosted", wallet.hosted, methods=["POST"])
bp.add_url_rule("/cards/return", "card_return", wallet.returned)
CARD = f"/cards/<int(max={paging.BIGGEST_ID}):card_id>"
bp.add_url_rule(f"{CARD}/remove", "card_remove", wallet.remove, methods=["POST"])

bp.app_context_processor(basket.frame)
bp.add_app_template_global(drawing.picture, "story_picture")
