"""A seller passes an address on; whoever opens it pays, and the session says which link it was."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox import hands
from tests.running import Running

from .merchants import moves, seller, told

BACK = "http://127.0.0.1:9/thanks?s={CHECKOUT_SESSION_ID}"


def cheese(sandbox: Running, **more: Any) -> str:
    wish: Any = {"product_data": {"name": "Brie"}, "unit_amount": 700, "currency": "usd", **more}
    return sandbox.client().v1.prices.create(wish).id


def link(sandbox: Running, quantity: int = 2, **more: Any) -> stripe.PaymentLink:
    lines = [{"price": cheese(sandbox), "quantity": quantity}]
    wish: Any = {"line_items": lines, **more}
    return sandbox.client().v1.payment_links.create(wish)


def opened(sandbox: Running, url: str) -> str:
    """Where opening the link leads."""
    answer = sandbox.http.get(url, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_who_opens_a_link_pays_a_session_of_it(sandbox: Running) -> None:
    made = link(sandbox, metadata={"stall": "7"})
    hands.pay(f"{made.url}?client_reference_id=ada&prefilled_email=a@b.example")

    (session,) = sandbox.client().v1.checkout.sessions.list({"payment_link": made.id}).data
    assert (session.status, session.amount_total) == ("complete", 1_400)
    assert session.payment_link == made.id
    assert session.metadata is not None
    assert session.metadata["stall"] == "7"
    assert (session.client_reference_id, session.customer_email) == ("ada", "a@b.example")
    assert told(sandbox)[-1] == "checkout.session.completed"


def test_every_opening_is_a_session_of_its_own(sandbox: Running) -> None:
    made = link(sandbox)
    assert opened(sandbox, made.url) != opened(sandbox, made.url)


def test_the_money_of_a_link_is_divided_as_it_says(sandbox: Running) -> None:
    maria = seller(sandbox)
    made = link(
        sandbox, application_fee_amount=100, transfer_data={"destination": maria}, quantity=1
    )
    hands.pay(made.url)
    assert [move[:2] for move in moves(sandbox, maria)] == [("payment", 700)]
    assert ("application_fee", 100) in [move[:2] for move in moves(sandbox)]


def test_a_link_says_what_its_seller_wants_to_say(sandbox: Running) -> None:
    hello = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Enjoy!"}}
    made = link(sandbox, after_completion=hello)
    assert "Enjoy!" in sandbox.http.get(hands.pay(made.url), timeout=60).text

    sandbox.client().v1.payment_links.update(
        made.id, {"after_completion": {"type": "redirect", "redirect": {"url": BACK}}}
    )
    assert hands.pay(made.url).startswith("http://127.0.0.1:9/thanks?s=cs_test_")


def test_whoever_paid_is_thanked_and_nobody_else(sandbox: Running) -> None:
    made = sandbox.client().v1.payment_links.create(
        {"line_items": [{"price": cheese(sandbox, currency="eur"), "quantity": 1}]}
    )
    assert sandbox.http.get(f"{made.url}/thanks", timeout=60).status_code == 404
    assert "was received" in sandbox.http.get(hands.pay(made.url), timeout=60).text
    slow = hands.pay(made.url, debit="succeeds")
    assert "on its way" in sandbox.http.get(slow, timeout=60).text


def test_a_link_that_is_over_makes_no_session(sandbox: Running) -> None:
    client = sandbox.client()
    made = link(sandbox, restrictions={"completed_sessions": {"limit": 1}})
    hands.pay(made.url)
    again = sandbox.http.get(made.url, timeout=60)
    assert "no longer active" in again.text
    counted = client.v1.payment_links.retrieve(made.id).restrictions
    assert counted is not None
    assert counted.completed_sessions.count == 1

    client.v1.payment_links.update(
        made.id, {"active": False, "restrictions": "", "inactive_message": "Sold out."}
    )
    assert "Sold out." in sandbox.http.get(made.url, timeout=60).text
    assert sandbox.http.get(f"{made.url}x", timeout=60).status_code == 404


def test_lines_change_in_number_only(sandbox: Running) -> None:
    client = sandbox.client()
    made = link(sandbox)
    (line,) = client.v1.payment_links.line_items.list(made.id).data
    client.v1.payment_links.update(made.id, {"line_items": [{"id": line.id, "quantity": 5}]})
    (line,) = client.v1.payment_links.line_items.list(made.id).data
    assert (line.quantity, line.amount_total) == (5, 3_500)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_links.update(made.id, {"line_items": [{"id": "li_x", "quantity": 1}]})
    assert refusal.value.code == "resource_missing"


def test_a_recurring_price_can_be_linked_but_not_paid(sandbox: Running) -> None:
    client = sandbox.client()
    milk = cheese(sandbox, recurring={"interval": "week", "interval_count": 2})
    price = client.v1.prices.retrieve(milk)
    assert (price.type, price.recurring and price.recurring.interval_count) == ("recurring", 2)
    made = client.v1.payment_links.create({"line_items": [{"price": milk, "quantity": 1}]})
    assert "does not cover" in sandbox.http.get(made.url, timeout=60).text
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        client.v1.checkout.sessions.create(
            {"success_url": BACK, "line_items": [{"price": milk, "quantity": 1}], "mode": "payment"}
        )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        link(sandbox, application_fee_percent=10)
    assert refusal.value.param == "application_fee_percent"


def test_prices_are_found_by_what_they_are(sandbox: Running) -> None:
    once = cheese(sandbox, lookup_key="wheel")
    weekly = cheese(sandbox, recurring={"interval": "week"})
    listed = sandbox.client().v1.prices.list
    assert [price.id for price in listed({"lookup_keys": ["wheel", "slice"]}).data] == [once]
    assert [price.id for price in listed({"recurring": {"interval": "week"}}).data] == [weekly]
    assert listed({"recurring": {"interval": "year"}}).data == []
