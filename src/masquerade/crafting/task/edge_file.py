"""What a phone needs of task-only: one matrix after the encoder, as plain arrays."""

import json
from typing import Final

from torch import Tensor

from masquerade.crafting.trained import TrainedSplit
from masquerade.errors import UsageError
from masquerade.files.tensors import packed

KIND: Final = "masquerade.edge"


def edge_bytes(cloud: TrainedSplit, scale: Tensor, bits: int, encoder: TrainedSplit) -> bytes:
    """``matrix`` (r, d), ``bias`` (r,) and ``scale`` (r,), float32, as the bytes of a safetensors file.

    A photo's code is ``matrix @ features + bias``, divided by its norm where that is above 1; the level of a
    number is the rounded ``(clip(code / scale, -1, 1) + 1) / 2 * (2**bits - 1)``.

    Args:
        cloud: The network of a thin code, as ``TaskAnswers.cloud``.
        scale: How far the levels reach, as ``TaskAnswers.scale``.
        bits: Of each number.
        encoder: Whose features it takes.

    Raises:
        UsageError: If the code is not made by one matrix.
    """
    code = cloud.network.code
    if code is None or code.options.source != "features":
        raise UsageError(
            "the numbers are not made by one matrix",
            value=cloud.name,
            remedy="Take the recipe task-only-thin.",
        )
    tensors = {"matrix": code.linear.weight, "bias": code.linear.bias, "scale": scale}
    facts = {"numbers": code.options.numbers, "bits": bits, "encoder": encoder.describe()}
    return packed(tensors, KIND, json.dumps(facts, sort_keys=True))
