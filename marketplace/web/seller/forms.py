"""What a seller fills in: the shop, and its products.

The rule that bites: a form only carries words; what may be sold for how much is decided by
`sellers` and `catalogue`, whose answers are put beside the fields.
"""

import secrets

from flask_babel import gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than the stubs
    BooleanField,
    Form,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from marketplace import catalogue, countries, platform, sellers
from marketplace.catalogue import Offer, pictures
from marketplace.errors import Invalid, Sentence
from marketplace.models import Invitation, PlatformSettings, Product
from marketplace.money import Money
from marketplace.onboarding.api.choices import TRADES
from marketplace.sellers import LONGEST_NAME, LONGEST_TOLD, About
from marketplace.web import context, language, show
from marketplace.web.fields import CountField, MoneyField, chargeable, currency_choices

ACCEPTED = ", ".join(f"image/{name.lower()}" for name in pictures.FORMATS)


class OpenShopForm(FlaskForm):
    """A shop is a name and a country; what is told besides, Stripe need not ask."""

    name = StringField(
        "Name of the shop",
        description="As customers will see it. It is also given to Stripe.",
        render_kw={"maxlength": LONGEST_NAME, "required": True, "autocomplete": "organization"},
    )
    country = SelectField(
        "Country where you live or your business is registered",
        description="It decides your currency and what Stripe asks, and cannot be changed later.",
        render_kw={"required": True, "autocomplete": "country"},
        choices=[],
    )
    website = StringField(
        "Your website",
        description="If you have one, with https:// in front.",
        render_kw={"maxlength": LONGEST_TOLD, "type": "url", "autocomplete": "url"},
    )
    sells = TextAreaField(
        "What do you sell?",
        description="Stripe asks for it; customers do not see it.",
        render_kw={"rows": 2, "maxlength": LONGEST_TOLD},
    )
    mcc = SelectField(
        "Which of these is nearest?",
        choices=[],
    )

    def __init__(self) -> None:
        super().__init__()
        self.country.choices = country_choices(platform.settings(context.session()))
        trades = [SelectChoice(code, show.translated(text)) for code, text in TRADES]
        self.mcc.choices = [nothing_chosen(), *trades]

    def about(self) -> About:
        """What the seller tells of the shop beside its name and country."""
        told = (self.website.data, self.sells.data, self.mcc.data)
        return About(*(" ".join((text or "").split()) for text in told))


def country_choices(agreed: PlatformSettings | Invitation) -> list[SelectChoice]:
    """Where a shop on these terms can be opened, for a list to choose from; two queries."""
    session = context.session()
    offered = countries.offered(session, platform.settings(session).country)
    places = sellers.suitable(offered, agreed.design, on_behalf_of=agreed.on_behalf_of)
    named = countries.names(places, language.locale())
    return [nothing_chosen(), *(SelectChoice(*pair) for pair in named)]


def nothing_chosen() -> SelectChoice:
    """What a list shows before something was chosen from it."""
    return SelectChoice("", gettext("Choose…"))


class ProductForm(FlaskForm):
    """One product, at a price in the shop's currency or any other that Stripe charges in."""

    nonce = HiddenField(default=lambda: secrets.token_hex(16))
    title = StringField(
        "Title",
        [InputRequired("Write a title.")],
        render_kw={"maxlength": catalogue.LONGEST_TITLE, "required": True},
    )
    description = TextAreaField(
        "Description", render_kw={"rows": 5, "maxlength": catalogue.LONGEST_DESCRIPTION}
    )
    price = MoneyField(
        "Price",
        [chargeable],
        currency=lambda form: str(form.chosen),
        render_kw={"inputmode": "decimal", "required": True, "autocomplete": "off"},
    )
    currency = SelectField(
        "Currency",
        description="What you receive is converted by Stripe when you are paid in another one.",
        choices=[],
    )
    stock = CountField(
        "How many you have",
        description="Leave it empty if you never run out.",
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    image = FileField(
        "Picture",
        description="JPEG, PNG or WebP, at most 5 MB. Without one, a drawing stands in.",
        render_kw={"accept": ACCEPTED},
    )
    drop_image = BooleanField("Take the picture away")

    def __init__(self, currency: str, product: Product | None = None) -> None:
        start: dict[str, object] = {"currency": currency}
        if product is not None:
            start = {
                "title": product.title,
                "description": product.description,
                "price": product.price,
                "currency": product.currency,
                "stock": product.stock,
            }
        super().__init__(data=start)
        self.currency.choices = [SelectChoice(*pair) for pair in currency_choices(currency)]

    @property
    def chosen(self) -> str:
        """The currency of the price."""
        return str(self.currency.data)

    def offer(self, image_name: str | None) -> Offer:
        """What the valid form says. Raises Invalid without a price."""
        if not isinstance(self.price.data, Money):
            raise Invalid("There is no price.", {"price": Sentence("Write a price.")})
        return Offer(
            title=self.title.data or "",
            description=self.description.data or "",
            price=self.price.data,
            stock=self.stock.data,
            image_name=image_name,
        )


def show_faults(form: Form, error: Invalid) -> None:
    """Put what a concept found wrong beside the fields that it names."""
    for name, fault in error.fields.items():
        field = form[name]
        field.errors = [*field.errors, fault]
