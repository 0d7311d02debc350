"""A reference marketplace for Stripe Connect.

`application.create_app` wires everything together; each concept beside it is one module. The rule
that bites: this file imports nothing. The sandbox lives in this package too, is a program of its
own, and would otherwise load the whole shop first, which takes longer than all it has to do.
"""
