"""Arrays as they were released: what a protection gave, of whatever range, for a network to read."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from masquerade.api.arrays import described
from masquerade.api.layouts import COLOURS, LAYOUTS
from masquerade.errors import UsageError


def released_tensor(given: Any, layout: str | None = None, place: str = "Z") -> Tensor:  # noqa: ANN401 - an array
    """Released images as a tensor ``(n, c, h, w)`` in main memory, uint8 or float32.

    Values are taken as they are: what a protection gives is no photo, and has any range. Images whose channels come
    last, ``(n, h, w, 1)`` or ``(n, h, w, 3)``, are turned round.

    Args:
        given: An array or a tensor, or a sequence of them, one for each image.
        layout: "NCHW" or "NHWC", where the shape does not say it.
        place: What to call it in a message.

    Raises:
        UsageError: If it is something else, or holds numbers that are not finite.
    """
    found = _tensor(given, place)
    if found.ndim != 4 or not len(found):
        raise _refused(found, place, "Give (n, c, h, w); of grey images (n, h, w), Z[:, None].")
    if found.dtype != torch.uint8:
        if not found.is_floating_point():
            raise _refused(found, place, "Give floating numbers, or uint8.")
        found = found.float()
        if not bool(found.isfinite().all()):
            raise _refused(found, place, "Values are to be finite numbers: look for NaN.")
    if layout not in (None, "NCHW", "NHWC"):
        raise UsageError("no such layout", value=layout, place=place, remedy='Say "NCHW" or "NHWC".')
    last = _channels_last(found) if layout is None else layout == "NHWC"
    return LAYOUTS["NHWC" if last else "NCHW"].read(found).contiguous()


def _channels_last(given: Tensor) -> bool:
    """Whether it holds photos with their channels last; maps of many channels at few places have them first."""
    _, first, second, last = given.shape
    return last in COLOURS and first not in COLOURS and min(first, second) > max(COLOURS)


def _tensor(given: Any, place: str) -> Tensor:  # noqa: ANN401 - as above
    if isinstance(given, Tensor):
        return given.detach().cpu()
    if isinstance(given, np.ndarray) and given.dtype.kind in "biuf":
        # torch warns of arrays that cannot be written to, as those that are mapped from a file
        return torch.from_numpy(np.require(given, requirements=["C", "W"]))
    if (
        isinstance(given, Sequence)
        and given
        and all(isinstance(each, (Tensor, np.ndarray)) for each in given)
    ):
        parts = [_tensor(each, place) for each in given]
        if len({part.shape for part in parts}) == 1:
            return torch.stack(parts)
    what = f"{type(given).__name__}"
    raise UsageError(
        "not an array of released images",
        value=f"{what} of {given.dtype}" if isinstance(given, np.ndarray) else what,
        place=place,
        remedy="Give an array or a tensor (n, c, h, w), as a protection gave it.",
    )


def _refused(given: Tensor, place: str, remedy: str) -> UsageError:
    return UsageError("an array that is not taken", value=described(given), place=place, remedy=remedy)
