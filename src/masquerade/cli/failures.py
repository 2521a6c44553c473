"""What is said of an exception that no command foresaw."""

import os
import traceback
from pathlib import Path
from typing import Final

import masquerade
from masquerade.cli.console import note

DEBUG_VARIABLE: Final = "MASQUERADE_DEBUG"


def named(error: Exception) -> str:
    """One line on an exception; its traceback goes to stderr if the variable ``MASQUERADE_DEBUG`` is set.

    The exception's own words stay out, unless they are the operating system's: they may quote what a file holds,
    and files here hold secrets.
    """
    if os.environ.get(DEBUG_VARIABLE):
        for line in traceback.format_exception(error):
            for part in line.rstrip().splitlines():
                note(part)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this. Give it less at a time, or a machine with more."
    if isinstance(error, RecursionError):
        return "something is nested too deeply to be read. Check the files given."
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f" in {os.fsdecode(error.filename)}"
        return f"the system refuses: {error.strerror.lower()}{where}."
    return (
        f"this is a fault of masquerade, not of yours: {type(error).__name__} at {_place(error)}. "
        f"Set {DEBUG_VARIABLE}=1 to see all of it, and report it."
    )


def _place(error: Exception) -> str:
    """The innermost line of ours that the exception passed through."""
    ours = Path(masquerade.__path__[0])
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if ours in Path(frame.filename).parents
    ]
    if not frames:
        return "an unknown place"
    return f"{Path(frames[-1].filename).relative_to(ours)}:{frames[-1].lineno}"
