"""One API request, from bytes to bytes, the way Stripe treats it.

In order: who asks (Bearer or Basic, test keys only), in which version, for which account; which
endpoint; what the parameters say (`schema`); was this idempotency key seen; then the resource's
function inside one transaction; then the answer, kept under the key in that same transaction.

https://docs.stripe.com/api/authentication https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from . import buyers, form, ids, publishable, schema, store, uploads, versions, wire_v2
from .context import DEFAULT_VERSION, Context
from .errors import Invalid, Refused
from .faults import Fault
from .program import Sandbox
from .render import answer as render
from .resources.accounts import ensure_platform
from .routing import Route, router
from .uploads import Content

log = logging.getLogger("sandbox.wire")
NOTICE = "This is a local sandbox. No real Stripe was called and no money moves."
_KEY_LONGEST = 255
# Stripe lays its answers out for everybody; here that would take longer than the work.
_READ_BY_PEOPLE = re.compile(r"curl/|HTTPie/|Stripe/v1 stripe-cli/")
_json_text = json.JSONEncoder(check_circular=False).encode
_ANSWER_KEPT = 86_400 * 30


@dataclass
class Call:
    """One request as it came and what became of it; the workbench shows these."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]
    request_id: str = field(default_factory=lambda: ids.new("req_", 14))
    platform: str = ""
    account: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    status: int = 0
    replayed: bool = False
    started: float = field(default_factory=time.perf_counter)
    events: list[str] = field(default_factory=list)
    answer: bytes = b""
    door: publishable.Door | None = None
    """What the publishable key of this call opens; None for a secret key."""
    client_secret: str = ""
    mimetype: str = "application/json"
    is_file: bool = False
    at: int = 0
    took: float = 0.0
    fault: Fault | None = None
    calm: threading.Event | None = None
    """Set when the faults are cleared that were set as the request came."""

    def header(self, name: str) -> str | None:
        """A request header; names are lower case here."""
        return self.headers.get(name)


@dataclass
class Answer:
    """What goes back: `body` is JSON text."""

    status: int
    body: bytes
    headers: dict[str, str]


class Wire:
    """Answers API calls for one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Requests in flight are known by their idempotency key."""
        self.sandbox = sandbox
        self._flying: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Answer:
        """Do what the call asks; never raises."""
        try:
            if self.sandbox.trouble.rules:
                self.sandbox.trouble.before(call)
            status, body = self._handle(call)
        except Refused as refusal:
            status, body = refusal.status, self._error(refusal, call)
        except Exception:
            log.exception("%s %s failed in the sandbox itself", call.method, call.path)
            message = "The sandbox itself failed; this is a bug in it, not in your request."
            broken = Refused(message, status=500, kind="api_error")
            status, body = 500, self._error(broken, call)
        call.status, call.answer = status, body
        call.at = self.sandbox.clock.now()
        call.took = time.perf_counter() - call.started
        uploads.forget(call.params)
        if not call.is_file and _READ_BY_PEOPLE.match(call.header("user-agent") or ""):
            body = json.dumps(json.loads(body), indent=2).encode() + b"\n"
        headers = {
            "Content-Type": call.mimetype,
            "Request-Id": call.request_id,
            "Stripe-Notice": NOTICE,
            "Stripe-Version": call.header("stripe-version") or DEFAULT_VERSION,
            "Cache-Control": "no-cache, no-store",
        }
        for name in ("Idempotency-Key", "Stripe-Account"):
            if value := call.header(name.lower()):
                headers[name] = value
        if call.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Answer(status, body, headers)

    def _handle(self, call: Call) -> tuple[int, bytes]:
        key = _api_key(call)
        _check_version(call)
        call.platform = ids.platform_of_key(key)
        found = router.find(call.method, call.path)
        if publishable.is_publishable(key):
            call.door = publishable.admit(found[0] if found else None)
        if found is None:
            raise Refused(
                f"Unrecognized request URL ({call.method}: {call.path}). This local sandbox does"
                " not cover it, or it does not exist at Stripe either.",
                status=404,
            )
        route, arguments = found
        call.params = self._params(call, route)
        idempotency = call.header("idempotency-key") if call.method != "GET" else None
        if idempotency is None:
            return self._execute(call, route, arguments, None)
        if len(idempotency) > _KEY_LONGEST:
            message = f"Idempotency keys have at most {_KEY_LONGEST} characters."
            raise Invalid(message, kind="idempotency_error")
        if call.door is not None:
            # A browser must not be handed the answer that was kept for the server.
            idempotency = f"pk:{idempotency}"
        flight = (_account_header(call) or call.platform, idempotency)
        with self._lock:
            if flight in self._flying:
                raise Refused(
                    "Another request with this idempotency key is still being worked on.",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._flying.add(flight)
        try:
            return self._execute(call, route, arguments, idempotency)
        finally:
            with self._lock:
                self._flying.discard(flight)

    def _params(self, call: Call, route: Route) -> dict[str, Any]:
        version = call.header("stripe-version") or DEFAULT_VERSION
        raw = form.decode(call.query)
        if call.body:
            raw = {**raw, **_body(call)}
        call.params = raw  # for the workbench, should the parameters be refused below
        if call.door is not None:
            raw = dict(raw)
            call.client_secret = publishable.take_secret(call.door, raw)
        older = {k: raw.pop(k) for k, last in route.until.items() if k in raw and version < last}
        expand = _expand(raw)
        shape = schema.of(route.schema) if route.schema is not None else None
        if wire_v2.is_v2(call.path):
            raw = wire_v2.arrays(raw, call.query, shape)
            older |= {"page": raw.pop("page")} if call.method == "GET" and "page" in raw else {}
        if shape is not None:
            raw = buyers.named(shape.read(raw, ""))
        if expand:
            raw["expand"] = expand
        return {**raw, **older}

    def _execute(
        self, call: Call, route: Route, arguments: dict[str, str], key: str | None
    ) -> tuple[int, bytes]:
        with self.sandbox.session(
            call.platform,
            version=call.header("stripe-version") or DEFAULT_VERSION,
            request_id=call.request_id,
            idempotency_key=key,
            path=call.path,
        ) as ctx:
            ensure_platform(ctx)
            call.account = ctx.account = _acting_account(ctx, call)
            if call.door is not None:
                publishable.check(ctx, call.door, arguments, call.client_secret)
            if key is not None:
                kept = _replay(ctx, call, key)
                if kept is not None:
                    call.replayed = True
                    return kept
            status, body = self._run(ctx, call, route, arguments)
            if key is not None and (wire_v2.remembers(status) or not wire_v2.is_v2(call.path)):
                _keep(ctx, call, key, status, body)
            call.events = ctx.spread
        return status, body

    def _run(
        self, ctx: Context, call: Call, route: Route, arguments: dict[str, str]
    ) -> tuple[int, bytes]:
        """The resource's function; a refusal undoes its work, unless Stripe keeps it too."""
        params = dict(call.params)
        expand = params.pop("expand", [])
        # Of a refused read nothing is kept at all.
        keeps = call.method != "GET"
        if keeps:
            ctx.db.execute("SAVEPOINT work")
        try:
            if call.fault is not None:
                self.sandbox.trouble.midway(call)
            result = route.handler(ctx, params, **arguments)
            shown = None if isinstance(result, Content) else render(ctx, result, expand)
        except Refused as refusal:
            if not keeps:
                raise
            if not refusal.keep:
                ctx.db.execute("ROLLBACK TO work")
                ctx.spread.clear()
            ctx.db.execute("RELEASE work")
            if isinstance(refusal, Invalid):
                raise
            return refusal.status, self._error(refusal, call)
        if keeps:
            ctx.db.execute("RELEASE work")
        if isinstance(result, Content):
            call.mimetype, call.is_file = result.mimetype, True
            return 200, result.body
        if call.door is not None:
            shown = publishable.shown(shown)
        return 200, _json_text(shown).encode()

    def _error(self, refusal: Refused, call: Call) -> bytes:
        if wire_v2.is_v2(call.path):
            return json.dumps({"error": wire_v2.error(refusal)}).encode()
        log_url = f"{self.sandbox.base_url}/_sandbox/requests/{call.request_id}"
        error = refusal.error if call.door is None else publishable.shown(refusal.error)
        return json.dumps({"error": {**error, "request_log_url": log_url}}).encode()


def _check_version(call: Call) -> None:
    version = call.header("stripe-version")
    if version:
        versions.check(version)


def _api_key(call: Call) -> str:
    header = call.header("authorization") or ""
    scheme, _, value = header.partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise Refused(
            "You did not provide an API key. Send it as a bearer token:"
            " 'Authorization: Bearer sk_test_…'.",
            status=401,
        )
    kind, _, rest = key.partition("_")
    if rest.startswith("live"):
        message = "This is a local sandbox: live keys are refused. Use any sk_test_… key."
        raise Refused(message, status=401)
    if kind not in {"sk", "rk", "rkcs", "pk"} or "_" not in rest:
        raise Refused(f"Invalid API Key provided: {key[:7]}***", status=401)
    return key


def _account_header(call: Call) -> str:
    """`Stripe-Account`, or the last step of `Stripe-Context`, its successor."""
    context = (call.header("stripe-context") or "").rpartition("/")[2]
    return call.header("stripe-account") or context


def _acting_account(ctx: Context, call: Call) -> str:
    from_header = _account_header(call)
    if not from_header or from_header == ctx.platform:
        return ctx.platform
    found = store.get(ctx.db, from_header)
    mine = found is not None and found[0]["object"] == "account" and found[1] == ctx.platform
    if found is None or not mine or found[0].get("_v2", {}).get("closed"):
        raise Refused(
            f"The provided key does not have access to account '{from_header}' (or that account"
            " does not exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return from_header


def _fingerprint(call: Call) -> str:
    told = json.dumps([call.method, call.path, call.params], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _replay(ctx: Context, call: Call, key: str) -> tuple[int, bytes] | None:
    row = ctx.db.execute(
        "SELECT fingerprint, status, body, created FROM answers WHERE scope = ? AND key = ?",
        (ctx.account, key),
    ).fetchone()
    if row is None or row[3] < ctx.now - _ANSWER_KEPT:
        return None
    if row[0] != _fingerprint(call):
        raise Refused(
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try using a key other than '{key}' if you meant to execute a"
            " different request.",
            kind="idempotency_error",
        )
    return row[1], row[2]


def _keep(ctx: Context, call: Call, key: str, status: int, body: bytes) -> None:
    ctx.db.execute(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
        (ctx.account, key, _fingerprint(call), status, body, ctx.now),
    )


def _expand(raw: dict[str, Any]) -> list[str]:
    expand = raw.pop("expand", None)
    if isinstance(expand, dict):
        expand = [expand[key] for key in sorted(expand)]
    if expand is None:
        return []
    if not isinstance(expand, list) or not all(isinstance(item, str) for item in expand):
        raise Invalid("Invalid array", param="expand")
    return expand


def _body(call: Call) -> dict[str, Any]:
    """What the body says: a form in v1, JSON in v2.

    https://github.com/MarcinusX/flutter_stripe_demo/issues/9 has Stripe's words for what is
    neither; what v2 answers is not confirmed.
    """
    told = call.header("content-type") or ""
    kind = told.partition(";")[0].strip().lower()
    if wire_v2.is_v2(call.path):
        wanted = "application/json"
    elif uploads.is_multipart(told):
        body, call.body = call.body, b""  # the list of recent requests need not hold files
        return uploads.read(body, told)
    else:
        wanted = "application/x-www-form-urlencoded"
    if kind != wanted:
        message = f"Invalid request: unsupported Content-Type {told}. It must be {wanted} here."
        raise Invalid(message)
    return _json(call.body) if kind == "application/json" else form.decode(_text(call.body))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as problem:
        message = "The request's body is not valid UTF-8."
        raise Invalid(message) from problem


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as problem:
        message = "The request's body is not valid JSON."
        raise Invalid(message) from problem
    if not isinstance(value, dict):
        message = "The request's body must be a JSON object."
        raise Invalid(message)
    return value
