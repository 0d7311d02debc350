"""Documents: the files that prove who somebody is, and what Stripe's checks will say of them.

Identity documents, company papers, logos and dispute evidence are named by the id of a File of
the right purpose, or by one of Stripe's test tokens. An uploaded file whose name or content
mentions a token is as good or as bad as that token, so that an upload can be tested too; any
other file is a good one.

https://docs.stripe.com/connect/testing-verification https://docs.stripe.com/file-upload
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .context import Context
from .errors import Refused

IDENTITY_OK = "file_identity_document_success"
IDENTITY_BAD = "file_identity_document_failure"
RELATION_OK = "file_relationship_document_success"
RELATION_BAD = {
    "file_relationship_document_invalid": (
        "verification_document_invalid",
        "The document proves nothing about the business (a test document that always fails).",
    ),
    "file_relationship_document_mismatch": (
        "verification_document_name_mismatch",
        "The document names somebody else (a test document that always fails).",
    ),
    "file_relationship_document_invalid_signer": (
        "verification_document_not_signed",
        "The document is not signed by somebody who may (a test document that always fails).",
    ),
}
TOKENS = (IDENTITY_OK, IDENTITY_BAD, RELATION_OK, *sorted(RELATION_BAD, key=len, reverse=True))
"""Longer tokens first: one is the beginning of another."""

_IDENTITY = ("identity_document", "additional_verification", "account_requirement")
_PAPERS = ("account_requirement", "additional_verification", "identity_document")
_BRANDING = {"icon": ("business_icon",), "logo": ("business_logo",)}
EVIDENCE = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation"
    " receipt refund_policy service_documentation shipping_documentation uncategorized_file"
).split()


def identity(ctx: Context, values: dict[str, Any], name: str) -> dict[str, Any]:
    """The fields of a person or company with their documents looked up.

    `name` is the parameter that holds them (`individual`), for refusals. Beside every document
    the test outcome is kept under a private name. Raises `Refused` for a file that cannot be used.
    """
    told = values.get("verification")
    if not isinstance(told, dict):
        return values
    result = dict(told)
    for which in ("document", "additional_document"):
        given = told.get(which)
        if not isinstance(given, dict):
            continue
        kept = dict(given)
        for side in ("front", "back"):
            if side in given:
                param = f"{name}[verification][{which}][{side}]"
                kept[f"_{side}"] = _outcome(ctx, given[side], _IDENTITY, param)
        result[which] = kept
    return {**values, "verification": result}


def papers(ctx: Context, values: dict[str, Any], name: str) -> dict[str, list[str]]:
    """A `documents` hash: for each kind of paper what the checks will say of its files."""
    return {
        kind: [
            _outcome(ctx, file, _PAPERS, f"{name}[{kind}][files][{number}]") or ""
            for number, file in enumerate(given.get("files") or [])
        ]
        for kind, given in values.items()
        if isinstance(given, dict)
    }


def branding(ctx: Context, values: dict[str, Any]) -> None:
    """Refuse logos that were not uploaded as logos."""
    for name, purposes in _BRANDING.items():
        if values.get(name):
            _outcome(ctx, values[name], purposes, f"settings[branding][{name}]")


def evidence(ctx: Context, values: dict[str, Any]) -> None:
    """Refuse evidence that is no uploaded file where Stripe wants one."""
    for name in EVIDENCE:
        if values.get(name):
            purposes = ("dispute_evidence", "customer_signature")
            _outcome(ctx, values[name], purposes, f"evidence[{name}]")


def _outcome(ctx: Context, file: str, purposes: tuple[str, ...], param: str) -> str | None:
    """The test token that this file stands for; None when the document is taken away."""
    if not file:
        return None
    if file in TOKENS:
        return file
    found = ctx.find(file, "file")
    if found is None or not set(_owners(ctx)) & {ctx.owner(file)}:
        message = f"No such file upload: '{file}'"
        raise Refused(message, code="resource_missing", param=param)
    if found["purpose"] not in purposes:
        message = (
            f"The file {file} was uploaded with the purpose `{found['purpose']}`; here the purpose"
            f" must be {' or '.join(f'`{purpose}`' for purpose in purposes)}."
        )
        raise Refused(message, param=param)
    return found["_means"] or IDENTITY_OK


def _owners(ctx: Context) -> Iterator[str]:
    """A document may lie with the account it proves or with the platform that collected it."""
    yield ctx.account
    yield ctx.platform
