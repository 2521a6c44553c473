"""Public face recognisers by name, and out of files."""

from pathlib import Path
from typing import Final

from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.examiners import EXAMINERS, named_recogniser
from masquerade.encoders.foreign.onnx_recogniser import Colours, OnnxRecogniser
from masquerade.encoders.network_recogniser import NetworkRecogniser
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.encoders.sface_recogniser import SFaceRecogniser
from masquerade.files.named import open_named

__all__ = [
    "NAMED_RECOGNISERS",
    "RECOGNISERS",
    "DlibRecogniser",
    "NetworkRecogniser",
    "OnnxRecogniser",
    "Recogniser",
    "SFaceRecogniser",
    "open_recogniser",
]

RECOGNISERS: Final[tuple[str, ...]] = ("sface", "resnet-public", "dlib")
"""Those that every audit of cloaks has: OpenCV's, a small one of ours, and dlib's, which is for audits alone."""
NAMED_RECOGNISERS: Final[tuple[str, ...]] = tuple(each.name for each in EXAMINERS)
"""Every name that needs no file; see ``masquerade.encoders.examiners``."""
_ONNX: Final = ".onnx"
_ORDERS: Final[dict[str, Colours]] = {",rgb": "rgb", ",bgr": "bgr"}


def open_recogniser(name_or_path: str | Path) -> Recogniser:
    """A recogniser: one of ``NAMED_RECOGNISERS`` by its name, or the one in a file.

    Files are masquerade's own, or ONNX files that end in ``.onnx`` and take aligned faces of 112 pixels:
    ``arcface.onnx`` is fed red first, ``adaface.onnx,bgr`` blue first.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged, no recogniser, or takes or gives numbers of another shape.
        StudyError: If packages that it comes in, or that run it, are not installed.
    """
    colours = _ORDERS.get(str(name_or_path)[-4:])
    path = str(name_or_path)[:-4] if colours else name_or_path

    def read(path: Path) -> Recogniser:
        if colours or path.suffix.lower() == _ONNX:
            return OnnxRecogniser(path, colours or "rgb")
        return read_recogniser(path)

    return open_named(path, NAMED_RECOGNISERS, named_recogniser, read, "recogniser")
