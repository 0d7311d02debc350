"""How the marketplace reaches Stripe: one client, keys from our own rows, errors in our words.

The rule that bites: the SDK is not wrapped. Concepts call `stripe.v1.accounts.create(...)`
themselves, one line after deciding; this package only makes the client, names the call's
idempotency key, translates what goes wrong and remembers what was called.
"""
