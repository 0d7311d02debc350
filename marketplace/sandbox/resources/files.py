"""Files: documents, logos and evidence, uploaded as `multipart/form-data`.

Stripe takes uploads at an address of its own (`files.stripe.com`); the sandbox takes them at the
one it has. What may be uploaded depends on `purpose`, see `uploads`.

https://docs.stripe.com/api/files https://docs.stripe.com/file-upload
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import documents, uploads
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.resources import file_links
from marketplace.sandbox.routing import kind, route, view
from marketplace.sandbox.uploads import Upload

kind("file", "file_", indexed=("purpose",), words="file upload")


@view("file")
def show(ctx: Context, file: dict[str, Any]) -> dict[str, Any]:
    """With its links; a file does not say in which mode it was made."""
    file.pop("livemode", None)
    owner = ctx.acting_as(ctx.owner(file["id"]))
    rows = owner.every("file_link", file=file["id"])
    file["links"] = sublist(owner, rows, f"/v1/file_links?file={file['id']}")
    contents = f"{ctx.base_url}/v1/files/{file['id']}/contents"
    file["url"] = contents if file["url"] else None
    return file


@route("POST", "/v1/files", "FileCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Upload a file."""
    upload = params["file"]
    if not isinstance(upload, Upload):
        message = "Invalid file: send it as a part of a multipart/form-data body."
        raise Refused(message, param="file")
    link = params.get("file_link_data") or {}
    made = add(ctx, upload, params["purpose"])
    if link.get("create"):
        file_links.make(ctx, made, link)
    emit(ctx, "file.created", made)
    return made


def add(ctx: Context, upload: Upload, purpose: str) -> dict[str, Any]:
    """Keep a file of the acting account; raises `Refused` for what the purpose does not take."""
    rule = uploads.PURPOSES[purpose]
    type_ = uploads.type_of(upload)
    if not upload.content:
        raise Refused("The file is empty.", param="file")
    if type_ not in rule.types:
        raise Refused(
            f"A file of the purpose `{purpose}` must be one of {', '.join(rule.types)}.",
            param="file",
        )
    if len(upload.content) > rule.limit:
        raise Refused(
            f"A file of the purpose `{purpose}` has at most {rule.limit // 1024} KB.", param="file"
        )
    made = ctx.new(
        "file",
        expires_at=ctx.now + rule.lasts if rule.lasts else None,
        filename=upload["filename"],
        purpose=purpose,
        size=len(upload.content),
        title=None,
        type=type_,
        url=rule.downloadable,
        _means=uploads.mentions(upload, documents.TOKENS),
    )
    uploads.keep(ctx.db, made["id"], upload.content)
    return made


@route("GET", "/v1/files/{file}", "FileRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], file: str) -> dict[str, Any]:
    """Retrieve a file's description."""
    del params
    return ctx.get("file", file)


@route("GET", "/v1/files/{file}/contents", "FileRetrieveParams")
def contents(ctx: Context, params: dict[str, Any], file: str) -> uploads.Content:
    """The file itself, unless it proves somebody's identity: those never come out again."""
    del params
    found = ctx.get("file", file)
    if found["expires_at"] and found["expires_at"] <= ctx.now:
        raise missing("file upload", file, "file")
    if not found["url"]:
        message = f"Files of the purpose `{found['purpose']}` cannot be downloaded."
        raise Refused(message, status=403)
    return uploads.Content(uploads.content(ctx.db, file), uploads.mimetype(found["type"]))


@route("GET", "/v1/files", "FileListParams")
def list_files(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's files, newest first."""
    return ctx.list("file", params, "purpose")
