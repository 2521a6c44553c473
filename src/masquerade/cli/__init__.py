"""The command line: thin commands over the library."""

from masquerade.cli.starting import main

__all__ = ["main"]
