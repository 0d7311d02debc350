"""Where and with what the buyer pays an attempt, and what is opened at Stripe for it.

Stripe's page and our own form are Checkout Sessions; a saved card is a PaymentIntent without one,
made first and confirmed in a second call. The rule that bites: an attempt is closed at Stripe
before the next one is opened, or the buyer could pay both; and a confirmation is asked for only
after the PaymentIntent's id is committed, so that one whose answer was lost has moved no money.
https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from dataclasses import dataclass, field

from sqlalchemy import orm
from stripe import StripeClient, checkout

from marketplace import charges
from marketplace.charges import interfaces
from marketplace.charges.strategy import Sale, Urls
from marketplace.errors import PaymentRefused, StripeRefused
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.models import Order, Payment, PaymentUi
from marketplace.orders import settling


@dataclass(frozen=True, slots=True)
class Way:
    """How the buyer wants to pay.

    `customer` and `payment_method` are ids at Stripe out of the buyer's own wallet: of the saved
    card, or, with a Session, of the Customer who keeps the new card. `locale` is the language of
    Stripe's page, None that of the browser; a page that is open keeps its own.
    """

    ui: PaymentUi = PaymentUi.HOSTED
    customer: str | None = None
    payment_method: str | None = None
    locale: str | None = field(default=None, compare=False)


def of(payment: Payment) -> Way:
    """The way of an attempt."""
    return Way(payment.ui, payment.customer, payment.payment_method, payment.locale)


def set_out(payment: Payment, way: Way) -> Payment:
    """Write a way on a new attempt. On a seller's own account no card can be kept for others."""
    payment.ui, payment.payment_method, payment.locale = way.ui, way.payment_method, way.locale
    keeps_here = payment.stripe_account is None or way.ui is PaymentUi.SAVED_CARD
    payment.customer = way.customer if keeps_here else None
    return payment


def checkout_session(
    stripe: StripeClient, order: Order, payment: Payment, sale: Sale, urls: Urls
) -> checkout.Session:
    """Open the Session of an attempt, for Stripe's page or for our form, under its key.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    params = charges.of(order.charge_type).session_params(sale, urls)
    if payment.ui is PaymentUi.ELEMENTS:
        params = interfaces.elements(params)  # whose script says its language itself
    elif payment.locale:
        params = interfaces.in_language(params, payment.locale)
    if payment.customer:
        params = interfaces.keeping_card(params, payment.customer)
    return stripe.v1.checkout.sessions.create(
        params,
        {**acting_as(payment.stripe_account), "idempotency_key": payment.idempotency_key},
    )


def intent(stripe: StripeClient, order: Order, payment: Payment, sale: Sale) -> str:
    """Make the PaymentIntent of a saved card under the attempt's key, unconfirmed; its id.

    For a direct charge the card is first cloned onto the seller's account, for this one use.
    https://docs.stripe.com/connect/direct-charges-multiple-accounts
    """
    account, method = acting_as(payment.stripe_account), payment.payment_method or ""
    customer = payment.customer
    if payment.stripe_account:
        clone = stripe.v1.payment_methods.create(
            {"customer": customer or "", "payment_method": method},
            {**account, "idempotency_key": f"clone:{payment.idempotency_key}"},
        )
        method, customer = clone.id, None
    data = charges.of(order.charge_type).payment_data(sale)
    made = stripe.v1.payment_intents.create(
        interfaces.saved_card(sale, data, method, customer),
        {**account, "idempotency_key": payment.idempotency_key},
    )
    return made.id


def confirm(session: orm.Session, stripe: StripeClient, payment: Payment, back: str) -> str:
    """Charge the saved card now, and record what became of it; where the buyer goes next.

    That is the bank's page when it wants to ask, else `back`; a declined card leads there too, with
    the reason recorded. Commits. Raises StripeUnavailable with everything left as it is.
    https://docs.stripe.com/api/payment_intents/confirm
    """
    intent_id, account = payment.payment_intent_id or "", payment.stripe_account
    key = f"confirm:{payment.idempotency_key}"
    session.commit()  # nothing stays open while Stripe thinks
    try:
        with translating():
            confirmed = stripe.v1.payment_intents.confirm(
                intent_id, {"return_url": back}, {**acting_as(account), "idempotency_key": key}
            )
    except (PaymentRefused, StripeRefused):
        confirmed = None  # declined, or past being confirmed: which of them is read below
    if confirmed and confirmed.status == "requires_action" and confirmed.next_action:
        redirect = confirmed.next_action.redirect_to_url
        if redirect and redirect.url:
            return redirect.url
    settling.settle_intent(session, stripe, intent_id, account)
    return back


def close(session: orm.Session, stripe: StripeClient, payment: Payment) -> None:
    """Close an attempt at Stripe so that it cannot be paid any more, or record that it was.

    Commits. Raises StripeUnavailable. https://docs.stripe.com/api/checkout/sessions/expire
    """
    page, intent_id = payment.checkout_session_id, payment.payment_intent_id
    options = acting_as(payment.stripe_account)
    session.commit()
    try:
        with translating():
            if page:
                stripe.v1.checkout.sessions.expire(page, options=options)
            elif intent_id:
                stripe.v1.payment_intents.cancel(
                    intent_id, {"cancellation_reason": "abandoned"}, options
                )
    except StripeRefused:
        # It is paid, or closed already; whatever it is, it is recorded now.
        ask(session, stripe, payment)


def ask(session: orm.Session, stripe: StripeClient, payment: Payment) -> Order | None:
    """Bring an attempt up to date, whatever it is at Stripe; None when nothing was opened yet.

    Commits. Raises StripeError.
    """
    account = payment.stripe_account
    if payment.checkout_session_id:
        return settling.settle(session, stripe, payment.checkout_session_id, account)
    if payment.payment_intent_id:
        return settling.settle_intent(session, stripe, payment.payment_intent_id, account)
    return None
