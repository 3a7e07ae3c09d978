"""`python -m coalition` is the command line."""

from coalition.cli import main

main()
