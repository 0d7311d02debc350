"""Documents on their way to Stripe: what may be sent, and how it gets there.

The Stripe object is a File; the answer to a question is then its id. The rule that bites: a
passport is nobody's business but Stripe's. It passes through memory from the browser's request to
Stripe's, is put into no folder and no table, and Stripe gives it back to nobody.
https://docs.stripe.com/file-upload
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

from stripe import RequestOptions, StripeClient

from marketplace.errors import Invalid, Sentence
from marketplace.gateway import keys
from marketplace.models import Seller
from marketplace.onboarding.api.refusals import beside_fields

MOST_BYTES = 5 * 1024 * 1024
ACCEPTED = "image/jpeg,image/png,application/pdf"
WORDS = Sentence("A picture in colour (JPEG or PNG) or a PDF, at most 5 MB.")
_STARTS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it."""

    content: bytes
    name: str


def kind_of(content: bytes) -> str | None:
    """`pdf`, `png` or `jpg` by the first bytes; None for anything else, whatever its name says."""
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), None)


def check(code: str, upload: Upload) -> None:
    """Raise Invalid, beside the field `code`, for a file that Stripe would not take."""
    if len(upload.content) > MOST_BYTES:
        text = Sentence("The file is too large. {taken}", taken=WORDS)
        raise Invalid("The file is too large.", {code: text})
    if kind_of(upload.content) is None:
        text = Sentence("This kind of file is not taken. {taken}", taken=WORDS)
        raise Invalid("This is no document.", {code: text})


def send(stripe: StripeClient, seller: Seller, code: str, upload: Upload, purpose: str) -> str:
    """Give the file to Stripe in the name of the seller's account; returns the File's id.

    The same file sent twice is one. Raises Invalid for what Stripe would not take.
    https://docs.stripe.com/api/files/create
    """
    check(code, upload)
    content = BytesIO(upload.content)
    content.name = upload.name  # the SDK names the part of the request by it
    mark = hashlib.sha256(upload.content + f"{upload.name}\n{purpose}".encode()).hexdigest()[:32]
    options: RequestOptions = {
        "stripe_account": seller.stripe_id or "",
        "idempotency_key": keys.key("document", f"{seller.token}-{mark}"),
    }
    try:
        with beside_fields((code,), seller.accounts_api):
            made = stripe.v1.files.create(
                cast("Any", {"purpose": purpose, "file": content}), options
            )
    except Invalid as refused:
        raise Invalid(refused.told, {code: next(iter(refused.fields.values()))}) from refused
    return made.id
