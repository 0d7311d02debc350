"""Documents on their way to Stripe: which are taken, and that they lie nowhere on the way."""

from io import BytesIO

import pytest
from flask import Flask, request

from marketplace.errors import Invalid
from marketplace.onboarding.api import uploads
from marketplace.onboarding.api.uploads import Upload

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_large_file_stays_in_memory(app: Flask) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="passport"; filename="p.png"\r\n\r\n'
    body = head + PNG + b"x" * 2_000_000 + b"\r\n--edge--\r\n"
    kind = "multipart/form-data; boundary=edge"
    with app.test_request_context("/", method="POST", data=body, content_type=kind):
        assert isinstance(request.files["passport"].stream, BytesIO)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "png"), (b"%PDF-1.7", "pdf"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", None)],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str | None) -> None:
    assert uploads.kind_of(content) == kind


@pytest.mark.parametrize("content", [b"", b"MZ", PNG + b"x" * uploads.MOST_BYTES])
def test_what_stripe_would_not_take_is_told_beside_the_field(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        uploads.check("person_1.verification.document.front", Upload(content, "passport.png"))
    assert "at most 5 MB" in refused.value.fields["person_1.verification.document.front"]
