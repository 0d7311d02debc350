"""Accounts v1: made from controller properties, read from one flat object.

The object is an Account (`POST /v1/accounts`, `GET /v1/accounts/{id}`). The rule that bites: every
`controller` property is fixed at creation, and once the seller has seen Stripe's onboarding, what
we know about the person can be written no more; so whatever we know is given at the start.
https://docs.stripe.com/api/accounts/object
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stripe.params import (
    AccountCreateParams,
    AccountCreateParamsBusinessProfile,
    AccountCreateParamsController,
)

from marketplace import clock
from marketplace.accounts.applicant import Applicant
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

# The legacy types in the words of the controller: dashboard, who pays the fees, who bears losses.
LEGACY: Mapping[str, tuple[str | None, str | None, str | None]] = {
    "standard": ("full", "account", "stripe"),
    "express": ("express", "application_express", "application"),
    "custom": ("none", "application_custom", "application"),
}


def create_params(design: Design, applicant: Applicant) -> AccountCreateParams:
    """The request that makes the account. https://docs.stripe.com/api/accounts/create"""
    params: AccountCreateParams = {
        "controller": controller(design),
        "country": applicant.country,
        "email": applicant.email,
        "business_profile": _business_profile(applicant),
        # card_payments cannot be had without transfers; destination charges need only the latter,
        # but an account that has both can later be charged directly or on behalf of.
        "capabilities": {
            "transfers": {"requested": True},
            "card_payments": {"requested": True},
        },
        "metadata": {"seller": applicant.token},
    }
    if applicant.recipient:
        # https://docs.stripe.com/connect/service-agreement-types#recipient
        params["capabilities"] = {"transfers": {"requested": True}}
        params["tos_acceptance"] = {"service_agreement": "recipient"}
    elif applicant.statement_descriptor:
        params["settings"] = {"payments": {"statement_descriptor": applicant.statement_descriptor}}
    return params


def controller(design: Design) -> AccountCreateParamsController:
    """The four properties, in Stripe's words: `account` is the seller, `application` is us.

    https://docs.stripe.com/connect/migrate-to-controller-properties
    """
    ours = design.dashboard is Dashboard.NONE and design.loss_owner is LossOwner.PLATFORM
    return {
        "stripe_dashboard": {"type": design.dashboard.value},
        "fees": {"payer": "account" if design.fee_payer is FeePayer.SELLER else "application"},
        "losses": {
            "payments": "stripe" if design.loss_owner is LossOwner.STRIPE else "application"
        },
        # Who bears the losses of accounts without a dashboard also asks them the questions.
        "requirement_collection": "application" if ours else "stripe",
    }


def design(account: Mapping[str, Any]) -> Design | None:
    """The design that an account of any kind was made with; None when it has none that we know.

    The legacy types are read as what they behave like. The charge type is nobody's property: it is
    the one that the capabilities allow. https://docs.stripe.com/connect/migrate-to-controller-properties
    """
    old = LEGACY.get(account.get("type") or "none", (None, None, None))
    told = account.get("controller") or {}
    shown = (told.get("stripe_dashboard") or {}).get("type") or old[0]
    payer = (told.get("fees") or {}).get("payer") or old[1]
    losses = (told.get("losses") or {}).get("payments") or old[2]
    if shown is None or payer is None or losses is None:
        return None
    asked = account.get("capabilities") or {}
    direct = shown == Dashboard.FULL or "transfers" not in asked
    return Design(
        accounts_api=AccountsApi.V1,
        onboarding=Onboarding.HOSTED,
        dashboard=Dashboard(shown),
        # `application_express` and `application_custom` are what the legacy types have.
        fee_payer=FeePayer.SELLER if payer == "account" else FeePayer.PLATFORM,
        loss_owner=LossOwner.STRIPE if losses == "stripe" else LossOwner.PLATFORM,
        charge_type=ChargeType.DIRECT if direct and asked else ChargeType.DESTINATION,
    )


def state(account: Mapping[str, Any]) -> AccountState:
    """Read an Account, as plain data, into what we keep of it.

    https://docs.stripe.com/api/accounts/object#account_object-requirements
    """
    now = account.get("requirements") or {}
    later = account.get("future_requirements") or {}
    capabilities = dict(account.get("capabilities") or {})
    requirements = tuple(_requirements(now, later))
    submitted = bool(account.get("details_submitted"))
    charges, payouts = bool(account.get("charges_enabled")), bool(account.get("payouts_enabled"))
    active = bool(capabilities) and set(capabilities.values()) == {"active"}
    deadline = now.get("current_deadline") or later.get("current_deadline")
    dues = {requirement.due for requirement in requirements}
    return AccountState(
        stripe_id=account["id"],
        state=standing(
            submitted=submitted,
            working=active and charges and payouts,
            reviewing=Due.CHECKING in dues or "pending" in capabilities.values(),
            dues=dues,
            disabled_reason=now.get("disabled_reason"),
        ),
        details_submitted=submitted,
        charges_enabled=charges,
        payouts_enabled=payouts,
        capabilities=capabilities,
        requirements=requirements,
        problems=tuple(_problems(now, later)),
        deadline=clock.from_unix(deadline) if deadline else None,
        disabled_reason=now.get("disabled_reason"),
        banks=tuple(_banks(account)),
        metadata=dict(account.get("metadata") or {}),
        alternatives=tuple(_alternatives(now, later)),
    )


def _business_profile(applicant: Applicant) -> AccountCreateParamsBusinessProfile:
    profile: AccountCreateParamsBusinessProfile = {
        "name": applicant.shop_name,
        "mcc": applicant.mcc,
        "product_description": applicant.sells,
    }
    if applicant.public_url:
        profile["url"] = applicant.public_url
    return profile


def _requirements(now: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Requirement]:
    """Each requirement once, by the most urgent list it is on: Stripe repeats them downwards."""
    lists = (
        (Due.PAST, now.get("past_due")),
        (Due.NOW, now.get("currently_due")),
        (Due.CHECKING, now.get("pending_verification")),
        (Due.LATER, now.get("eventually_due")),
        (Due.LATER, later.get("past_due")),
        (Due.LATER, later.get("currently_due")),
        (Due.LATER, later.get("eventually_due")),
    )
    seen = set()
    for due, codes in lists:
        for code in codes or ():
            if code not in seen:
                seen.add(code)
                yield Requirement(code, due)


def _alternatives(*sources: Mapping[str, Any]) -> Iterator[Alternative]:
    """What Stripe would take instead of what it asks for, said once.

    https://docs.stripe.com/api/accounts/object#account_object-requirements-alternatives
    """
    told = [it for source in sources for it in source.get("alternatives") or ()]
    found = (
        Alternative(tuple(it["alternative_fields_due"]), tuple(it["original_fields_due"]))
        for it in told
    )
    yield from dict.fromkeys(found)


def _problems(*sources: Mapping[str, Any]) -> Iterator[Problem]:
    for source in sources:
        for error in source.get("errors") or ():
            yield Problem(error["requirement"], error["code"], error.get("reason") or "")


def _banks(account: Mapping[str, Any]) -> Iterator[Bank]:
    listed = account.get("external_accounts") or {}
    for bank in listed.get("data") or ():
        yield Bank.read(bank, account.get("default_currency") or "")
