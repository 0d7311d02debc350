"""What others promised us, and what we promise others, compared."""
