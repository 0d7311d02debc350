"""Every way in which the marketplace says no, as one tree.

    MarketplaceError                500  something of ours failed
    ├── NotFound                    404  it does not exist, or it is somebody else's
    ├── Forbidden                   403  you are known, and this is not for you
    ├── Invalid                     422  what was sent cannot be used; says which field and why
    ├── TooMany                     429  slow down; says for how long
    ├── Conflict                    409  the thing is not in the state this needs
    │   ├── IllegalMove             409  a status may not go from here to there
    │   ├── SoldOut                 409  fewer are left than asked for
    │   └── SellerNotReady          409  the seller cannot be paid yet
    ├── PaymentRefused              402  the buyer's card or bank said no
    ├── StripeError                 502  Stripe answered, or did not, and it stops us
    │   ├── StripeUnavailable       503  no usable answer: try the same call again, same key
    │   ├── StripeRefused           502  Stripe says this request is wrong: trying again is no use
    │   └── StripeMisconfigured     503  our key or platform set-up does not allow it
    └── ConfigError                 500  the program cannot start; lists every fault

Each class has an HTTP status and an advice in plain words for whoever sees the page. What an
operator must know (code, parameter, request id) travels in attributes and to the log, never to the
page. The rule that bites: after StripeUnavailable nobody knows whether Stripe did it, so nothing
may be undone or tried under a new idempotency key until the object was looked up.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self


class Sentence(str):
    """Words with values in them, that remembers both: a translation needs them apart.

    `Sentence("Only {left} left.", left=2) == "Only 2 left."`
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill the `{places}` of `template`."""
        filled = super().__new__(cls, template.format(**values))
        filled.template, filled.values = template, values
        return filled


class MarketplaceError(Exception):
    """Something of ours failed. `str(error)` is a sentence that may be shown to people."""

    http_status: ClassVar[int] = 500
    advice: ClassVar[str] = "This is our mistake. Try again in a moment."

    @property
    def told(self) -> str:
        """The sentence as it was raised: a `Sentence` still knows its values here."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class NotFound(MarketplaceError):
    """It does not exist, or it belongs to somebody else: the two look the same from outside."""

    http_status = 404
    advice = "Check the address, or start from the shop."


class Forbidden(MarketplaceError):
    """The person is known and may not do this."""

    http_status = 403
    advice = "Sign in with an account that may do this."


class Invalid(MarketplaceError):
    """What was sent cannot be used. `fields` maps each field's name to what is wrong with it."""

    http_status = 422
    advice = "Correct what is marked and send it again."

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class TooMany(MarketplaceError):
    """Too many tries. `retry_after` is in seconds."""

    http_status = 429
    advice = "Wait a little, then try again."

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Conflict(MarketplaceError):
    """The thing is not in the state that this needs."""

    http_status = 409
    advice = "Load the page again to see how things stand."


class IllegalMove(Conflict):
    """A status may not go from `current` to `target`; `lifecycles` has the table."""

    def __init__(self, kind: str, current: str, target: str) -> None:
        super().__init__(f"{kind}: {current} cannot become {target}.")
        self.kind, self.current, self.target = kind, current, target


class SoldOut(Conflict):
    """Fewer are left than asked for. `left` is how many there are, `title` of what."""

    advice = "Take fewer, or choose something else."

    def __init__(self, title: str, left: int) -> None:
        gone = Sentence("{title} is sold out.", title=title)
        few = Sentence("Only {left} of {title} left.", left=left, title=title)
        super().__init__(gone if left == 0 else few)
        self.title, self.left = title, left


class SellerNotReady(Conflict):
    """The seller's connected account cannot take part in a payment yet, or no longer."""

    advice = "The seller must finish setting up payments first. Nothing was charged."


class PaymentRefused(MarketplaceError):
    """The buyer's card or bank said no. `code` and `decline_code` are Stripe's.

    https://docs.stripe.com/declines/codes
    """

    http_status = 402
    advice = "Nothing was charged. Try another card, or ask your bank."

    def __init__(self, message: str, code: str | None, decline_code: str | None = None) -> None:
        super().__init__(message)
        self.code, self.decline_code = code, decline_code


class StripeError(MarketplaceError):
    """A call to Stripe did not do what we asked.

    `code`, `param`, `request_id` and `detail` are for operators: https://docs.stripe.com/error-codes
    """

    http_status = 502
    advice = "Our payment provider could not do this. Nothing was charged."
    sentence: ClassVar[str] = "The payment provider did not accept this."

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(self.sentence)
        self.detail, self.code, self.param, self.request_id = detail, code, param, request_id

    def for_operator(self) -> str:
        """Return one line with all that Stripe said, for logs and operator pages."""
        known = {"code": self.code, "param": self.param, "request": self.request_id}
        facts = ", ".join(f"{name} {value}" for name, value in known.items() if value)
        return f"{type(self).__name__}: {self.detail or self.sentence}" + (facts and f" ({facts})")


class StripeUnavailable(StripeError):
    """No usable answer. `done_is_unknown` tells whether Stripe may have carried it out anyway."""

    http_status = 503
    advice = "Wait a moment and try again. You will not be charged twice."
    sentence = "The payment provider did not answer."

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        request_id: str | None = None,
        done_is_unknown: bool = True,
    ) -> None:
        super().__init__(detail, code=code, request_id=request_id)
        self.done_is_unknown = done_is_unknown


class StripeRefused(StripeError):
    """Stripe says that this request is wrong. Sending it again would be refused again."""


class StripeMisconfigured(StripeError):
    """Our key is wrong or may not do this, or the platform is not set up for it at Stripe."""

    http_status = 503
    advice = "The people who run this marketplace have to correct its set-up at Stripe."
    sentence = "The marketplace is not set up for this at the payment provider."


class ConfigError(MarketplaceError):
    """The program cannot start. `faults` holds one clear line for each thing that is wrong."""

    advice = "Correct the settings (see .env.example) and start again."

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
