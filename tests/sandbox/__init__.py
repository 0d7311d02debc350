"""What the local Stripe promises."""
