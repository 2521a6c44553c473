"""What leaves the owner: a folder with a manifest and shards. Nothing here knows a key.

``ReleasedDataset`` and ``verify`` are for whoever receives a data set; ``masquerade.released.writer`` is for
the owner.
"""

from typing import TYPE_CHECKING

from masquerade.released.manifest import Manifest
from masquerade.released.verify import Finding, Problem, require_sound, verify

if TYPE_CHECKING:
    from masquerade.released.dataset import ReleasedDataset

__all__ = ["Finding", "Manifest", "Problem", "ReleasedDataset", "require_sound", "verify"]


def __getattr__(name: str) -> object:
    if name == "ReleasedDataset":  # it brings torch, which whoever verifies need not wait for
        from masquerade.released.dataset import ReleasedDataset

        return ReleasedDataset
    raise AttributeError(f"module 'masquerade.released' has no attribute {name!r}")
