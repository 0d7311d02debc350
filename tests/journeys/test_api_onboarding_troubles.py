"""What goes wrong in our own onboarding forms: refusals, papers, doubles, strangers, silence."""

import pytest

from marketplace.design import DEFAULT, AccountsApi
from marketplace.lifecycles import SellerState
from tests.journeys.api_forms import DONE, SAVE, about, agree, bank, begin, fill
from tests.journeys.conftest import Town

US_BANK = {"routing_number": "110000000", "account_number": "000123456789"}
PNG = b"\x89PNG\r\n\x1a\n"


def _account(town: Town, shop: str) -> str:
    found = town.seller(shop).stripe_id
    assert found
    return found


def _demand(town: Town, shop: str, requirement: str) -> None:
    """Let Stripe ask for something more."""
    answer = town.stripe.http.post(
        f"{town.stripe.url}/_sandbox/faults",
        data={"kind": "requirement", "account": _account(town, shop), "requirement": requirement},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    town.settle()


@pytest.mark.parametrize("api", AccountsApi)
def test_a_german_repairs_a_rejected_document(town: Town, api: AccountsApi) -> None:
    dora = begin(town, api, "Dora", "Dora dreht", "DE").follow("Begin")
    fill(dora, SAVE, {"business_type": "individual", "business_profile.mcc": "5947"})
    names = {str(tag["name"]) for tag in dora.page.select("form [name]")}
    assert "individual.address.postal_code" in names
    assert not any("state" in name or "ssn" in name for name in names)
    born = {"dob__year": "1990", "email": "d@example.com", "phone": "0000000000"}
    fill(dora, SAVE, about("individual", "Dora", "Dreher", **born))
    assert "IBAN" in dora.text, dora.text
    bank(dora, account_number="DE89370400440532013009")
    assert dora.status == 422
    assert "The account number does not look right." in dora.text
    bank(dora, account_number="DE89370400440532013000")
    assert "Terms" in agree(dora).text
    town.advance(seconds=60)
    dora.open("/sell/questions").follow("Go on")
    assert "Documents" in dora.text
    field = "individual.verification.document.front"
    name = "could not be confirmed"
    assert name in dora.text, dora.text
    dora.press("Send", files={field: ("cv.docx", b"PK\x03\x04", "application/zip")})
    assert dora.status == 422
    assert "This kind of file is not taken" in dora.text
    dora.press("Send", files={field: ("file_identity_document_failure.png", PNG, "image/png")})
    town.advance(seconds=60)
    dora.open("/sell/questions/documents")
    assert dora.page.select_one(f'[name="{field}"][aria-invalid="true"]'), dora.text
    dora.press("Send", files={field: ("passport.png", PNG + b"1", "image/png")})
    town.advance(seconds=60)
    assert DONE in dora.open("/sell/questions").text
    assert town.seller("Dora dreht").state is SellerState.NOTHING_DUE
    files = town.wiring.stripe.v1.files.list(
        options={"stripe_account": _account(town, "Dora dreht")}
    )
    assert {file.purpose for file in files.data} == {"identity_document"}


def test_what_stripe_refuses_stands_beside_its_field_and_nothing_typed_is_lost(town: Town) -> None:
    nadia = begin(town, AccountsApi.V1, "Nadia", "Nadia weaves").follow("Begin")
    _demand(town, "Nadia weaves", "business_profile.support_url")
    nadia.open("/sell/questions/business")
    url = "business_profile.support_url"
    fill(nadia, SAVE, {"business_type": "individual", url: "not-a-site"})
    assert nadia.status == 422
    wrong = nadia.page.select_one(f'[name="{url}"]')
    assert wrong is not None
    assert wrong["aria-invalid"] == "true"
    assert "This is no address of a website." in nadia.text
    chosen = nadia.page.select_one('[name="business_type"] option[selected]')
    assert chosen is not None
    assert chosen["value"] == "individual"
    fill(nadia, SAVE, {url: "accessible.stripe.com", "business_type": "individual"})
    more = {"address__state": "CA", "email": "nadia@example.com", "phone": "0000000000"}
    told = about("individual", "Nadia", "Nowak", ssn_last_4="0000", **more)
    fill(nadia, SAVE, {**told, "individual.dob.month": "13"})
    assert nadia.status == 422
    first = nadia.page.select_one('[name="individual.first_name"]')
    month = nadia.page.select_one('[name="individual.dob.month"]')
    digits = nadia.page.select_one('[name="individual.ssn_last_4"]')
    assert first is not None
    assert month is not None
    assert digits is not None
    assert (first["value"], month["aria-invalid"]) == ("Nadia", "true")
    assert digits["value"] == "", "a secret was written back into the page"


def test_a_person_is_added_once_has_a_role_and_may_represent(town: Town) -> None:
    otto = begin(town, AccountsApi.V2, "Otto", "Oak Brothers").follow("Begin")
    fill(otto, SAVE, {"business_type": "company"})
    otto.open("/sell/questions/people/new?role=owner")
    form, url = otto.html, otto.url
    names = {"person_new.first_name": "Wilma", "person_new.last_name": "Oak"}
    fill(otto, "Save", names)
    otto.html, otto.url = form, url
    fill(otto, "Save", {**names, "person_new.first_name": "Wilhelmina"})
    people = town.wiring.stripe.v1.accounts.persons.list(_account(town, "Oak Brothers")).data
    assert [person.first_name for person in people] == ["Wilhelmina"]
    otto.open("/sell/questions/people/new?role=representative")
    otto.press("Save", **{"person_new.first_name": "Otto", "person_new.last_name": "Oak"})  # type: ignore[arg-type]
    person = otto.url.rpartition("/")[2]
    otto.open("/sell/questions/people")
    assert "Otto Oak" in otto.text
    token = otto.page.select_one("[name=csrf_token]")
    assert token is not None
    answer = otto.session.post(
        f"{town.site}/sell/questions/people/{person}/remove",
        data={"csrf_token": str(token["value"])},
        headers={"Referer": town.site},
        timeout=60,
    )
    assert "Name another representative first" in answer.text
    otto.open("/sell/questions/people/new?role=owner")
    data = {"person_new.first_name": "Nora", "person_new.last_name": "Nobody"}
    box = otto.page.select_one('[name="person_new.relationship.owner"]')
    assert box is not None
    del box["checked"]
    otto.html = str(otto.page).replace(' checked=""', "")
    fill(otto, "Save", data)
    assert "Tick at least one role." in otto.text


@pytest.mark.parametrize("api", AccountsApi)
def test_what_nobody_has_heard_of_is_asked_all_the_same(town: Town, api: AccountsApi) -> None:
    nadia = begin(town, api, "Nadia", "Nadia weaves").follow("Begin")
    fill(nadia, SAVE, {"business_type": "individual"})
    _demand(town, "Nadia weaves", "business_profile.support_address.line1")
    _demand(town, "Nadia weaves", "company.favourite_colour")
    _demand(town, "Nadia weaves", "individual.shoe_size")
    nadia.open("/sell/questions/individual")
    assert "Your shoe size" in nadia.text
    # The sandbox knows no such parameter, and its refusal says where the answer was put.
    more = {"address__state": "CA", "email": "nadia@example.com", "phone": "0000000000"}
    number = {"id_number": "000000000", "ssn_last_4": "0000", "shoe_size": "44"}
    fill(nadia, SAVE, about("individual", "Nadia", "Nowak", **more, **number))
    field = nadia.page.select_one('[name="individual.shoe_size"]')
    assert field is not None
    assert (field["value"], field["aria-invalid"]) == ("44", "true"), nadia.text
    # Its own pages know all that it asks; some, such as an appeal, are answered there alone.
    nadia.press("Answer on Stripe's pages")
    assert nadia.away, nadia.text
    assert nadia.away.startswith(town.stripe.url)


def test_the_pages_are_for_the_owner_of_a_shop_whose_questions_are_ours(town: Town) -> None:
    town.choose(DEFAULT)
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    assert nadia.open("/sell/questions").url.endswith("/sell/account")
    assert nadia.open("/sell/questions/business").status == 409
    assert nadia.open("/sell/questions/people/person_1").status == 409
    guest = town.browser("Guest").open("/sell/questions")
    assert guest.url.endswith("/sign-in?next=/sell/questions")
    otto = begin(town, AccountsApi.V1, "Otto", "Oak Brothers").follow("Begin")
    fill(otto, SAVE, {"business_type": "company"})
    otto.open("/sell/questions/people/new?role=owner")
    otto.press("Save", **{"person_new.first_name": "Otto", "person_new.last_name": "Oak"})  # type: ignore[arg-type]
    his = town.wiring.stripe.v1.accounts.persons.list(_account(town, "Oak Brothers")).data[0].id
    eve = begin(town, AccountsApi.V1, "Eve", "Eve Ltd").follow("Begin")
    fill(eve, SAVE, {"business_type": "company"})
    assert eve.open(f"/sell/questions/people/{his}").status == 404
    eve.open("/sell/questions/people")
    token = eve.page.select_one("[name=csrf_token]")
    assert token is not None
    eve.session.post(
        f"{town.site}/sell/questions/people/{his}/remove",
        data={"csrf_token": str(token["value"])},
        headers={"Referer": town.site},
        timeout=60,
    )
    assert otto.open(f"/sell/questions/people/{his}").status == 200


def test_when_stripe_is_silent_what_was_typed_stays_in_the_page(town: Town) -> None:
    nadia = begin(town, AccountsApi.V1, "Nadia", "Nadia weaves").follow("Begin")
    fill(nadia, SAVE, {"business_type": "individual"})
    town.stripe.http.post(
        f"{town.stripe.url}/_sandbox/faults",
        data={"kind": "500", "method": "POST", "path": "/v1/accounts/*", "count": "3"},
        timeout=60,
    )
    more = {"address__state": "CA", "email": "nadia@example.com", "phone": "0000000000"}
    told = about("individual", "Nadia", "Nowak", ssn_last_4="0000", **more)
    fill(nadia, SAVE, told)
    assert nadia.status == 503
    assert "Stripe did not answer" in nadia.text
    first = nadia.page.select_one('[name="individual.first_name"]')
    assert first is not None
    assert first["value"] == "Nadia"
    fill(nadia, SAVE, {"individual.ssn_last_4": "0000"})
    assert "Your bank account" in nadia.text, nadia.text
