"""Pages for people: hosted onboarding, the payment page, the Express dashboard, the workbench.

Importing this package registers every page. Templates live in `pages/templates`; every one of
them extends `base.html`, which says on each page that this is a local sandbox.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
