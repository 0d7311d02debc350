"""The integration guide: from five answers to rules, money, steps, requests and a prompt.

Everything here is a pure function of a `Design` and a sample sale, made from the same parts that
the shop runs on: the rules of `design`, the request builders of `accounts` and `charges`, the fees
of `charges.fees`. The rule that bites: the guide must not promise what the shop does not do, so
every step says whether a module here does it (`built`).
https://docs.stripe.com/connect/design-an-integration
"""
