"""Every value that Stripe documents for testing has its outcome; each table is walked at once.

What follows from an outcome (deadlines, blocked payouts, refunds that come back) is told in the
tests of those things. Here no row of the tables may be without one.

https://docs.stripe.com/testing https://docs.stripe.com/connect/testing
"""

from typing import Any

import stripe

from marketplace.sandbox import banks, countries
from marketplace.sandbox.payout_targets import BY_NUMBER

from .conftest import Running
from .earning import DAY, acting, bank, fund
from .merchants import pay
from .onboarded import FULL_NAME, custom, jenny

MOMENT = 5
# number -> the country of a card that pays, or the code and decline code of one that does not
CARDS = {
    "4242424242424242": "US",
    "5555555555554444": "US",
    "378282246310005": "US",
    "6011111111111117": "US",
    "3056930009020004": "US",
    "3566002020360505": "JP",
    "6200000000000005": "CN",
    "4000008260000000": "GB",
    "4000002760000016": "DE",
    "4000002500000003": "FR",
    "4000001240000000": "CA",
    "4000003920000003": "JP",
    "4000000760000002": "BR",
    "4000004840008001": "MX",
    "4000000360000006": "AU",
    "4000000000003055": "US",
    "4000000000000002": "card_declined generic_decline",
    "4000000000009995": "card_declined insufficient_funds",
    "4000000000009987": "card_declined lost_card",
    "4000000000009979": "card_declined stolen_card",
    "4000000000000069": "expired_card expired_card",
    "4000000000000127": "incorrect_cvc incorrect_cvc",
    "4000000000000119": "processing_error processing_error",
    "4242424242424241": "incorrect_number None",
    "4000000000006975": "card_declined card_velocity_exceeded",
    "4000000000000341": "card_declined generic_decline",
    "4100000000000019": "card_declined fraudulent",
    "4000008400001280": "card_declined processing_error",
}
# number -> what the bank says once the challenge is passed
CHALLENGED = {
    "4000002500003155": "succeeded",
    "4000002760003184": "succeeded",
    "4000003800000446": "succeeded",
    "4000008260003178": "insufficient_funds",
    "4000000000003220": "succeeded",
    "4000008400001629": "generic_decline",
}
AT_ONCE = {"4000000000000077": "US", "4000003720000278": "IE"}
DISPUTED = {
    "4000000000000259": ["fraudulent needs_response"],
    "4000000000002685": ["product_not_received needs_response"],
    "4000000000001976": ["fraudulent warning_needs_response"],
    "4000000404000079": ["fraudulent needs_response"] * 2,
}
WARNED = "4000000000005423"
REFUNDED = {"4000000000007726": "succeeded", "4000000000005126": "failed"}


def card(sandbox: Running, number: str) -> str:
    """A payment method made of a typed number."""
    cvc = "1234" if number.startswith("37") else "123"
    typed: Any = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": cvc}
    return sandbox.client().v1.payment_methods.create({"type": "card", "card": typed}).id


def outcome(sandbox: Running, number: str) -> str:
    try:
        paid = pay(sandbox, card=card(sandbox, number))
    except stripe.CardError as refused:
        error: Any = refused.error
        return f"{error.code} {getattr(error, 'decline_code', None)}"
    assert paid.status == "succeeded"
    return str(paid.latest_charge.payment_method_details.card.country)


def test_every_test_card_pays_or_says_why_not(sandbox: Running) -> None:
    assert {number: outcome(sandbox, number) for number in CARDS} == CARDS


def test_every_card_in_3d_secure_has_an_answer_after_its_challenge(sandbox: Running) -> None:
    found = {}
    for number in CHALLENGED:
        intent = pay(sandbox, card=card(sandbox, number))
        assert intent.status == "requires_action"
        page = intent.next_action.redirect_to_url.url
        sandbox.http.post(page, data={"action": "complete"}, allow_redirects=False, timeout=60)
        after: Any = sandbox.client().v1.payment_intents.retrieve(intent.id)
        error = after.last_payment_error
        found[number] = error.decline_code if error else after.status
    assert found == CHALLENGED


def test_every_card_of_trouble_makes_it(sandbox: Running) -> None:
    client = sandbox.client()
    for number, country in AT_ONCE.items():
        charge = pay(sandbox, card=card(sandbox, number)).latest_charge
        assert charge.payment_method_details.card.country == country
        moved = client.v1.balance_transactions.retrieve(charge.balance_transaction)
        assert moved.status == "available"
    for number, wanted in DISPUTED.items():
        charge = pay(sandbox, card=card(sandbox, number)).latest_charge
        disputes = client.v1.disputes.list({"charge": charge.id}).data
        assert [f"{one.reason} {one.status}" for one in disputes] == wanted
    charge = pay(sandbox, card=card(sandbox, WARNED)).latest_charge
    assert len(client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data) == 1
    refunds = {}
    for number in REFUNDED:
        paid = pay(sandbox, card=card(sandbox, number))
        refunds[number] = client.v1.refunds.create({"payment_intent": paid.id})
    sandbox.advance(30 * DAY)
    for number, last in REFUNDED.items():
        assert client.v1.refunds.retrieve(refunds[number].id).status == last
    assert refunds["4000000000007726"].status == "pending"


# what receives payouts -> the failure of a payout; None for those that arrive
BANKS = {
    "000123456789": None,
    "000111111116": "no_account",
    "000111111113": "account_closed",
    "000222222227": "insufficient_funds",
    "000333333335": "debit_not_authorized",
    "000444444440": "invalid_currency",
    "000888888883": None,
}
TOKENS = {
    "btok_us": None,
    "btok_us_verified_noAccount": "no_account",
    "btok_us_verified_accountClosed": "account_closed",
    "btok_us_verified_insufficientFunds": "insufficient_funds",
    "btok_us_verified_debitNotAuthorized": "debit_not_authorized",
    "btok_us_verified_invalidCurrency": "invalid_currency",
    "tok_visa_debit_us_transferSuccess": None,
    "tok_visa_debit_us_transferFail": "could_not_process",
    "tok_visa_debit_us_instantPayoutUnsupported": None,
}
NOT_INSTANT = {"000888888883", "4000056755665555", "tok_visa_debit_us_instantPayoutUnsupported"}
# where the debit cards of other countries come from, and what they are paid in
ABROAD = {
    "ca": "cad", "sg": "sgd", "au": "aud", "gb": "gbp", "de": "eur", "fr": "eur", "ie": "eur",
    "it": "eur", "ae": "aed",
}  # fmt: skip


def debit_card(number: str, currency: str = "usd") -> dict[str, Any]:
    return {
        "object": "card",
        "number": number,
        "exp_month": 12,
        "exp_year": 2034,
        "cvc": "123",
        "currency": currency,
    }


def test_every_american_bank_and_debit_card_meets_its_payouts(sandbox: Running) -> None:
    client = sandbox.client()
    targets: dict[str, Any] = {number: bank(number) for number in BANKS}
    targets |= {token: token for token in TOKENS}
    cards = [number for number, (country, _) in BY_NUMBER.items() if country == "us"]
    targets |= {number: debit_card(number) for number in cards}
    payouts = {}
    for name, target in targets.items():
        seller = custom(sandbox, external_account=target)
        assert seller.external_accounts is not None
        held: Any = seller.external_accounts.data[0]
        assert ("instant" in held.available_payout_methods) == (name not in NOT_INSTANT)
        fund(sandbox, seller.id, 5_000)
        params: Any = {"amount": 1_000, "currency": "usd"}
        payouts[name] = seller.id, client.v1.payouts.create(params, acting(seller.id)).id
    sandbox.advance(7 * DAY)
    found = {
        name: client.v1.payouts.retrieve(payout, {}, acting(seller)).failure_code
        for name, (seller, payout) in payouts.items()
    }
    failing = dict.fromkeys(cards) | {"4000056655665572": "could_not_process"}
    assert found == BANKS | TOKENS | failing


# country, routing number, account number -> the failure of a payout
FOREIGN = {
    ("GB", "108800", "00012345"): None,
    ("GB", "108800", "11111116"): "no_account",
    ("GB", "108800", "22222227"): "insufficient_funds",
    ("AU", "110000", "333333335"): "debit_not_authorized",
    ("CA", "11000-000", "000111111113"): "account_closed",
    ("DE", None, "DE89370400440532013000"): None,
    ("DE", None, "DE62370400440532013001"): "no_account",
    ("DE", None, "DE89370400440532013002"): "account_closed",
    ("FR", None, "FR89370400440532013003"): "insufficient_funds",
    ("IE", None, "IE89370400440532013004"): "debit_not_authorized",
    ("DE", None, "DE89370400440532013005"): "invalid_currency",
}


def test_banks_of_other_countries_fail_by_numbers_of_their_own() -> None:
    for (country, routing, number), failure in FOREIGN.items():
        banks.check(countries.get(country).bank, number, routing)
        assert banks.payout_failure(number) == failure


def test_every_country_with_debit_cards_has_three(sandbox: Running) -> None:
    client = sandbox.client()
    for country, currency in ABROAD.items():
        outcomes = []
        for kind in ("transferSuccess", "transferFail", "instantPayoutUnsupported"):
            seller = custom(
                sandbox,
                country=country.upper(),
                individual=jenny(id_number="222222222"),
                external_account=f"tok_visa_debit_{country}_{kind}",
            )
            assert seller.external_accounts is not None
            held: Any = seller.external_accounts.data[0]
            assert (held.object, held.currency) == ("card", currency)
            fund(sandbox, seller.id, 5_000, currency)
            params: Any = {"amount": 1_000, "currency": currency}
            payout = client.v1.payouts.create(params, acting(seller.id))
            outcomes.append((seller.id, payout.id, "instant" in held.available_payout_methods))
        sandbox.advance(7 * DAY)
        assert [
            (client.v1.payouts.retrieve(payout, {}, acting(seller)).failure_code, instant)
            for seller, payout, instant in outcomes
        ] == [(None, True), ("could_not_process", True), (None, False)]


def test_every_source_of_a_top_up_pays_or_says_why_not(sandbox: Running) -> None:
    client = sandbox.client()
    wanted = {
        name.replace("btok_us_verified_", ""): code
        for name, code in TOKENS.items()
        if name.startswith("btok_us_verified_")
    }
    made = {}
    for name in ["", *wanted]:
        source = f"btok_us_verified_{name}".rstrip("_")
        params: Any = {"amount": 2_000, "currency": "usd", "source": source, "description": "x"}
        made[name] = client.v1.topups.create(params).id
    sandbox.advance(7 * DAY)
    found = {name: client.v1.topups.retrieve(topup) for name, topup in made.items()}
    assert found.pop("").status == "succeeded"
    assert {name: one.failure_code for name, one in found.items()} == wanted


def company(sandbox: Running, values: dict[str, Any], **person: Any) -> str:
    """A finished company; `values` change it, `person` names one more of its people."""
    people = sandbox.client().v1.accounts.persons
    told = {
        "name": "Cheese Limited",
        "tax_id": "222222222",
        "phone": "0000000000",
        "address": jenny()["address"],
        "owners_provided": True,
        **values,
    }
    account = custom(sandbox, business_type="company", company=told, individual=None).id
    speaks: Any = {**jenny(), **FULL_NAME}
    speaks["relationship"] = {"representative": True, "executive": True}
    people.create(account, speaks)
    if person:
        somebody: Any = {**jenny(), "last_name": "Else", **person}
        people.create(account, somebody)
    return account


def errors(sandbox: Running, account: str) -> list[str]:
    told: Any = sandbox.client().v1.accounts.retrieve(account).requirements
    return [f"{error.requirement} {error.code}" for error in told.errors]


# how a company is named -> what is wrong with it. Of `mismatch_business_name` Stripe's pages
# contradict each other; the newer one says that it matches.
COMPANY_NAMES = {
    "mismatch_business_name": [],
    "match_name_relationships": [],
    "disallowed_name": ["company.name invalid_company_name_denylisted"],
    "match_name_only": ["company.name verification_failed_keyed_match"],
}
# role, first name -> code
PEOPLE = {
    ("director", "mismatch_director"): "verification_directors_mismatch",
    ("director", "missing_director"): "verification_missing_directors",
    ("director", "extraneous_director"): "verification_extraneous_directors",
    ("owner", "mismatch_owner"): "verification_missing_owners",
    ("owner", "extraneous_owner"): "verification_missing_owners",
}
TAX_IDS: dict[str, list[str]] = {"000000000": [], "000000001": [], "222222222": []}


def test_every_name_of_a_company_and_its_people_is_looked_at(sandbox: Running) -> None:
    named = {name: company(sandbox, {"name": name}) for name in COMPANY_NAMES}
    people = {
        (role, name): company(sandbox, {}, first_name=name, relationship={role: True})
        for role, name in PEOPLE
    }
    numbers = {number: company(sandbox, {"tax_id": number}) for number in TAX_IDS}
    sandbox.advance(MOMENT)
    assert {name: errors(sandbox, one) for name, one in named.items()} == COMPANY_NAMES
    assert {number: errors(sandbox, one) for number, one in numbers.items()} == TAX_IDS
    assert {who: errors(sandbox, one) for who, one in people.items()} == {
        (role, name): [f"relationship.{role} {code}"] for (role, name), code in PEOPLE.items()
    }


# what the business says of itself -> what is wrong with it
URL = "https://accessible.stripe.com"
PROFILES: list[tuple[dict[str, str], list[str]]] = [
    ({"url": URL}, []),
    ({"url": URL, "name": "disallowed_dba"},
     ["business_profile.name invalid_business_profile_name_denylisted"]),
    ({"url": URL, "name": "invalid_dba"},
     ["business_profile.name invalid_business_profile_name"]),
    ({"product_description": "require_url"},
     ["business_profile.url invalid_url_web_presence_detected"]),
]  # fmt: skip
PAPERS = {
    "success": [],
    "invalid": ["documents.company_license.files verification_document_invalid"],
    "mismatch": ["documents.company_license.files verification_document_name_mismatch"],
    "invalid_signer": ["documents.company_license.files verification_document_not_signed"],
}


def test_every_profile_and_every_paper_is_looked_at(sandbox: Running) -> None:
    for profile, wanted in PROFILES:
        account = custom(sandbox, business_profile={"mcc": "5947", **profile})
        assert errors(sandbox, account.id) == wanted, profile
    for token, wanted in PAPERS.items():
        files = {"files": [f"file_relationship_document_{token}"]}
        account = custom(sandbox, documents={"company_license": files})
        sandbox.advance(MOMENT)
        assert errors(sandbox, account.id) == wanted, token


def test_every_number_of_a_person_is_looked_at(sandbox: Running) -> None:
    document = "individual.verification.document verification_failed_keyed_identity"
    number = "individual.id_number verification_failed_id_number_match"
    rows: list[tuple[dict[str, Any], bool, list[str]]] = [
        ({"id_number": "000000000"}, False, []),
        ({"id_number": "222222222"}, True, []),
        ({"id_number": "111111111"}, False, [document]),
        ({"ssn_last_4": "0000"}, False, []),
        ({"ssn_last_4": "1111"}, False, [number]),
    ]
    for given, at_once, wanted in rows:
        told = jenny(dob={"day": 1, "month": 1, "year": 1901}, **given)
        seller = custom(sandbox, individual=told)
        assert seller.charges_enabled is at_once, given
        sandbox.advance(MOMENT)
        assert errors(sandbox, seller.id) == wanted, given
