"""Every trigger of the CLI whose calls the sandbox covers ends in the event that it is named for.

Each runs as a platform of its own, so that one trigger's dispute does not spend another's money.
"""

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from marketplace.cli.stripe import FIXTURES
from marketplace.sandbox import ids, listeners
from tests.running import Running

from .conftest import Cli

TRIGGERS = (
    "account.application.deauthorized account.updated balance.available"
    " cash_balance.funds_available charge.captured"
    " charge.dispute.closed charge.dispute.created charge.dispute.updated charge.failed"
    " charge.refund.updated charge.refunded charge.succeeded"
    " checkout.session.async_payment_failed checkout.session.async_payment_succeeded"
    " checkout.session.completed checkout.session.expired customer.created customer.deleted"
    " customer.source.created customer.source.updated customer.updated"
    " customer_cash_balance_transaction.created"
    " payment_intent.amount_capturable_updated payment_intent.canceled"
    " payment_intent.created payment_intent.partially_funded"
    " payment_intent.payment_failed payment_intent.processing"
    " payment_intent.requires_action payment_intent.succeeded payment_link.created"
    " payment_link.updated payment_method.attached payment_method.detached payment_method.updated"
    " payout.created payout.updated price.created price.updated"
    " product.created product.deleted product.updated setup_intent.canceled"
    " setup_intent.created setup_intent.requires_action"
    " setup_intent.setup_failed setup_intent.succeeded topup.created transfer.created"
    " transfer.reversed transfer.updated"
).split()
NOT_COVERED = {
    "billing_portal.": "the portal where customers manage subscriptions",
    "coupon.": "Billing: discounts",
    "credit_note.": "Billing: made from invoices",
    "customer.discount.": "Billing: discounts",
    "customer.subscription.": "Billing: subscriptions",
    "identity.": "Identity",
    "invoice.": "Billing: invoices",
    "invoiceitem.": "Billing: invoices",
    "issuing_": "Issuing",
    "plan.": "Billing: plans, which prices replaced",
    "promotion_code.": "Billing: discounts",
    "quote.": "Billing: quotes",
    "reporting.": "Reporting",
    "subscription.": "Billing: subscriptions",
    "subscription_schedule.": "Billing: subscriptions",
    "tax_rate.": "Tax",
    "test_helpers.test_clock.": "Billing: clocks of subscriptions",
    "v1.billing.meter.": "Billing: meters; the CLI sends these to a host of its own",
}
"""Beginnings of the names of triggers that lie outside the sandbox, and what they are part of."""
# What waits for the clock has come by then: settling, bank debits, payouts.
DAYS = 10 * 86_400


def run_all(
    sandbox: Running, cli: Cli, commands: dict[str, tuple[str, ...]]
) -> dict[str, str | list[str]]:
    """Run each command as a platform of its own; answers the names whose event did not come."""
    keys = {name: f"sk_test_{secrets.token_hex(12)}" for name in commands}
    ears = {}
    for name, key in keys.items():
        with sandbox.sandbox.session(ids.platform_of_key(key)) as ctx:
            ears[name] = listeners.welcome(ctx, [listeners.SNAPSHOTS, listeners.THIN], {}).id

    def run(name: str) -> str:
        done = cli.run(*commands[name], key=keys[name])
        return "" if done.returncode == 0 else done.stderr

    with ThreadPoolExecutor(4) as pool:
        said = dict(zip(commands, pool.map(run, commands), strict=True))
    sandbox.advance(DAYS)
    wrong: dict[str, str | list[str]] = {name: text for name, text in said.items() if text}
    for name in commands.keys() - wrong.keys():
        with sandbox.sandbox.store.transaction() as db:
            letters = listeners.waiting(db, ears[name], 0)
        types = [json.loads(letter.payload)["type"] for letter in letters]
        if name not in types:
            wrong[name] = types
    return wrong


def test_every_trigger_raises_the_event_it_is_named_for(sandbox: Running, cli: Cli) -> None:
    assert run_all(sandbox, cli, {name: ("trigger", name) for name in TRIGGERS}) == {}


def test_our_fixtures_raise_what_the_cli_has_no_trigger_for(sandbox: Running, cli: Cli) -> None:
    files = sorted(FIXTURES.glob("*.json"))
    assert {"payout.paid", "payout.failed", "capability.updated"} <= {one.stem for one in files}
    assert run_all(sandbox, cli, {one.stem: ("fixtures", str(one)) for one in files}) == {}


def test_every_trigger_of_the_cli_is_covered_or_left_out_for_a_reason(cli: Cli) -> None:
    listed = re.findall(
        r"^  ([a-z0-9_.]+\.[a-z0-9_.]+)$", cli.said("trigger", "--help"), re.MULTILINE
    )
    beyond = [name for name in listed if name.startswith(tuple(NOT_COVERED))]
    assert sorted([*TRIGGERS, *beyond]) == sorted(listed)
    assert not [start for start in NOT_COVERED if not any(n.startswith(start) for n in listed)]


@pytest.mark.parametrize("name", ["invoice.paid", "customer.subscription.created", "plan.created"])
def test_a_trigger_beyond_the_sandbox_says_so_in_stripes_shape(name: str, cli: Cli) -> None:
    done = cli.run("trigger", name)

    assert done.returncode == 1
    assert "status=404" in done.stderr
    assert "does not cover it" in done.stderr


@pytest.mark.parametrize("name", ["payout.failed", "payout.paid"])
def test_a_payout_of_the_fixtures_belongs_to_the_seller(
    name: str, sandbox: Running, cli: Cli
) -> None:
    cli.said("fixtures", str(FIXTURES / f"{name}.json"))
    sandbox.advance(5 * 86_400)

    (seller,) = sandbox.client().v1.accounts.list().data
    (payout,) = sandbox.client().v1.payouts.list({}, {"stripe_account": seller.id}).data
    assert payout.status == name.partition(".")[2]
    assert payout.amount == 2000
