"""Accounts v2: made of configurations, read from one object of which most has to be asked for.

The object is a `v2.core.account` (`POST /v2/core/accounts`, `GET /v2/core/accounts/{id}`). What the
account may do is sorted by role (merchant, recipient), each requirement says who has to act, and
there is neither `details_submitted` nor `disabled_reason`: both are concluded here. The rule that
bites: what a request does not name in `include` comes back as null, which looks like "nothing due".
https://docs.stripe.com/connect/accounts-v2 https://docs.stripe.com/api/v2/core/accounts/object
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, cast

from stripe.params.v2.core import (
    AccountCreateParams,
    AccountCreateParamsConfiguration,
    AccountCreateParamsDefaultsProfile,
    AccountCreateParamsDefaultsResponsibilities,
    AccountUpdateParams,
)

from marketplace import clock
from marketplace.accounts.applicant import MCC, Applicant
from marketplace.accounts.state import (
    AccountState,
    Alternative,
    Bank,
    Due,
    Problem,
    Requirement,
    standing,
)
from marketplace.design import (
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.shape import responsibilities, seller_is_merchant

Part = Literal[
    "configuration.merchant",
    "configuration.recipient",
    "defaults",
    "future_requirements",
    "requirements",
]
# Everything that `state` reads.
INCLUDE: list[Part] = [
    "configuration.merchant",
    "configuration.recipient",
    "defaults",
    "future_requirements",
    "requirements",
]
# A recipient may not be made alone in every country; Stripe tells it by this code, and the list of
# countries is its own. https://docs.stripe.com/connect/account-capabilities
NEEDS_CARDS = "capability_not_available_without_other_capability"

_URGENCY = {
    "past_due": Due.PAST,
    "currently_due": Due.NOW,
    "eventually_due": Due.LATER,
}
# The capability that nobody asks for: it comes with the others.
_PAYOUTS = "stripe_balance.payouts"
_SHORT = {"stripe_balance.stripe_transfers": "transfers"}
# Why something is off, weightiest first, in the words of v1's `disabled_reason`.
_REASONS = (
    ("rejected_", "rejected."),
    ("restricted_other", "other"),
    ("unsupported_", "unsupported."),
    ("requirements_past_due", "requirements.past_due"),
    ("requirements_", "requirements."),
    ("determining_status", "under_review"),
)


def create_params(
    design: Design, applicant: Applicant, *, with_cards: bool = False
) -> AccountCreateParams:
    """The request that makes the account, asking for no more than the design needs.

    `with_cards` makes a recipient a merchant too, for the countries where Stripe wants both.
    https://docs.stripe.com/api/v2/core/accounts/create
    """
    profile: AccountCreateParamsDefaultsProfile = {
        "doing_business_as": applicant.shop_name,
        "product_description": applicant.sells,
    }
    if applicant.public_url:
        profile["business_url"] = applicant.public_url
    return {
        "contact_email": applicant.email,
        "display_name": applicant.shop_name,
        "dashboard": design.dashboard.value,
        "identity": {"country": applicant.country.lower()},
        "configuration": _told(configuration(design, with_cards=with_cards), applicant),
        "defaults": {"profile": profile, "responsibilities": _responsibilities(design)},
        "metadata": {"seller": applicant.token},
        "include": [*INCLUDE],
    }


def _told(
    wanted: AccountCreateParamsConfiguration, applicant: Applicant
) -> AccountCreateParamsConfiguration:
    """The configurations with what is known of the shop; only a merchant has a place for it."""
    merchant = wanted.get("merchant")
    if merchant is not None:
        merchant["mcc"] = applicant.mcc
        if applicant.statement_descriptor:
            merchant["statement_descriptor"] = {"descriptor": applicant.statement_descriptor}
    return wanted


def configuration(design: Design, *, with_cards: bool = False) -> AccountCreateParamsConfiguration:
    """What the account is to be: a merchant takes cards itself, a recipient is only paid.

    https://docs.stripe.com/connect/accounts-v2/connected-account-configuration
    """
    wanted: AccountCreateParamsConfiguration = {}
    if seller_is_merchant(design) or with_cards:
        wanted["merchant"] = {"mcc": MCC, "capabilities": {"card_payments": {"requested": True}}}
    if not seller_is_merchant(design):
        transfers: Any = {"stripe_transfers": {"requested": True}}
        wanted["recipient"] = {"capabilities": {"stripe_balance": transfers}}
    return wanted


def widening(design: Design, *, with_cards: bool = False) -> AccountUpdateParams:
    """The request that asks for the capabilities which `design` needs on an account that exists.

    The line of business is left alone: by now it is the seller's own answer.
    https://docs.stripe.com/api/v2/core/accounts/update
    """
    wanted: dict[str, Any] = dict(configuration(design, with_cards=with_cards))
    if "merchant" in wanted:
        wanted["merchant"] = {"capabilities": wanted["merchant"]["capabilities"]}
    return cast("AccountUpdateParams", {"configuration": wanted, "include": [*INCLUDE]})


def design(account: Mapping[str, Any]) -> Design | None:
    """The design that an account, as plain data with `INCLUDE`, was made with.

    None for one that has no dashboard decided or no responsibilities: it is not set up to sell.
    https://docs.stripe.com/connect/accounts-v2/connected-account-configuration
    """
    told = (account.get("defaults") or {}).get("responsibilities") or {}
    shown = account.get("dashboard")
    if not (shown and told.get("fees_collector") and told.get("losses_collector")):
        return None
    recipient = (account.get("configuration") or {}).get("recipient")
    return Design(
        accounts_api=AccountsApi.V2,
        onboarding=Onboarding.HOSTED,
        dashboard=Dashboard(shown),
        fee_payer=FeePayer.SELLER if told["fees_collector"] == "stripe" else FeePayer.PLATFORM,
        loss_owner=LossOwner.STRIPE if told["losses_collector"] == "stripe" else LossOwner.PLATFORM,
        charge_type=ChargeType.DESTINATION
        if recipient and shown != Dashboard.FULL
        else ChargeType.DIRECT,
    )


def state(account: Mapping[str, Any], banks: Iterable[Mapping[str, Any]] = ()) -> AccountState:
    """Read an account, as plain data with `INCLUDE`, into what we keep of it.

    `banks` are its external accounts, which v2 names only by id.
    https://docs.stripe.com/api/v2/core/accounts/object
    """
    now = account.get("requirements") or {}
    later = account.get("future_requirements") or {}
    told = list(_capabilities(account))
    capabilities = {_SHORT.get(name, name): it["status"] for name, it in told if name != _PAYOUTS}
    payouts = any(name == _PAYOUTS and it["status"] == "active" for name, it in told)
    requirements = tuple(_requirements(now, later))
    submitted = not any(map(_is_unfinished, now.get("entries") or ()))
    dues = {requirement.due for requirement in requirements}
    reason = _disabled_reason(account, told)
    statuses = set(capabilities.values())
    currency = (account.get("defaults") or {}).get("currency") or ""
    return AccountState(
        stripe_id=account["id"],
        state=standing(
            submitted=submitted,
            working=statuses == {"active"} and payouts,
            reviewing="pending" in statuses or Due.CHECKING in dues,
            dues=dues,
            disabled_reason=reason,
        ),
        details_submitted=submitted,
        charges_enabled=capabilities.get("card_payments") == "active",
        payouts_enabled=payouts,
        capabilities=capabilities,
        requirements=requirements,
        problems=tuple(_problems(now, later)),
        deadline=_deadline(now, later),
        disabled_reason=reason,
        banks=tuple(Bank.read(bank, currency) for bank in banks),
        metadata=dict(account.get("metadata") or {}),
        alternatives=tuple(_alternatives(now, later)),
    )


def _responsibilities(design: Design) -> AccountCreateParamsDefaultsResponsibilities:
    """The two that can be chosen; who collects requirements follows from them."""
    chosen = responsibilities(design)
    names = ("fees_collector", "losses_collector")
    return cast("AccountCreateParamsDefaultsResponsibilities", {it: chosen[it] for it in names})


def _capabilities(account: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and fact of every capability of every role; a role that was taken away has none."""
    roles = account.get("configuration") or {}
    for role in ("merchant", "recipient"):
        held = roles.get(role) or {}
        if held.get("applied", True):
            yield from _leaves(held.get("capabilities") or {})


def _leaves(hashes: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in hashes.items():
        if not isinstance(value, Mapping):
            continue
        if "status" in value:
            yield path + name, value
        else:
            yield from _leaves(value, f"{path}{name}.")


def _disabled_reason(
    account: Mapping[str, Any], told: Iterable[tuple[str, Mapping[str, Any]]]
) -> str | None:
    """The weightiest reason for which anything is off, as v1 would have named it."""
    if account.get("closed"):
        return "closed"
    codes = [
        str(detail["code"])
        for _, it in told
        if it["status"] != "active"
        for detail in it.get("status_details") or ()
    ]
    for start, reason in _REASONS:
        for code in codes:
            if code.startswith(start):
                return reason + code.removeprefix(start)
    return None


def _is_unfinished(entry: Mapping[str, Any]) -> bool:
    """Whether the seller has not answered the first questions yet: v1's `details_submitted`."""
    reasons = {it.get("code") for it in entry.get("requested_reasons") or ()}
    return _due(entry) in {Due.PAST, Due.NOW} and "routine_onboarding" in reasons


def _due(entry: Mapping[str, Any]) -> Due:
    """How urgent an entry is; what waits for Stripe asks nothing of anybody."""
    if entry.get("awaiting_action_from") == "stripe":
        return Due.CHECKING
    deadline = entry.get("minimum_deadline") or {}
    return _URGENCY.get(deadline.get("status", ""), Due.LATER)


def _code(entry: Mapping[str, Any]) -> str:
    """The name of what is asked, and of whom when it is about one of several people."""
    name: str = entry.get("description") or "unnamed"
    person = (entry.get("reference") or {}).get("resource")
    return f"{person}.{name.removeprefix('person.')}" if person else name


def _requirements(now: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Requirement]:
    """Each requirement once, by its most urgent entry, most urgent first."""
    order = list(Due)
    found = [(_code(entry), _due(entry)) for entry in now.get("entries") or ()]
    found += [(_code(entry), Due.LATER) for entry in later.get("entries") or ()]
    seen = set()
    for code, due in sorted(found, key=lambda pair: order.index(pair[1])):
        if code not in seen:
            seen.add(code)
            yield Requirement(code, due)


def _alternatives(*sources: Mapping[str, Any]) -> Iterator[Alternative]:
    """What Stripe would take instead of what it asks for, said once, each way by itself."""
    found = [
        Alternative(_codes(option["entries"]), _codes(it["original_entries"]))
        for source in sources
        for it in source.get("alternatives") or ()
        for option in it["options"]
    ]
    yield from dict.fromkeys(found)


def _codes(entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(map(_code, entries))


def _problems(*sources: Mapping[str, Any]) -> Iterator[Problem]:
    for source in sources:
        for entry in source.get("entries") or ():
            for error in entry.get("errors") or ():
                yield Problem(_code(entry), error["code"], error.get("description") or "")


def _deadline(now: Mapping[str, Any], later: Mapping[str, Any]) -> datetime | None:
    """When something will be switched off, if a day is set."""
    minimum = (now.get("summary") or {}).get("minimum_deadline") or {}
    moment = minimum.get("time") or later.get("minimum_transition_date")
    return clock.from_rfc3339(moment) if moment else None
