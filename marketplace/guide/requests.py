"""The requests that a design makes, as they will be made.

Where the shop has a builder (in `accounts`, `charges`, `onboarding.api`), its very parameters are
shown, with made-up names; the rest is written here in the types of the installed SDK. The rule that
bites: on whose account a request is made is no parameter but a header,
`Stripe-Account`, and forgetting it turns a direct charge into one of the platform.
https://docs.stripe.com/connect/authentication
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stripe.params import (
    AccountExternalAccountCreateParams,
    AccountLinkCreateParams,
    RefundCreateParams,
)
from stripe.params.v2.core import _account_link_create_params as v2_link

from marketplace import charges
from marketplace.accounts import sessions, v1, v2
from marketplace.accounts.applicant import Applicant
from marketplace.accounts.sessions import Component
from marketplace.charges import separate
from marketplace.charges.strategy import Item, Kind, Sale, Urls
from marketplace.design import AccountsApi, ChargeType, Dashboard, Design
from marketplace.guide import money
from marketplace.guide.sample import Sample
from marketplace.onboarding.api import v1 as forms_v1
from marketplace.onboarding.api import v2 as forms_v2
from marketplace.onboarding.api.answers import Signature

ACCOUNT = "acct_SELLER"
CHARGE = "ch_ORDER"
PAYMENT = "pi_ORDER"
SITE = "https://market.example"
BACK = f"{SITE}/sell/back"
AGAIN = f"{SITE}/sell/again"
# Any moment will do, as long as two looks at the guide show the same.
CLOSES = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `sdk` is its name at `StripeClient`, `ids` what goes into the path."""

    says: str
    method: str
    path: str
    sdk: str
    params: Mapping[str, Any]
    account: str | None = None
    ids: tuple[str, ...] = ()
    idempotent: bool = True


def applicant(sample: Sample) -> Applicant:
    """A seller who does not exist."""
    return Applicant(
        token="SELLER_TOKEN",  # noqa: S106 - a name that is shown, no secret
        shop_name="Driftwood Studio",
        email="seller@example.com",
        country=sample.country,
        shop_url=f"{SITE}/shops/driftwood",
    )


def create_account(design: Design, sample: Sample) -> Request:
    """The request that makes the seller's account. https://docs.stripe.com/api/accounts/create"""
    who = applicant(sample)
    if design.accounts_api is AccountsApi.V1:
        path, sdk = "/v1/accounts", "v1.accounts.create"
        return Request("Make the account", "POST", path, sdk, dict(v1.create_params(design, who)))
    path, sdk = "/v2/core/accounts", "v2.core.accounts.create"
    # A merchant of record has to take cards as well.
    params = v2.create_params(design, who, with_cards=sample.on_behalf_of)
    return Request("Make the account", "POST", path, sdk, dict(params))


def account_link(design: Design) -> Request:
    """The link to Stripe's questions. https://docs.stripe.com/connect/hosted-onboarding"""
    if design.accounts_api is AccountsApi.V1:
        old: AccountLinkCreateParams = {
            "account": ACCOUNT,
            "type": "account_onboarding",
            "return_url": BACK,
            "refresh_url": AGAIN,
            "collection_options": {"fields": "eventually_due", "future_requirements": "include"},
        }
        return Request(
            "Make a link, on the seller's click",
            "POST",
            "/v1/account_links",
            "v1.account_links.create",
            dict(old),
            idempotent=False,
        )
    new: v2_link.AccountLinkCreateParams = {
        "account": ACCOUNT,
        "use_case": {
            "type": "account_onboarding",
            "account_onboarding": {
                "return_url": BACK,
                "refresh_url": AGAIN,
                "collection_options": {
                    "fields": "eventually_due",
                    "future_requirements": "include",
                },
            },
        },
    }
    return Request(
        "Make a link, on the seller's click",
        "POST",
        "/v2/core/account_links",
        "v2.core.account_links.create",
        dict(new),
        idempotent=False,
    )


def onboarding_session(design: Design) -> Request:
    """The key to the embedded questions. https://docs.stripe.com/api/account_sessions/create"""
    return _session(design, (Component.ONBOARDING,))


def dashboard_session(design: Design) -> Request:
    """The key to every other component that the design puts into your pages."""
    owed = sessions.components(design)
    return _session(design, tuple(it for it in owed if it is not Component.ONBOARDING))


def _session(design: Design, wanted: tuple[Component, ...]) -> Request:
    return Request(
        "Make a session for one view of the page",
        "POST",
        "/v1/account_sessions",
        "v1.account_sessions.create",
        dict(sessions.create_params(design, ACCOUNT, wanted)),
        idempotent=False,
    )


ANSWERS: Mapping[str, Any] = {
    "business_type": "individual",
    "individual.first_name": "Ada",
    "individual.last_name": "Marsh",
    "individual.dob.day": 1,
    "individual.dob.month": 1,
    "individual.dob.year": 1901,
    "individual.address.line1": "address_full_match",
    "individual.address.city": "Portland",
}
SIGNED = Signature(CLOSES, "203.0.113.7", "Mozilla/5.0")


def send_answers(design: Design) -> Request:
    """What your own form sends. https://docs.stripe.com/connect/api-onboarding"""
    words = _FORMS[design.accounts_api]
    told = words.account_params(ANSWERS, SIGNED)
    return _update(design, "Send what the seller answered", told)


def accept_terms(design: Design) -> Request:
    """Stripe's terms, in the seller's name.

    https://docs.stripe.com/connect/updating-accounts#tos-acceptance
    """
    told = _FORMS[design.accounts_api].terms_params(SIGNED, "")
    return _update(design, "Send that the seller accepted the terms", told)


def add_bank(_design: Design) -> Request:
    """Where payouts go. https://docs.stripe.com/api/external_accounts/create"""
    params: AccountExternalAccountCreateParams = {
        "external_account": "btok_us",
        "default_for_currency": True,
    }
    return Request(
        "Add the bank account, of which you know only a token",
        "POST",
        f"/v1/accounts/{ACCOUNT}/external_accounts",
        "v1.accounts.external_accounts.create",
        dict(params),
        ids=(ACCOUNT,),
    )


def _update(design: Design, says: str, params: Mapping[str, Any]) -> Request:
    old = design.accounts_api is AccountsApi.V1
    api = "v1" if old else "v2/core"
    return Request(
        says,
        "POST",
        f"/{api}/accounts/{ACCOUNT}",
        f"{api.replace('/', '.')}.accounts.update",
        params,
        ids=(ACCOUNT,),
    )


_FORMS = {AccountsApi.V1: forms_v1, AccountsApi.V2: forms_v2}


def read_account(design: Design) -> Request:
    """Where the seller stands. https://docs.stripe.com/api/accounts/retrieve"""
    if design.accounts_api is AccountsApi.V1:
        path, sdk, params = f"/v1/accounts/{ACCOUNT}", "v1.accounts.retrieve", {}
    else:
        path, sdk = f"/v2/core/accounts/{ACCOUNT}", "v2.core.accounts.retrieve"
        params = {"include": ["requirements"]}
    return Request("Read it again after every event", "GET", path, sdk, params, ids=(ACCOUNT,))


def login_link() -> Request:
    """The way into the Express Dashboard. https://docs.stripe.com/api/accounts/login_link/create"""
    return Request(
        "Make a login link, on the seller's click",
        "POST",
        f"/v1/accounts/{ACCOUNT}/login_links",
        "v1.accounts.login_links.create",
        {},
        ids=(ACCOUNT,),
        idempotent=False,
    )


def checkout(design: Design, sample: Sample) -> Request:
    """The payment page. https://docs.stripe.com/api/checkout/sessions/create"""
    sale = _sale(design, sample)
    urls = Urls(f"{SITE}/orders/ORDER", f"{SITE}/basket")
    params = charges.of(design.charge_type).session_params(sale, urls)
    return Request(
        "Open Stripe's payment page",
        "POST",
        "/v1/checkout/sessions",
        "v1.checkout.sessions.create",
        dict(params),
        account=ACCOUNT if design.charge_type is ChargeType.DIRECT else None,
    )


def _sale(design: Design, sample: Sample) -> Sale:
    return Sale(
        reference="ORDER",
        attempt="ATTEMPT",
        title="A lamp of driftwood",
        items=[Item("A lamp of driftwood", sample.total, 1)],
        total=sample.total,
        commission=money.commission(design, sample),
        destination="" if design.charge_type is ChargeType.SEPARATE else ACCOUNT,
        buyer_email=None,
        expires_at=CLOSES,
        split=sample.split,
        on_behalf_of=sample.on_behalf_of,
    )


def transfer(design: Design, sample: Sample) -> Request:
    """The seller's share, once per seller. https://docs.stripe.com/api/transfers/create"""
    params = separate.transfer_params(
        money.deal(design, sample).shares[0].rest,
        ACCOUNT,
        reference="ORDER",
        title="Order ORDER",
        request="TRANSFER",
        source=CHARGE,
    )
    return Request(
        "Pass the share on, once for each seller",
        "POST",
        "/v1/transfers",
        "v1.transfers.create",
        dict(params),
    )


def refund(design: Design, sample: Sample) -> Request:
    """Money back to the buyer. https://docs.stripe.com/api/refunds/create"""
    params: RefundCreateParams = {"payment_intent": PAYMENT}
    kinds = {step.kind for step in money.plan(design, sample)}
    if Kind.APPLICATION_FEE in kinds:
        params["refund_application_fee"] = True
    if design.charge_type is ChargeType.DESTINATION:
        params["reverse_transfer"] = True
    return Request(
        "Give the buyer the money back",
        "POST",
        "/v1/refunds",
        "v1.refunds.create",
        dict(params),
        account=ACCOUNT if design.charge_type is ChargeType.DIRECT else None,
    )


def reversal() -> Request:
    """The seller's share back. https://docs.stripe.com/api/transfer_reversals/create"""
    return Request(
        "Take the share back from the seller",
        "POST",
        "/v1/transfers/tr_SHARE/reversals",
        "v1.transfers.reversals.create",
        {"metadata": {"order": "ORDER"}},
        ids=("tr_SHARE",),
    )


def payouts(design: Design) -> Request:
    """The payouts of a seller. https://docs.stripe.com/api/payouts/list"""
    pays = "Show the payouts" if design.dashboard is Dashboard.NONE else "Read the payouts"
    return Request(pays, "GET", "/v1/payouts", "v1.payouts.list", {"limit": 10}, account=ACCOUNT)
