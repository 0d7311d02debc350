"""The web by actor: the shop, the seller, the platform, and Stripe's webhooks."""
