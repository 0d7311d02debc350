"""What Stripe refuses at once, brought back to the field that it concerns.

A refusal names a parameter (`individual[dob][month]`, or dotted under v2) and a code. The rule
that bites: Stripe's sentence may repeat what was typed, so it is shown to whoever typed it, beside
the field, and goes into no log; that is why a refusal becomes `Invalid` here and travels no
further as an error of Stripe's.
https://docs.stripe.com/error-codes
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager

from marketplace.design import AccountsApi
from marketplace.errors import Invalid, StripeRefused
from marketplace.gateway.failures import translating
from marketplace.onboarding.api import v2

ANYWHERE = ""
SENTENCES: Mapping[str, str] = {
    # https://docs.stripe.com/connect/account-tokens
    "account_token_required_for_v2_account": "Stripe takes personal data of this marketplace only "
    "from the browser itself. The people who run it have to choose another way of onboarding.",
    "account_number_invalid": "The account number does not look right.",
    "bank_account_unusable": "This bank account cannot receive payouts.",
    "country_unsupported": "Stripe does not serve this country.",
    "email_invalid": "This is no email address.",
    "id_number_invalid": "The number does not have the right form.",
    "invalid_characters": "It has signs that cannot be used here.",
    "parameter_invalid_empty": "Stripe needs an answer here.",
    "parameter_missing": "Stripe needs an answer here.",
    "phone_number_invalid": "This is no phone number.",
    "postal_code_invalid": "The postal code does not look right.",
    "routing_number_invalid": "The number of the bank does not look right.",
    "state_unsupported": "Stripe does not serve this region.",
    "tax_id_invalid": "The number does not have the right form.",
    "token_already_used": "Your bank account was sent already. Load the page to see it.",
    "total_person_ownership_exceeded": "All owners together would hold more than 100%.",
    "url_invalid": "This is no address of a website.",
}


@contextmanager
def beside_fields(codes: Iterable[str], api: AccountsApi, person: str = "") -> Generator[None]:
    """Turn a refusal inside the block into Invalid, by field; raises other errors as they are.

    `codes` are the fields of the page; `person` the id before their names. What concerns none of
    them stands under "".
    """
    try:
        with translating():
            yield
    except StripeRefused as refusal:
        field = _field(refusal.param or "", tuple(codes), api, person)
        text = SENTENCES.get(refusal.code or "") or refusal.detail or str(refusal)
        raise Invalid("Stripe did not take this.", {field: text}) from refusal


def _field(param: str, codes: tuple[str, ...], api: AccountsApi, person: str) -> str:
    """The field that a parameter means: exactly, as a part of a person, or by its beginning."""
    dotted = param.replace("][", ".").replace("[", ".").replace("]", "")
    names = [dotted]
    if api is AccountsApi.V2:
        turned = v2.in_words_of_v1(f"{person}.{dotted}" if person else dotted)
        names.append(turned)
    for name in tuple(names):
        rest = name.removeprefix("individual.").removeprefix("identity.individual.")
        names += [f"individual.{rest}", *([f"{person}.{rest}"] if person else [])]
    for name in names:
        if name in codes:
            return name
    starts = (code for name in names if name for code in codes if code.startswith(f"{name}."))
    return next(starts, ANYWHERE)
