"""What a text must look like: an e-mail address, and what a buyer reads on a bank statement.

https://docs.stripe.com/get-started/account/statement-descriptors
"""

from __future__ import annotations

import re
from typing import Any

from .errors import Refused

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST = 22
_NEVER = re.compile(r"""[<>\\'"*]""")


def check_email(value: str | None, param: str) -> None:
    """Raise `Refused` for what is no address; None and "" are none to look at."""
    if value and not _EMAIL.fullmatch(value):
        raise Refused(f"Invalid email address: {value}", code="email_invalid", param=param)


def check_descriptors(params: dict[str, Any]) -> None:
    """Raise `Refused` for a descriptor or suffix that no bank would print; the texts are ours."""
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        value = params.get(name) or ""
        if len(value) > _LONGEST:
            message = f"The {name.replace('_', ' ')} has at most {_LONGEST} characters."
            raise Refused(message, param=name)
        if _NEVER.search(value):
            message = f"The {name.replace('_', ' ')} must not hold any of < > \\ ' \" *."
            raise Refused(message, param=name)
