"""`python -m clients.cli` is the program `unbroken`."""

from clients.cli.main import main

main()
