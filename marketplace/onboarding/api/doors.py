"""How each Accounts API is called for the forms: read a dossier, change an account or a person.

Two calls read a v1 account and its people, three a v2 account, whose banks only v1 tells. The rule
that bites: a person is made by a POST of its own, so a form sent twice would make two; `mark` goes
with the person as metadata, and the idempotency key is made of it too.
https://docs.stripe.com/api/persons https://docs.stripe.com/api/v2/core/persons
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from stripe import RequestOptions, StripeClient

from marketplace.design import AccountsApi
from marketplace.onboarding.api import v1, v2
from marketplace.onboarding.api.answers import Signature
from marketplace.onboarding.api.dossier import Dossier

MOST = 100
Values = Mapping[str, Any]


class Door(Protocol):
    """One Accounts API, as the forms use it. `account` is the connected account's id."""

    def read(self, stripe: StripeClient, account: str) -> Dossier:
        """What Stripe holds and asks."""
        ...

    def change(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        """Send answers about the account, the company or the individual."""
        ...

    def agree(self, stripe: StripeClient, account: str, signature: Signature, kind: str) -> None:
        """Accept the terms; `kind` of agreement, or nothing where it stands already."""
        ...

    def add_person(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
        options: RequestOptions,
    ) -> str:
        """Add a person and return the id."""
        ...

    def change_person(
        self,
        stripe: StripeClient,
        account: str,
        person: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        """Send answers about a person, by names without the person's id."""
        ...

    def remove_person(self, stripe: StripeClient, account: str, person: str) -> None:
        """Take a person away."""
        ...


class _V1:
    def read(self, stripe: StripeClient, account: str) -> Dossier:
        found = stripe.v1.accounts.retrieve(account).to_dict()
        people: list[dict[str, Any]] = []
        if found.get("business_type") not in {None, "individual"}:
            listed = stripe.v1.accounts.persons.list(account, {"limit": MOST})
            people = [one.to_dict() for one in listed.auto_paging_iter()]
        return v1.read(found, reversed(people))

    def change(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        del country
        stripe.v1.accounts.update(account, cast("Any", v1.account_params(answers, signature)))

    def agree(self, stripe: StripeClient, account: str, signature: Signature, kind: str) -> None:
        stripe.v1.accounts.update(account, cast("Any", v1.terms_params(signature, kind)))

    def add_person(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
        options: RequestOptions,
    ) -> str:
        del country
        params = cast("Any", v1.person_params(answers, signature))
        return stripe.v1.accounts.persons.create(account, params, options).id

    def change_person(
        self,
        stripe: StripeClient,
        account: str,
        person: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        del country
        params = cast("Any", v1.person_params(answers, signature))
        stripe.v1.accounts.persons.update(account, person, params)

    def remove_person(self, stripe: StripeClient, account: str, person: str) -> None:
        stripe.v1.accounts.persons.delete(account, person)


class _V2:
    def read(self, stripe: StripeClient, account: str) -> Dossier:
        params = cast("Any", {"include": v2.INCLUDE})
        found = stripe.v2.core.accounts.retrieve(account, params).to_dict()
        people: list[dict[str, Any]] = []
        if (found.get("identity") or {}).get("entity_type") not in {None, "individual"}:
            listed = stripe.v2.core.accounts.persons.list(account, {"limit": MOST})
            people = [one.to_dict() for one in listed.auto_paging_iter()]
        banks = stripe.v1.accounts.external_accounts.list(account, {"limit": MOST})
        return v2.read(found, reversed(people), banks.to_dict()["data"])

    def change(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        params = cast("Any", v2.account_params(answers, signature, country))
        stripe.v2.core.accounts.update(account, params)

    def agree(self, stripe: StripeClient, account: str, signature: Signature, kind: str) -> None:
        params = cast("Any", v2.terms_params(signature, kind))
        stripe.v2.core.accounts.update(account, params)

    def add_person(
        self,
        stripe: StripeClient,
        account: str,
        answers: Values,
        signature: Signature,
        country: str,
        options: RequestOptions,
    ) -> str:
        params = cast("Any", v2.person_params(answers, signature, country))
        return stripe.v2.core.accounts.persons.create(account, params, options).id

    def change_person(
        self,
        stripe: StripeClient,
        account: str,
        person: str,
        answers: Values,
        signature: Signature,
        country: str,
    ) -> None:
        params = cast("Any", v2.person_params(answers, signature, country))
        stripe.v2.core.accounts.persons.update(account, person, params)

    def remove_person(self, stripe: StripeClient, account: str, person: str) -> None:
        stripe.v2.core.accounts.persons.delete(account, person)


DOORS: Mapping[AccountsApi, Door] = {AccountsApi.V1: _V1(), AccountsApi.V2: _V2()}
