"""Reading and answering: the acts of the forms, each one request to Stripe and one look back.

Nothing that a seller types is kept here: it goes to Stripe, and the next page reads from there what
stands. Every act ends in `sellers.refresh`, the one door for facts. The rule that bites: only
where the platform collects requirements may it answer in the seller's name, so every act asks for
that first.
https://docs.stripe.com/connect/api-onboarding
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import sellers
from marketplace.accounts.state import Due
from marketplace.design import AccountsApi
from marketplace.design.shape import platform_collects
from marketplace.errors import Conflict, Invalid, NotFound, Sentence
from marketplace.gateway import keys
from marketplace.gateway.failures import translating
from marketplace.models import Seller
from marketplace.onboarding.api import answers as reading
from marketplace.onboarding.api import steps, uploads, v2
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.doors import DOORS, Door
from marketplace.onboarding.api.dossier import Dossier, Person, is_person
from marketplace.onboarding.api.questions import Kind
from marketplace.onboarding.api.refusals import ANYWHERE, beside_fields
from marketplace.onboarding.api.steps import NEW, Field
from marketplace.onboarding.api.uploads import Upload

Typed = Mapping[str, str]
Uploads = Mapping[str, Upload]


def is_open(seller: Seller) -> bool:
    """Whether our own forms may ask this seller: there is an account, and it is ours to ask."""
    return (
        platform_collects(seller.design)
        and seller.stripe_id is not None
        and seller.deauthorized_at is None
    )


def dossier(session: orm.Session, stripe: StripeClient, seller: Seller) -> Dossier:
    """What Stripe holds and asks of this seller. Two or three calls, no transaction open.

    Raises Conflict where Stripe collects the requirements, or there is no account.
    """
    door, account = _door(session, seller)
    with translating():
        return door.read(stripe, account)


def wanted(seller: Seller) -> tuple[str, ...]:
    """The names of the pages that want something, in their order, as the last look at Stripe says.

    No call: every act here has looked, and so has every event.
    """
    turned = v2.in_words_of_v1 if seller.accounts_api is AccountsApi.V2 else str
    found = {
        steps.place_of(turned(item["code"]))
        for item in seller.requirements.get("items", ())
        if Due(item["due"]) in steps.URGENT
    }
    return tuple(name for name in steps.PAGES if name in found)


def save(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    fields: tuple[Field, ...],
    typed: Typed,
    files: Uploads,
    signature: Signature,
) -> None:
    """Send a page about the account, the company or the individual. Sent twice it is the same.

    Raises Invalid with the fields that cannot be used, by us or by Stripe.
    https://docs.stripe.com/api/accounts/update
    """
    door, account = _door(session, seller)
    told = _told(fields, typed, seller, lambda it: _upload(stripe, seller, it, files))
    if not told:
        return
    with beside_fields((it.code for it in fields), seller.accounts_api):
        door.change(stripe, account, told, signature, seller.country)
    sellers.refresh(session, stripe, account)


def save_documents(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    fields: tuple[Field, ...],
    files: Uploads,
    signature: Signature,
) -> None:
    """Send documents, those of the company's people each to their person. Commits.

    Raises Invalid when none was chosen, and beside the field for one that cannot be used.
    https://docs.stripe.com/connect/handling-api-verification#identity-document-verification
    """
    door, account = _door(session, seller)
    chosen = [it for it in fields if it.code in files]
    if not chosen:
        raise Invalid("Nothing was chosen.", {ANYWHERE: Sentence("Choose a file first.")})
    for it in chosen:
        uploads.check(it.code, files[it.code])
    told: dict[str, dict[str, Any]] = {}
    for it in chosen:
        person, name = _of_person(it.code)
        told.setdefault(person, {})[name] = _upload(stripe, seller, it, files)
    for person, values in told.items():
        with beside_fields((it.code for it in chosen), seller.accounts_api, person):
            if person:
                door.change_person(stripe, account, person, values, signature, seller.country)
            else:
                door.change(stripe, account, values, signature, seller.country)
    sellers.refresh(session, stripe, account)


def save_person(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    person: Person,
    fields: tuple[Field, ...],
    typed: Typed,
    signature: Signature,
) -> None:
    """Send the page of somebody whom Stripe knows. Raises Invalid with the fields.

    https://docs.stripe.com/api/persons/update
    """
    door, account = _door(session, seller)
    told = _told(fields, typed, seller)
    if not told:
        return
    values = _bare(told)
    with beside_fields((it.code for it in fields), seller.accounts_api, person.stripe_id):
        door.change_person(stripe, account, person.stripe_id, values, signature, seller.country)
    sellers.refresh(session, stripe, account)


def add_person(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    known: Dossier,
    fields: tuple[Field, ...],
    typed: Typed,
    signature: Signature,
    nonce: str,
) -> str:
    """Add somebody new, and return the id at Stripe; the form sent twice adds them once.

    `nonce` is the form's own. Raises Invalid with the fields. https://docs.stripe.com/api/persons/create
    """
    door, account = _door(session, seller)
    values = _bare(_told(fields, typed, seller, all_new=True))
    if not any(values.get(f"relationship.{role}") for role in ROLES):
        raise Invalid("A role is missing.", {ANYWHERE: Sentence("Tick at least one role.")})
    there = known.marked(nonce)
    with beside_fields((it.code for it in fields), seller.accounts_api, NEW):
        if there is not None:
            door.change_person(stripe, account, there.stripe_id, values, signature, seller.country)
            made = there.stripe_id
        else:
            marked = {**values, "metadata": {"form": nonce}}
            key = keys.key("person", f"{seller.token}-{nonce}")
            made = door.add_person(
                stripe, account, marked, signature, seller.country, {"idempotency_key": key}
            )
    sellers.refresh(session, stripe, account)
    return made


ROLES = ("representative", "owner", "director", "executive")


def remove_person(
    session: orm.Session, stripe: StripeClient, seller: Seller, known: Dossier, stripe_id: str
) -> None:
    """Take somebody away; nothing happens when they are gone already.

    Raises Invalid for the representative, whom Stripe keeps until somebody else takes the place.
    https://docs.stripe.com/api/persons/delete
    """
    door, account = _door(session, seller)
    person = known.person(stripe_id)
    if person is None:
        return
    if "representative" in person.roles:
        text = Sentence("Name another representative first; the company cannot be without one.")
        raise Invalid("The representative stays.", {ANYWHERE: text})
    with beside_fields((), seller.accounts_api):
        door.remove_person(stripe, account, stripe_id)
    sellers.refresh(session, stripe, account)


def agree(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    known: Dossier,
    signature: Signature,
) -> None:
    """Accept Stripe's terms in the seller's name, as the seller just did on our page.

    The kind of agreement was settled when the account was made and is not sent again. Commits.
    https://docs.stripe.com/connect/updating-accounts#tos-acceptance
    """
    door, account = _door(session, seller)
    kind = known.values.get("tos_acceptance.service_agreement", "")
    with beside_fields((), seller.accounts_api):
        door.agree(stripe, account, signature, "" if known.accepted else kind)
    sellers.refresh(session, stripe, account)


def _door(session: orm.Session, seller: Seller) -> tuple[Door, str]:
    session.commit()  # no transaction may stay open while Stripe is asked
    if not is_open(seller) or seller.stripe_id is None:
        raise Conflict("Stripe asks the questions of this shop itself.")
    return DOORS[seller.accounts_api], seller.stripe_id


def _told(
    fields: tuple[Field, ...],
    typed: Typed,
    seller: Seller,
    upload: Callable[[Field], str | None] | None = None,
    *,
    all_new: bool = False,
) -> dict[str, Any]:
    """What is to be sent, with the ids of what was uploaded for it. Raises Invalid."""
    read = reading.read(fields, typed, seller.currency, all_new=all_new)
    if read.faults:
        raise Invalid("Something has to be corrected.", read.faults)
    told = dict(read.values)
    for it in fields:
        if it.question.kind is Kind.FILE and upload is not None and (file := upload(it)):
            told[it.code] = file
    return told


def _upload(stripe: StripeClient, seller: Seller, field: Field, files: Uploads) -> str | None:
    chosen = files.get(field.code)
    if chosen is None:
        return None
    return uploads.send(stripe, seller, field.code, chosen, field.question.purpose)


def _of_person(code: str) -> tuple[str, str]:
    """The person whom a name is about, and the name without them; "" for everybody else's."""
    first, _, rest = code.partition(".")
    return (first, rest) if is_person(first) else ("", code)


def _bare(told: Mapping[str, Any]) -> dict[str, Any]:
    return {_of_person(code)[1]: value for code, value in told.items()}


def find(known: Dossier, stripe_id: str) -> Person:
    """The person of this id on this account. Raises NotFound for anybody else's."""
    person = known.person(stripe_id)
    if person is None:
        raise NotFound("There is nobody of this name here.")
    return person
