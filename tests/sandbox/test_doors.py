"""The workbench's doors: onboarding, dashboards and payments, opened without a link at hand."""

from typing import Any

import pytest
import requests
import stripe

from marketplace.sandbox import hands
from tests.running import Running

from .merchants import SELLER_PAYS, seller
from .test_workbench import PAGE, press, see

BACK = "http://127.0.0.1:9/"


def through(sandbox: Running, account: str, door: str) -> requests.Response:
    return press(sandbox, "/_sandbox/doors", account=account, door=door)


def test_nobody_and_nothing_to_open(sandbox: Running) -> None:
    page = see(sandbox, "/_sandbox/doors")
    assert "No connected account yet" in page
    assert through(sandbox, "acct_none", "onboarding").status_code == 404


def test_a_seller_is_onboarded_and_seen_through_the_doors(sandbox: Running) -> None:
    client = sandbox.client()
    mia = client.v1.accounts.create({"type": "express", "country": "US"}).id
    assert "not onboarded" in see(sandbox, "/_sandbox/doors")
    shut = through(sandbox, mia, "dashboard")
    assert shut.status_code == 409
    assert "has not completed onboarding" in shut.text

    hands.onboard(through(sandbox, mia, "onboarding").headers["Location"])
    assert client.v1.accounts.retrieve(mia).details_submitted
    opened = through(sandbox, mia, "dashboard").headers["Location"]
    assert "Balance" in requests.Session().get(opened, headers=PAGE, timeout=60).text


def test_a_wall_is_put_up_and_taken_down_by_hand(sandbox: Running) -> None:
    assert "has not signed up" in see(sandbox, "/_sandbox/faults")
    put = press(sandbox, "/_sandbox/walls", connect_not_signed_up="true")
    assert put.headers["Location"] == "/_sandbox/faults?done=walls"
    with pytest.raises(stripe.InvalidRequestError, match="signed up"):
        sandbox.client().v1.accounts.create({"type": "express"})
    assert see(sandbox, "/_sandbox/faults").count("selected>Stands") == 1
    press(sandbox, "/_sandbox/walls", connect_not_signed_up="false")
    sandbox.client().v1.accounts.create({"type": "express"})


def test_open_payments_and_links_stand_there_until_they_are_over(sandbox: Running) -> None:
    client = sandbox.client()
    full = seller(sandbox, controller=SELLER_PAYS)
    price: Any = {"product_data": {"name": "Brie"}, "unit_amount": 700, "currency": "usd"}
    line: Any = {"price": client.v1.prices.create(price).id, "quantity": 1}
    session = client.v1.checkout.sessions.create(
        {"success_url": BACK, "line_items": [line], "mode": "payment"}
    )
    link = client.v1.payment_links.create({"line_items": [line]})
    page = see(sandbox, "/_sandbox/doors")
    assert session.url is not None
    assert session.url in page
    assert link.url in page
    assert f'name="account" value="{full}"' in page
    assert "7.00 USD" in page

    client.v1.checkout.sessions.expire(session.id)
    client.v1.payment_links.update(link.id, {"active": False})
    page = see(sandbox, "/_sandbox/doors")
    assert "Nobody is being asked to pay" in page
    assert "No active Payment Link" in page
