"""Capabilities as Accounts v2 names them: inside a configuration, with a status and its reasons.

v1 has one flat list (`card_payments`, `transfers`); v2 sorts it into configurations: what an
account may do as a merchant, as a recipient, as a customer. `restricted` means that somebody has
to do something, `pending` that nobody has to, and `status_details` says which.

https://docs.stripe.com/connect/account-capabilities
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import schema, versions
from marketplace.sandbox.schema import Shape
from marketplace.sandbox.standing import Standing

TRANSFERS = "stripe_balance.stripe_transfers"
PAYOUTS = "stripe_balance.payouts"
# v1 and v2 agree on every other name.
_RENAMED = {"ach_debit_payments": "us_bank_account_ach_payments"}
_TOLD = {v1: v2 for v2, v1 in _RENAMED.items()}
# Where a method exists at all, for those that people meet; everywhere else it is taken to exist.
_ONLY_IN = {
    "acss_debit_payments": "CA US",
    "affirm_payments": "CA US",
    "au_becs_debit_payments": "AU",
    "bacs_debit_payments": "GB",
    "cashapp_payments": "US",
    "us_bank_account_ach_payments": "US",
    "zip_payments": "AU US",
}
# `rejected` became a status of its own in this version; before, it was `restricted`.


def _params(configuration: str) -> Shape:
    shape = schema.of("v2.core.AccountCreateParams")
    for name in ("configuration", configuration, "capabilities"):
        shape = shape.fields[name]  # type: ignore[assignment] # hashes all the way down
    return shape


def merchant_names() -> list[str]:
    """Every capability that a merchant may request, as v2 names it."""
    return sorted(_params("merchant").fields)


def leaves(wanted: dict[str, Any] | None, path: str = "") -> dict[str, bool | None]:
    """A request's `capabilities` hash as `stripe_balance.stripe_transfers -> requested`."""
    found: dict[str, bool | None] = {}
    for name, value in (wanted or {}).items():
        if not isinstance(value, dict):
            continue
        if "requested" in value or not value:
            found[path + name] = value.get("requested")
        else:
            found |= leaves(value, f"{path}{name}.")
    return found


def stored_name(configuration: str, name: str) -> str | None:
    """The v1 capability behind one of v2; None where v1 has none (bank accounts of payouts)."""
    if configuration == "merchant":
        return _RENAMED.get(name, name)
    return "transfers" if name == TRANSFERS else None


def place(stored: str) -> tuple[str, str] | None:
    """Where v2 shows a v1 capability: (configuration, name), or None where it does not."""
    if stored == "transfers":
        return "recipient", TRANSFERS
    name = _TOLD.get(stored, stored)
    return ("merchant", name) if name in _params("merchant").fields else None


def status(
    account: dict[str, Any], standing: Standing, stored: str, version: str
) -> dict[str, Any]:
    """Status of one requested capability, `{"status", "status_details"}`."""
    if account["country"] not in _ONLY_IN.get(stored, account["country"]).split():
        return told("unsupported", "unsupported_country", "no_resolution")
    now = standing.capabilities.get(stored)
    if now == "active":
        return told("active")
    return why_not(account, standing, version)


def payouts(account: dict[str, Any], standing: Standing, version: str) -> dict[str, Any]:
    """Status of `stripe_balance.payouts`, which nobody requests: it comes with the others."""
    if standing.payouts_enabled:
        return told("active")
    return why_not(account, standing, version)


def why_not(account: dict[str, Any], standing: Standing, version: str) -> dict[str, Any]:
    """Why something is not active, in the order in which Stripe gives reasons."""
    if account["_rejected"]:
        kind = "rejected" if version >= versions.ENDIVE else "restricted"
        return told(kind, f"rejected_{account['_rejected']}", "contact_stripe")
    if any(verdict["listed"] for verdict in account["_verdicts"].values()):
        return told("restricted", "rejected_listed", "contact_stripe")
    if standing.past_due or standing.currently_due:
        return told("restricted", "requirements_past_due", "provide_info")
    if standing.pending_verification:
        return told("pending", "requirements_pending_verification", "no_resolution")
    return told("restricted", "restricted_other", "contact_stripe")


def told(status: str, code: str = "", resolution: str = "") -> dict[str, Any]:
    """A capability as v2 prints it."""
    details = [{"code": code, "resolution": resolution}] if code else []
    return {"status": status, "status_details": details}
