"""A reference marketplace for Stripe Connect."""
