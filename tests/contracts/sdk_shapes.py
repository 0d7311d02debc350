"""Compares an answer with the resource classes of the `stripe` package, field by field.

A class of the package annotates every field that Stripe may send. A field whose type is not
optional must be there; a field that no annotation names does not exist.
"""

import inspect
import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe._object_classes import get_object_class
from stripe.events._event_classes import get_v2_event_class

_PLAIN: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    Decimal: (str,),
}


def faults(obj: dict[str, Any]) -> list[str]:
    """What is wrong with an object (found by its `object` field) and everything inside it."""
    return list(_check(_class_of(obj), obj, obj["object"]))


def _class_of(obj: dict[str, Any]) -> type:
    name = obj["object"]
    # Every type of thin event has a class of its own.
    found: type = get_v2_event_class(obj["type"]) if name == "v2.core.event" else _named_class(name)
    assert found is not stripe.StripeObject, f"the SDK has no class for {name}"
    return found


def _named_class(name: str) -> type:
    found: type = get_object_class("V2" if name.startswith("v2.") else "V1", name)
    return found


def is_public(name: str) -> bool:
    """Whether the SDK knows objects of this name."""
    return _named_class(name) is not stripe.StripeObject


def fields(cls: type) -> dict[str, Any]:
    """The annotated fields of a resource class and its bases."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("stripe"):
            found.update(inspect.get_annotations(base))
    return {
        name: hint
        for name, hint in found.items()
        if not name.startswith("_") and "ClassVar" not in str(hint)
    }


def _check(cls: type, obj: dict[str, Any], path: str) -> Iterator[str]:
    known = fields(cls)
    for name in obj.keys() - known.keys():
        yield f"{path}.{name} does not exist"
    for name, hint in known.items():
        if name not in obj:
            if not _optional(hint) and name != "deleted":
                yield f"{path}.{name} is missing"
        else:
            yield from _value(hint, obj[name], f"{path}.{name}", cls)


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint) or "NotRequired" in str(hint)


def _value(hint: Any, value: Any, path: str, cls: type) -> Iterator[str]:
    if value is None:
        if not _optional(hint):
            yield f"{path} must not be null"
        return
    members = list(_members(hint, cls))
    if isinstance(value, dict):
        yield from _object(members, value, path)
    elif isinstance(value, list):
        inner = next((get_args(m)[0] for m in members if get_origin(m) is list), None)
        if inner is None:
            yield f"{path} is no list in the SDK"
        else:
            for number, item in enumerate(value):
                yield from _value(inner, item, f"{path}[{number}]", cls)
    elif not any(_plain(member, value) for member in members):
        yield f"{path} = {value!r} is none of {members}"


def _members(hint: Any, cls: type) -> Iterator[Any]:
    """The alternatives of a union, with names resolved to classes."""
    if isinstance(hint, ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        hint = _named(hint, cls)
    if get_origin(hint) is Union or isinstance(hint, types.UnionType):
        for member in get_args(hint):
            yield from _members(member, cls)
    elif hint is not type(None):
        yield hint


def _named(name: str, cls: type) -> Any:
    """A name in an annotation: a nested class, or a resource imported for type checkers only.

    Those may go by another name in their file, so any resource will do: the object says which.
    """
    return getattr(cls, name, None) or getattr(stripe, name, stripe.StripeObject)


def _object(members: list[Any], value: dict[str, Any], path: str) -> Iterator[str]:
    kinds = [m for m in members if inspect.isclass(get_origin(m) or m)]
    if value.get("object") == "list":
        for number, item in enumerate(value["data"]):
            yield from _check(_class_of(item), item, f"{path}.data[{number}]")
        return
    if any(kind is Any or get_origin(kind) is dict for kind in members):
        return
    for kind in kinds:
        bare = get_origin(kind) or kind
        if bare.__name__ == "UntypedStripeObject":
            return
        if issubclass(bare, stripe.StripeObject):
            name = value.get("object")
            # v2 prints objects inside others in a shape that the outer class declares.
            own = isinstance(name, str) and not name.startswith("v2.")
            yield from _check(_class_of(value) if own else bare, value, path)
            return
    yield f"{path} is no object in the SDK"


def _plain(member: Any, value: object) -> bool:
    if get_origin(member) is Literal:
        return value in get_args(member)
    if isinstance(value, bool):
        return member is bool
    kind = _PLAIN.get(member)
    return kind is not None and isinstance(value, kind)
