"""`python -m contrefeu` is the command `contrefeu`."""

from contrefeu.cli import main

main()
