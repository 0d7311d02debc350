"""The envelope of an event: from bytes that anybody may have sent to plain, checked facts.

Its Stripe object is the Event: a snapshot, which carries a copy of what it is about, or a thin one,
which only names it. The rule that bites: until the signature was compared, every byte
belongs to an attacker, and after it the body may still be something else than an event: a list,
6,000 brackets deep, or a thin event that was registered at the wrong address. Whatever is wrong
ends in a 4xx and leaves no trace; only Stripe's signature makes a row.
https://docs.stripe.com/webhooks/signature
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import stripe

from marketplace import clock
from marketplace.errors import Forbidden, Invalid

MOST_BYTES = 512 * 1024
# Stripe signs every delivery anew, retries included, so an old signature is a replayed one.
TOLERANCE_SECONDS = 300
# Whoever has one of these can confirm the payment, or open its page, in the buyer's stead.
SECRET_FIELDS = frozenset({"client_secret", "url", "receipt_url"})
HIDDEN = "•••"
# What an event says of people: their own objects, and these parts of an account. An event is only
# ever a reason to ask Stripe, so nobody needs them here, and what is not kept cannot leak.
PERSONAL = frozenset(
    "account_holder_name address address_kana address_kanji company dob email first_name "
    "first_name_kana first_name_kanji full_name_aliases gender individual last_name last_name_kana "
    "last_name_kanji maiden_name nationality phone registered_address tos_acceptance".split()
)
PEOPLE = frozenset({"account", "bank_account", "person"})
LATEST_SECOND = 253_402_300_799  # the last that datetime knows: the end of the year 9999

_EVENT = re.compile(r"evt_[A-Za-z0-9_]{1,120}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+", re.ASCII)
# Thin ones name the part that changed: `v2.core.account[configuration.merchant].updated`.
_THIN_TYPE = re.compile(r"v[0-9]+(\.[a-z0-9_]+(\[[a-z0-9_.]+\])?)+", re.ASCII)
# Through which accounts an event came to us, the last of them its own.
_CONTEXT = re.compile(r"(?:[a-z_]+_[A-Za-z0-9]{1,40}/){0,2}(acct_[A-Za-z0-9_]{1,58})", re.ASCII)
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9_]{1,58}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9_.-]{1,48}", re.ASCII)
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9:]{5})", re.ASCII)
LONGEST_TYPE = 128
THIN = "v2.core.event"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every event says about itself. `account` is None for the platform's own account.

    `body` is the JSON text as it was signed, but of accounts and their people without what is
    personal. https://docs.stripe.com/api/events/object
    """

    event_id: str
    type: str
    account: str | None
    api_version: str | None
    livemode: bool
    created: datetime
    body: str


def open_signed(
    raw: bytes,
    signature: str | None,
    secrets: Sequence[str],
    reader: Callable[[str], Envelope] | None = None,
) -> Envelope:
    """Return the envelope in `raw` if one of `secrets` signed it less than five minutes ago.

    Several secrets are tried, because while one is being rolled both are in use. Raises Forbidden
    when none fits, none is configured or the signature is old; Invalid when what was signed is no
    event that `reader` (snapshots, unless told otherwise) can read. https://docs.stripe.com/webhooks/signature
    """
    if not secrets:
        raise Forbidden("This endpoint is closed: it has no signing secret.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The body is not UTF-8.") from None
    if not any(_signed_by(secret, text, signature) for secret in secrets):
        raise Forbidden("The signature is missing, too old, or made with another secret.")
    return (reader or read)(text)


def read(text: str) -> Envelope:
    """Return the envelope of a JSON text whose origin is trusted.

    Raises Invalid, with a reason for the operator's log, for everything that is no v1 event.
    """
    event = _json(text)
    if event.get("object") == THIN:
        raise Invalid("This is a thin event; this endpoint takes snapshot events.")
    return Envelope(
        event_id=_word(event, "id", _EVENT),
        type=_type(event),
        account=_word(event, "account", _ACCOUNT) if event.get("account") is not None else None,
        api_version=(
            _word(event, "api_version", _VERSION) if event.get("api_version") is not None else None
        ),
        livemode=_truth(event, "livemode"),
        created=_moment(event, "created"),
        body=_with_object(event, text),
    )


def read_thin(text: str) -> Envelope:
    """Return the envelope of a thin event's JSON text whose origin is trusted.

    Raises Invalid for everything that is no thin event. What it is about may be missing, and
    `account` is None for what Stripe tells in the platform's own name.
    https://docs.stripe.com/event-destinations#thin-events
    """
    event = _json(text)
    if event.get("object") != THIN:
        raise Invalid("This is no thin event; this endpoint takes nothing else.")
    context = event.get("context")
    event_id, type_ = _word(event, "id", _EVENT), _type(event, _THIN_TYPE)
    related = event.get("related_object")
    if related is not None and not isinstance(related, dict):
        raise Invalid("The event has no usable related_object.")
    return Envelope(
        event_id=event_id,
        type=type_,
        account=_word(event, "context", _CONTEXT).split("/")[-1] if context is not None else None,
        api_version=None,
        livemode=_truth(event, "livemode"),
        created=_moment_of_v2(event, "created"),
        body=text,
    )


def shown(body: str) -> str:
    """Return the body of an event laid out for a person, without what opens a payment."""
    return json.dumps(_masked(json.loads(body)), indent=2, ensure_ascii=False)


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if name in SECRET_FIELDS and inner else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _signed_by(secret: str, text: str, signature: str | None) -> bool:
    try:
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_SECONDS)
    except stripe.SignatureVerificationError:
        return False
    except (TypeError, UnicodeError):
        # The SDK compares as text, and Python compares only ASCII text in constant time: one
        # accented letter in the header, and it raises TypeError.
        return False
    return True


def _json(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid("The body is not JSON that we can read.") from None
    if not isinstance(event, dict):
        raise Invalid("The body is not a JSON object.")
    return event


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _word(event: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Invalid(f"The event has no usable {name}.")
    return value


def _type(event: Mapping[str, Any], shape: re.Pattern[str] = _TYPE) -> str:
    value = _word(event, "type", shape)
    if len(value) > LONGEST_TYPE:
        raise Invalid("The event has no usable type.")
    return value


def _truth(event: Mapping[str, Any], name: str) -> bool:
    value = event.get(name)
    if not isinstance(value, bool):
        raise Invalid(f"The event has no usable {name}.")
    return value


def _moment(event: Mapping[str, Any], name: str) -> datetime:
    value = event.get(name)
    if type(value) is not int or not 0 < value <= LATEST_SECOND:
        raise Invalid(f"The event has no usable {name}.")
    return clock.from_unix(value)


def _moment_of_v2(event: Mapping[str, Any], name: str) -> datetime:
    try:
        return clock.from_rfc3339(_word(event, name, _RFC3339))
    except (ValueError, OverflowError):
        raise Invalid(f"The event has no usable {name}.") from None


def _with_object(event: Mapping[str, Any], text: str) -> str:
    data = event.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise Invalid("The event carries no object.")
    if data["object"].get("object") in PEOPLE:
        return json.dumps({**event, "data": _without_people(data)})
    return text


def _without_people(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: None if name in PERSONAL else _without_people(inner)
            for name, inner in value.items()
        }
    return [_without_people(inner) for inner in value] if isinstance(value, list) else value
