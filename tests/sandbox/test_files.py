"""Uploads: what each purpose takes, who may see a file again, and what documents do."""

from typing import Any, cast

import pytest
import requests
import stripe

from marketplace.sandbox import schema
from marketplace.sandbox.uploads import PURPOSES

from .conftest import Running
from .merchants import pay
from .onboarded import custom, jenny
from .uploading import PDF, PNG, fetch, paper, upload

DAY = 86_400
MOMENT = 5


def refusal(sandbox: Running, **params: Any) -> Any:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client().v1.files.create(cast("stripe.params.FileCreateParams", params))
    return caught.value


def test_evidence_comes_back_byte_by_byte(sandbox: Running) -> None:
    content = bytes(range(256)) * 4000
    made = sandbox.client().v1.files.create(
        {"file": paper(PDF + content, "/home/ada/receipt.pdf"), "purpose": "dispute_evidence"}
    )
    assert (made.filename, made.type, made.size) == ("receipt.pdf", "pdf", len(PDF + content))
    assert made.url is not None
    answer = fetch(sandbox, made.url)
    assert (answer.content, answer.headers["Content-Type"]) == (PDF + content, "application/pdf")


def test_an_identity_document_never_comes_out_again(sandbox: Running) -> None:
    file = upload(sandbox, "identity_document", PNG, "passport.png")
    assert sandbox.client().v1.files.retrieve(file).url is None
    assert fetch(sandbox, f"{sandbox.url}/v1/files/{file}/contents").status_code == 403
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client().v1.file_links.create({"file": file})


def test_a_file_of_another_account_does_not_exist(sandbox: Running) -> None:
    file = upload(sandbox, "dispute_evidence")
    stranger = sandbox.client("sk_test_stranger")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stranger.v1.files.retrieve(file)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert stranger.v1.files.list().data == []


def test_a_purpose_takes_its_types_only(sandbox: Running) -> None:
    for purpose, rule in PURPOSES.items():
        error = refusal(sandbox, file=paper(b"MZ", "virus.exe"), purpose=purpose)
        assert error.param == "file"
        assert all(type_ in str(error) for type_ in rule.types)


def test_every_purpose_of_the_sdk_is_taken() -> None:
    allowed = schema.of("FileCreateParams").fields["purpose"]
    assert isinstance(allowed, schema.Text)
    assert set(allowed.allowed or ()) == PURPOSES.keys()


def test_a_file_is_what_its_first_bytes_say(sandbox: Running) -> None:
    error = refusal(sandbox, file=paper(PDF, "logo.png"), purpose="business_logo")
    assert error.param == "file"


@pytest.mark.parametrize(
    ("content", "purpose"),
    [(PNG + b"\0" * (512 * 1024), "business_logo"), (b"", "dispute_evidence")],
    ids=["too large", "empty"],
)
def test_a_file_has_a_size(sandbox: Running, content: bytes, purpose: str) -> None:
    assert refusal(sandbox, file=paper(content, "a.png"), purpose=purpose).param == "file"


def test_a_file_must_be_a_file(sandbox: Running) -> None:
    auth = {"Authorization": f"Bearer {sandbox.key}"}
    url = f"{sandbox.url}/v1/files"
    form = {"file": "a path", "purpose": "dispute_evidence"}
    answer = sandbox.http.post(url, data=form, headers=auth, timeout=60)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    broken = {**auth, "Content-Type": "multipart/form-data; boundary=x"}
    answer = sandbox.http.post(url, data=b"--y\r\nnonsense", headers=broken, timeout=60)
    assert answer.status_code == 400


def test_a_browser_uploads_with_a_publishable_key(sandbox: Running) -> None:
    auth = {"Authorization": f"Bearer {sandbox.key.replace('sk_', 'pk_')}"}
    url, form = f"{sandbox.url}/v1/files", {"purpose": "identity_document"}
    part = {"file": ("passport.png", PNG)}
    linked = {**form, "file_link_data[create]": "true"}
    refused = sandbox.http.post(url, data=linked, files=part, headers=auth, timeout=60)
    assert refused.json()["error"]["code"] == "secret_key_required"
    made = sandbox.http.post(url, data=form, files=part, headers=auth, timeout=60).json()
    assert sandbox.client().v1.files.retrieve(made["id"]).size == len(PNG)
    assert sandbox.http.get(f"{url}/{made['id']}", headers=auth, timeout=60).status_code == 401


def test_the_same_key_with_another_file_is_refused(sandbox: Running) -> None:
    client, once = sandbox.client(), stripe.RequestOptions(idempotency_key="once")
    first = client.v1.files.create({"file": paper(), "purpose": "dispute_evidence"}, {**once})
    again = client.v1.files.create({"file": paper(), "purpose": "dispute_evidence"}, {**once})
    assert first.id == again.id
    other = paper(PDF.replace(b"cheese", b"butter"))
    with pytest.raises(stripe.IdempotencyError):
        client.v1.files.create({"file": other, "purpose": "dispute_evidence"}, {**once})


def test_the_list_knows_purposes(sandbox: Running) -> None:
    evidence = upload(sandbox, "dispute_evidence")
    logo = upload(sandbox, "business_logo", PNG, "logo.png")
    files = sandbox.client().v1.files
    assert [file.id for file in files.list().data] == [logo, evidence]
    assert [file.id for file in files.list({"purpose": "business_logo"}).data] == [logo]


def test_anybody_with_the_link_may_see_a_file_until_it_expires(sandbox: Running) -> None:
    client = sandbox.client()
    made = client.v1.files.create(
        {
            "file": paper(PNG, "logo.png"),
            "purpose": "business_logo",
            "file_link_data": {"create": True},
        }
    )
    assert made.links is not None
    link = made.links.data[0]
    assert link.url is not None
    shown = requests.get(link.url, timeout=60)
    assert shown.content == PNG
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    ended = client.v1.file_links.update(link.id, {"expires_at": "now"})
    assert (ended.expired, ended.url) == (True, None)
    assert requests.get(link.url, timeout=60).status_code == 404
    assert client.v1.file_links.list({"expired": False}).data == []
    assert [one.id for one in client.v1.file_links.list({"expired": True}).data] == [link.id]


def test_a_link_may_be_made_to_end_later(sandbox: Running) -> None:
    client = sandbox.client()
    file = upload(sandbox, "dispute_evidence")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.file_links.create({"file": file, "expires_at": 1})
    now = client.v1.files.retrieve(file).created
    link = client.v1.file_links.create({"file": file, "expires_at": now + DAY})
    sandbox.advance(DAY + 1)
    assert client.v1.file_links.retrieve(link.id).expired


def test_evidence_expires(sandbox: Running) -> None:
    made = sandbox.client().v1.files.create({"file": paper(), "purpose": "dispute_evidence"})
    sandbox.advance(271 * DAY)
    assert made.url is not None
    assert fetch(sandbox, made.url).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "verified"),
    [
        (PNG, "passport.png", True),
        (PNG, "file_identity_document_success.png", True),
        (PNG, "file_identity_document_failure.png", False),
        (PNG + b"file_identity_document_failure", "passport.png", False),
    ],
)
def test_an_uploaded_document_decides_by_its_name_or_content(
    sandbox: Running, content: bytes, name: str, *, verified: bool
) -> None:
    born = {"day": 2, "month": 2, "year": 1990}
    seller = custom(sandbox, individual=jenny(dob=born))
    sandbox.advance(MOMENT)
    accounts = sandbox.client().v1.accounts
    due = accounts.retrieve(seller.id).requirements
    assert due is not None
    assert due.currently_due == ["individual.verification.document"]
    file = upload(sandbox, "identity_document", content, name)
    given: Any = {"individual": {"verification": {"document": {"front": file}}}}
    accounts.update(seller.id, given)
    sandbox.advance(MOMENT)
    done = accounts.retrieve(seller.id)
    assert done.requirements is not None
    assert done.payouts_enabled is verified
    codes = [error.code for error in done.requirements.errors or []]
    assert codes == ([] if verified else ["verification_document_failed_test_mode"])


@pytest.mark.parametrize(("purpose", "code"), [("business_logo", None), (None, "resource_missing")])
def test_a_document_must_have_been_uploaded_as_one(
    sandbox: Running, purpose: str | None, code: str | None
) -> None:
    file = upload(sandbox, purpose, PNG, "logo.png") if purpose else "file_of_nobody"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        custom(sandbox, individual=jenny(verification={"document": {"front": file}}))
    assert caught.value.param == "individual[verification][document][front]"
    assert caught.value.code == code


def test_a_logo_must_have_been_uploaded_as_one(sandbox: Running) -> None:
    seller = custom(sandbox)
    accounts = sandbox.client().v1.accounts
    evidence = upload(sandbox, "dispute_evidence")
    with pytest.raises(stripe.InvalidRequestError):
        accounts.update(seller.id, {"settings": {"branding": {"logo": evidence}}})
    logo = upload(sandbox, "business_logo", PNG, "logo.png")
    done = accounts.update(seller.id, {"settings": {"branding": {"logo": logo}}})
    assert done.settings is not None
    assert done.settings.branding.logo == logo


def test_evidence_must_have_been_uploaded_as_evidence(sandbox: Running) -> None:
    pay(sandbox, card="pm_card_createDispute")
    disputes = sandbox.client().v1.disputes
    dispute = disputes.list().data[0].id
    logo = upload(sandbox, "business_logo", PNG, "logo.png")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        disputes.update(dispute, {"evidence": {"receipt": logo}})
    assert caught.value.param == "evidence[receipt]"
    receipt = upload(sandbox, "dispute_evidence")
    done = disputes.update(dispute, {"evidence": {"receipt": receipt}})
    assert (done.evidence.receipt, done.status) == (receipt, "under_review")
