"""dlib's face recogniser (King 2017), for audits: one that no cloak here was optimised against.

The package ``face-recognition-models`` carries its weights, in the public domain (CC0). They are read as data; none
of that package's code runs.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.encoders.base import digest_of
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.errors import StudyError
from masquerade.extras import how_to_install

SHA256: Final = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of the file of weights."""
_NAME: Final = "dlib_face_recognition_resnet_model_v1.dat"
_SIDE: Final = 112
_CHIP: Final = 150
_EYE_DISTANCE: Final = 52.55
"""Pixels between the eyes in dlib's chips of 150 pixels, padding 0.25; in the ArcFace template it is 35.24."""
_SCALE: Final = _EYE_DISTANCE / 35.24
_LEFT: Final = 38.29 - 47.70 / _SCALE
_TOP: Final = 51.60 - 47.10 / _SCALE
"""Where a chip's corner lies in a photo of 112 pixels, so that the eyes meet."""


@final
class DlibRecogniser(Recogniser):
    """dlib's ResNet of 128 numbers; photos are re-cut as dlib aligns faces. Not differentiable.

    Raises:
        StudyError: If its packages are not installed, or its file is not the one expected.
    """

    def __init__(self) -> None:
        super().__init__(
            "dlib", _SIDE, 128, digest_of([type(self).__name__, SHA256], {}), differentiable=False
        )
        self._network = _network()

    @torch.no_grad()
    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 128)``."""
        whole = chips(images).round().clip(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
        faces = [np.ascontiguousarray(face.numpy()) for face in whole]
        return torch.from_numpy(np.array(self._network.compute_face_descriptor(faces), dtype=np.float32))


def chips(images: Tensor) -> Tensor:
    """Photos ``(n, 3, 112, 112)`` as dlib cuts them, ``(n, 3, 150, 150)``; edges are repeated."""
    places = (torch.arange(_CHIP) + 0.5) / _SCALE
    x, y = (2 * (places + start) / _SIDE - 1 for start in (_LEFT, _TOP))
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).expand(len(images), -1, -1, -1)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _network() -> Any:  # noqa: ANN401 - dlib has no types
    path = dlib_file()
    try:
        import dlib  # here, since few need it
    except ImportError as error:
        raise StudyError(
            "dlib's networks cannot be run", place="package dlib-bin", remedy=how_to_install("examiners")
        ) from error
    return dlib.face_recognition_model_v1(str(path))


def dlib_file(extra: str = "examiners") -> Path:
    """The file of weights, if it is the one expected.

    Args:
        extra: The optional part of masquerade that whoever asks belongs to.

    Raises:
        StudyError: If it is not installed, cannot be read, or is another one.
    """
    package = find_spec("face_recognition_models")  # finds a package without running it
    if package is None or not package.submodule_search_locations:
        raise StudyError(
            "dlib's recogniser is not installed",
            place="package face-recognition-models",
            remedy=how_to_install(extra),
        )
    path = Path(package.submodule_search_locations[0]) / "models" / _NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StudyError(
            "dlib's recogniser cannot be read",
            value=error.strerror,
            place=_NAME,
            remedy=how_to_install(extra),
        ) from error
    if sha256(data).hexdigest() != SHA256:
        raise StudyError(
            "dlib's recogniser is not the one expected", place=_NAME, remedy=how_to_install(extra)
        )
    return path
