"""Compare a gallery's public part with its manifest, and say what is wrong with which file."""

from pathlib import Path
from typing import Final

from masquerade.errors import MasqueradeError, SealedError
from masquerade.files.durable import is_draft
from masquerade.files.opening import read_file
from masquerade.files.standing import digest
from masquerade.released.verify import Finding, Problem
from masquerade.sealed.block import read_block
from masquerade.sealed.cards import BLOCK, BlockCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.folder import listed
from masquerade.sealed.manifest import MANIFEST, BlockEntry, SealedManifest

_LARGEST: Final = 1 << 28
"""Bytes of a block; the largest that any layout has takes 151 MB."""


def verify(folder: Path, *, read_data: bool = True) -> list[Finding]:
    """Everything that is wrong: the manifest first, then keys and blocks in order, then files that do not belong.

    Args:
        folder: The public part.
        read_data: Read every byte, and let SEAL look at each ciphertext. Without it only sizes are compared.
    """
    try:
        manifest = SealedManifest.load(folder)
    except MasqueradeError as error:
        return [Finding(MANIFEST, Problem.MANIFEST, str(error))]
    keys = (_key(folder / entry.name, entry.sha256) for entry in manifest.keys.values())
    blocks = (_block(folder, manifest, entry, read_data) for entry in manifest.blocks)
    others = (path for path in sorted(folder.iterdir()) if path.name not in listed(manifest))
    extra = (_unlisted(path) for path in others)
    return [finding for finding in (*keys, *blocks, *extra) if finding is not None]


def _key(path: Path, expected: str) -> Finding | None:
    found = digest(path)
    if found is None:
        return Finding(path.name, Problem.MISSING, "there is no such file")
    return None if found == expected else Finding(path.name, Problem.DAMAGED, "its SHA-256 is another")


def _block(folder: Path, manifest: SealedManifest, entry: BlockEntry, read_data: bool) -> Finding | None:
    path = folder / entry.name
    if not path.is_file():
        return Finding(entry.name, Problem.MISSING, "there is no such file")
    size = path.stat().st_size
    if size < entry.bytes:
        return Finding(entry.name, Problem.TRUNCATED, f"{size} of {entry.bytes} bytes")
    if read_data and digest(path) != entry.sha256:
        return _misplaced(path, manifest) or Finding(entry.name, Problem.DAMAGED, "its SHA-256 is another")
    if not read_data:
        wrong = size != entry.bytes
        return Finding(entry.name, Problem.DAMAGED, "its size is another") if wrong else None
    try:
        read_block(folder, manifest, entry)
    except SealedError as error:
        return Finding(entry.name, Problem.DAMAGED, str(error.value))
    return None


def _misplaced(path: Path, manifest: SealedManifest) -> Finding | None:
    """A block that is sound, but not the one listed."""
    try:
        card, _ = opened(read_file(path, _LARGEST), BLOCK, BlockCard, path)
    except (SealedError, OSError):
        return None
    if (card.gallery, card.keys) != (manifest.gallery, manifest.public_key):
        return Finding(
            path.name, Problem.FOREIGN, f"it belongs to gallery {card.gallery!r}, or to another key"
        )
    if card.name != path.name:
        return Finding(path.name, Problem.SWAPPED, f"it is {card.name} of this gallery")
    return None


def _unlisted(path: Path) -> Finding:
    if is_draft(path):
        return Finding(path.name, Problem.EXTRA, "left half-written by a job that was stopped")
    return Finding(path.name, Problem.EXTRA, "the manifest does not list it")
