"""Stripe's names of requirements, errors and reasons, in words for the people they concern.

The names come from Account objects (`requirements.currently_due`, `.errors[].code`,
`.disabled_reason`). What is put together is a `Sentence`, so that it can be said in another
language. The rule that bites: the lists grow without notice, so every table has a fallback that
still reads as a sentence, and nothing is ever decided by these words.
https://docs.stripe.com/connect/required-verification-information
"""

import re

from marketplace.errors import Sentence

WHOLE = {
    "business_type": "What kind of business it is",
    "business_profile.mcc": "The line of business",
    "business_profile.name": "The name of the business, as customers know it",
    "business_profile.product_description": "What the shop sells",
    "business_profile.support_email": "An email address for customers",
    "business_profile.support_phone": "A phone number for customers",
    "business_profile.url": "The shop's website, or what it sells",
    "company.name": "The company's registered name",
    "company.phone": "The company's phone number",
    "company.tax_id": "The company's tax number",
    "company.vat_id": "The company's VAT number",
    "company.registration_number": "The company's registration number",
    "company.structure": "The company's legal form",
    "company.owners_provided": "Confirmation that all owners are named",
    "company.directors_provided": "Confirmation that all directors are named",
    "company.executives_provided": "Confirmation that all executives are named",
    "company.verification.document": "A document that proves the company's name",
    "external_account": "A bank account for payouts",
    "relationship.representative": "The person who represents the company",
    "relationship.owner": "The people who own the company",
    "relationship.director": "The company's directors",
    "relationship.executive": "The company's executives",
    "settings.payments.statement_descriptor": "The name on customers' card statements",
    "settings.card_payments.statement_descriptor_prefix": "The name on customers' card statements",
    "tos_acceptance": "Agreement to Stripe's terms",
}
# What Accounts v2 calls the same things.
NEWER = {
    "configuration.merchant.mcc": "business_profile.mcc",
    "configuration.merchant.statement_descriptor": "settings.payments.statement_descriptor",
    "configuration.merchant.support.email": "business_profile.support_email",
    "configuration.merchant.support.phone": "business_profile.support_phone",
    "defaults.profile.business_url": "business_profile.url",
    "defaults.profile.doing_business_as": "business_profile.name",
    "defaults.profile.product_description": "business_profile.product_description",
    "identity.attestations.persons_provided.directors": "company.directors_provided",
    "identity.attestations.persons_provided.executives": "company.executives_provided",
    "identity.attestations.persons_provided.owners": "company.owners_provided",
    "identity.attestations.terms_of_service": "tos_acceptance",
    "identity.business_details.documents.primary_verification": "company.verification.document",
    "identity.business_details.id_numbers": "company.tax_id",
    "identity.business_details.registered_name": "company.name",
    "identity.business_details": "company",
    "identity.entity_type": "business_type",
    "identity.individual": "individual",
}
# The last parts of a name that is about somebody: `individual.dob.day`, `person_1.address.city`.
LEAVES = {
    "address": "address",
    "registered_address": "registered address",
    "date_of_birth": "date of birth",
    "dob": "date of birth",
    "documents.primary_verification": "identity document",
    "documents.secondary_verification": "document that shows the address",
    "email": "email address",
    "first_name": "name",
    "last_name": "name",
    "full_name_aliases": "other names",
    "gender": "gender",
    "given_name": "name",
    "id_number": "identification number",
    "id_number_secondary": "second identification number",
    "id_numbers": "identification number",
    "legal_gender": "gender",
    "maiden_name": "maiden name",
    "nationality": "nationality",
    "phone": "phone number",
    "political_exposure": "political office, if any",
    "relationship": "role in the company",
    "script_addresses": "address",
    "script_names": "name",
    "ssn_last_4": "last four digits of the Social Security number",
    "surname": "name",
    "us_cfpb_data": "self-identification",
    "verification.additional_document": "document that shows the address",
    "verification.document": "identity document",
}
PROBLEMS = {
    "invalid_address_city_state_postal_code": "City, state and postal code do not fit together.",
    "invalid_address_private_mailbox": "A private mailbox cannot be the address.",
    "invalid_address_cmra_address": "A mail-receiving agency cannot be the address.",
    "invalid_street_address": "The street and number were not found.",
    "invalid_dob_age_under_18": "The person has to be at least 18.",
    "invalid_dob_age_under_minimum": "The person is too young for this.",
    "invalid_tax_id": "The tax number is not right.",
    "invalid_tax_id_format": "The tax number does not have the right form.",
    "invalid_url_format": "The address of the website is not written right.",
    "invalid_url_website_inaccessible": "The website could not be opened.",
    "invalid_url_website_incomplete_under_construction": "The website is still under construction.",
    "invalid_url_website_inaccessible_password_protected": "The website asks for a password.",
    "invalid_tos_acceptance": "The terms have to be agreed to again.",
    "information_missing": "Something is missing here.",
    "unsupported_business_type": "This kind of business cannot be served.",
    "verification_document_expired": "The document has expired.",
    "verification_document_not_readable": "The document could not be read; take a clearer picture.",
    "verification_document_missing_back": "The back of the document is missing.",
    "verification_document_missing_front": "The front of the document is missing.",
    "verification_document_name_mismatch": "The name on the document is another one.",
    "verification_document_dob_mismatch": "The date of birth on the document is another one.",
    "verification_document_address_mismatch": "The address on the document is another one.",
    "verification_document_failed_copy": "A photocopy was sent; the document itself is needed.",
    "verification_document_failed_greyscale": "The picture is grey; one in colour is needed.",
    "verification_document_too_large": "The file is too large.",
    "verification_document_type_not_supported": "This kind of document is not accepted.",
    "verification_failed_keyed_identity": "Name, birthday and number could not be confirmed.",
    "verification_failed_keyed_match": "What was typed could not be confirmed.",
    "verification_failed_name_match": "The name could not be confirmed.",
    "verification_failed_address_match": "The address could not be confirmed.",
    "verification_failed_residential_address": "The home address could not be confirmed.",
    "verification_failed_id_number_match": "The identification number belongs to another name.",
    "verification_failed_tax_id_match": "The tax number belongs to another name.",
    "verification_failed_tax_id_not_issued": "This tax number was never issued.",
    "verification_missing_owners": "Not all owners are named.",
    "verification_missing_directors": "Not all directors are named.",
    "verification_supportability": "Stripe has to know more about what is sold.",
}
FAMILIES = {
    "invalid_address_": "The address cannot be used.",
    "invalid_url_": "The website does not fulfil Stripe's rules.",
    "invalid_statement_descriptor": "This name cannot stand on card statements.",
    "invalid_dob_": "The date of birth cannot be right.",
    "verification_document_": "The document could not be used; send another.",
    "verification_failed_": "This could not be confirmed.",
    "verification_": "This could not be confirmed.",
}
REASONS = {
    "action_required.requested_capabilities": "The marketplace has not asked for all that a shop "
    "needs.",
    "closed": "The account was closed for good.",
    "listed": "Stripe compares the details with official lists.",
    "other": "Stripe has switched the account off.",
    "platform_paused": "The marketplace has paused the account.",
    "requirements.past_due": "Answers that Stripe needs are overdue.",
    "requirements.pending_verification": "Stripe is checking what was sent.",
    "under_review": "Stripe is looking at the account.",
    "unsupported.business": "Stripe cannot serve this kind of business.",
    "unsupported.country": "Stripe does not offer this in the seller's country.",
    "unsupported.entity_type": "Stripe does not offer this to this kind of company or person.",
    "rejected.incomplete_verification": "Stripe closed the account: the details could not be "
    "confirmed in time.",
    "rejected.platform_fraud": "The marketplace closed the account because of suspected fraud.",
    "rejected.platform_other": "The marketplace closed the account.",
    "rejected.platform_terms_of_service": "The marketplace closed the account: its terms were not "
    "kept.",
    "rejected.terms_of_service": "Stripe closed the account: its terms were not kept.",
}
# Whose it is, by the first part of a name; `{what}` is one of the leaves.
WHOSE = {
    "individual": "Your {what}",
    "company": "The company's {what}",
    "owners": "The owners' {what}",
    "directors": "The directors' {what}",
    "executives": "The managers' {what}",
}
ANYBODYS = "A responsible person's {what}"
UNREADABLE = "Stripe could not take this answer; look at it again."
SENT_BY_STRIPE = "An answer to a question that Stripe sent"
CLOSED, OFF = "Stripe closed the account.", "Stripe has switched something off."
CAPABILITIES = {"transfers": "Receiving money from sales", "card_payments": "Taking cards"}

_SOMEBODY = re.compile(
    r"(individual|company|person_\w+|representative|owners|directors|executives)"
)


def requirement(code: str) -> str:
    """What Stripe wants to know, by its name there, in either API: "Your date of birth"."""
    code = _in_words_of_v1(code)
    for length in range(code.count(".") + 1, 0, -1):
        start = ".".join(code.split(".")[:length])
        if start in WHOLE:
            return WHOLE[start]
    if code.startswith("interv_"):
        return SENT_BY_STRIPE
    who, _, rest = code.partition(".")
    if rest and _SOMEBODY.fullmatch(who):
        return Sentence(WHOSE.get(who, ANYBODYS), what=_leaf(rest))
    return _plain(code)


def _in_words_of_v1(code: str) -> str:
    for length in range(code.count(".") + 1, 0, -1):
        parts = code.split(".")
        start = ".".join(parts[:length])
        if start in NEWER:
            return ".".join([NEWER[start], *parts[length:]])
    return code


def problem(code: str, reason: str = "") -> str:
    """Why an answer was not taken; Stripe's own sentence stands in for a code nobody knows."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    if reason:
        return reason
    family = next((text for start, text in FAMILIES.items() if code.startswith(start)), None)
    return family or UNREADABLE


def disabled(reason: str) -> str:
    """Why something is switched off, by `disabled_reason`."""
    if reason in REASONS:
        return REASONS[reason]
    if reason.startswith("rejected."):
        return CLOSED
    return OFF


def capability(name: str) -> str:
    """What a capability allows: "Taking cards"."""
    return CAPABILITIES.get(name) or _plain(name)


def _leaf(rest: str) -> str:
    parts = rest.split(".")
    for length in range(len(parts), 0, -1):
        start = ".".join(parts[:length])
        if start in LEAVES:
            return Sentence(LEAVES[start])
        # Japan asks for names and addresses in two scripts.
        bare = re.sub(r"_(kana|kanji)$", "", start)
        if bare in LEAVES:
            return Sentence(LEAVES[bare])
    return _plain(rest).lower()


def _plain(code: str) -> str:
    return re.sub(r"[._]+", " ", code).strip().capitalize()
