"""`python -m marketplace.cli`: the same as the console script."""

from marketplace.cli import main

main()
