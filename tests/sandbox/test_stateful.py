"""Anybody does anything in any order, and the books still balance.

Hypothesis drives the sandbox through its wire: a platform and its sellers charge, transfer,
refund, reverse, pay out, dispute and wait. Most requests make sense, some do not; whatever was
answered, after each step every cent is accounted for and every status has moved only as Stripe
documents. `STATEFUL_EXAMPLES=500` makes the search long (and different each time).
"""

import contextlib
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from stripe._encode import _api_encode

from marketplace.sandbox import book, ids, incidents
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.program import Sandbox
from marketplace.sandbox.server import Server
from marketplace.sandbox.wire import Call

from .onboarded import BOTH, CUSTOM, jenny

Step = TypeVar("Step", bound=Callable[..., Any])
KEY = "sk_test_anybody"
FORM = "application/x-www-form-urlencoded"
LONG = int(os.environ.get("STATEFUL_EXAMPLES", "0"))
DAY = 86_400

CARDS = (
    "pm_card_visa pm_card_visa pm_card_visa pm_card_bypassPending pm_card_bypassPending"
    " pm_card_createDispute pm_card_createDisputeInquiry pm_card_visa_chargeDeclined"
    " pm_card_pendingRefund pm_card_refundFail pm_card_threeDSecure2Required pm_card_mastercard"
).split()

OPEN = {"requires_payment_method", "requires_confirmation", "requires_action", "processing"}
ENDS = {"requires_capture", "succeeded", "canceled"}
MOVES: dict[str, dict[str, set[str]]] = {
    # https://docs.stripe.com/payments/paymentintents/lifecycle
    "payment_intent": {
        "requires_payment_method": OPEN | ENDS,
        "requires_confirmation": OPEN | ENDS,
        "requires_action": OPEN | ENDS,
        "processing": {"succeeded", "requires_payment_method", "canceled"},
        "requires_capture": {"succeeded", "canceled"},
    },
    "charge": {"pending": {"succeeded", "failed"}},
    # https://docs.stripe.com/refunds
    "refund": {
        "pending": {"succeeded", "failed", "canceled"},
        "requires_action": {"succeeded", "failed", "canceled"},
        "succeeded": {"failed"},
    },
    # https://docs.stripe.com/api/payouts/object
    "payout": {
        "pending": {"in_transit", "canceled", "failed"},
        "in_transit": {"paid", "failed"},
        "paid": {"failed"},
    },
    # https://docs.stripe.com/disputes/how-disputes-work
    "dispute": {
        "needs_response": {"under_review", "lost", "won"},
        "under_review": {"won", "lost"},
        "warning_needs_response": {"warning_under_review", "warning_closed", "needs_response"},
        "warning_under_review": {"warning_closed", "needs_response"},
    },
    # https://docs.stripe.com/api/topups/object
    "topup": {"pending": {"succeeded", "failed", "canceled"}, "succeeded": {"reversed"}},
}

# (what is wrong, a query that finds nothing when all is well)
LAWS = (
    (
        "a charge gave back more than it took",
        (
            "SELECT id FROM objects WHERE kind = 'charge' AND (body ->> 'amount_captured'"
            " > body ->> 'amount' OR body ->> 'amount_refunded' > body ->> 'amount'"
            " OR body ->> 'amount_refunded' < 0)"
        ),
    ),
    (
        "a charge's refunds do not add up to what it says",
        (
            "SELECT c.id FROM objects c WHERE c.kind = 'charge'"
            " AND c.body ->> 'balance_transaction' IS NOT NULL"
            " AND (c.body ->> 'amount_refunded') - (c.body ->> 'amount')"
            " + (c.body ->> 'amount_captured') != COALESCE((SELECT SUM(r.body ->> 'amount')"
            " FROM objects r WHERE r.kind = 'refund' AND r.body ->> 'charge' = c.id"
            " AND r.body ->> 'status' NOT IN ('failed', 'canceled')), 0)"
        ),
    ),
    (
        "a transfer was reversed for another amount than its reversals",
        (
            "SELECT t.id FROM objects t WHERE t.kind = 'transfer' AND (t.body ->> 'amount_reversed'"
            " > t.body ->> 'amount' OR t.body ->> 'amount_reversed' != COALESCE((SELECT"
            " SUM(r.body ->> 'amount') FROM objects r WHERE r.kind = 'transfer_reversal'"
            " AND r.body ->> 'transfer' = t.id), 0))"
        ),
    ),
    (
        "an application fee gave back more than it took",
        (
            "SELECT id FROM objects WHERE kind = 'application_fee'"
            " AND body ->> 'amount_refunded' > body ->> 'amount'"
        ),
    ),
    (
        "a balance transaction does not add up",
        (
            "SELECT id FROM objects WHERE kind = 'balance_transaction'"
            " AND body ->> 'amount' - body ->> 'fee' != body ->> 'net'"
        ),
    ),
    (
        "a payout of less than nothing",
        "SELECT id FROM objects WHERE kind = 'payout' AND body ->> 'amount' <= 0",
    ),
)

WATCH = """
CREATE TEMP TABLE moves (kind TEXT, id TEXT, old TEXT, new TEXT);
CREATE TEMP TRIGGER made AFTER INSERT ON main.objects
BEGIN
  INSERT INTO moves VALUES (new.kind, new.id, NULL, new.body ->> 'status');
END;
CREATE TEMP TRIGGER changed AFTER UPDATE OF body ON main.objects
WHEN old.body ->> 'status' IS NOT new.body ->> 'status'
BEGIN
  INSERT INTO moves VALUES (new.kind, new.id, old.body ->> 'status', new.body ->> 'status');
END;
"""


def there_is(kind: str) -> Callable[[Step], Step]:
    """A step that needs an object of this kind."""
    return precondition(lambda machine: hasattr(machine, "sellers") and kind in machine.kinds)


numbers = st.integers(0, 10_000)
amounts = st.sampled_from([1, 49, 50, 99, 777, 1000, 2500, 10_001, 33_333, 99_999, 1_000_000])
maybe_amounts = st.none() | amounts
currencies = st.sampled_from(["usd", "usd", "usd", "eur", "jpy"])


class Anybody(RuleBasedStateMachine):
    """A platform, three sellers, and what they may do to each other's money."""

    @initialize()
    def begin(self) -> None:
        self.server = Server(Sandbox(":memory:", "http://127.0.0.1:1"))
        self.sandbox = self.server.sandbox
        self.sandbox.store._db.executescript(WATCH)
        self.run_next = self.sandbox._run_next
        self.sandbox._run_next = self.run_and_look  # type: ignore[method-assign]
        self.platform = ids.platform_of_key(KEY)
        self.sellers = [
            self.seller("US", "usd"),
            self.seller("US", "usd"),
            self.seller("DE", "eur"),
        ]

        # Something to quarrel about from the first step on.
        for kind in ("plain", "direct", "destination", "on_behalf"):
            self.charge("pm_card_bypassPending", 99_999, "usd", 0, 777, False, 0, kind)  # noqa: FBT003
        assert len(self.kinds) > 5

    def seller(self, country: str, currency: str) -> str:
        """A seller who passed every check."""
        person = jenny()
        if country == "DE":
            person = {**person, "ssn_last_4": None}
            person.pop("ssn_last_4")
            person["address"] = {**person["address"], "postal_code": "10115"}
        made = self.ask(
            "POST",
            "/v1/accounts",
            controller=CUSTOM,
            country=country,
            capabilities=BOTH,
            business_type="individual",
            individual=person,
            business_profile={"mcc": "5947", "url": "https://accessible.stripe.com"},
            external_account=f"btok_{country.lower()}",
            tos_acceptance={"date": 1_700_000_000, "ip": "127.0.0.1"},
        )
        assert made["charges_enabled"], made["requirements"]
        assert made["default_currency"] == currency
        return str(made["id"])

    def ask(self, verb: str, path: str, /, *, on: str = "", **params: Any) -> dict[str, Any]:
        """One request; what was left out is not sent. Nothing may break the sandbox."""
        given = {name: value for name, value in params.items() if value is not None}
        headers = {"authorization": f"Bearer {KEY}", "content-type": FORM}
        if on and on != self.platform:
            headers["stripe-account"] = on
        body = urlencode(list(_api_encode(given))).encode()
        call = Call(verb, path, "", body, headers)
        answer = self.server.wire.answer(call)
        told: dict[str, Any] = json.loads(answer.body)
        assert answer.status < 500, f"{verb} {path} {given}: {told}"
        self.look()
        return told

    def run_and_look(self, until: int) -> bool:
        """One task of the clock, and what it moved."""
        ran = self.run_next(until)
        self.look()
        return ran

    def look(self) -> None:
        """Compare what one transaction did to each status with what is documented."""
        spans: dict[tuple[str, str], list[str | None]] = {}
        with self.sandbox.store.transaction() as db:
            for kind, identifier, old, new in db.execute("SELECT * FROM temp.moves"):
                spans.setdefault((kind, identifier), [old, new])[1] = new
            db.execute("DELETE FROM temp.moves")
        for (kind, identifier), (old, new) in spans.items():
            if kind in MOVES and old is not None and old != new:
                assert new in MOVES[kind].get(old, ()), f"{identifier}: {old} became {new}"

    @property
    def kinds(self) -> set[str]:
        """What there is at all."""
        with self.sandbox.store.transaction() as db:
            return {row[0] for row in db.execute("SELECT DISTINCT kind FROM objects")}

    def some(self, kind: str, number: int) -> tuple[str, str]:
        """An object of this kind and whose it is; an unknown one when there is none."""
        with self.sandbox.store.transaction() as db:
            rows = db.execute(
                "SELECT id, owner FROM objects WHERE kind = ? ORDER BY seq", (kind,)
            ).fetchall()
        return rows[number % len(rows)] if rows else ("nothing_1", self.platform)

    def party(self, number: int) -> str:
        """The platform or a seller."""
        everybody = [self.platform, *self.sellers]
        return everybody[number % len(everybody)]

    @rule(
        card=st.sampled_from(CARDS),
        amount=amounts,
        currency=currencies,
        who=numbers,
        fee=maybe_amounts,
        manual=st.booleans(),
        to=numbers,
        kind=st.sampled_from(["plain", "direct", "destination", "amount", "on_behalf"]),
    )
    def charge(
        self,
        card: str,
        amount: int,
        currency: str,
        who: int,
        fee: int | None,
        manual: bool,  # noqa: FBT001 - hypothesis calls by keyword
        to: int,
        kind: str,
    ) -> None:
        seller = self.sellers[to % len(self.sellers)]
        more: dict[str, Any] = {}
        if kind == "direct":
            more = {"on": seller, "application_fee_amount": fee}
        elif kind == "amount":
            more = {"transfer_data": {"destination": seller, "amount": max(1, amount // 2)}}
        elif kind in {"destination", "on_behalf"}:
            more = {"transfer_data": {"destination": seller}, "application_fee_amount": fee}
            more |= {"on_behalf_of": seller} if kind == "on_behalf" else {}
        self.ask(
            "POST",
            "/v1/payment_intents",
            amount=amount,
            currency=currency,
            payment_method=card,
            payment_method_types=["card"],
            confirm=True,
            capture_method="manual" if manual and who % 2 else "automatic",
            **more,
        )

    @rule(number=numbers, amount=maybe_amounts, verb=st.sampled_from(["capture", "cancel"]))
    def finish(self, number: int, amount: int | None, verb: str) -> None:
        intent, owner = self.some("payment_intent", number)
        more = {"amount_to_capture": amount} if verb == "capture" else {}
        self.ask("POST", f"/v1/payment_intents/{intent}/{verb}", on=owner, **more)

    @rule(number=numbers, to=numbers, amount=amounts, currency=currencies, tied=st.booleans())
    def transfer(self, number: int, to: int, amount: int, currency: str, tied: bool) -> None:  # noqa: FBT001
        source = self.some("charge", number)[0] if tied else None
        destination = self.sellers[to % len(self.sellers)]
        self.ask(
            "POST",
            "/v1/transfers",
            amount=amount,
            currency=currency,
            destination=destination,
            source_transaction=source,
        )

    @there_is("transfer")
    @rule(number=numbers, amount=maybe_amounts, fee=st.booleans())
    def reverse(self, number: int, amount: int | None, fee: bool) -> None:  # noqa: FBT001
        transfer, owner = self.some("transfer", number)
        path = f"/v1/transfers/{transfer}/reversals"
        self.ask("POST", path, on=owner, amount=amount, refund_application_fee=fee or None)

    @rule(number=numbers, amount=maybe_amounts, back=st.booleans(), fee=st.booleans())
    def refund(self, number: int, amount: int | None, back: bool, fee: bool) -> None:  # noqa: FBT001
        charge, owner = self.some("charge", number)
        self.ask(
            "POST",
            "/v1/refunds",
            on=owner,
            charge=charge,
            amount=amount,
            reverse_transfer=back or None,
            refund_application_fee=fee or None,
        )

    @there_is("application_fee")
    @rule(number=numbers, amount=maybe_amounts)
    def give_fee_back(self, number: int, amount: int | None) -> None:
        fee, owner = self.some("application_fee", number)
        self.ask("POST", f"/v1/application_fees/{fee}/refunds", on=owner, amount=amount)

    @rule(who=numbers, amount=amounts, currency=currencies, instant=st.booleans())
    def pay_out(self, who: int, amount: int, currency: str, instant: bool) -> None:  # noqa: FBT001
        method = "instant" if instant else None
        on = self.party(who)
        if amount > 100:  # mostly in the party's own currency
            currency = "eur" if on == self.sellers[2] else "usd"
        self.ask("POST", "/v1/payouts", on=on, amount=amount, currency=currency, method=method)

    @there_is("payout")
    @rule(number=numbers)
    def call_payout_off(self, number: int) -> None:
        payout, owner = self.some("payout", number)
        self.ask("POST", f"/v1/payouts/{payout}/cancel", on=owner)

    @rule(amount=amounts)
    def top_up(self, amount: int) -> None:
        self.ask("POST", "/v1/topups", amount=amount, currency="usd", description="more")

    @there_is("dispute")
    @rule(number=numbers, words=st.sampled_from(["winning_evidence", "losing_evidence", ""]))
    def argue(self, number: int, words: str) -> None:
        dispute, owner = self.some("dispute", number)
        if words:
            evidence = {"uncategorized_text": words}
            self.ask("POST", f"/v1/disputes/{dispute}", on=owner, evidence=evidence)
        else:
            self.ask("POST", f"/v1/disputes/{dispute}/close", on=owner)

    @rule(
        kind=st.sampled_from([*incidents.ON_ACCOUNTS, *incidents.ON_CHARGES]),
        number=numbers,
        amount=maybe_amounts,
    )
    def incident(self, kind: str, number: int, amount: int | None) -> None:
        if kind == "deauthorised":
            return  # a seller who left takes part in nothing, and the run would end in refusals
        values = {"kind": kind, "account": self.sellers[number % len(self.sellers)]}
        values |= {"charge": self.some("charge", number)[0]}
        with contextlib.suppress(Refused):
            incidents.happen(self.sandbox, {**values, "amount": amount})

    @rule(seconds=st.sampled_from([60, 3_600, DAY, 2 * DAY, 8 * DAY, 70 * DAY]))
    def wait(self, seconds: int) -> None:
        self.sandbox.advance_to(self.sandbox.clock.now() + seconds)

    @invariant()
    def every_cent_is_accounted_for(self) -> None:
        if not hasattr(self, "sellers"):
            return
        with self.sandbox.store.transaction() as db:
            assert book.faults(db) == []
            for words, query in LAWS:
                assert db.execute(query).fetchall() == [], words

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.store.close()


TestAnybody = Anybody.TestCase
TestAnybody.settings = settings(
    max_examples=LONG or 20,
    stateful_step_count=50 if LONG else 30,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
