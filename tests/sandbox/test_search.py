"""Searching charges, PaymentIntents and customers by Stripe's query language."""

from typing import Any

import pytest
import stripe
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.sandbox import search
from marketplace.sandbox.errors import Invalid

from .conftest import Running
from .merchants import pay, seller


@pytest.fixture
def orders(sandbox: Running) -> dict[str, str]:
    """Three payments: name -> PaymentIntent."""
    ada = seller(sandbox)
    made = {
        "small": pay(sandbox, 900, metadata={"order": "1", "it's": "odd"}),
        "large": pay(sandbox, 5_000, metadata={"order": "2"}),
        "held": pay(sandbox, 7_000, capture_method="manual", metadata={"order": "3"}),
    }
    pay(sandbox, 6_000, on=ada)
    return {name: intent.id for name, intent in made.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("amount>1000", ["held", "large"]),
        ("amount>=5000 AND amount<7000", ["large"]),
        ("amount:900", ["small"]),
        ("metadata['order']:'2'", ["large"]),
        ('metadata["order"]:"2" OR metadata["order"]:"3"', ["held", "large"]),
        ('metadata["it\'s"]:"ODD"', ["small"]),
        ('status:"succeeded"', ["large", "small"]),
        ('status:"SUCCEEDED" -amount<1000', ["large"]),
        ('-status:"succeeded"', ["held"]),
        ("customer:null AND amount<1000", ["small"]),
        ("-customer:null", []),
        ('metadata["colour"]:null AND currency:"usd" AND amount>6000', ["held"]),
        ('-metadata["order"]:"1"', ["held", "large"]),
    ],
)
def test_a_query_finds_what_it_says(
    sandbox: Running, orders: dict[str, str], query: str, found: list[str]
) -> None:
    result = sandbox.client().v1.payment_intents.search({"query": query})
    assert [intent.id for intent in result.data] == [orders[name] for name in found]
    assert result.to_dict()["object"] == "search_result"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "it is empty"),
        ("amount", "near"),
        ("colour:'red'", "unsupported search field"),
        ("status:succeeded", "must be quoted"),
        ("status>'a'", "cannot be compared"),
        ("amount:'ten'", "cannot be compared"),
        ("status~'succ'", "does not support"),
        ("amount>1 AND amount<2 OR amount>3", "cannot be mixed"),
        ("amount>1 AND", "near"),
        (" ".join(["amount>1"] * 11), "more than 10"),
        ("amount['a']:1", "unsupported search field"),
    ],
)
def test_a_query_that_nobody_understands_is_refused(
    sandbox: Running, query: str, words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        sandbox.client().v1.payment_intents.search({"query": query})
    assert refused.value.param == "query"


def test_pages_follow_each_other_and_belong_to_one_account(sandbox: Running) -> None:
    ada = seller(sandbox)
    for amount in (100, 200, 300, 400, 500):
        pay(sandbox, amount)
    pay(sandbox, 600, on=ada)
    client = sandbox.client()
    asked: Any = {"query": "amount>150", "limit": 3, "expand": ["total_count"]}
    first = client.v1.charges.search(asked)
    assert first.to_dict()["total_count"] == 4
    assert ([charge.amount for charge in first.data], first.has_more) == ([500, 400, 300], True)
    second = client.v1.charges.search(
        {"query": "amount>150", "limit": 3, "page": str(first.next_page)}
    )
    assert [charge.amount for charge in second.data] == [200]
    assert second.to_dict()["next_page"] is None
    assert [charge.amount for charge in first.auto_paging_iter()] == [500, 400, 300, 200]
    for wrong in ({"limit": 0}, {"page": "§"}):
        params: Any = {"query": "amount>1", **wrong}
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.charges.search(params)


def test_charges_are_found_by_card_and_by_what_became_of_them(sandbox: Running) -> None:
    paid = pay(sandbox, card="pm_card_mastercard")
    disputed = pay(sandbox, card="pm_card_createDispute")
    sandbox.client().v1.refunds.create({"payment_intent": paid.id})
    for query, found in {
        'payment_method_details.card.last4:"4444"': paid,
        'payment_method_details.card.brand:"visa"': disputed,
        'refunded:"true"': paid,
        'disputed:"true"': disputed,
    }.items():
        result = sandbox.client().v1.charges.search({"query": query, "expand": ["data.customer"]})
        assert [charge.payment_intent for charge in result.data] == [found.id], query


def test_customers_are_found_by_part_of_a_name(sandbox: Running) -> None:
    client = sandbox.client()
    bea = client.v1.customers.create({"email": "bea@example.com", "name": "Bea Müller"})
    client.v1.customers.create({"email": "cy@example.net"})
    for query in ('name~"bea"', 'email:"BEA@example.com"', 'email~"example.com"', "-name:null"):
        assert [one.id for one in client.v1.customers.search({"query": query}).data] == [bea.id]
    with pytest.raises(stripe.InvalidRequestError, match="at least 3"):
        client.v1.customers.search({"query": 'name~"be"'})


@given(st.text(max_size=80))
@example('metadata["a\\"b"]:"c"')
@example("a:'" * 20)
@example("metadata['" + "\\" * 60)
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        clauses, joint = search.parse(text)
    except Invalid:
        return
    assert clauses
    assert joint in {"AND", "OR"}
