"""What a captured payment does to balances: the charge, its fees, its transfer.

Three shapes, one for each charge type of Connect. A direct charge lands on the connected account,
which pays the application fee out of it and, unless the platform does, Stripe's fee. A
destination charge lands on the platform, which pays Stripe's fee and at once transfers the whole
amount (or `transfer_data[amount]`) on; an application fee then comes back out of what the
connected account received. A separate charge is only the first step of that; transfers follow.

The rule that bites: the application fee of a destination charge is never part of the platform's
charge. It is a balance transaction of its own, paid by the connected account.

https://docs.stripe.com/connect/charges https://docs.stripe.com/connect/destination-charges
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import book, charging, ids, parties, prices
from .clock import DAY
from .context import Context
from .currencies import convert, exchange, rate
from .events import emit
from .resources.balance_transactions import application_fee, record, stripe_fee

_DEBIT_PER_MILLE = 8
_DEBIT_MOST_USD = 500


@dataclass
class Told:
    """Events that wait until everything they show is written."""

    waiting: list[tuple[Context, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, ctx: Context, type_: str, obj: dict[str, Any]) -> None:
        """Remember to tell that `obj` changed."""
        self.waiting.append((ctx, type_, obj))

    def tell(self) -> None:
        """Emit in order, each object as it is stored now."""
        for ctx, type_, obj in self.waiting:
            emit(ctx, type_, ctx.find(obj["id"]) or obj)
        self.waiting.clear()


def processing_fee(
    amount: int,
    currency: str,
    method: str = "card",
    country: str | None = "US",
    card: str | None = None,
) -> int:
    """Stripe's fee in minor units, for a merchant of `country` and a card from the country `card`.

    Cards by the table in `prices`, None being a card from there. Bank debits pay 0.8 %, 5 US
    dollars at most, everywhere, which is a simplification.
    """
    if method != "card":
        most = convert(_DEBIT_MOST_USD, "usd", currency)
        return min((amount * _DEBIT_PER_MILLE + 500) // 1000, most)
    return prices.card(country).of(amount, currency, prices.surcharge(country, card))


def move(
    ctx: Context,
    type_: str,
    amount: int,
    pair: tuple[str, str],
    *,
    against: str,
    source: str,
    settled: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Record `amount` of the first currency on an account that is paid in the second.

    Negative amounts leave the account. `settled` is `amount` in the second currency, when parts
    of a whole must add up. `more` goes to `balance_transactions.record`.
    """
    currency, into = pair
    if settled is None:
        settled = convert(amount, currency, into)
    transaction = record(
        ctx,
        type_,
        settled,
        into,
        source=source,
        against=against,
        exchange_rate=rate(currency, into),
        **more,
    )
    if currency != into:
        exchange(ctx, transaction["id"], against, amount, pair, settled)
    return transaction


def share(total: int, before: int, after: int, whole: int) -> int:
    """The part of `total` that belongs to the step from `before` to `after` out of `whole`.

    Rounded half up on the running sum, so that the parts of all steps add up to `total` exactly.
    How Stripe rounds is not documented.
    """
    return (2 * total * after + whole) // (2 * whole) - (2 * total * before + whole) // (2 * whole)


def collect(ctx: Context, charge: dict[str, Any], told: Told, *, at_once: bool = False) -> None:
    """Book a captured charge of the acting account, with its fees and its transfer.

    Changes `charge` (it is saved) and leaves the events of transfer and fee in `told`.
    """
    currency = charge["currency"]
    amount = charge["amount_captured"]
    into = parties.settles_in(ctx, charge["on_behalf_of"] or ctx.account, currency)
    due = parties.available_on(ctx, ctx.account, at_once=at_once)
    fees = _fees(ctx, charge, into)
    transaction = move(
        ctx,
        "charge" if charge["id"].startswith("ch_") else "payment",
        amount,
        (currency, into),
        against=book.CARDS,
        source=charge["id"],
        fees=fees,
        available_on=due,
        description=charge["description"],
    )
    charge["balance_transaction"] = transaction["id"]
    direct = [fee for fee in fees if fee["type"] == "application_fee"]
    if direct:
        _direct_fee(ctx, charge, direct[0], due, told)
    ctx.save(charge)
    if charge["transfer_data"]:
        _pass_on(ctx, charge, into, due, told)


def _fees(ctx: Context, charge: dict[str, Any], into: str) -> list[dict[str, Any]]:
    """What is taken out of the charge itself; a fee that the platform pays is booked there."""
    fees = _stripe_fees(ctx, charge, into)
    if not ctx.is_platform and parties.platform_pays_fees(parties.account_of(ctx, ctx.account)):
        bill = sum(fee["amount"] for fee in fees)
        charge_platform(ctx, bill, into, f"Stripe processing fees for {charge['id']}")
        fees = []
    if not ctx.is_platform and charge["application_fee_amount"]:
        # What the platform takes is capped at what was captured.
        wanted = min(charge["application_fee_amount"], charge["amount_captured"])
        part = convert(wanted, charge["currency"], into)
        fees.append(application_fee(part, into, parties.application(ctx)))
    return fees


def _stripe_fees(ctx: Context, charge: dict[str, Any], into: str) -> list[dict[str, Any]]:
    """What Stripe takes: for the payment, and in a row of its own for converting it.

    What a foreign card costs more is part of the first. That transfers, application fees and
    refunds are converted without a fee is not confirmed.
    https://support.stripe.com/questions/understanding-your-currency-conversion-fees
    """
    settled = convert(charge["amount_captured"], charge["currency"], into)
    details = charge["payment_method_details"]
    country = parties.account_of(ctx, charge["on_behalf_of"] or ctx.account).get("country")
    card = (details.get("card") or {}).get("country")
    fees = [stripe_fee(processing_fee(settled, into, details["type"], country, card), into)]
    if charge["currency"] != into:
        converting = prices.card(country).converting(settled)
        fees.append(stripe_fee(converting, into, "Stripe currency conversion fee"))
    return fees


def charge_platform(ctx: Context, fee: int, currency: str, description: str) -> None:
    """A fee on a direct charge that the platform pays for the acting account.

    That it shows up as one `stripe_fee` transaction per charge, without a source, is not
    confirmed; the documentation only says who pays.
    """
    platform = ctx.acting_as(ctx.platform)
    into = parties.settles_in(ctx, ctx.platform, currency)
    record(
        platform,
        "stripe_fee",
        -convert(fee, currency, into),
        into,
        source=None,
        against=book.STRIPE,
        description=f"{description} on {ctx.account}",
    )


def _direct_fee(
    ctx: Context, charge: dict[str, Any], line: dict[str, Any], due: int, told: Told
) -> None:
    """The platform's part of a direct charge, in a currency that the platform is paid in."""
    into = parties.settles_in(ctx, ctx.platform, line["currency"])
    fee = make_fee(ctx, ctx.account, charge["id"], line, into=into, due=due, originating=None)
    charge["application_fee"] = fee["id"]
    told.add(ctx.acting_as(ctx.platform), "application_fee.created", fee)


def make_fee(
    ctx: Context,
    account: str,
    charge: str,
    line: dict[str, Any],
    *,
    into: str,
    due: int,
    originating: str | None,
) -> dict[str, Any]:
    """An application fee of the platform, and the money for it out of clearing.

    `line` is the fee as the charge's balance transaction shows it; `into` the currency in which
    the platform keeps it. https://docs.stripe.com/api/application_fees
    """
    platform = ctx.acting_as(ctx.platform)
    fee = platform.new(
        "application_fee",
        account=account,
        amount=line["amount"],
        amount_refunded=0,
        application=line["application"],
        balance_transaction=None,
        charge=charge,
        currency=line["currency"],
        fee_source={"charge": charge, "payout": None, "type": "charge"},
        originating_transaction=originating,
        refunded=False,
        _keeps=into,
    )
    transaction = move(
        platform,
        "application_fee",
        line["amount"],
        (line["currency"], into),
        against=book.CLEARING,
        source=fee["id"],
        available_on=due,
        description=f"Application fee from {account}",
    )
    fee["balance_transaction"] = transaction["id"]
    platform.save(fee)
    return fee


def _pass_on(ctx: Context, charge: dict[str, Any], into: str, due: int, told: Told) -> None:
    """The transfer half of a destination charge."""
    captured = charge["amount_captured"]
    gross = min(charge["transfer_data"]["amount"] or captured, captured)
    fee = min(charge["application_fee_amount"] or 0, captured)
    transfer = send(
        ctx,
        convert(gross, charge["currency"], into),
        into,
        charge["transfer_data"]["destination"],
        told,
        source=charge,
        due=due,
        fee=(fee, charge["currency"]),
        group=charge["transfer_group"],
        description=charge.get("_transfer_description"),
        metadata=charge.get("_transfer_metadata"),
    )
    charge["transfer"] = transfer["id"]
    payment = ctx.find(transfer["destination_payment"])
    charge["application_fee"] = payment and payment["application_fee"]
    ctx.save(charge)


def send(  # noqa: PLR0913 - all that a transfer says
    ctx: Context,
    amount: int,
    currency: str,
    destination: str,
    told: Told,
    *,
    source: dict[str, Any] | None,
    due: int,
    group: str | None,
    fee: tuple[int, str] = (0, ""),
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Transfer `amount` minor units from the acting account; answers the Transfer.

    `source`: the charge that funds it; `due`: when the money is available on both sides;
    `fee`: the application fee (amount, currency) that the receiver pays out of it.
    https://docs.stripe.com/api/transfers
    """
    identifier = ids.new("tr_")
    taken = record(
        ctx,
        "transfer",
        -amount,
        currency,
        source=identifier,
        against=book.CLEARING,
        available_on=due,
        description=description,
    )
    transfer = ctx.new(
        "transfer",
        id=identifier,
        amount=amount,
        amount_reversed=0,
        balance_transaction=taken["id"],
        currency=currency,
        description=description,
        destination=destination,
        destination_payment=None,
        metadata=metadata or {},
        reversed=False,
        source_transaction=source["id"] if source else None,
        source_type="card",
        transfer_group=group,
    )
    told.add(ctx, "transfer.created", transfer)
    _receive(ctx.acting_as(destination), transfer, source, due, fee, told)
    return transfer


def _receive(
    ctx: Context,
    transfer: dict[str, Any],
    source: dict[str, Any] | None,
    due: int,
    fee: tuple[int, str],
    told: Told,
) -> None:
    """The other side of a transfer: a `py_…` payment on the account that receives it.

    No event tells of it: the published list of webhook types has none for such payments.
    """
    currency = transfer["currency"]
    into = parties.settles_in(ctx, ctx.account, currency)
    payment = ctx.new("charge", **_payment(ctx, transfer))
    lines = []
    if fee[0]:
        lines.append(application_fee(convert(*fee, into), into, parties.application(ctx)))
    taken = move(
        ctx,
        "payment",
        transfer["amount"],
        (currency, into),
        against=book.CLEARING,
        source=payment["id"],
        fees=lines,
        available_on=due + DAY if _is_recipient(ctx) else due,
        description=transfer["description"],
    )
    payment["balance_transaction"] = taken["id"]
    if lines:
        made = make_fee(
            ctx,
            ctx.account,
            payment["id"],
            lines[0],
            into=into,
            due=due,
            originating=source["id"] if source else None,
        )
        payment["application_fee"] = made["id"]
        payment["application_fee_amount"] = convert(*fee, currency)
        told.add(ctx.acting_as(ctx.platform), "application_fee.created", made)
    ctx.save(payment)
    transfer["destination_payment"] = payment["id"]
    ctx.save(transfer)


def _is_recipient(ctx: Context) -> bool:
    """Accounts under the recipient agreement wait a day longer for transfers."""
    account = parties.account_of(ctx, ctx.account)
    return (account.get("tos_acceptance") or {}).get("service_agreement") == "recipient"


def _payment(ctx: Context, transfer: dict[str, Any]) -> dict[str, Any]:
    amount, currency = transfer["amount"], transfer["currency"]
    return {
        "id": ids.new("py_"),
        **charging.blank_charge(amount, currency),
        "amount_captured": amount,
        "application": parties.application(ctx),
        "captured": True,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "source_transfer": transfer["id"],
        "transfer_group": transfer["transfer_group"],
    }
