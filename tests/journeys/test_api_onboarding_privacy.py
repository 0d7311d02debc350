"""What people tell Stripe through our own forms is in no table and no log of ours.

The log is turned up to DEBUG for everything, and every event that Stripe sends is kept; looked for
are the very words that were typed.
"""

import logging

import pytest

from marketplace.design import AccountsApi
from tests.journeys import test_secrets
from tests.journeys.api_forms import DONE, SAVE, about, agree, bank, begin, fill
from tests.journeys.conftest import Town

NAME, SURNAME, PHONE = "Canarina", "Kanarienvogel", "0000000000"
# Words that stand nowhere by chance: five digits alone are part of some time or id now and then.
EMAIL, CITY, POSTAL = "canarina.private@example.org", "Kanarienstadt", "97531-2468"
NUMBER, FILE = "000123456789", "canary-passport.png"
TYPED = (SURNAME, EMAIL, CITY, POSTAL, NUMBER, FILE, NAME)


def test_nothing_personal_is_kept_by_us(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    # Under v1, because its events carry whole accounts and people; those of v2 only name them.
    api = AccountsApi.V1
    with caplog.at_level(logging.DEBUG):
        nadia = begin(town, api, "Nadia", "Nadia weaves").follow("Begin")
        fill(nadia, SAVE, {"business_type": "company", "business_profile.mcc": "5712"})
        home = {"city": CITY, "postal_code": POSTAL, "line1": "address_full_match", "state": "CA"}
        company = {"name": "Weavers", "phone": PHONE, "tax_id": "000000000"}
        told = company | {f"address.{name}": value for name, value in home.items()}
        fill(nadia, SAVE, {f"company.{name}": value for name, value in told.items()})
        nadia.open("/sell/questions/people/new?role=representative")
        person = about("person_new", NAME, SURNAME, email=EMAIL, relationship__owner="yes")
        fill(nadia, "Save", person)
        where = {f"address__{name}": value for name, value in home.items()}
        number = {"ssn_last_4": "0000"}
        prefix = nadia.url.rpartition("/")[2]
        more = {**where, **number, "phone": PHONE, "email": EMAIL}
        wrong = about(prefix, NAME, SURNAME, **more) | {f"{prefix}.dob.month": "13"}
        fill(nadia, "Save", wrong)
        assert nadia.status == 422
        fill(nadia, "Save", about(prefix, NAME, SURNAME, **more))
        nadia.open("/sell/questions/people").press(SAVE, **{"company.owners_provided": "yes"})  # type: ignore[arg-type]
        bank(nadia, routing_number="110000000", account_number=NUMBER)
        assert DONE in agree(nadia).text, nadia.text
        town.advance(seconds=60)
    ours = [
        f"{it.name} {it.getMessage()} {it.__dict__}"
        for it in caplog.records
        if it.threadName != "MainThread" and not it.name.startswith("sandbox")
    ]
    assert len(ours) > 50, "the log was not turned up"
    kept = {"log": "\n".join(ours), "tables": test_secrets._stored(town.settings.data_dir)}
    found = [(where, word) for where, text in kept.items() for word in TYPED if word in text]
    assert found == []
