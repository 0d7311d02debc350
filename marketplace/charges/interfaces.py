"""Stripe's page, our own form, a saved card: the same sale, asked for in three shapes.

What makes a payment direct, destination or separate stands in `payment_intent_data`, and is the
same wherever the buyer pays; here only the rest is put around it. The rule that bites: a Customer
lives on one account, so a Session on a seller's account never gets the platform's.
https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from typing import cast

from stripe.params import PaymentIntentCreateParams
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsPaymentIntentData

from marketplace.charges.strategy import Sale


def elements(params: SessionCreateParams) -> SessionCreateParams:
    """The Session of Stripe's page, turned into one for a form of ours.

    Where the page had an address for success, the form has one to come back to.
    https://docs.stripe.com/payments/quickstart-checkout-sessions
    """
    changed: SessionCreateParams = {**params}
    back = changed.pop("success_url", "")
    changed.pop("cancel_url", None)
    changed["ui_mode"] = "elements"
    changed["return_url"] = back
    return changed


def in_language(params: SessionCreateParams, locale: str) -> SessionCreateParams:
    """The same Session with Stripe's page in a language, instead of the browser's.

    `locale` is one of Stripe's names.
    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale
    """
    return cast("SessionCreateParams", {**params, "locale": locale})


def keeping_card(params: SessionCreateParams, customer: str) -> SessionCreateParams:
    """The same Session, after which `customer` keeps the card for payments they are present at.

    The buyer has ticked that on our page, so Stripe's need not ask.
    https://docs.stripe.com/payments/checkout/save-during-payment
    """
    changed: SessionCreateParams = {**params, "customer": customer}
    changed.pop("customer_email", None)  # a Session takes one or the other
    changed["payment_intent_data"] = {
        **params.get("payment_intent_data", {}),
        "setup_future_usage": "on_session",
    }
    return changed


def saved_card(
    sale: Sale,
    data: SessionCreateParamsPaymentIntentData,
    payment_method: str,
    customer: str | None,
) -> PaymentIntentCreateParams:
    """The PaymentIntent that a saved card pays, not confirmed yet: so far it moves no money.

    `customer` is the platform's, or None where the card was cloned onto a seller's account.
    https://docs.stripe.com/api/payment_intents/create
    """
    params: PaymentIntentCreateParams = {
        "amount": sale.total.amount,
        "currency": sale.total.currency,
        "payment_method": payment_method,
        "allowed_payment_method_types": ["card"],
    }
    if customer:
        params["customer"] = customer
    if sale.buyer_email:
        params["receipt_email"] = sale.buyer_email
    return {**params, **data}  # type: ignore[typeddict-item] # every key of it is one of theirs
