"""External accounts: the bank accounts and debit cards to which an account is paid out.

One per currency is the default. `external_account` on the account replaces that default and
deletes the old one; the sub-resource adds another. An account that fails a payout becomes
`errored` and receives nothing until it is replaced.

https://docs.stripe.com/api/external_accounts
https://docs.stripe.com/connect/payouts-bank-accounts
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import connected, events, payout_targets
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.payout_days import run_soon
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, view

kind("bank_account", "ba_", indexed=("customer",), words="external account")
kind("card", "card_", indexed=("customer",), words="external account")

_BASE = "/v1/accounts/{account}/external_accounts"
_EDITABLE = (
    "account_holder_name account_holder_type account_type address_city address_country"
    " address_line1 address_line2 address_state address_zip name"
).split()


@view("bank_account")
@view("card")
def show(ctx: Context, one: dict[str, Any]) -> dict[str, Any]:
    """Neither type of object tells when it was created."""
    del ctx
    return {key: value for key, value in one.items() if key not in {"created", "livemode"}}


def default_for(ctx: Context, account: dict[str, Any], currency: str) -> dict[str, Any] | None:
    """Where payouts in this currency go: the default, unless it is `errored`; or None."""
    for one in payout_targets.attached(ctx.acting_as(account["id"])):
        if one["currency"] == currency and one["default_for_currency"]:
            return None if one["status"] == "errored" else one
    return None


def payout_failure(target: dict[str, Any]) -> str | None:
    """The failure code that a payout to this bank account or card meets, or None."""
    code: str | None = target["_payout_failure"]
    return code


def mark_errored(ctx: Context, target: dict[str, Any]) -> None:
    """A payout of the acting account failed at this bank: nothing more goes there.

    The account needs a new one: `external_account` becomes due and payouts stop. (That the
    external account errors and payouts wait is documented; that `payouts_enabled` turns false
    until it is replaced is the reading taken here.)
    """
    account = connected.current(ctx)
    before = ctx.show(account)
    old = ctx.show(target)
    target["status"] = "errored"
    ctx.save(target)
    events.emit(ctx, "account.external_account.updated", target, before=old)
    connected.refresh_status(ctx, account, before)


def attach(
    ctx: Context,
    given: str | dict[str, Any],
    *,
    replace: bool = False,
    default: bool | None = None,
    metadata: dict[str, str] | None = None,
    tell: bool = True,
) -> dict[str, Any]:
    """Attach to the acting account; the account itself is refreshed by the caller.

    `given`: a token's id, or the numbers. `replace`: become the default for the currency and
    delete the old one. Raises `Refused` (400) for wrong numbers or an unknown token.
    """
    raw = _resolved(ctx, given)
    is_card = raw["object"] == "card"
    fields = payout_targets.debit_card(raw) if is_card else payout_targets.bank_account(raw)
    fields["metadata"] = merged(None, metadata or raw.get("metadata"))
    rivals = [one for one in payout_targets.attached(ctx) if one["currency"] == fields["currency"]]
    held_back = any(one["status"] == "errored" for one in rivals)
    is_default = replace or not rivals or bool(default)
    if is_default:
        for rival in rivals:
            if rival["default_for_currency"]:
                _step_down(ctx, rival, gone=replace)
    made = ctx.new(
        raw["object"], account=ctx.account, default_for_currency=is_default, customer=None, **fields
    )
    if tell:
        events.emit(ctx, "account.external_account.created", made)
    if held_back and is_default:
        run_soon(ctx)
    return made


def _resolved(ctx: Context, given: str | dict[str, Any]) -> dict[str, Any]:
    """The raw numbers behind a token; numbers stay as they are."""
    if isinstance(given, dict) and "token" not in given:
        return given
    token = given["token"] if isinstance(given, dict) else given
    known = payout_targets.ready_made(token)
    if known is not None:
        return known
    found = ctx.find(token, "token") or {}
    if "_raw" not in found:
        raise missing("token", token, "external_account")
    if "object" not in found["_raw"]:
        # Numbers are behind it, but of a person or an account. The text is not confirmed.
        raise Refused(
            f"A token of type {found['type']} is no bank account and no card.",
            param="external_account",
        )
    if found["used"]:
        raise Refused(
            f"You cannot use a Stripe token more than once: {token}.",
            code="token_already_used",
            param="external_account",
        )
    found["used"] = True
    ctx.save(found)
    raw: dict[str, Any] = found["_raw"]
    return raw


def _step_down(ctx: Context, rival: dict[str, Any], *, gone: bool) -> None:
    """Another external account becomes the default for this one's currency."""
    old = ctx.show(rival)
    rival["default_for_currency"] = False
    ctx.save(rival)
    if gone:
        ctx.delete(rival)
        events.emit(ctx, "account.external_account.deleted", rival)
    else:
        events.emit(ctx, "account.external_account.updated", rival, before=old)


def _inside(ctx: Context, account: str, *, change: bool) -> tuple[Context, dict[str, Any]]:
    """The account of the path; changing it is refused where only the seller may."""
    found = connected.reachable(ctx, account)
    if change and (connected.is_guarded(found) or found["controller"]["type"] == "account"):
        raise Refused(
            "You cannot manage the external accounts of this account: its holder does that in a"
            " dashboard or form of Stripe's.",
            status=403,
        )
    return ctx.acting_as(account), found


def _get(ctx: Context, identifier: str) -> dict[str, Any]:
    for one in payout_targets.attached(ctx):
        if one["id"] == identifier:
            return one
    raise missing("external account", identifier, "id")


@route("POST", _BASE, "AccountExternalAccountCreateParams")
def create(ctx: Context, params: dict[str, Any], account: str) -> dict[str, Any]:
    """Add an external account."""
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    made = attach(
        inside,
        params["external_account"],
        default=params.get("default_for_currency"),
        metadata=params.get("metadata"),
    )
    connected.refresh_status(ctx, found, before)
    return made


@route("GET", _BASE + "/{identifier}", "AccountExternalAccountRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], account: str, identifier: str) -> dict[str, Any]:
    """Retrieve an external account."""
    del params
    inside, _ = _inside(ctx, account, change=False)
    return _get(inside, identifier)


@route("POST", _BASE + "/{identifier}", "AccountExternalAccountUpdateParams")
def update(ctx: Context, params: dict[str, Any], account: str, identifier: str) -> dict[str, Any]:
    """Change the holder, the metadata, or make it the default for its currency."""
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    target = _get(inside, identifier)
    old = ctx.show(target)
    target.update({k: params[k] or None for k in _EDITABLE if k in params and k in target})
    target.update({k: int(params[k]) for k in ("exp_month", "exp_year") if k in params})
    if "metadata" in params:
        target["metadata"] = merged(target["metadata"], params["metadata"])
    if params.get("default_for_currency") and not target["default_for_currency"]:
        for rival in payout_targets.attached(inside):
            if rival["currency"] == target["currency"] and rival["default_for_currency"]:
                _step_down(inside, rival, gone=False)
        target["default_for_currency"] = True
    inside.save(target)
    events.emit(inside, "account.external_account.updated", target, before=old)
    connected.refresh_status(ctx, found, before)
    return target


@route("DELETE", _BASE + "/{identifier}", "AccountExternalAccountDeleteParams")
def delete(ctx: Context, params: dict[str, Any], account: str, identifier: str) -> dict[str, Any]:
    """Delete an external account; the default of the account's main currency must stay."""
    del params
    inside, found = _inside(ctx, account, change=True)
    before = ctx.show(found)
    target = _get(inside, identifier)
    if target["default_for_currency"] and target["currency"] == found["default_currency"]:
        raise Refused(
            "You cannot delete the default external account for your default currency. Please"
            " make another external account the default using the `default_for_currency` param,"
            " and then delete this one."
        )
    gone = inside.delete(target)
    events.emit(inside, "account.external_account.deleted", target)
    connected.refresh_status(ctx, found, before)
    return gone


@route("GET", _BASE, "AccountExternalAccountListParams")
def list_external_accounts(ctx: Context, params: dict[str, Any], account: str) -> Listing:
    """List external accounts, newest first; `object` keeps one type."""
    inside, _ = _inside(ctx, account, change=False)
    rows = [
        one
        for one in payout_targets.attached(inside)
        if params.get("object", one["object"]) == one["object"]
    ]
    return ctx.page(rows, params, "external account")
