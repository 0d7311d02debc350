"""What an account will owe: once it has taken in more, or from the day that was announced."""

from typing import Any

from tests.running import Running

from .merchants import pay
from .onboarded import Browser, custom
from .test_incidents import happens

DAY = 86_400
PAPER = "individual.verification.document"
NUMBER = "individual.id_number"


def owed(sandbox: Running, account: str) -> Any:
    return sandbox.client().v1.accounts.retrieve(account).requirements


def in_days(sandbox: Running, at: int | None) -> int:
    """How many days ahead a moment lies, give or take the seconds that a test lasts."""
    assert at is not None
    return round((at - sandbox.sandbox.clock.now()) / DAY)


def test_past_half_a_million_a_number_is_due_and_then_payments_stop(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 49_000_000, on=ada)
    assert owed(sandbox, ada).currently_due == []
    assert owed(sandbox, ada).eventually_due == [NUMBER]

    pay(sandbox, 2_000_000, on_behalf_of=ada)
    due = owed(sandbox, ada)
    assert due.currently_due == [NUMBER]
    assert in_days(sandbox, due.current_deadline) == 14
    assert due.disabled_reason is None

    sandbox.advance(15 * DAY)
    stopped = sandbox.client().v1.accounts.retrieve(ada)
    assert stopped.charges_enabled is False
    assert stopped.requirements is not None
    assert stopped.requirements.past_due == [NUMBER]
    told: Any = {"individual": {"id_number": "000000000"}}
    sandbox.client().v1.accounts.update(ada, told)
    sandbox.advance(60)
    assert sandbox.client().v1.accounts.retrieve(ada).charges_enabled is True


def test_what_is_received_by_transfers_does_not_count(sandbox: Running) -> None:
    ada = custom(sandbox).id
    pay(sandbox, 60_000_000, transfer_data={"destination": ada})
    assert owed(sandbox, ada).currently_due == []


def test_an_announced_requirement_becomes_one_on_its_day(sandbox: Running) -> None:
    client = sandbox.client()
    ada = custom(sandbox).id
    assert "in 20 days" in happens(
        sandbox, "announcement", account=ada, requirement=PAPER, days="20"
    )
    coming = client.v1.accounts.retrieve(ada).future_requirements
    assert coming is not None
    assert coming.currently_due == [PAPER]
    assert in_days(sandbox, coming.current_deadline) == 20
    assert owed(sandbox, ada).currently_due == []
    capability = client.v1.accounts.capabilities.retrieve(ada, "transfers")
    assert capability.future_requirements is not None
    assert capability.future_requirements.currently_due == [PAPER]

    both: Any = {"include": ["requirements", "future_requirements"]}
    seen = client.v2.core.accounts.retrieve(ada, both)
    assert seen.future_requirements is not None
    assert seen.future_requirements.minimum_transition_date is not None
    assert [entry.description for entry in seen.future_requirements.entries or []] == [
        "identity.individual.documents.primary_verification"
    ]

    sandbox.advance(20 * DAY)  # lists of events go back 30 days
    coming = client.v1.accounts.retrieve(ada).future_requirements
    assert coming is not None
    assert coming.currently_due == []
    assert owed(sandbox, ada).currently_due == [PAPER]
    types = [event.type for event in client.v2.core.events.list({"limit": 20}).data]
    assert types.count("v2.core.account[future_requirements].updated") == 2


def test_the_form_asks_for_what_was_announced_only_when_told_to(sandbox: Running) -> None:
    ada = custom(sandbox).id
    happens(sandbox, "announcement", account=ada, requirement=NUMBER)

    def asked(future: str) -> set[str]:
        wish: Any = {
            "account": ada,
            "type": "account_onboarding",
            "refresh_url": "http://127.0.0.1:9/",
            "return_url": "http://127.0.0.1:9/",
            "collection_options": {"fields": "currently_due", "future_requirements": future},
        }
        browser = Browser(sandbox)
        browser.open(sandbox.client().v1.account_links.create(wish).url)
        return set(browser.fields())

    assert "individual[id_number]" not in asked("omit")
    assert "individual[id_number]" in asked("include")

    def embedded(future: str) -> set[str]:
        components: Any = {"account_onboarding": {"enabled": True}}
        session = sandbox.client().v1.account_sessions.create(
            {"account": ada, "components": components}
        )
        told = {
            "key": sandbox.key.replace("sk_", "pk_"),
            "secret": session.client_secret,
            "component": "account-onboarding",
            "options": {"future": future},
        }
        answer = sandbox.http.post(f"{sandbox.url}/connect-js/v1.0/claim", json=told, timeout=60)
        browser = Browser(sandbox)
        browser.open(sandbox.url + answer.json()["url"])
        return set(browser.fields())

    assert "individual[id_number]" not in embedded("omit")
    assert "individual[id_number]" in embedded("include")
