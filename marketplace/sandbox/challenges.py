"""3-D Secure: how an intent says where its buyer has to go.

A program that confirms from its server sends the buyer to the bank's page (`redirect_to_url`).
stripe.js confirms with `use_stripe_sdk` and shows the same page in a frame of the shop's own;
what `use_stripe_sdk` holds is between stripe.js and Stripe, and Stripe says not to read it.

https://docs.stripe.com/payments/3d-secure
"""

from __future__ import annotations

from typing import Any

FRAMED = "in"
"""The query parameter that tells the challenge page that a frame shows it."""


def next_action(intent: dict[str, Any], address: str) -> dict[str, Any]:
    """The `next_action` of an intent whose challenge page has this address."""
    if intent.get("_in_page"):
        return {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {
                "type": "three_d_secure_redirect",
                "stripe_js": f"{address}?{FRAMED}=frame",
            },
        }
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": intent["_return_url"], "url": address},
    }
