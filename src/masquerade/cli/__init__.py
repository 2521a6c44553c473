"""The command line: thin commands over the library."""

from masquerade.cli.app import main

__all__ = ["main"]
