"""Connected accounts, in the languages in which Stripe speaks of them.

`v1` knows accounts that are made from controller properties, `v2` those that are made of
configurations; the accounts are the same, and each API can read what the other made. Each module is
pure and gives two functions: `create_params(design, applicant)` for the request, and
`state(account)` for reading Stripe's answer into the one `AccountState` that the rest of the
marketplace knows. The rule that bites: nothing outside these modules may look into an Account.
https://docs.stripe.com/connect/accounts
"""
