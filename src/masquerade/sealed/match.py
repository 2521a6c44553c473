"""What a cloud does: every score at once, of a face that it cannot see, with people whom it cannot see."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from masquerade.errors import DamagedCiphertext
from masquerade.sealed.block import read_block
from masquerade.sealed.cards import ANSWER, PROBE, AnswerCard, ProbeCard, require_own
from masquerade.sealed.envelope import opened, packed
from masquerade.sealed.manifest import SealedManifest
from masquerade.sealed.public_key import product_key, rotation_key
from masquerade.sealed.ring import damaged, ring

if TYPE_CHECKING:
    import seal

MEMORY: Final = 1 << 30
"""Bytes of ciphertexts that are kept ready: those of 260,000 people. Others are read from disk each time."""
_READY: Final = 131_072
"""Bytes of a ciphertext that is ready."""


@final
class CloudGallery:
    """The public part of a gallery, ready to match; serves one thread at a time.

    Args:
        folder: The public part.
        memory: Bytes of ciphertexts that are kept ready.

    Raises:
        SealedError: If the manifest or a key is damaged or refused, or nobody is in the gallery.
        UsageError: If it is no public part, or SEAL is not installed.
    """

    def __init__(self, folder: Path, memory: int = MEMORY) -> None:
        self.folder = folder
        self.manifest = SealedManifest.load(folder)
        self.manifest.require_people(folder)
        self.rotation = rotation_key(folder, self.manifest)
        self.product = product_key(folder, self.manifest)
        self._left = memory
        self._ready: dict[str, list[seal.Ciphertext]] = {}

    def blocks(self) -> "Iterator[list[seal.Ciphertext]]":
        """The ciphertexts of each block, in order.

        Raises:
            SealedError: As ``read_block``.
        """
        for entry in self.manifest.blocks:
            ready = self._ready.get(entry.name)
            if ready is None:
                ready = read_block(self.folder, self.manifest, entry)
                if self._left >= len(ready) * _READY:
                    self._left -= len(ready) * _READY
                    self._ready[entry.name] = ready
            yield ready


def match(gallery: CloudGallery, probe: bytes) -> bytes:
    """The answer to a probe: the scores of all people, encrypted.

    Args:
        gallery: The public part.
        probe: What ``Camera.probe`` gave.

    Returns:
        One ciphertext of 37 KB for each block.

    Raises:
        DamagedCiphertext: If the probe is damaged, cut short or no probe, or a block is damaged.
        ForeignCiphertext: If the probe is for another gallery, or encrypted under another key.
    """
    manifest = gallery.manifest
    card, parts = opened(probe, PROBE, ProbeCard, "the probe")
    require_own(card, manifest, "the probe")
    if len(parts) != 1:
        raise damaged(f"{len(parts)} ciphertexts, expected 1", "the probe")
    shown = ring().unpack(parts[0], ring().fresh, "the probe")
    try:
        rotated = _rotated(gallery, shown, max(entry.diagonals for entry in manifest.blocks))
        sums = [ring().pack(_sum(gallery, rotated, block)) for block in gallery.blocks()]
    except (ValueError, RuntimeError) as error:  # SEAL's word for ciphertexts that hide nothing
        raise DamagedCiphertext(
            "SEAL refuses the probe or a block", value=error, remedy="Make the probe again."
        ) from None
    about = AnswerCard(
        gallery=manifest.gallery,
        keys=manifest.public_key,
        manifest=manifest.digest(),
        probe=sha256(probe).hexdigest(),
    )
    return packed(ANSWER, about, sums)


def _rotated(gallery: CloudGallery, shown: "seal.Ciphertext", count: int) -> "list[seal.Ciphertext]":
    """The probe rotated by 0 to ``count - 1`` places, one after the other with one key."""
    evaluator, rotated = ring().evaluator, [shown]
    while len(rotated) < count:
        rotated.append(evaluator.rotate_rows(rotated[-1], 1, gallery.rotation))
    return rotated


def _sum(
    gallery: CloudGallery, rotated: "list[seal.Ciphertext]", block: "list[seal.Ciphertext]"
) -> "seal.Ciphertext":
    """A block's scores: products added up, shrunk once, and brought to the one prime that they need."""
    evaluator = ring().evaluator
    total = evaluator.multiply(rotated[0], block[0])
    for probe, diagonal in zip(rotated[1:], block[1:], strict=False):
        evaluator.add_inplace(total, evaluator.multiply(probe, diagonal))
    evaluator.relinearize_inplace(total, gallery.product)
    evaluator.mod_switch_to_inplace(total, ring().context.last_parms_id())
    return total
