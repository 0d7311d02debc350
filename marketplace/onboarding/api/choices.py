"""What can be chosen: the values that Stripe takes where it takes a few, with words for people.

The rule that bites: Stripe adds values without notice, so an answer that stands at Stripe and is
not in these lists is kept and shown as it is.
https://docs.stripe.com/connect/identity-verification#business-structure
https://docs.stripe.com/connect/setting-mcc
"""

from collections.abc import Mapping

from marketplace.onboarding.api.places import Choices

BUSINESS_TYPES: Choices = (
    ("individual", "Just me: an individual or sole trader"),
    ("company", "A company or partnership"),
    ("non_profit", "A non-profit organisation"),
    ("government_entity", "A government body"),
)
EXPOSURE: Choices = (("none", "None"), ("existing", "Yes, now or in the past"))
EXEMPTIONS: Choices = (
    ("qualified_entity_exceeds_ownership_threshold", "It belongs to an entity that is exempt"),
    ("qualifies_as_financial_institution", "It is a regulated financial institution"),
)
# Merchant category codes of what is sold in a mixed marketplace; any other stands as its number.
TRADES: Choices = (
    ("5999", "Other goods in a shop"),
    ("5945", "Hobby, toys and games"),
    ("5947", "Gifts, cards and souvenirs"),
    ("5970", "Art and craft supplies"),
    ("5971", "Art dealers and galleries"),
    ("5699", "Clothing"),
    ("5661", "Shoes"),
    ("5944", "Jewellery, watches and silver"),
    ("5712", "Furniture"),
    ("5719", "Things for the home"),
    ("5732", "Electronics"),
    ("5733", "Musical instruments"),
    ("5940", "Bicycles"),
    ("5941", "Sports goods"),
    ("5942", "Books"),
    ("5977", "Cosmetics"),
    ("5992", "Flowers"),
    ("5995", "Pets and what they need"),
    ("5499", "Food from small shops"),
    ("5462", "Bakeries"),
    ("5931", "Second-hand goods"),
    ("5932", "Antiques"),
    ("5815", "Digital books, films and music"),
    ("5816", "Digital games"),
    ("5817", "Digital applications"),
    ("7221", "Photography"),
    ("7299", "Personal services"),
    ("7372", "Software and its design"),
    ("8299", "Lessons and courses"),
    ("8999", "Professional services"),
)
_US: Choices = (
    ("single_member_llc", "Limited liability company with one member"),
    ("multi_member_llc", "Limited liability company with several members"),
    ("private_corporation", "Private corporation"),
    ("public_corporation", "Public corporation"),
    ("private_partnership", "Private partnership"),
    ("public_partnership", "Public partnership"),
    ("sole_proprietorship", "Sole proprietorship"),
    ("unincorporated_association", "Unincorporated association"),
    ("incorporated_non_profit", "Incorporated non-profit"),
    ("unincorporated_non_profit", "Unincorporated non-profit"),
    ("governmental_unit", "Governmental unit"),
    ("government_instrumentality", "Government instrumentality"),
    ("tax_exempt_government_instrumentality", "Tax-exempt government instrumentality"),
)
_EMIRATES: Choices = (
    ("llc", "Limited liability company"),
    ("sole_establishment", "Sole establishment"),
    ("free_zone_llc", "Limited liability company in a free zone"),
    ("free_zone_establishment", "Establishment in a free zone"),
)
_ELSEWHERE: Choices = (
    ("private_company", "Private company"),
    ("public_company", "Public company"),
    ("incorporated_partnership", "Incorporated partnership"),
    ("limited_liability_partnership", "Limited liability partnership"),
    ("unincorporated_partnership", "Unincorporated partnership"),
    ("registered_charity", "Registered charity"),
)
STRUCTURES: Choices = (*_ELSEWHERE, *_US, *_EMIRATES)
# Where Stripe wants the legal form to be one of a few.
STRUCTURES_OF: Mapping[str, Choices] = {"US": _US, "AE": _EMIRATES}
