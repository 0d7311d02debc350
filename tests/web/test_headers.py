"""Which hosts a page is open to: none, or those that Stripe documents, or the sandbox."""

import pytest
import stripe

from marketplace.config import Settings
from marketplace.web import headers
from marketplace.web.shop import stripejs

REAL = {"STRIPE_SECRET_KEY": "sk_test_12345678", "SECRET_KEY": "c" * 40}


def directives(written: str) -> dict[str, list[str]]:
    """A policy by directive."""
    return {name: sources for name, *sources in (rule.split() for rule in written.split("; "))}


@pytest.mark.parametrize("environ", [{}, REAL])
def test_a_page_without_guests_runs_and_frames_nothing_of_others(environ: dict[str, str]) -> None:
    found = directives(headers.policy(Settings.from_environ(environ)))
    assert found["script-src"] == found["style-src"] == found["connect-src"] == ["'self'"]
    assert "frame-src" not in found  # which leaves it to default-src
    assert found["default-src"] == found["frame-ancestors"] == ["'none'"]


def test_embedded_components_open_a_page_to_exactly_the_hosts_that_stripe_names() -> None:
    settings = Settings.from_environ(REAL)
    before = directives(headers.policy(settings))
    after = directives(headers.policy(settings, [headers.CONNECT]))
    hosts = ["https://connect-js.stripe.com", "https://js.stripe.com"]
    added = {
        name: [source for source in sources if source not in before.get(name, [])]
        for name, sources in after.items()
        if sources != before.get(name)
    }
    assert added == {
        "script-src": hosts,
        "frame-src": hosts,
        "img-src": ["https://*.stripe.com"],
        "style-src": ["'sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj/KnnzrOYqckXk='"],
    }


def test_our_payment_form_opens_a_page_to_exactly_the_hosts_that_stripe_names() -> None:
    found = directives(headers.policy(Settings.from_environ(REAL), [headers.STRIPE_JS]))
    assert found["script-src"] == ["'self'", "https://*.js.stripe.com", "https://js.stripe.com"]
    assert found["connect-src"] == ["'self'", "https://api.stripe.com"]
    assert found["frame-src"] == [
        "https://*.js.stripe.com",
        "https://hooks.stripe.com",
        "https://js.stripe.com",
    ]
    assert found["style-src"] == ["'self'"]


def test_stripe_js_is_of_the_release_that_the_sdk_speaks() -> None:
    assert stripe.api_version.partition(".")[2] == stripejs.RELEASE


def test_only_where_a_buyer_pays_may_stripe_ask_the_browser_for_a_wallet() -> None:
    real, local = Settings.from_environ(REAL), Settings.from_environ({"SANDBOX_PORT": "4321"})
    closed = "camera=(), geolocation=(), microphone=(), payment=()"
    assert headers.permissions(real) == closed
    assert headers.permissions(real, [headers.STRIPE_JS, headers.CONNECT]) == closed
    assert headers.permissions(real, [headers.PAYMENT_ELEMENT]) == closed.removesuffix(")") + (
        'self "https://*.js.stripe.com" "https://hooks.stripe.com" "https://js.stripe.com")'
    )
    assert headers.permissions(local, [headers.PAYMENT_ELEMENT]).endswith(
        'payment=(self "http://127.0.0.1:4321")'
    )


def test_in_the_sandbox_the_same_page_is_open_to_the_sandbox_alone() -> None:
    settings = Settings.from_environ({"SANDBOX_PORT": "4321"})
    found = directives(headers.policy(settings, [headers.CONNECT]))
    assert found["script-src"] == ["'self'", "http://127.0.0.1:4321"]
    assert found["frame-src"] == ["http://127.0.0.1:4321"]
    assert found["style-src"] == ["'self'"]
    assert "stripe.com" not in str(found)
