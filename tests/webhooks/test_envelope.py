"""Bytes that anybody may have sent: only Stripe's own become an envelope."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Forbidden, Invalid
from marketplace.webhooks import envelope
from tests.webhooks import letters


def sign_bytes(raw: bytes) -> str:
    at = int(time.time())
    digest = hmac.new(letters.SECRET.encode(), f"{at}.".encode() + raw, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


def test_a_signed_event_says_what_it_is_about() -> None:
    body = letters.text(letters.event(account="acct_tilda", created=1_770_000_000))
    found = envelope.open_signed(body.encode(), letters.signature(body), [letters.SECRET])
    assert found.type == "payout.paid"
    assert found.account == "acct_tilda"
    assert found.created == datetime.fromtimestamp(1_770_000_000, UTC)
    assert found.body == body


def test_while_a_secret_is_rolled_either_one_is_good() -> None:
    body = letters.text(letters.event())
    for secret in (letters.SECRET, "whsec_the_new_one"):
        header = letters.signature(body, secret)
        opened = envelope.open_signed(body.encode(), header, [letters.SECRET, "whsec_the_new_one"])
        assert opened.body == body


def test_stripe_may_sign_with_two_secrets_in_one_header() -> None:
    body = letters.text(letters.event())
    old, new = letters.signature(body, "whsec_the_old_one"), letters.signature(body)
    header = f"{old},{new.partition(',')[2]}"
    assert envelope.open_signed(body.encode(), header, [letters.SECRET]).body == body


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "t=1,v1=",
        "v1=abc",
        "t=now,v1=abc",
        "t=9999999999999999999999999999999,v1=abc",
        "t=4102444800,v1=é",
        "t=4102444800,v0=abc",
        "t=\u0663,v1=abc",
    ],
)
def test_a_letter_without_a_good_signature_is_refused(header: str | None) -> None:
    body = letters.text(letters.event()).encode()
    with pytest.raises(Forbidden):
        envelope.open_signed(body, header, [letters.SECRET])


def test_a_signature_of_another_endpoint_is_refused() -> None:
    body = letters.text(letters.event())
    with pytest.raises(Forbidden):
        envelope.open_signed(
            body.encode(), letters.signature(body, letters.CONNECT_SECRET), [letters.SECRET]
        )


def test_a_changed_byte_breaks_the_signature() -> None:
    body = letters.text(letters.event())
    header = letters.signature(body)
    with pytest.raises(Forbidden):
        envelope.open_signed(body.replace("payout", "Payout").encode(), header, [letters.SECRET])


def test_a_signature_of_five_minutes_ago_is_a_replay() -> None:
    body = letters.text(letters.event())
    fresh, old = letters.signature(body, age=290), letters.signature(body, age=301)
    assert envelope.open_signed(body.encode(), fresh, [letters.SECRET]).body == body
    with pytest.raises(Forbidden):
        envelope.open_signed(body.encode(), old, [letters.SECRET])


def test_without_a_secret_the_endpoint_is_closed_even_to_an_empty_one() -> None:
    body = letters.text(letters.event())
    with pytest.raises(Forbidden):
        envelope.open_signed(body.encode(), letters.signature(body, ""), [])


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe{}",
        b"",
        b"{",
        b"null",
        b"true",
        b"1",
        b"[]",
        b'"evt_1"',
        b"{}",
        b"[" * 6_000 + b"]" * 6_000,
        b'{"a":' * 6_000 + b"1" + b"}" * 6_000,
        b"9" * 5_000,
        b'{"id": NaN}',
        b"\xef\xbb\xbf{}",
        b"{}\x00",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        envelope.open_signed(body, sign_bytes(body), [letters.SECRET])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", 7),
        ("id", ""),
        ("id", "evt_" + "x" * 200),
        ("id", "evt_\ud800"),
        ("id", "evt_1\n"),
        ("id", ["evt_1"]),
        ("type", None),
        ("type", {"a": 1}),
        ("type", "x" * 200),
        ("type", "x." + "y" * 200),
        ("account", 7),
        ("account", "acct_\x00"),
        ("account", "cus_1"),
        ("api_version", 2026),
        ("livemode", None),
        ("livemode", "false"),
        ("livemode", 0),
        ("created", None),
        ("created", "1770000000"),
        ("created", True),
        ("created", -1),
        ("created", 1e9),
        ("created", 10**18),
        ("data", None),
        ("data", []),
        ("data", {}),
        ("data", {"object": None}),
        ("data", {"object": "po_1"}),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    with pytest.raises(Invalid):
        envelope.read(json.dumps(letters.event() | {field: value}))


@pytest.mark.parametrize("field", ["id", "type", "livemode", "created", "data"])
def test_a_missing_field_is_refused(field: str) -> None:
    letter = letters.event()
    del letter[field]
    with pytest.raises(Invalid):
        envelope.read(json.dumps(letter))


def test_a_thin_event_is_told_apart() -> None:
    thin = {"id": "evt_test_1", "object": "v2.core.event", "type": "v2.core.account.updated"}
    with pytest.raises(Invalid, match="thin event"):
        envelope.read(json.dumps(thin))


def test_a_thin_event_says_what_it_is_about_and_when() -> None:
    body = letters.text(letters.thin(created="2026-02-02T02:40:00.000Z"))
    found = envelope.open_signed(
        body.encode(), letters.signature(body), [letters.SECRET], envelope.read_thin
    )
    assert found.type == "v2.core.account[requirements].updated"
    assert found.created == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)
    assert (found.account, found.api_version, found.livemode) == (None, None, False)
    assert found.body == body


def test_the_context_of_a_thin_event_ends_with_its_account() -> None:
    for context in ("acct_tilda", "org_big/acct_tilda", "org_big/acct_between/acct_tilda"):
        found = envelope.read_thin(json.dumps(letters.thin(context=context)))
        assert found.account == "acct_tilda"


def test_a_thin_event_need_not_be_about_an_object() -> None:
    letter = letters.thin("v2.core.account_link.returned")
    del letter["related_object"]
    assert envelope.read_thin(json.dumps(letter)).type == "v2.core.account_link.returned"


def test_a_snapshot_at_the_thin_address_is_told_apart() -> None:
    with pytest.raises(Invalid, match="no thin event"):
        envelope.read_thin(json.dumps(letters.event()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", "evt_" + "x" * 200),
        ("type", None),
        ("type", "account.updated"),
        ("type", "v2.core.account[" + "x" * 200 + "].updated"),
        ("type", "v2.core.account[[a]].updated"),
        ("livemode", None),
        ("livemode", 0),
        ("created", None),
        ("created", 1_770_000_000),
        ("created", "yesterday"),
        ("created", "2026-02-30T00:00:00.000Z"),
        ("created", "0001-01-01T00:00:00.000+23:59"),
        ("created", "2026-02-02T02:40:00.000"),
        ("context", 7),
        ("context", "cus_1"),
        ("context", "org_a/" * 9 + "acct_tilda"),
        ("related_object", "acct_tilda"),
        ("related_object", ["acct_tilda"]),
    ],
)
def test_a_thin_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    with pytest.raises(Invalid):
        envelope.read_thin(json.dumps(letters.thin() | {field: value}))


@pytest.mark.parametrize("reader", [envelope.read, envelope.read_thin])
@given(body=st.binary(max_size=200), header=st.text(max_size=60))
def test_whatever_is_sent_nothing_but_a_refusal_comes_out(
    reader: Callable[[str], envelope.Envelope], body: bytes, header: str
) -> None:
    with pytest.raises((Forbidden, Invalid)):
        envelope.open_signed(body, header, [letters.SECRET], reader)
    with pytest.raises(Invalid):
        envelope.open_signed(body, sign_bytes(body), [letters.SECRET], reader)
