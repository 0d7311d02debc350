"""Stripe tells us what happened: verify, keep once, answer, and only then look it up.

`envelope` reads bytes that anybody may have sent; `inbox` keeps each verified event once; `work`
takes kept events one by one and `routes` says which concept looks the fact up. `backfill` fetches
what never arrived. The rule that bites: an event is a hint and never the truth. It may be late,
doubled or overtaken by a newer one, so every handler reads the object again from Stripe.
https://docs.stripe.com/webhooks https://docs.stripe.com/connect/webhooks
"""
