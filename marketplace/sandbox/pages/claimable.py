"""`stripe sandbox create`: a platform of one's own without signing in.

The CLI must do a little work before it gets keys: it asks for a challenge, looks for the number
whose hash was named, and sends it back. Here that costs nothing and every key names a platform
anyway, so the answer is fresh keys; nothing has to be claimed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from marketplace.sandbox import ids
from marketplace.sandbox.context import Context
from marketplace.sandbox.pages.control import told
from marketplace.sandbox.resources.accounts import ensure_platform
from marketplace.sandbox.routing import page, route

if TYPE_CHECKING:
    from marketplace.sandbox.server import Server

_ALGORITHM = "SHA-256"
_HIGHEST = 2_000
_LIFETIME = 7 * 86_400
_SEAL = secrets.token_bytes(32)
_REFUSAL = 400


def _hash(salt: str, number: str) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _seal(challenge: str) -> str:
    """Proves that a challenge came from here."""
    return hmac.new(_SEAL, challenge.encode(), hashlib.sha256).hexdigest()


@page("POST", "/keys/challenge")
def challenge(server: Server, request: Request) -> Response:
    """A hash; the CLI finds the number behind it."""
    del server, request
    salt = secrets.token_hex(12)
    value = _hash(salt, str(secrets.randbelow(_HIGHEST)))
    return told(
        {"algorithm": _ALGORITHM, "challenge": value, "salt": salt, "signature": _seal(value)}
    )


@page("POST", "/keys/provision")
def provision(server: Server, request: Request) -> Response:
    """Keys for whoever solved a challenge of ours."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or not _solved(given):
        message = "The proof of work is missing or wrong."
        return told({"error": {"type": "invalid_request_error", "message": message}}, _REFUSAL)
    suffix = secrets.token_hex(16)
    platform = ids.platform_of_key(f"sk_test_{suffix}")
    with server.sandbox.session(platform) as ctx:
        ensure_platform(ctx)
        expiry = ctx.now + _LIFETIME
    return told(
        {
            "account_id": platform,
            "claim_url": f"{server.sandbox.base_url}/_sandbox/",
            "expires_at": expiry,
            "publishable_key": f"pk_test_{suffix}",
            "restricted_key": f"rkcs_test_{suffix}",
        }
    )


def _solved(given: dict[str, Any]) -> bool:
    value = str(given.get("challenge", ""))
    ours = hmac.compare_digest(_seal(value).encode(), str(given.get("signature", "")).encode())
    return ours and _hash(str(given.get("salt", "")), str(given.get("number", ""))) == value


@route("GET", "/v2/core/claimable_sandboxes/status")
def status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Nobody has to claim a local sandbox."""
    del ctx, params
    return {"is_claimed": False}
