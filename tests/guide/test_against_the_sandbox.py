"""What the guide tells people to send is sent, to a Stripe that checks it."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from marketplace.design import DEFAULT, EVERY, AccountsApi, ChargeType, Design
from marketplace.design.collecting import Collect
from marketplace.design.rules import judge
from marketplace.guide import options, report, requests
from marketplace.guide.requests import Request
from marketplace.guide.sample import USUAL
from marketplace.onboarding import hosted
from tests.guide import sdk
from tests.running import Running

DIRECT = ChargeType.DIRECT
# The account and its onboarding do not depend on where the buyer is charged, but for capabilities.
BEGINNINGS = [
    design
    for design in EVERY
    if judge(design).can_be_built
    and (design.charge_type is DIRECT or design.accounts_api is AccountsApi.V2)
]
STEPS = {"accounts", "account_links", "account_sessions"}


def sent(sandbox: Running, request: Request, account: str) -> Any:
    """Make the call of a guide, with a real account in the place of the made-up one."""
    ids = [name.replace(requests.ACCOUNT, account) for name in request.ids]
    params = json.loads(json.dumps(request.params).replace(requests.ACCOUNT, account))
    return sdk.call(request.sdk, sandbox.client())(*ids, params)


@pytest.mark.parametrize("design", BEGINNINGS, ids=options.short)
def test_a_seller_is_made_and_begins_by_the_guides_own_requests(
    sandbox: Running, design: Design
) -> None:
    create, *others = [
        it for it in report.guide(design).requests if STEPS & set(it.sdk.split(".")[:-1])
    ]
    account = sent(sandbox, create, "").id
    for request in others:
        if not request.sdk.endswith("login_links.create"):  # there is none before onboarding ends
            assert sent(sandbox, request, account)


@pytest.mark.parametrize("api", AccountsApi)
def test_the_link_that_is_shown_is_the_link_that_the_shop_asks_for(
    sandbox: Running, api: AccountsApi
) -> None:
    bodies: list[Any] = []
    design = replace(DEFAULT, accounts_api=api)
    account = sent(sandbox, requests.create_account(design, USUAL), "").id
    sandbox.http.hooks["response"].append(lambda answer, **_: bodies.append(answer.request.body))
    sent(sandbox, requests.account_link(design), account)
    hosted.LINKS[api](sandbox.client(), account, Collect.EVENTUALLY, requests.BACK, requests.AGAIN)
    guides, shops = (sorted(re.split("[&,{}]", str(body))) for body in bodies)
    assert guides == shops
