"""File links: an address at which anybody may see a file, until it expires.

https://docs.stripe.com/api/file_links
"""

from __future__ import annotations

import secrets
from typing import Any

from marketplace.sandbox import uploads
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.metadata import merged
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, view

kind("file_link", "link_", indexed=("file", "_secret"), words="file link")


@view("file_link")
def show(ctx: Context, link: dict[str, Any]) -> dict[str, Any]:
    """`expired` follows from the clock; an expired link has no address any more."""
    link["expired"] = is_expired(ctx, link)
    link["url"] = None if link["expired"] else f"{ctx.base_url}/links/{link['_secret']}"
    return link


def is_expired(ctx: Context, link: dict[str, Any]) -> bool:
    """Whether the link's time is over."""
    return bool(link["expires_at"] and link["expires_at"] <= ctx.now)


def make(ctx: Context, file: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """A link to a file of the acting account; `params` may have `expires_at` and `metadata`."""
    if not uploads.PURPOSES[file["purpose"]].downloadable:
        message = f"Files of the purpose `{file['purpose']}` cannot be linked to."
        raise Refused(message, param="file")
    _check_future(ctx, params.get("expires_at"))
    return ctx.new(
        "file_link",
        expired=False,
        expires_at=params.get("expires_at"),
        file=file["id"],
        metadata=merged(None, params.get("metadata")),
        url=None,
        _secret=secrets.token_urlsafe(32),
    )


def _check_future(ctx: Context, at: int | None) -> None:
    if at is not None and at <= ctx.now:
        raise Refused("The time of expiry must lie in the future.", param="expires_at")


@route("POST", "/v1/file_links", "FileLinkCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a link."""
    return make(ctx, ctx.get("file", params["file"]), params)


@route("GET", "/v1/file_links/{link}", "FileLinkRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], link: str) -> dict[str, Any]:
    """Retrieve a link."""
    del params
    return ctx.get("file_link", link, param="link")


@route("POST", "/v1/file_links/{link}", "FileLinkUpdateParams")
def update(ctx: Context, params: dict[str, Any], link: str) -> dict[str, Any]:
    """Change when a link expires (`now` ends it at once), or its metadata."""
    found = ctx.get("file_link", link, param="link")
    if is_expired(ctx, found):
        raise Refused("This file link has expired and cannot be changed.")
    if "expires_at" in params:
        wanted = params["expires_at"]
        if wanted == "now":
            found["expires_at"] = ctx.now
        else:
            _check_future(ctx, int(wanted) if wanted else None)
            found["expires_at"] = int(wanted) if wanted else None
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    return found


@route("GET", "/v1/file_links", "FileLinkListParams")
def list_links(ctx: Context, params: dict[str, Any]) -> Listing:
    """List links, newest first."""
    if "expired" not in params:
        return ctx.list("file_link", params, "file")
    # Links are few; whether one has expired follows from the clock and cannot be an index.
    page = ctx.list("file_link", {**params, "limit": 100}, "file")
    rows = [row for row in page.rows if is_expired(ctx, row) is params["expired"]]
    limit = params.get("limit", 10)
    return Listing(rows[:limit], len(rows) > limit, page.url)
