"""Public face recognisers by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.network_recogniser import NetworkRecogniser
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.encoders.sface_recogniser import SFaceRecogniser
from masquerade.files.named import open_named
from masquerade.shipped_weights import shipped_weights

__all__ = [
    "RECOGNISERS",
    "DlibRecogniser",
    "NetworkRecogniser",
    "Recogniser",
    "SFaceRecogniser",
    "open_recogniser",
]

RECOGNISERS: Final[tuple[str, ...]] = ("sface", "resnet-public", "dlib")
"""Names that need no file: OpenCV's, a small one of ours, and dlib's, which is for audits alone."""
_RESNET_PUBLIC: Final = "encoders/weights/resnet-public.safetensors"


def open_recogniser(name_or_path: str | Path) -> Recogniser:
    """A recogniser: one of ``RECOGNISERS`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no recogniser.
        StudyError: If packages that it comes in are not installed.
    """
    return open_named(name_or_path, RECOGNISERS, _named, read_recogniser, "recogniser")


@cache
def _named(name: str) -> Recogniser:
    match name:
        case "sface":
            return SFaceRecogniser()
        case "dlib":
            return DlibRecogniser()
        case _:
            return read_recogniser(shipped_weights(_RESNET_PUBLIC))
