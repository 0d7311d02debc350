"""The seller's pages: the shop, its standing with Stripe, products, orders and money.

Every address is in the table below. The rule that bites: each page belongs to the shop of whoever
is signed in, and everything it names is looked up inside that shop; the pictures alone are for
everybody.
"""

from flask import Blueprint

from marketplace.errors import StripeError
from marketplace.web.seller import (
    account,
    books,
    components,
    products,
    questions,
    questions_people,
    sales,
)
from marketplace.web.seller.products import ONE as PRODUCT
from marketplace.web.seller.sales import ONE as ORDER

bp = Blueprint("seller", __name__)
POST = ["POST"]

bp.add_url_rule("/sell", "home", account.home)
bp.add_url_rule("/sell/open", "open", account.open_shop, methods=POST)
bp.add_url_rule("/sell/account", "account", account.show)
bp.add_url_rule("/sell/account/live", "account_live", account.live)
bp.add_url_rule("/sell/account/check", "check", account.check, methods=POST)
bp.add_url_rule("/sell/onboarding/start", "start", account.start, methods=POST)
bp.add_url_rule("/sell/onboarding/hosted", "start_hosted", account.start_hosted, methods=POST)
bp.add_url_rule("/sell/onboarding/refresh", "refresh_link", account.refresh_link)
bp.add_url_rule("/sell/onboarding/return", "returned", account.returned)
bp.add_url_rule("/sell/onboarding", "onboarding", components.onboarding_page)
bp.add_url_rule(
    "/sell/onboarding/session",
    "onboarding_session",
    components.onboarding_session,
    methods=POST,
)
bp.add_url_rule("/sell/components/<place>/session", "session", components.session, methods=POST)
bp.add_url_rule("/sell/dashboard", "dashboard", account.dashboard, methods=POST)

BOTH = ["GET", "POST"]
bp.add_url_rule("/sell/questions", "questions", questions.overview)
bp.add_url_rule(questions.FORM, "questions_form", questions.form, methods=BOTH)
bp.add_url_rule("/sell/questions/bank", "questions_bank", questions.bank, methods=BOTH)
bp.add_url_rule("/sell/questions/terms", "questions_terms", questions.terms, methods=BOTH)
bp.add_url_rule("/sell/questions/people", "questions_people", questions_people.index, methods=BOTH)
bp.add_url_rule(
    "/sell/questions/people/new", "questions_person_new", questions_people.new, methods=BOTH
)
bp.add_url_rule(questions_people.ONE, "questions_person", questions_people.one, methods=BOTH)
bp.add_url_rule(
    f"{questions_people.ONE}/remove",
    "questions_person_remove",
    questions_people.remove,
    methods=POST,
)

bp.add_url_rule("/sell/products", "products", products.index)
bp.add_url_rule("/sell/products/new", "product_new", products.new, methods=["GET", "POST"])
bp.add_url_rule(PRODUCT, "product", products.edit, methods=["GET", "POST"])
bp.add_url_rule(f"{PRODUCT}/off", "product_off", products.take_off, methods=POST)
bp.add_url_rule(f"{PRODUCT}/on", "product_on", products.put_back, methods=POST)
bp.add_url_rule("/pictures/<name>", "picture", products.picture)

bp.add_url_rule("/sell/orders", "orders", sales.index)
bp.add_url_rule(ORDER, "order", sales.order)
bp.add_url_rule(f"{ORDER}/sent", "order_sent", sales.sent, methods=POST)
bp.add_url_rule("/sell/payments", "payments", books.payments)
bp.add_url_rule("/sell/disputes", "disputes", books.disputes)
bp.add_url_rule("/sell/documents", "documents", books.documents)
bp.add_url_rule("/sell/money", "money", sales.money)
bp.add_url_rule("/sell/money/check", "money_check", sales.ask_again, methods=POST)

bp.context_processor(components.frame)
bp.register_error_handler(StripeError, account.stripe_said_no)
