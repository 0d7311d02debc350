"""Accounts v2 as a second view of the accounts that v1 keeps.

One account is stored, in the words of v1. `fields` says which name of v2 is which name of v1;
`reading` prints a stored account as `v2.core.account`, `writing` turns the parameters of v2 into
those facts, `entries` tells what is still required, `telling` raises the thin events. What v1 has
no word for lies under the private key `_v2` of the account or the person.

https://docs.stripe.com/connect/accounts-v2 https://docs.stripe.com/api/v2/core/accounts
"""
