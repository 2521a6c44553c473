"""What leaves the owner: a folder with a manifest and shards. Nothing here knows a key.

``ReleasedDataset`` and ``verify`` are for whoever receives a data set; ``masquerade.released.writer`` is for
the owner.
"""

from masquerade.released.dataset import ReleasedDataset
from masquerade.released.manifest import Manifest
from masquerade.released.verify import Finding, Problem, require_sound, verify

__all__ = ["Finding", "Manifest", "Problem", "ReleasedDataset", "require_sound", "verify"]
