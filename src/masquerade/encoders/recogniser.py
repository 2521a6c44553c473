"""Public face recognisers by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.sface_recogniser import SFaceRecogniser
from masquerade.errors import UsageError

__all__ = ["RECOGNISERS", "Recogniser", "SFaceRecogniser", "open_recogniser"]

RECOGNISERS: Final = ("sface",)
"""Names that need no file."""


def open_recogniser(name_or_path: str | Path) -> Recogniser:
    """A recogniser: one of ``RECOGNISERS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no recogniser.
        StudyError: If packages that it comes in are not installed.
    """
    if str(name_or_path) in RECOGNISERS:
        return _named(str(name_or_path))
    raise UsageError(
        "no such recogniser",
        value=name_or_path,
        remedy=f"Name one of {', '.join(RECOGNISERS)}, or a file that masquerade wrote.",
    )


@cache
def _named(name: str) -> Recogniser:
    del name
    return SFaceRecogniser()
