"""Which device to train on, and in which precision."""

from functools import cache
from pathlib import Path
from typing import Final, Literal

import torch

Precision = Literal["float32", "bfloat16"]
_INSTRUCTIONS: Final = {"amx_bf16", "avx512_bf16"}
_PROCESSOR: Final = Path("/proc/cpuinfo")


def best_device() -> torch.device:
    """The graphics card if there is one that torch can use, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def resolve_precision(asked: Literal["auto", "float32", "bfloat16"], device: torch.device) -> Precision:
    """The precision to train in; ``auto`` is bfloat16 where the device has instructions for it.

    Nothing is timed: two runs on one machine must not differ because another job disturbed one of them.
    """
    if asked != "auto":
        return asked
    return "bfloat16" if has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16; a processor is asked on Linux alone."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(_INSTRUCTIONS & _flags())


@cache
def _flags() -> frozenset[str]:
    try:
        lines = _PROCESSOR.read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
