"""Payment Links: an address that anybody may open, and every opening makes a Checkout Session.

A link keeps what its sessions will be made of. Nothing about its lines can change but how many of
each; to sell something else one makes another link. The rule that bites: a link is no session, so
`checkout.session.completed` names the link in `payment_link`, and nothing else does.

https://docs.stripe.com/api/payment-link https://docs.stripe.com/payment-links
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import division, ids, metadata, parties
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, kind, route, view
from marketplace.sandbox.updates import merge

from . import checkout_sessions, checkout_ui_modes, line_items

kind("payment_link", "plink_", indexed=("active", "_code"), words="payment link")

_UNTIL_TOLD: dict[str, Any] = {
    "after_completion": {
        "type": "hosted_confirmation",
        "hosted_confirmation": {"custom_message": None},
    },
    "allow_promotion_codes": False,
    "automatic_tax": {"enabled": False, "liability": None},
    "billing_address_collection": "auto",
    "custom_fields": [],
    "custom_text": dict.fromkeys(
        "after_submit shipping_address submit terms_of_service_acceptance".split()
    ),
    "customer_creation": "if_required",
    "invoice_creation": {"enabled": False, "invoice_data": None},
    "payment_method_collection": "always",
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "submit_type": "auto",
    "tax_id_collection": {"enabled": False, "required": "never"},
    **dict.fromkeys(
        "application_fee_amount application_fee_percent consent_collection inactive_message"
        " name_collection on_behalf_of optional_items payment_intent_data"
        " payment_method_options payment_method_types restrictions shipping_address_collection"
        " subscription_data transfer_data".split()
    ),
}
_INTENT: dict[str, Any] = {
    **dict.fromkeys(
        "capture_method description setup_future_usage statement_descriptor"
        " statement_descriptor_suffix transfer_group".split()
    ),
    "metadata": {},
}
_OPTIONAL = frozenset({"name_collection", "optional_items"})


@view("payment_link")
def show(ctx: Context, link: dict[str, Any]) -> dict[str, Any]:
    """A link does not tell when it was made; its restriction counts the completed sessions."""
    shown = {
        name: value
        for name, value in link.items()
        if name != "created" and (value is not None or name not in _OPTIONAL)
    }
    if link["restrictions"]:
        limit = link["restrictions"]["completed_sessions"]["limit"]
        shown["restrictions"] = {
            "completed_sessions": {"count": completed(ctx, link["id"]), "limit": limit}
        }
    return shown


def completed(ctx: Context, link: str) -> int:
    """How many sessions of a link of the acting account were completed."""
    return len(ctx.every("checkout.session", payment_link=link, status="complete"))


@route("POST", "/v1/payment_links", "PaymentLinkCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a link; its `url` is what the seller passes on."""
    parties.may_charge(ctx)
    identifier, code = ids.new("plink_"), ids.new("", 20)
    items = line_items.make(ctx, params["line_items"], identifier, recurring=True)
    recurs = _recurs(ctx, items)
    fields = _changed(_UNTIL_TOLD, params)
    _check(ctx, fields, sum(item["amount_total"] for item in items), recurs=recurs)
    link = ctx.new(
        "payment_link",
        id=identifier,
        **fields,
        active=True,
        application=None if ctx.is_platform else parties.application(ctx),
        currency=items[0]["currency"],
        metadata=metadata.merged(None, params.get("metadata")),
        url=f"{ctx.base_url}/b/{code}",
        _account=ctx.account,
        _code=code,
        _platform=ctx.platform,
        _recurs=recurs,
    )
    emit(ctx, "payment_link.created", link)
    return link


def _recurs(ctx: Context, items: list[dict[str, Any]]) -> bool:
    """Whether one of the lines is paid again and again."""
    return any(ctx.get("price", item["price"])["recurring"] for item in items)


def _changed(old: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The fields of a link with what the parameters say; `""` unsets."""
    told = {name: params[name] for name in _UNTIL_TOLD if name in params}
    fields = merge({name: old[name] for name in _UNTIL_TOLD}, told)
    if fields["payment_intent_data"]:
        fields["payment_intent_data"] = {**_INTENT, **fields["payment_intent_data"]}
    if fields["transfer_data"]:
        fields["transfer_data"] = {"amount": None, **fields["transfer_data"]}
    end = fields["after_completion"]
    if "after_completion" in told:
        # The two ways to end exclude each other; the other one's hash does not stay behind.
        fields["after_completion"] = {
            "type": end["type"],
            end["type"]: end.get(end["type"]) or {"custom_message": None},
        }
    for name in ("custom_fields", "shipping_options"):
        fields[name] = fields[name] or []
    return fields


def _check(ctx: Context, link: dict[str, Any], total: int, *, recurs: bool) -> None:
    """Raise `Refused` for what no session could be made of; the texts are not confirmed."""
    fee, share = link["application_fee_amount"], link["application_fee_percent"]
    if fee is not None and recurs:
        message = "`application_fee_amount` cannot be used with recurring prices."
        raise Refused(message, param="application_fee_amount")
    if share is not None and not recurs:
        message = "`application_fee_percent` needs a line item with a recurring price."
        raise Refused(message, param="application_fee_percent")
    if link["on_behalf_of"]:
        parties.on_behalf_of(ctx, link["on_behalf_of"])
    if not recurs:
        division.check(ctx, _division(link), total)
    end = link["after_completion"]
    if end["type"] == "redirect":
        checkout_ui_modes.url(end["redirect"], "url")


def _division(link: dict[str, Any]) -> dict[str, Any]:
    """How the money of a payment is divided, in the words of a PaymentIntent."""
    data = {name: value for name, value in (link["transfer_data"] or {}).items() if value}
    said = {
        "application_fee_amount": link["application_fee_amount"],
        "on_behalf_of": link["on_behalf_of"],
        "transfer_data": data,
    }
    return {name: value for name, value in said.items() if value}


def session_params(ctx: Context, link: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """The parameters of the Checkout Session that an opening of the link makes.

    `asked` is what the opener's address said: `client_reference_id`, `prefilled_email`.
    """
    intent = {name: value for name, value in (link["payment_intent_data"] or {}).items() if value}
    end = link["after_completion"]
    thanks = f"{link['url']}/thanks?session={{CHECKOUT_SESSION_ID}}"
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [
            {"price": item["price"], "quantity": item["quantity"]}
            for item in line_items.of(ctx, link["id"])
        ],
        "metadata": link["metadata"],
        "payment_intent_data": {**intent, **_division(link)},
        "success_url": end["redirect"]["url"] if end["type"] == "redirect" else thanks,
        "customer_creation": link["customer_creation"],
        "submit_type": link["submit_type"],
    }
    if link["payment_method_types"]:
        params["payment_method_types"] = link["payment_method_types"]
    for name, told in (
        ("client_reference_id", "client_reference_id"),
        ("customer_email", "prefilled_email"),
    ):
        if asked.get(told):
            params[name] = asked[told]
    return params


def visit(ctx: Context, link: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """Make the session of one opening of a link of the acting account."""
    session = checkout_sessions.create(ctx, session_params(ctx, link, asked))
    session["payment_link"] = link["id"]
    ctx.save(session)
    return session


def exhausted(ctx: Context, link: dict[str, Any]) -> bool:
    """Whether the link has completed as many sessions as it may."""
    limit = (link["restrictions"] or {}).get("completed_sessions", {}).get("limit")
    return limit is not None and completed(ctx, link["id"]) >= limit


@route("GET", "/v1/payment_links/{payment_link}", "PaymentLinkRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], payment_link: str) -> dict[str, Any]:
    """Retrieve a link."""
    del params
    return ctx.get("payment_link", payment_link)


@route("POST", "/v1/payment_links/{payment_link}", "PaymentLinkUpdateParams")
def update(ctx: Context, params: dict[str, Any], payment_link: str) -> dict[str, Any]:
    """Change a link; sessions that are open keep what they were made of."""
    found = ctx.get("payment_link", payment_link)
    before = ctx.show(found)
    items = _resized(ctx, found, params.get("line_items") or [])
    found.update(_changed(found, params))
    total = sum(item["amount_total"] for item in items)
    _check(ctx, found, total, recurs=found["_recurs"])
    found["active"] = params.get("active", found["active"])
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "payment_link.updated", found, before=before)
    return found


def _resized(
    ctx: Context, link: dict[str, Any], given: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The link's lines with their new quantities."""
    items = line_items.of(ctx, link["id"])
    by_id = {item["id"]: item for item in items}
    for line in given:
        item = by_id.get(line["id"])
        if item is None:
            raise missing("line item", line["id"], "line_items")
        if line.get("quantity"):
            line_items.resize(ctx, item, line["quantity"])
    return items


@include("payment_link", "line_items")
def included(ctx: Context, link: dict[str, Any]) -> dict[str, Any]:
    """A link's lines are part of it only when they are expanded."""
    inside = ctx.acting_as(ctx.owner(link["id"]))
    url = f"/v1/payment_links/{link['id']}/line_items"
    return sublist(inside, line_items.of(inside, link["id"]), url)


@route("GET", "/v1/payment_links/{payment_link}/line_items", "PaymentLinkListLineItemsParams")
def list_items(ctx: Context, params: dict[str, Any], payment_link: str) -> Listing:
    """List the lines of a link."""
    ctx.get("payment_link", payment_link)
    return ctx.list("item", params, _session=payment_link)


@route("GET", "/v1/payment_links", "PaymentLinkListParams")
def list_links(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's links, newest first."""
    return ctx.list("payment_link", params, "active")
