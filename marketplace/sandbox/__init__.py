"""A local Stripe: the part of Stripe's API that a Connect platform needs, on loopback.

The sandbox is its own program (`python -m marketplace.sandbox`). The marketplace never imports
it; it is reached over HTTP with the same SDK, keys and headers as Stripe itself, so that pointing
the app at Stripe test mode changes an address and a key and nothing else.

Start reading at `server` (the WSGI program), `wire` (what happens to one request), `context`
(what a resource may do) and then any file under `resources/`.
"""
