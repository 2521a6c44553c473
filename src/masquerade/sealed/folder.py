"""What may lie in a gallery's public part."""

import re
from pathlib import Path
from typing import Final

from masquerade.sealed.manifest import MANIFEST, SealedManifest

RECOGNISER: Final = "recogniser.safetensors"
"""Where the recogniser lies, if it is none that comes with the package."""
_OURS: Final = re.compile(r"block-[0-9a-f]{16}\.safetensors|(encryption|rotation|product)-[0-9a-f]{16}\.seal")


def listed(manifest: SealedManifest) -> set[str]:
    """Names of the files that belong to a public part in that state."""
    keys = {entry.name for entry in manifest.keys.values()}
    return {MANIFEST, RECOGNISER, *keys, *(entry.name for entry in manifest.blocks)}


def is_ours(path: Path) -> bool:
    """Whether a file is called like a block or a public key."""
    return _OURS.fullmatch(path.name) is not None
