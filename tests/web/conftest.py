"""What tests of pages may ask for besides."""

from tests.browsing import keep, olivia, sign_in

__all__ = ["keep", "olivia", "sign_in"]
