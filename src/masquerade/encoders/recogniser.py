"""Public face recognisers by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.network_recogniser import NetworkRecogniser
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.encoders.sface_recogniser import SFaceRecogniser
from masquerade.errors import UsageError

__all__ = [
    "RECOGNISERS",
    "DlibRecogniser",
    "NetworkRecogniser",
    "Recogniser",
    "SFaceRecogniser",
    "open_recogniser",
]

RECOGNISERS: Final = ("sface", "resnet-public", "dlib")
"""Names that need no file: OpenCV's, a small one of ours, and dlib's, which is for audits alone."""
_RESNET_PUBLIC: Final = Path(__file__).parent / "weights" / "resnet-public.safetensors"


def open_recogniser(name_or_path: str | Path) -> Recogniser:
    """A recogniser: one of ``RECOGNISERS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no recogniser.
        StudyError: If packages that it comes in are not installed.
    """
    if str(name_or_path) in RECOGNISERS:
        return _named(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        raise UsageError(
            "no such recogniser",
            value=name_or_path,
            remedy=f"Name one of {', '.join(RECOGNISERS)}, or a file that masquerade wrote.",
        )
    return read_recogniser(path)


@cache
def _named(name: str) -> Recogniser:
    match name:
        case "sface":
            return SFaceRecogniser()
        case "dlib":
            return DlibRecogniser()
        case _:
            return read_recogniser(_RESNET_PUBLIC)
