"""Blocks of people in files: the ciphertexts of each, read when they are needed."""

from pathlib import Path
from typing import TYPE_CHECKING

from masquerade.errors import DamagedCiphertext
from masquerade.files.opening import read_file
from masquerade.sealed.cards import BLOCK, BlockCard, require_own
from masquerade.sealed.envelope import opened
from masquerade.sealed.layout import BlockLayout, padded
from masquerade.sealed.manifest import BlockEntry, SealedManifest
from masquerade.sealed.ring import ring

if TYPE_CHECKING:
    import seal


def layout_of(manifest: SealedManifest, entry: BlockEntry) -> BlockLayout:
    """How people stand in a block."""
    return BlockLayout(padded(manifest.size), entry.diagonals)


def read_block(
    folder: Path, manifest: SealedManifest, entry: BlockEntry, *, check: bool = False
) -> "list[seal.Ciphertext]":
    """The ciphertexts of a block.

    Args:
        folder: The public part.
        manifest: Its manifest.
        entry: The block.
        check: Whether the numbers are compared with their checksum; ``verify`` compares them with the manifest's.

    Raises:
        DamagedCiphertext: If the file is missing, cut short, another one, or holds no ciphertexts.
        ForeignCiphertext: If it belongs to another gallery or key.
    """
    path = folder / entry.name
    try:
        data = read_file(path, entry.bytes)
    except OSError as error:
        raise DamagedCiphertext(
            "a block of people cannot be read",
            value=error.strerror,
            place=path,
            remedy="Copy it from the owner again.",
        ) from None
    card, parts = opened(data, BLOCK, BlockCard, path, check=check)
    require_own(card, manifest, path)
    if (card.name, card.diagonals, len(parts)) != (entry.name, entry.diagonals, entry.diagonals):
        raise DamagedCiphertext(
            "a block is another one than its name says",
            value=card.name,
            place=path,
            remedy="Copy it from the owner again.",
        )
    return [ring().unpack(part, ring().fresh, path) for part in parts]
