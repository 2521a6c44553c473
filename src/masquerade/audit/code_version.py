"""Which code wrote a report: the commit of its checkout, else the version. Never a path."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import masquerade
from masquerade import __version__

_PACKAGE: Final = Path(masquerade.__file__).parent
CHANGED: Final = "+changes"
"""What a commit is followed by where the files differ from it."""
_PATIENCE: Final = 10.0
"""Seconds that git has."""


@cache
def code_version() -> str:
    """The commit, 40 hexadecimal digits, with ``CHANGED`` where files of the package differ from it; else the version.

    A package that merely lies in somebody's checkout, in an environment there, is none of it.
    """
    if not _git("ls-files", "--", "__init__.py"):
        return __version__
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return __version__
    return f"{commit}{CHANGED}" if _git("status", "--porcelain", "--", ".") else commit


def _git(*said: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(_PACKAGE), *said],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
