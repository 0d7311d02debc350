"""The endpoint doctor: is each webhook endpoint set up, does it hear anything, what does it refuse?

It reads our own tables and settings, and asks Stripe nothing. The rule that bites: an endpoint with
the wrong secret or the wrong scope looks exactly like a quiet day. Refused deliveries are
therefore counted in memory, never stored: anybody can make as many as they like.
https://docs.stripe.com/webhooks#debug-webhook-integrations
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import orm

from marketplace import clock
from marketplace.config import Settings
from marketplace.models import Scope
from marketplace.webhooks import inbox
from marketplace.webhooks.inbox import Heard


@dataclass(frozen=True, slots=True)
class Refusal:
    """How many deliveries an endpoint turned away since the program started, and the last."""

    count: int
    last: datetime
    reason: str


class Refusals:
    """What was turned away, by endpoint; safe to use from every thread."""

    def __init__(self) -> None:
        self._by_scope: dict[Scope, Refusal] = {}
        self._lock = threading.Lock()

    def note(self, scope: Scope, reason: str) -> None:
        """Remember one more."""
        with self._lock:
            before = self._by_scope.get(scope)
            count = before.count + 1 if before else 1
            self._by_scope[scope] = Refusal(count, clock.now(), reason)

    def of(self, scope: Scope) -> Refusal | None:
        """What was turned away at one endpoint; None for nothing."""
        with self._lock:
            return self._by_scope.get(scope)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one endpoint is. `secrets` is how many signing secrets it knows, never which."""

    scope: Scope
    path: str
    setting: str
    secrets: int
    heard: Heard
    refused: Refusal | None

    @property
    def status(self) -> str:
        """One word: disabled, unverified (it refused last), pending (silent yet) or enabled.

        Without a secret, the thin one is only unused: v1 tells of the same sellers.
        """
        if not self.secrets:
            return "unused" if self.scope is Scope.THIN else "disabled"
        if self.refused and (self.heard.last is None or self.refused.last > self.heard.last):
            return "unverified"
        return "pending" if self.heard.last is None else "enabled"

    @property
    def advice(self) -> str:
        """What to do about it, in a sentence."""
        return _ADVICE[self.status].format(setting=self.setting)


_ADVICE = {
    "unused": "It is closed, which loses nothing. For Accounts v2's own events, put the "
    "destination's signing secret into {setting}.",
    "disabled": "It is closed. Put the endpoint's signing secret into {setting}.",
    "unverified": "It turned the last delivery away. Compare {setting} with the secret at Stripe.",
    "pending": "It has heard nothing yet. Check its address and its events at Stripe.",
    "enabled": "It is heard and understood.",
}


def examine(session: orm.Session, settings: Settings, refusals: Refusals) -> list[Finding]:
    """Look at every endpoint. One query, no call to Stripe."""
    secrets = {
        Scope.PLATFORM: len(settings.webhook_secrets),
        Scope.CONNECT: len(settings.connect_webhook_secrets),
        Scope.THIN: len(settings.thin_webhook_secrets),
    }
    return [
        Finding(
            scope=heard.scope,
            path=inbox.PATHS[heard.scope],
            setting=inbox.SETTINGS[heard.scope],
            secrets=secrets[heard.scope],
            heard=heard,
            refused=refusals.of(heard.scope),
        )
        for heard in inbox.heard(session)
    ]
