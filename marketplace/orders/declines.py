"""Why a bank or Stripe said no, in words for the buyer.

Stripe sends a code and a text; the text may change without notice, so the code is looked up here.
The rule that bites: some codes (stolen, lost, fraudulent) are not the buyer's to hear, and are told
as a plain refusal. https://docs.stripe.com/declines/codes
"""

from collections.abc import Mapping

from marketplace.errors import Sentence

_PLAIN = Sentence("Your bank declined the card and gave no reason.")
REASONS: Mapping[str, Sentence] = {
    "authentication_required": Sentence("Your bank wants to ask you before it pays."),
    "card_declined": _PLAIN,
    "card_not_supported": Sentence("The card does not take this kind of payment."),
    "currency_not_supported": Sentence("The card does not take this currency."),
    "do_not_honor": _PLAIN,
    "expired_card": Sentence("The card has expired."),
    "fraudulent": _PLAIN,
    "generic_decline": _PLAIN,
    "incorrect_cvc": Sentence("The security code was not right."),
    "incorrect_number": Sentence("The card number was not right."),
    "insufficient_funds": Sentence("There is not enough money on the card."),
    "invalid_cvc": Sentence("The security code was not right."),
    "lost_card": _PLAIN,
    "payment_intent_authentication_failure": Sentence(
        "Your bank could not confirm that it is you."
    ),
    "processing_error": Sentence("The bank could not be reached. Try again in a moment."),
    "stolen_card": _PLAIN,
    "try_again_later": Sentence("The bank could not be reached. Try again in a moment."),
}


def reason(code: str | None) -> str | None:
    """The sentence for a code of Stripe's; None where there is nothing helpful to say."""
    return REASONS.get(code or "")
