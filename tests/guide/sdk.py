"""What the installed SDK knows: calls, their parameters, events, components."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe
from stripe.events._event_classes import get_v2_event_notification_class
from stripe.params import (
    AccountSessionCreateParamsComponents,
    WebhookEndpointCreateParams,
)
from stripe.v2.core._event import UnknownEventNotification
from typing_extensions import is_typeddict

CLIENT = stripe.StripeClient("sk_test_guide")
COMPONENTS = frozenset(AccountSessionCreateParamsComponents.__annotations__)


def call(name: str, client: stripe.StripeClient = CLIENT) -> Callable[..., Any]:
    """The method of `StripeClient` that a guide calls `v1.accounts.create`."""
    return reduce(getattr, name.split("."), client)  # type: ignore[return-value]


def params_of(name: str) -> type | None:
    """The TypedDict of a call's parameters; None for a call that takes none."""
    method = call(name)
    hint = inspect.get_annotations(method.__func__).get("params")  # type: ignore[attr-defined]
    if hint is None:
        return None
    found = re.search(r"(\w+Params)", str(hint))
    assert found, hint
    package = method.__module__.rpartition(".")[0].replace("stripe", "stripe.params", 1)
    return getattr(importlib.import_module(package), found[1])  # type: ignore[no-any-return]


def faults(hint: Any, value: Any, path: str = "") -> Iterator[str]:
    """What a value has that its annotation does not know, or lacks."""
    members = list(_members(hint))
    if isinstance(value, Mapping):
        shapes = [member for member in members if is_typeddict(member)]
        if shapes:
            yield from _object(shapes[0], value, path)
        elif not any(get_origin(member) is dict for member in members):
            yield f"{path} is no object"
    elif isinstance(value, list):
        lists = [member for member in members if get_origin(member) is list]
        if not lists:
            yield f"{path} is no list"
        for number, item in enumerate(value):
            for found in lists[:1]:
                yield from faults(get_args(found)[0], item, f"{path}[{number}]")
    elif not any(_takes(member, value) for member in _closed(members)):
        yield f"{path} does not take {value!r}"


def faults_of_call(code: str) -> Iterator[str]:
    """What is wrong with a call as a guide writes it: `stripe.v1.refunds.create({…})`."""
    shown = ast.parse(code, mode="eval").body
    assert isinstance(shown, ast.Call)
    program, _, name = ast.unparse(shown.func).partition(".")
    assert program == "stripe"
    values = [ast.literal_eval(it) for it in shown.args]
    named = {str(it.arg): ast.literal_eval(it.value) for it in shown.keywords}
    taken = inspect.signature(call(name)).bind(*values, **named).arguments
    if shape := params_of(name):
        yield from faults(shape, taken.get("params", {}))
    for key in taken.get("options", {}).keys() - stripe.RequestOptions.__annotations__.keys():
        yield f"options.{key} does not exist"


def _object(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    hints = _hints(shape)
    for key, it in value.items():
        if key in hints:
            yield from faults(hints[key], it, f"{path}.{key}")
        else:
            yield f"{path}.{key} does not exist"
    for key in shape.__required_keys__ - value.keys():
        yield f"{path}.{key} is missing"


def _hints(shape: Any) -> dict[str, Any]:
    # The SDK imports these two names for type checkers only.
    return get_type_hints(shape, localns={"StripeContext": object, "Mapping": Mapping})


def _members(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        for member in get_args(hint):
            yield from _members(member)
    else:
        yield hint


def _closed(members: list[Any]) -> list[Any]:
    """The SDK leaves enums open (`Literal[...] | str`); a guide may only say what is listed.

    `Literal[""]` beside a text is no enum but the wish to unset it.
    """
    listed = any(get_origin(member) is Literal and get_args(member) != ("",) for member in members)
    return [member for member in members if member is not str] if listed else members


def _takes(member: Any, value: Any) -> bool:
    if get_origin(member) is Literal:
        return value in get_args(member)
    return isinstance(member, type) and not is_typeddict(member) and type(value) is member


@cache
def snapshot_events() -> frozenset[str]:
    """The event types that a webhook endpoint can ask for."""
    hint = _hints(WebhookEndpointCreateParams)["enabled_events"]
    return frozenset(
        name for listed in _members(get_args(hint)[0]) for name in get_args(listed) or ()
    )


# Where the objects of a guide are described; reading the whole package would take a second.
_DESCRIBED = (
    "_account.py",
    "_account_session.py",
    "checkout/_session.py",
    "params/_account_create_params.py",
    "params/_account_link_create_params.py",
    "params/_refund_create_params.py",
    "params/_transfer_create_params.py",
    "params/checkout/_session_create_params.py",
    "v2/core/_account.py",
)


@cache
def names() -> frozenset[str]:
    """Every name that the SDK has for a parameter, a field or a value of these objects."""
    package = Path(stripe.__file__).parent
    text = "".join((package / file).read_text("utf-8") for file in _DESCRIBED)
    declared = re.findall(r"^ +(\w+): ", text, re.MULTILINE)
    return frozenset(declared) | frozenset(re.findall(r'"(\w+)"', text))


def is_event(name: str) -> bool:
    """Whether Stripe sends events of this type, snapshot or thin."""
    if name.startswith("v2."):
        return get_v2_event_notification_class(name) is not UnknownEventNotification
    return name in snapshot_events()
