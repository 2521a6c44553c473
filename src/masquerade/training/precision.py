"""Which device to train on, and whether bfloat16 is faster there: measured, not looked up."""

from functools import cache
from time import perf_counter
from typing import Literal

import torch
from torch import nn

_WORTHWHILE = 1.3
"""Smallest measured ratio of float32 time to bfloat16 time for which bfloat16 is taken."""

Precision = Literal["float32", "bfloat16"]


def best_device() -> torch.device:
    """The graphics card if there is one that torch can use, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def resolve_precision(asked: Literal["auto", "float32", "bfloat16"], device: torch.device) -> Precision:
    """The precision to train in; ``auto`` measures once in each process."""
    if asked != "auto":
        return asked
    return "bfloat16" if bfloat16_ratio(device.type) > _WORTHWHILE else "float32"


@cache
def bfloat16_ratio(device_type: str) -> float:
    """How many times faster a convolution with its gradient runs in bfloat16 than in float32.

    The two are timed in turn and the best of each counts, so that another job on the machine disturbs both.
    Takes about a fifth of a second.
    """
    with torch.random.fork_rng():
        conv = nn.Conv2d(64, 64, 3, padding=1).to(device_type, memory_format=torch.channels_last)  # type: ignore[call-overload]
        images = torch.randn(32, 64, 16, 16, device=device_type).to(memory_format=torch.channels_last)
    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    for _ in range(5):
        for dtype in best:
            best[dtype] = min(best[dtype], _seconds(conv, images, dtype))
    return best[torch.float32] / best[torch.bfloat16]


def _seconds(conv: nn.Module, images: torch.Tensor, dtype: torch.dtype) -> float:
    device_type = images.device.type
    start = perf_counter()
    for _ in range(2):
        with torch.autocast(device_type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            out = conv(images)
        out.float().square().mean().backward()
    if device_type == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - start
