"""The web by actor: the shop, the seller, the platform, the guide, and Stripe's webhooks."""

import importlib
import importlib.util

from flask import Blueprint

ACTORS = ("pages", "auth", "shop", "seller", "joining", "platform", "guide", "trial", "hooks")


def blueprints() -> list[Blueprint]:
    """The `bp` of every actor's module, in the order of the navigation."""
    return [
        importlib.import_module(f"{__name__}.{name}").bp
        for name in ACTORS
        if importlib.util.find_spec(f"{__name__}.{name}")
    ]
