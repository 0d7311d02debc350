"""What people may see of a request: secrets and identity data are blotted out.

The workbench shows parameters and answers as they crossed the wire; a screenshot of it must not
give away a webhook secret, a card or a bank account.
"""

from __future__ import annotations

from typing import Any

BLOT = "•••"
_SECRET = frozenset(
    "account_number address client_secret cvc dob iban id_number number password secret"
    " ssn_last_4 tax_id token vat_id".split()
)
_LAST = 4


def redacted(value: Any) -> Any:
    """A copy without secrets; of numbers the last four digits stay, as on a receipt."""
    if isinstance(value, dict):
        return {key: _hidden(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value


def _hidden(key: str, item: Any) -> Any:
    if key not in _SECRET or item is None or item == "":
        return redacted(item)
    if key in {"number", "account_number", "iban"} and isinstance(item, str):
        return f"{BLOT}{item[-_LAST:]}"
    return BLOT
