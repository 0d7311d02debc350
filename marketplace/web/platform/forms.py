"""What the operator fills in: designs, commissions, invitations.

A design is not a form's business: its radio buttons are the guide's questions, and they are read as
the guide reads an address. The rule that bites: what a commission has beside its percentage holds
in one currency only, so each amount is read in the currency that stands beside it.
"""

import secrets
from dataclasses import replace

from flask import request
from flask_wtf import FlaskForm
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than the stubs
    BooleanField,
    EmailField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
)

from marketplace import charges, platform
from marketplace.charges import fees, prices
from marketplace.charges.prices import Merchant
from marketplace.charges.strategy import Party
from marketplace.design import AccountsApi, Design
from marketplace.design.collecting import Collect
from marketplace.design.passing import Split, TransferWhen
from marketplace.errors import Invalid
from marketplace.guide import options
from marketplace.models import Invitation, PlatformSettings, Seller
from marketplace.money import CURRENCIES, Money
from marketplace.sellers import Agreement
from marketplace.web.fields import OptionalMoneyField, PercentField, currency_choices

Agreed = PlatformSettings | Invitation | Seller
EASY = {"inputmode": "decimal", "autocomplete": "off"}


def _currency(form: "CommissionForm") -> str:
    return str(form.currency)


class CommissionForm(FlaskForm):
    """What the platform keeps of a sale."""

    fee_bps = PercentField(
        "Commission in percent", description="Of what the buyer pays.", render_kw=EASY
    )
    fee_fixed = OptionalMoneyField(
        "Plus a fixed part", currency=_currency, description="For each sale.", render_kw=EASY
    )
    fee_min = OptionalMoneyField("But at least", currency=_currency, render_kw=EASY)
    fee_max = OptionalMoneyField("And at most", currency=_currency, render_kw=EASY)

    def __init__(self, currency: str, agreed: Agreed, *, sent: bool = True) -> None:
        """Begin with what is agreed; `sent` tells whether this very form may have come in."""
        self.currency = currency
        start: dict[str, object] = {
            name: Money(value, currency)
            for name in ("fee_fixed", "fee_min", "fee_max")
            if (value := getattr(agreed, name))
        }
        start["fee_bps"] = agreed.fee_bps
        start |= self.beside(agreed)
        if sent:
            super().__init__(data=start)
        else:
            super().__init__(formdata=None, data=start)

    def beside(self, agreed: Agreed) -> dict[str, object]:
        """What a longer form begins with besides."""
        del agreed
        return {}

    def insist(self) -> None:
        """Raise Invalid when a field holds what cannot be read; the field says what is wrong."""
        if not self.validate():
            raise Invalid("Some of this cannot be used.")

    @property
    def commission(self) -> fees.Terms:
        """What the valid form says."""
        return fees.Terms(
            bps=self.fee_bps.data or 0,
            fixed=self.fee_fixed.amount or 0,
            least=self.fee_min.amount,
            most=self.fee_max.amount,
        )


class DefaultsForm(CommissionForm):
    """What new shops and buyers are offered."""

    pay_at_stripe = BooleanField("On Stripe's payment page")
    pay_here = BooleanField("In a form on our own page")
    collect = SelectField(
        "What Stripe asks sellers at the start",
        description="On its own pages and in ours. Who is asked for little is asked again later, "
        "by a deadline.",
        choices=[
            SelectChoice(Collect.EVENTUALLY.value, "All that it will ask in time"),
            SelectChoice(Collect.CURRENTLY.value, "Only what is needed now"),
        ],
        default=Collect.EVENTUALLY.value,
    )

    def beside(self, agreed: Agreed) -> dict[str, object]:
        """The ways to pay, and how much is asked."""
        ways = ("pay_at_stripe", "pay_here", "collect")
        return {name: getattr(agreed, name) for name in ways}


class AgreementForm(CommissionForm):
    """What is agreed with one seller."""

    split = SelectField(
        "How the seller's share is named",
        description="For destination charges. With the net amount, the seller's Stripe account "
        "shows no commission.",
        choices=[
            SelectChoice(Split.APPLICATION_FEE.value, "The whole sale, less an application fee"),
            SelectChoice(Split.TRANSFER_AMOUNT.value, "The net amount only"),
        ],
    )
    on_behalf_of = BooleanField(
        "Charge on behalf of the seller",
        description="For charges on the platform: the seller's name stands on the buyer's card "
        "statement, and the seller's country decides. The account has to be able to take cards.",
    )
    transfer_when = SelectField(
        "When the share is passed on",
        description="For separate charges and transfers.",
        choices=[
            SelectChoice(TransferWhen.NOW.value, "As soon as the buyer has paid"),
            SelectChoice(TransferWhen.LATER.value, "When you say so, order by order"),
        ],
    )

    def beside(self, agreed: Agreed) -> dict[str, object]:
        """How the share is passed on."""
        return {
            "split": agreed.split.value,
            "on_behalf_of": agreed.on_behalf_of,
            "transfer_when": agreed.transfer_when.value,
        }

    @property
    def agreement(self) -> Agreement:
        """What the valid form says."""
        return Agreement(
            commission=self.commission,
            split=Split(self.split.data),
            on_behalf_of=bool(self.on_behalf_of.data),
            transfer_when=TransferWhen(self.transfer_when.data),
        )


def _other(form: "ChangeForm") -> str:
    """In what the second group is read; anything, while no currency is chosen for it."""
    chosen = str(form.other_currency.data)
    return chosen if chosen in CURRENCIES else form.currency


class ChangeForm(AgreementForm):
    """What is agreed anew with one seller, in the shop's currency and perhaps in another one."""

    other_currency = SelectField(
        "Currency",
        description="With all three empty, nothing is agreed in it any more. For the percentage "
        "alone, write 0 as the fixed part.",
        choices=[],
        default="",
    )
    other_fixed = OptionalMoneyField(
        "Plus a fixed part in this currency", currency=_other, render_kw=EASY
    )
    other_least = OptionalMoneyField(
        "But at least, in this currency", currency=_other, render_kw=EASY
    )
    other_most = OptionalMoneyField(
        "And at most, in this currency", currency=_other, render_kw=EASY
    )

    def __init__(self, shop: Seller, *, sent: bool = True) -> None:
        super().__init__(shop.currency, shop, sent=sent)
        rest = currency_choices(shop.currency)[1:]
        self.other_currency.choices = [
            SelectChoice(*pair) for pair in (("", "No other currency"), *rest)
        ]

    def insist(self) -> None:
        """Raise Invalid as others do, and for amounts whose currency was not said."""
        super().insist()
        typed = (self.other_fixed.data, self.other_least.data, self.other_most.data)
        if any(amount is not None for amount in typed) and not self.other_currency.data:
            fault = {"other_currency": "Choose the currency of these amounts."}
            raise Invalid("Some of this cannot be used.", fault)

    @property
    def agreement(self) -> Agreement:
        """What the valid form says."""
        if not self.other_currency.data:
            return super().agreement
        elsewhere = platform.Elsewhere(
            str(self.other_currency.data),
            fixed=self.other_fixed.amount,
            least=self.other_least.amount,
            most=self.other_most.amount,
        )
        return replace(super().agreement, elsewhere=elsewhere)


class InviteForm(AgreementForm):
    """Whom to invite."""

    nonce = HiddenField(default=lambda: secrets.token_hex(16))
    email = EmailField(
        "Email address of the seller", render_kw={"required": True, "autocomplete": "off"}
    )


class ImportForm(InviteForm):
    """Which account to bring, and for whom."""

    account = StringField(
        "Account at Stripe",
        description="Its id; it begins with acct_.",
        render_kw={"required": True, "autocomplete": "off", "spellcheck": "false"},
    )
    api = SelectField(
        "Accounts API to use for it",
        description="Each can read what the other has made. An account of the types standard, "
        "express or custom was made in v1.",
        choices=[
            SelectChoice(AccountsApi.V2.value, "Accounts v2"),
            SelectChoice(AccountsApi.V1.value, "Accounts v1"),
        ],
    )


def typed_design(fallback: Design) -> Design:
    """The design that was sent or that the address asks for; `fallback` where it says nothing."""
    return options.read(options.address(fallback) | request.values.to_dict())[0]


def knowing() -> bool:
    """Whether it was ticked that the rules were read."""
    return "knowing" in request.form


def show_faults(form: FlaskForm, error: Invalid) -> dict[str, str]:
    """Put what a concept found wrong beside its fields; returns what belongs to none of them."""
    rest = {}
    for name, fault in error.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, fault]
        else:
            rest[name] = fault
    return rest


def warning(design: Design, commission: fees.Terms, currency: str, home: Merchant) -> str | None:
    """On which sales the platform loses money, if it is the one that Stripe bills.

    For shops that are still to be opened, and are taken to be where the platform is.
    """
    roles = charges.of(design.charge_type).roles(design.fee_payer)
    if roles.pays_stripe_fee is Party.SELLER:
        return None
    return fees.guard(commission, currency, prices.rate(home, currency))
