"""What tests of concepts may ask for besides."""

from tests.till import till

__all__ = ["till"]
