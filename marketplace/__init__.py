"""A reference marketplace for Stripe Connect.

`create_app` (in `application`) wires everything together; each concept beside it is one module. The
rule that bites: this file loads nothing by itself. The sandbox lives in this package too, is a
program of its own, and would otherwise load the whole shop first, which takes longer than all it
has to do; so `from marketplace import create_app` loads the shop at the moment of asking.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has by that name
    if name == "create_app":
        return import_module("marketplace.application").create_app
    raise AttributeError(f"module 'marketplace' has no attribute {name!r}")
