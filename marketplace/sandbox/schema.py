"""What an endpoint accepts, read from the type annotations that ship in the `stripe` package.

`stripe.params` describes every request as a TypedDict. This module turns such a class into a
validator, once, when the endpoint is first used. Nothing about parameters is repeated by hand in
the resources: unknown, missing and ill-typed parameters are refused here with Stripe's `code`
and `param`.

This is the only place where the sandbox looks at the `stripe` package, and it reads types only.
"""

from __future__ import annotations

import functools
import re
import typing
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

import stripe.params
import stripe.params.checkout
import stripe.params.radar
import stripe.params.test_helpers
import stripe.params.v2.core
import stripe.params.v2.core.accounts
from stripe._request_options import RequestOptions
from stripe.events._event_classes import get_v2_event_notification_class
from stripe.v2.core._event import UnknownEventNotification
from typing_extensions import is_typeddict

from .errors import Invalid, empty

_OPTIONS = frozenset(RequestOptions.__annotations__)
_MODULES = (
    stripe.params,
    stripe.params.checkout,
    stripe.params.radar,
    stripe.params.test_helpers,
    stripe.params.v2.core,
    stripe.params.v2.core.accounts,
)
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?\Z")
_LONGEST = 5000
_LARGEST = 10**18
_OLD_NAMES = {"jp_bank_account": "jp_bank_transfer"}
"""Values that no annotation names any more and the Stripe CLI still sends."""


class Check:
    """A compiled type: `read(value, path)` answers the value with its right type, or raises."""

    def read(self, value: Any, path: str) -> Any:
        """Accept anything."""
        del path
        return value


class Text(Check):
    """A string, perhaps out of a closed list."""

    def __init__(self, allowed: tuple[str, ...] | None = None, *, empty: bool = False) -> None:
        """`allowed`: the values of the enum; `empty`: whether "" (unset) is accepted."""
        self.allowed = allowed
        self.empty = empty

    def read(self, value: Any, path: str) -> Any:
        """Check a string."""
        if not isinstance(value, str):
            raise Invalid(f"Invalid string: {_show(value)}", param=path)
        if self.allowed is not None and _OLD_NAMES.get(value) in self.allowed:
            value = _OLD_NAMES[value]
        if self.allowed is not None and value not in self.allowed:
            if value == "" and not self.empty:
                raise empty(path)
            choices = ", ".join(choice for choice in self.allowed if choice)
            last = path.rpartition("[")[2].rstrip("]")
            last = path if last.isdecimal() else last
            raise Invalid(f"Invalid {last}: must be one of {choices}", param=path)
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Invalid("Invalid string: it is not valid Unicode.", param=path)
        if len(value) > _LONGEST:
            message = f"Invalid string: at most {_LONGEST} characters are accepted."
            raise Invalid(message, param=path, code="parameter_invalid_string")
        return value


class Integer(Check):
    """A whole number; forms carry it as digits, JSON as a number or (int64) as a string."""

    def read(self, value: Any, path: str) -> Any:
        """Check an integer."""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
            return value
        if value == "":
            raise empty(path)
        if isinstance(value, str) and _INTEGER.match(value):
            return int(value)
        code = "parameter_invalid_integer"
        raise Invalid(f"Invalid integer: {_show(value)}", code=code, param=path)


class Number(Check):
    """A decimal number; kept as text so that no float enters the sandbox's money."""

    def read(self, value: Any, path: str) -> Any:
        """Check a number."""
        text = value if isinstance(value, str) else str(value)
        if isinstance(value, bool) or not _NUMBER.match(text):
            raise Invalid(f"Invalid decimal: {_show(value)}", param=path)
        return text


class Truth(Check):
    """`true` or `false`."""

    def read(self, value: Any, path: str) -> Any:
        """Check a boolean."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in {"true", "false"}:
            return value == "true"
        if value == "":
            raise empty(path)
        raise Invalid(f"Invalid boolean: {_show(value)}", param=path)


class Listed(Check):
    """An array; forms carry it as a hash with the keys 0, 1, 2…"""

    def __init__(self, inner: Check) -> None:
        """`inner` checks each element."""
        self.inner = inner

    def read(self, value: Any, path: str) -> Any:
        """Check each element."""
        if value == "":
            raise empty(path)
        if isinstance(value, dict) and all(key.isdecimal() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list):
            raise Invalid("Invalid array", param=path)
        return [self.inner.read(item, f"{path}[{n}]") for n, item in enumerate(value)]


class Mapping(Check):
    """A hash with free keys, such as metadata."""

    def __init__(self, inner: Check, *, nulls: bool = False) -> None:
        """`inner` checks each value; `nulls`: whether null is one (v2 unsets keys with it)."""
        self.inner = inner
        self.nulls = nulls

    def read(self, value: Any, path: str) -> Any:
        """Check each value."""
        if not isinstance(value, dict):
            raise Invalid("Invalid object", param=path)
        return {
            key: None if item is None and self.nulls else self.inner.read(item, f"{path}[{key}]")
            for key, item in value.items()
        }


class Shape(Check):
    """A hash with known keys: a TypedDict of `stripe.params`."""

    def __init__(self, cls: type, *, root: bool = False) -> None:
        """Fields are compiled at first use, because classes refer to each other."""
        self.cls = cls
        self.root = root
        self.nulls = ".v2." in cls.__module__
        """v2 is JSON, where null unsets; forms have no null."""

    @functools.cached_property
    def fields(self) -> dict[str, Check]:
        """The known keys."""
        annotations = self.cls.__annotations__
        own = {n: a for n, a in annotations.items() if not (self.root and n in _OPTIONS)}
        # The options of the call are inherited fields whose types cannot be resolved at run time,
        # so the parameters are put on a class of their own before they are resolved.
        bare = type("Parameters", (), {"__annotations__": own, "__module__": self.cls.__module__})
        return {name: compile_type(hint) for name, hint in typing.get_type_hints(bare).items()}

    @functools.cached_property
    def required(self) -> tuple[str, ...]:
        """The keys that must be there."""
        keys: frozenset[str] = getattr(self.cls, "__required_keys__", frozenset())
        return tuple(sorted(key for key in keys if key in self.fields))

    def read(self, value: Any, path: str) -> Any:
        """Check every key; unknown ones first, as Stripe does."""
        if not isinstance(value, dict):
            raise Invalid("Invalid object", param=path)
        unknown = [_join(path, key) for key in value if key not in self.fields]
        if unknown:
            raise Invalid(
                f"Received unknown parameter{'s' if len(unknown) > 1 else ''}: "
                + ", ".join(unknown),
                code="parameter_unknown",
                param=unknown[0],
            )
        for key in self.required:
            if value.get(key, "") is None or key not in value:
                param = _join(path, key)
                message = f"Missing required param: {param}."
                raise Invalid(message, code="parameter_missing", param=param)
        told = {}
        for key, item in value.items():
            check = self.fields[key]
            if item is not None or not self.nulls:
                told[key] = check.read(item, _join(path, key))
            elif not isinstance(check, Shape | Mapping | Listed):
                told[key] = None  # unsets a value; there is nothing to unset in a hash or array
        return told


class Either(Check):
    """One of several types; the first that accepts wins, the last refusal is told."""

    def __init__(self, options: list[Check]) -> None:
        """`options` in the order in which they are tried."""
        self.options = options

    def read(self, value: Any, path: str) -> Any:
        """Try each."""
        problem: Invalid | None = None
        shaped = [o for o in self.options if isinstance(o, Shape | Mapping | Listed)]
        # Of `Literal[""]` nothing but "" is to be told: the rest is meant for the others.
        plain = [o for o in self.options if o not in shaped and (value == "" or not _unsets(o))]
        for option in shaped if isinstance(value, dict | list) and shaped else plain or shaped:
            try:
                return option.read(value, path)
            except Invalid as refusal:
                problem = refusal
        raise problem or Invalid(f"Invalid value: {_show(value)}", param=path)


def _unsets(check: Check) -> bool:
    return isinstance(check, Text) and check.allowed == ("",)


_SCALARS: dict[Any, Check] = {
    str: Text(empty=True),
    bool: Truth(),
    int: Integer(),
    float: Number(),
    Decimal: Number(),
}


def compile_type(hint: Any) -> Check:
    """The validator for one annotation."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin = get_origin(hint)
    if origin is Literal:
        return Text(tuple(str(choice) for choice in get_args(hint)), empty="" in get_args(hint))
    if origin is list:
        return Listed(compile_type(get_args(hint)[0]))
    if origin is dict:
        return _compile_mapping(get_args(hint)[1])
    if getattr(origin, "__name__", "") == "UntypedStripeObject":
        return _compile_mapping(get_args(hint)[0])
    if is_typeddict(hint):
        return Shape(hint)
    if origin is Union or type(hint).__name__ == "UnionType":
        return _compile_union([a for a in get_args(hint) if a is not type(None)])
    return Check()


def _compile_mapping(hint: Any) -> Mapping:
    return Mapping(compile_type(hint), nulls=type(None) in get_args(hint))


def _compile_union(members: list[Any]) -> Check:
    literals = [m for m in members if get_origin(m) is Literal]
    others = [m for m in members if m not in literals]
    allowed = tuple(str(choice) for member in literals for choice in get_args(member))
    # The SDK writes an enum as `Literal[…] | str`, so that new values do not break old callers;
    # `Literal[""] | str` on the other hand is plain text that may be unset with "".
    if allowed and any(allowed) and str in others:
        others.remove(str)
    checks: list[Check] = [compile_type(member) for member in others]
    if allowed and str not in others:
        checks.insert(0, Text(allowed, empty="" in allowed))
    return checks[0] if len(checks) == 1 else Either(checks)


@functools.cache
def of(name: str) -> Shape:
    """The validator for a class of `stripe.params`, by name (`AccountCreateParams`)."""
    package, _, cls = name.rpartition(".")
    for module in _MODULES:
        if package and not module.__name__.endswith(package):
            continue
        found = getattr(module, cls, None)
        if found is not None:
            return Shape(found, root=True)
    message = f"stripe.params has no {name}"
    raise LookupError(message)


def _join(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key


def _show(value: Any) -> str:
    return str(value)[:80] if not isinstance(value, dict | list) else "an object or array"


def is_thin_event(type_: str) -> bool:
    """Whether the SDK has a class for thin events of this type."""
    return get_v2_event_notification_class(type_) is not UnknownEventNotification


@functools.cache
def snapshot_events() -> frozenset[str]:
    """The event types that a webhook endpoint may ask for."""
    return _choices("enabled_events")


def versions() -> frozenset[str]:
    """The API versions that a webhook endpoint may ask for: all that were released."""
    return _choices("api_version")


def _choices(name: str) -> frozenset[str]:
    listed = of("WebhookEndpointCreateParams").fields[name]
    inner = listed.inner if isinstance(listed, Listed) else listed
    return frozenset((inner.allowed if isinstance(inner, Text) else None) or ())
